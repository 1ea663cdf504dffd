package otlpgrpc

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"
	collogpb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/grpc"

	"github.com/logstream-go/logstream/internal/slownet"
	"github.com/logstream-go/logstream/sink/sinktest"
)

// logsService hands each request that arrives whole to got.
type logsService struct {
	collogpb.UnimplementedLogsServiceServer
	got func(*collogpb.ExportLogsServiceRequest)
}

func (s logsService) Export(_ context.Context, req *collogpb.ExportLogsServiceRequest) (*collogpb.ExportLogsServiceResponse, error) {
	s.got(req)
	return new(collogpb.ExportLogsServiceResponse), nil
}

// serve runs a gRPC server on l for the test and returns its address.
func serve(t *testing.T, l net.Listener, svc collogpb.LogsServiceServer, opts ...grpc.ServerOption) string {
	t.Helper()
	srv := grpc.NewServer(opts...)
	collogpb.RegisterLogsServiceServer(srv, svc)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	t.Cleanup(func() {
		srv.Stop()
		if err := <-done; err != nil {
			t.Errorf("server: %v", err)
		}
	})
	return l.Addr().String()
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var garbage = bytes.Repeat([]byte("!"), 1<<20)

// scribble takes buffers out of the pool of payloads and writes over all of
// their memory, as a batch to come would.
func scribble(t *testing.T) {
	t.Helper()
	for range 4 {
		b := some(t, 1)
		p, err := b.Payload("scribble", func(dst []byte) ([]byte, error) {
			dst = dst[:cap(dst)]
			copy(dst, garbage)
			return dst, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Release()
		defer p.Release()
	}
}

// A cancelled export returns while the connection still has pieces of its
// request to send. The buffer must not serve another batch before they are sent:
// whatever arrives whole is what was logged.
func TestBuffersAreNotReusedWhileTheConnectionReadsThem(t *testing.T) {
	const n = 512
	filling := make([]string, n) // hard to compress
	for i := range filling {
		random := make([]byte, n)
		for k := range random {
			random[k] = byte(rand.Uint32())
		}
		filling[i] = hex.EncodeToString(random)
	}
	for _, c := range compressions {
		t.Run(c.name, func(t *testing.T) {
			exports := 300
			if c.opt == GzipCompression {
				exports = 20 // gRPC copies compressed bytes at once: little to go wrong
			}
			var mu sync.Mutex // a cancelled request can overlap the next one
			var whole, torn int
			svc := logsService{got: func(req *collogpb.ExportLogsServiceRequest) {
				mu.Lock()
				defer mu.Unlock()
				whole++
				if !intact(req, n) {
					torn++
				}
			}}
			var progress slownet.Trigger
			addr := serve(t, slownet.Listen(listen(t), &progress), svc,
				grpc.RPCDecompressor(gunzip{}))
			s := open(t, WithEndpoint("http://"+addr), WithCompression(c.opt))

			size := 0
			cancelled := 0
			for i := range exports {
				b := sinktest.Texts(t, n, func(k int) string { return fmt.Sprintf("export %d %s export %d", i, filling[k], i) })
				if i == 0 {
					p, err := s.lane.format.encode(b.Batch)
					if err != nil {
						t.Fatal(err)
					}
					size = len(p.Bytes())
					p.Release()
				}
				ctx, cancel := context.WithCancel(t.Context())
				if i%10 != 9 { // now and then one goes through
					progress.Set(rand.IntN(size), cancel)
				}
				err := s.Export(ctx, b.Batch)
				progress.Set(0, nil)
				cancel()
				if err != nil {
					cancelled++
				}
				b.Release()
				scribble(t)
			}
			mu.Lock()
			defer mu.Unlock()
			t.Logf("%d bytes each: %d of %d cancelled, %d arrived whole", size, cancelled, exports, whole)
			if torn > 0 {
				t.Errorf("%d requests arrived with foreign bytes in them", torn)
			}
			if cancelled < exports/2 || whole < exports/20 {
				t.Errorf("%d cancelled and %d whole of %d: that proves little", cancelled, whole, exports)
			}
		})
	}
}

// intact reports whether all n records of a request are of the same export, to
// their ends.
func intact(req *collogpb.ExportLogsServiceRequest, n int) bool {
	logs := req.ResourceLogs[0].ScopeLogs[0].LogRecords
	if len(logs) != n {
		return false
	}
	id := strings.Join(strings.Fields(logs[0].Body.GetStringValue())[:2], " ")
	for _, r := range logs {
		text := r.Body.GetStringValue()
		if !strings.HasPrefix(text, id+" ") || !strings.HasSuffix(text, " "+id) || strings.Contains(text, "!") {
			return false
		}
	}
	return true
}

// gunzip is a decompressor for servers, so that none is registered.
type gunzip struct{}

func (gunzip) Type() string { return "gzip" }

func (gunzip) Do(r io.Reader) ([]byte, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

func TestASmallRequestIsCopied(t *testing.T) {
	b := some(t, 1)
	p, err := b.Payload("small", func([]byte) ([]byte, error) { return make([]byte, 100), nil })
	if err != nil {
		t.Fatal(err)
	}
	defer p.Release()
	buf := leased(p)
	buf.ReadOnlyData()[0] = 1 // only the copy
	if p.Bytes()[0] != 0 {
		t.Error("the buffer is the payload's own, and nobody would say when it is free")
	}
	buf.Free()
}

func TestALeaseEndsWithTheLastReference(t *testing.T) {
	b := some(t, 1)
	p, err := b.Payload("large", func([]byte) ([]byte, error) { return make([]byte, 10_000), nil })
	if err != nil {
		t.Fatal(err)
	}
	first := &p.Bytes()[0]
	buf := leased(p)
	buf.Ref()
	p.Release()
	b.Release()
	buf.Free()
	if taken(t, first) {
		t.Error("the payload went back to the pool while gRPC had a reference")
	}
	buf.Free()
}

// taken reports whether another batch gets the memory at first.
func taken(t *testing.T, first *byte) bool {
	t.Helper()
	b := some(t, 1)
	same := false
	p, err := b.Payload("other", func(dst []byte) ([]byte, error) {
		dst = dst[:cap(dst)]
		same = len(dst) > 0 && &dst[0] == first
		return dst, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Release()
	return same
}
