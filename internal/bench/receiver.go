package main

import (
	"bytes"
	"errors"
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

// A receiver takes OTLP over gRPC, counts the records, and, if it is timed, notes how old each
// was when it arrived. It shares the processors with the sender, so it does as little as it can:
// compressed requests, which take longer to unpack than to pack, it keeps until it is asked.
type receiver struct {
	server   *grpc.Server
	endpoint string
	timed    bool
	done     chan error

	mu     sync.Mutex // guards what has come since the last reset
	got    catch
	zipped []arrival
	err    error
}

// A catch is what has arrived.
type catch struct {
	records int
	ages    []time.Duration // of a timed receiver
}

// An arrival is a compressed request.
type arrival struct {
	at      int64 // nanoseconds since 1970
	request []byte
}

func newReceiver(timed bool) (*receiver, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	r := &receiver{endpoint: "http://" + l.Addr().String(), timed: timed, done: make(chan error, 1)}
	r.server = grpc.NewServer(
		grpc.ForceServerCodecV2(rawCodec{}),
		grpc.UnknownServiceHandler(r.export),
		grpc.MaxRecvMsgSize(64<<20),
		grpc.InitialWindowSize(8<<20), grpc.InitialConnWindowSize(16<<20), // it never keeps a sender waiting
		grpc.RPCDecompressor(leave{}), //nolint:staticcheck // Deprecated for the process-wide registry, which the SDK's client uses.
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
	request := requests.Get().(*[]byte)
	if err := stream.RecvMsg(request); err != nil {
		return err
	}
	now := time.Now().UnixNano()
	r.mu.Lock()
	if isZipped(*request) {
		r.zipped = append(r.zipped, arrival{now, *request})
	} else {
		r.count(now, *request)
		requests.Put(request)
	}
	r.mu.Unlock()
	answer := []byte(nil)
	return stream.SendMsg(&answer)
}

// requests are those that were counted.
var requests = sync.Pool{New: func() any { return new([]byte) }}

// count counts the records of a request that arrived at a time. r.mu is held.
func (r *receiver) count(at int64, request []byte) {
	err := eachRecord(request, func(record []byte) error {
		r.got.records++
		if !r.timed {
			return nil
		}
		for rest := record; len(rest) > 0; {
			f, next, err := otlp.Next(rest)
			if err != nil {
				return err
			}
			const timeUnixNano = 1
			if f.Num == timeUnixNano {
				r.got.ages = append(r.got.ages, time.Duration(at-int64(f.Bits)))
				return nil
			}
			rest = next
		}
		return errors.New("bench: a record without a time")
	})
	r.err = firstOf(r.err, err)
}

// reset forgets what has arrived and returns it, with the ages sorted.
func (r *receiver) reset() (catch, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unzip()
	got, err := r.got, r.err
	r.got, r.err = catch{}, nil
	slices.Sort(got.ages)
	return got, err
}

// unzip counts what was kept. r.mu is held.
func (r *receiver) unzip() {
	for _, a := range r.zipped {
		request, err := unzipped(a.request)
		r.err = firstOf(r.err, err)
		r.count(a.at, request)
	}
	r.zipped = nil
}

// await waits until n records have arrived. It looks into requests when none has come for a
// while: who sends them is on the clock.
func (r *receiver) await(n int) error {
	const quiet = 500 * time.Millisecond
	last := -1
	for deadline := time.Now().Add(finishIn); ; {
		r.mu.Lock()
		came := len(r.zipped)
		if came == last {
			r.unzip()
			came = 0
		}
		last = came
		got, err := r.got.records, r.err
		r.mu.Unlock()
		switch {
		case err != nil || got == n:
			return err
		case got > n || time.Now().After(deadline):
			return fmt.Errorf("bench: %d of %d records arrived", got, n)
		}
		<-time.After(quiet)
	}
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
	*b = slices.Grow((*b)[:0], data.Len())[:data.Len()]
	data.CopyTo(*b)
	return nil
}

// leave is gRPC's decompressor. It leaves what clients send as it is.
type leave struct{}

func (leave) Type() string { return "gzip" }

func (leave) Do(r io.Reader) ([]byte, error) {
	b := bytes.NewBuffer(make([]byte, 0, 256<<10))
	_, err := b.ReadFrom(r)
	return b.Bytes(), err
}

// isZipped reports whether a request is compressed: a message cannot begin with this byte.
func isZipped(request []byte) bool { return len(request) > 0 && request[0] == 0x1f }

// unzipped returns what a compressed request holds.
func unzipped(request []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(request))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}
