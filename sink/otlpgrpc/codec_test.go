package otlpgrpc

import (
	"context"
	"errors"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"

	"github.com/logstream-go/logstream/internal/gzipc"
	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/otlptest"
	"github.com/logstream-go/logstream/sink/zstdc"
)

// encodings tells the encoding of each request that a server gets.
type encodings struct{ wire chan<- string }

func (encodings) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (encodings) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (encodings) HandleConn(context.Context, stats.ConnStats)                       {}

func (e encodings) HandleRPC(_ context.Context, s stats.RPCStats) {
	if h, ok := s.(*stats.InHeader); ok {
		e.wire <- h.Compression
	}
}

// A gzipCodec is gzip in the shape of what a program brings, so that any receiver
// takes it.
type gzipCodec struct {
	name  string
	fails error
}

func (c *gzipCodec) Encoding() string { return c.name }

func (c *gzipCodec) AppendCompressed(dst, src []byte) ([]byte, error) {
	if c.fails != nil {
		return nil, c.fails
	}
	return gzipc.Append(dst, func(b []byte) ([]byte, error) { return append(b, src...), nil })
}

func (c *gzipCodec) AppendDecompressed(dst, src []byte, limit int) ([]byte, error) {
	b, err := (gunzip{}).Do(strings.NewReader(string(src)))
	if err == nil && len(b) > limit {
		err = errors.New("too much")
	}
	return append(dst, b...), err
}

func TestACompressorThatFailsIsAboutTheData(t *testing.T) {
	srv := receiver(t)
	s := to(t, srv, WithCompressor(&gzipCodec{name: "gzip", fails: errors.New("out of luck")}))
	e := failure(t, s.Export(t.Context(), some(t, 1).Batch))
	if e.Kind != sink.Invalid || !strings.Contains(e.Error(), "out of luck") || srv.Stats().Requests != 0 {
		t.Errorf("got %v after %d requests, want invalid before the first", e, srv.Stats().Requests)
	}
}

func TestBadCompressors(t *testing.T) {
	for _, tt := range []struct {
		codec sink.Codec
		want  string
	}{
		{nil, "WithCompressor: nil"},
		{&gzipCodec{name: ""}, `WithCompressor: ""`},
		{&gzipCodec{name: "z std"}, `WithCompressor: "z std"`},
		{&gzipCodec{name: "identity"}, `WithCompressor: "identity"`},
	} {
		if _, err := New(WithCompressor(tt.codec)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want an error with %q in it", err, tt.want)
		}
	}
}

func TestTheLastWordOnCompressionWins(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd") // whatever it says, an option wins
	for _, tt := range []struct {
		name string
		opts []Option
		want string
	}{
		{"a compressor", []Option{WithCompressor(zstdc.New())}, "zstd"},
		{"a compressor after none", []Option{WithCompression(NoCompression), WithCompressor(zstdc.New())}, "zstd"},
		{"none after a compressor", []Option{WithCompressor(zstdc.New()), WithCompression(NoCompression)}, ""},
		{"gzip after a compressor", []Option{WithCompressor(zstdc.New()), WithCompression(GzipCompression)}, "gzip"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t, tt.opts...)
			if got := s.lane.format.name; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if got := s.lane.fallback != nil; got != (tt.want == "zstd") {
				t.Errorf("got a fallback: %v", got)
			}
		})
	}
}

func TestZstdInTheEnvironmentSaysWhatToDo(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "zstd")
	_, err := New()
	if err == nil || !strings.Contains(err.Error(), "WithCompressor(zstdc.New())") {
		t.Errorf("got %v, want an error that names the option", err)
	}
}

func TestARetryCostsNoCompressionWithACodec(t *testing.T) {
	srv := receiver(t)
	srv.Script(otlptest.Status(codes.Unavailable, ""))
	c := &gzipCodec{name: "gzip"}
	s := to(t, srv, WithCompressor(c))
	b := some(t, 10)
	if err := s.Export(t.Context(), b.Batch); status.Code(err) != codes.Unavailable {
		t.Fatalf("got %v, want UNAVAILABLE", err)
	}
	c.fails = errors.New("compressed again")
	if err := s.Export(t.Context(), b.Batch); err != nil {
		t.Error(err)
	}
}
