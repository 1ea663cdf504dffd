package otlptest_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/status"

	"github.com/logstream-go/logstream/sink/otlptest"
)

// compressor is a client's compression for one connection, with the standard
// library's gzip.
type compressor struct {
	name     string
	compress func(w io.Writer, p []byte) error
}

func (c compressor) Do(w io.Writer, p []byte) error { return c.compress(w, p) }
func (c compressor) Type() string                   { return c.name }

func gzipped(w io.Writer, p []byte) error {
	z := gzip.NewWriter(w)
	if _, err := z.Write(p); err != nil {
		return err
	}
	return z.Close()
}

func TestGzipIsUnderstoodWithoutTheRegistryOfTheProcess(t *testing.T) {
	for mode, opts := range map[string][]otlptest.Option{"keeping": nil, "counting": {otlptest.WithDiscard()}} {
		t.Run(mode, func(t *testing.T) {
			srv := newServer(t, opts...)
			c := newClient(t, srv, grpc.WithCompressor(compressor{"gzip", gzipped}))
			sent := 0
			for _, n := range []int{1, 5000, 10} { // the size of one message is the guess for the next
				if got := send(t, c, n); got != codes.OK {
					t.Errorf("%d records: got %v, want OK", n, got)
				}
				sent += batchSize(batch(0, n))
			}
			if got := srv.Count(); got != 5011 {
				t.Errorf("records: got %d, want 5011", got)
			}
			if got := srv.Stats(); got.Bytes != int64(sent) || got.WireBytes == 0 || got.WireBytes > got.Bytes/5 {
				t.Errorf("stats: got %+v, want %d bytes and a small part of it on the wire", got, sent)
			}
			for _, r := range srv.Requests() {
				if r.Compression != "gzip" {
					t.Errorf("compression: got %q, want gzip", r.Compression)
				}
			}
		})
	}
	if encoding.GetCompressor("gzip") != nil {
		t.Error("gzip was registered for the whole process")
	}
}

func TestBrokenRequestsAreAnsweredAndCounted(t *testing.T) {
	zeros := func(w io.Writer, _ []byte) error { return gzipped(w, make([]byte, 64<<20)) }
	torn := func(w io.Writer, p []byte) error {
		var buf bytes.Buffer
		if err := gzipped(&buf, p); err != nil {
			return err
		}
		_, err := w.Write(buf.Bytes()[:buf.Len()/2])
		return err
	}
	raw := func(w io.Writer, p []byte) error { _, err := w.Write(p); return err }
	tests := map[string]struct {
		compressor grpc.Compressor
		want       codes.Code
	}{
		"a small message that expands to 64 MiB": {compressor{"gzip", zeros}, codes.ResourceExhausted},
		"half a gzip stream":                     {compressor{"gzip", torn}, codes.Internal},
		"no gzip stream":                         {compressor{"gzip", raw}, codes.Internal},
		"an encoding it does not know":           {compressor{"zstd", raw}, codes.Unimplemented},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			srv := newServer(t)
			if got := send(t, newClient(t, srv, grpc.WithCompressor(tt.compressor)), 100); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			if _, err := srv.WaitRequests(within(t), 1); err != nil {
				t.Fatal(err)
			}
			counts(t, srv, 0, 1)
			if got := srv.Requests()[0]; got.Code != tt.want || got.Compression != tt.compressor.Type() {
				t.Errorf("request: got %v with %q, want %v with %q", got.Code, got.Compression, tt.want, tt.compressor.Type())
			}
			if got := send(t, newClient(t, srv), 1); got != codes.OK {
				t.Errorf("a good request after it: got %v, want OK", got)
			}
		})
	}
}

func TestUndecodableRequestsAreInternalErrors(t *testing.T) {
	invalidUTF8 := []byte{0x0a, 0x07, 0x12, 0x05, 0x12, 0x03, 0x1a, 0x01, 0xff} // severity_text "\xff"
	tests := map[string]struct {
		body     []byte
		opts     []otlptest.Option
		want     codes.Code
		wantText string
	}{
		"truncated":                {[]byte{0x0a, 0x05, 0x12}, nil, codes.Internal, "cannot decode the request"},
		"truncated, counting":      {[]byte{0x0a, 0x05, 0x12}, []otlptest.Option{otlptest.WithDiscard()}, codes.Internal, "cannot decode the request"},
		"invalid UTF-8":            {invalidUTF8, nil, codes.Internal, "UTF-8"},
		"invalid UTF-8, uncounted": {invalidUTF8, []otlptest.Option{otlptest.WithDiscard()}, codes.OK, ""},
		"nothing":                  {nil, nil, codes.OK, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			srv := newServer(t, tt.opts...)
			conn, err := grpc.NewClient(hostport(srv), plaintext,
				grpc.WithDefaultCallOptions(grpc.ForceCodecV2(bytesCodec{encoding.GetCodecV2("proto")})))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			err = conn.Invoke(t.Context(), collogspb.LogsService_Export_FullMethodName, &tt.body, new(collogspb.ExportLogsServiceResponse))
			if got := status.Convert(err); got.Code() != tt.want || !strings.Contains(got.Message(), tt.wantText) {
				t.Errorf("got %v, want %v with %q", err, tt.want, tt.wantText)
			}
			if got := srv.Stats().Requests; got != 1 {
				t.Errorf("requests: got %d, want 1", got)
			}
		})
	}
}

func TestOtherServicesAreUnknownAndLeaveTheScriptAlone(t *testing.T) {
	srv := newServer(t)
	srv.Script(otlptest.TooLarge())
	conn, err := grpc.NewClient(hostport(srv), plaintext)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = coltracepb.NewTraceServiceClient(conn).Export(t.Context(), new(coltracepb.ExportTraceServiceRequest))
	if got := status.Code(err); got != codes.Unimplemented {
		t.Errorf("traces: got %v, want Unimplemented", got)
	}
	if got := send(t, collogspb.NewLogsServiceClient(conn), 1); got != codes.ResourceExhausted {
		t.Errorf("logs: got %v, want the scripted ResourceExhausted", got)
	}
	counts(t, srv, 0, 1)
}
