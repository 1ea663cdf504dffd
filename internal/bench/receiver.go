package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"

	"github.com/logstream-go/logstream/internal/otlp"
)

// A receiver takes OTLP over gRPC, counts the records, and notes how old each was
// when it arrived. It decodes nothing else, so that what it takes from the processors
// is little, and the same for everybody.
type receiver struct {
	server   *grpc.Server
	endpoint string
	done     chan error

	mu   sync.Mutex
	ages []time.Duration // of the records since the last reset
	err  error
}

func newReceiver() (*receiver, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	r := &receiver{endpoint: "http://" + l.Addr().String(), done: make(chan error, 1)}
	r.server = grpc.NewServer(
		grpc.ForceServerCodecV2(rawCodec{}),
		grpc.UnknownServiceHandler(r.export),
		grpc.MaxRecvMsgSize(64<<20),
		grpc.RPCDecompressor(unzip{}), //nolint:staticcheck // Deprecated for the process-wide registry, which the SDK's client uses.
	)
	go func() { r.done <- r.server.Serve(l) }()
	return r, nil
}

func (r *receiver) close() error {
	r.server.Stop()
	return <-r.done
}

// export serves one call: one request, one empty answer.
func (r *receiver) export(_ any, stream grpc.ServerStream) error {
	var request []byte
	if err := stream.RecvMsg(&request); err != nil {
		return err
	}
	now := time.Now().UnixNano()
	r.mu.Lock()
	err := eachRecord(request, func(record []byte) error {
		f, _, err := otlp.Next(record) // the time is its first field
		if err != nil {
			return err
		}
		r.ages = append(r.ages, time.Duration(now-int64(f.Bits)))
		return nil
	})
	r.err = firstOf(r.err, err)
	r.mu.Unlock()
	if err != nil {
		return err
	}
	answer := []byte(nil)
	return stream.SendMsg(&answer)
}

// reset forgets what has arrived and returns how old the records were, sorted.
func (r *receiver) reset() ([]time.Duration, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ages, err := r.ages, r.err
	r.ages, r.err = nil, nil
	slices.Sort(ages)
	return ages, err
}

// eachRecord calls f with the bytes of each LogRecord of a request.
func eachRecord(request []byte, f func([]byte) error) error {
	const resourceLogs, scopeLogs, logRecords = 1, 2, 2
	return eachField(request, resourceLogs, func(b []byte) error {
		return eachField(b, scopeLogs, func(b []byte) error {
			return eachField(b, logRecords, f)
		})
	})
}

// eachField calls f with the content of each field of msg that has the number.
func eachField(msg []byte, number uint32, f func([]byte) error) error {
	for len(msg) > 0 {
		field, rest, err := otlp.Next(msg)
		if err != nil {
			return err
		}
		if field.Num == number {
			if err := f(field.Data); err != nil {
				return err
			}
		}
		msg = rest
	}
	return nil
}

// rawCodec passes messages as bytes.
type rawCodec struct{}

var _ encoding.CodecV2 = rawCodec{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	b, ok := v.(*[]byte)
	if !ok {
		return nil, fmt.Errorf("bench: cannot send %T", v)
	}
	return mem.BufferSlice{mem.SliceBuffer(*b)}, nil
}

func (rawCodec) Unmarshal(data mem.BufferSlice, v any) error {
	b, ok := v.(*[]byte)
	if !ok {
		return fmt.Errorf("bench: cannot receive %T", v)
	}
	*b = data.Materialize()
	return nil
}

// unzip reads what clients send. gRPC's own takes twice the time, and more than the
// clients that are measured here.
type unzip struct{}

func (unzip) Type() string { return "gzip" }

func (unzip) Do(r io.Reader) ([]byte, error) {
	z, _ := unzippers.Get().(*gzip.Reader)
	if z == nil {
		z = new(gzip.Reader)
	}
	defer unzippers.Put(z)
	if err := z.Reset(r); err != nil {
		return nil, err
	}
	b := bytes.NewBuffer(make([]byte, 0, 1<<20))
	if _, err := z.WriteTo(b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

var unzippers sync.Pool // of *gzip.Reader
