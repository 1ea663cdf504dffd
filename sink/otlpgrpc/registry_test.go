package otlpgrpc

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"

	collogpb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/status"

	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/zstdc"
)

// owner returns the package of a registered value.
func owner(v any) string {
	typ := reflect.TypeOf(v)
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	return typ.PkgPath()
}

func TestTheRegistriesOfTheProcessAreLeftAlone(t *testing.T) {
	state := func() []any {
		return []any{encoding.GetCompressor("gzip"), encoding.GetCodecV2("proto"), encoding.GetCodec("proto"), encoding.GetCompressor("zstd")}
	}
	before := state()
	srv := receiver(t)
	for _, c := range compressions {
		if err := to(t, srv, WithCompression(c.opt)).Export(t.Context(), some(t, 1).Batch); err != nil {
			t.Fatal(err)
		}
	}
	addr := serve(t, listen(t), new(ledgerService), knowsZstd()...)
	if err := open(t, WithEndpoint("http://"+addr), WithCompressor(zstdc.New())).Export(t.Context(), some(t, 1).Batch); err != nil {
		t.Fatal(err)
	}
	after := state()
	for i := range before {
		if before[i] != after[i] {
			t.Errorf("got %T, want %T as before", after[i], before[i])
		}
		// otlploggrpc imports gRPC's own gzip, which registers itself. What
		// stands in the registries is gRPC's.
		if before[i] != nil && !strings.HasPrefix(owner(before[i]), "google.golang.org/grpc/") {
			t.Errorf("%T is of package %s", before[i], owner(before[i]))
		}
	}
}

// bombService answers with bytes as they are, compressed by bomb.
type bombService struct {
	collogpb.UnimplementedLogsServiceServer
}

func (bombService) Export(context.Context, *collogpb.ExportLogsServiceRequest) (*collogpb.ExportLogsServiceResponse, error) {
	// A message of some size, so that the compressor is used at all.
	return &collogpb.ExportLogsServiceResponse{PartialSuccess: &collogpb.ExportLogsPartialSuccess{ErrorMessage: "x"}}, nil
}

// squeezed returns b compressed with the standard library.
func squeezed(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestCompressedAnswersAreRead(t *testing.T) {
	// partial_success { rejected_log_records: 1, error_message: "old" }
	answer := squeezed(t, []byte{0x0a, 7, 0x08, 1, 0x12, 3, 'o', 'l', 'd'})
	addr := serve(t, listen(t), bombService{}, grpc.RPCDecompressor(gunzip{}), grpc.RPCCompressor(rawAnswers{"gzip", answer}))
	e := failure(t, open(t, WithEndpoint("http://"+addr)).Export(t.Context(), some(t, 2).Batch))
	if e.Rejected != 1 || !strings.Contains(e.Error(), "old") {
		t.Errorf("got %+v, want 1 rejected", e)
	}
}

// rawAnswers makes gRPC say an encoding and sends bytes in place of the answer.
type rawAnswers struct {
	name  string
	bytes []byte
}

func (a rawAnswers) Type() string { return a.name }

func (a rawAnswers) Do(w io.Writer, _ []byte) error {
	_, err := w.Write(a.bytes)
	return err
}

func TestAnAnswerThatSwellsIsCutOff(t *testing.T) {
	swollen := make([]byte, 64<<20) // 64 KiB on the wire
	zstd, err := zstdc.New().AppendCompressed(nil, swollen)
	if err != nil {
		t.Fatal(err)
	}
	gzip := squeezed(t, swollen)
	for _, tt := range []struct {
		name   string
		opts   []Option
		answer rawAnswers
		in     grpc.Decompressor
		want   codes.Code
	}{
		{"gzip", nil, rawAnswers{"gzip", gzip}, gunzip{}, codes.ResourceExhausted},
		{"zstd", []Option{WithCompressor(zstdc.New())}, rawAnswers{"zstd", zstd}, unzstd{}, codes.Internal},
		{"gzip where zstd was sent", []Option{WithCompressor(zstdc.New())}, rawAnswers{"gzip", gzip}, unzstd{}, codes.ResourceExhausted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			addr := serve(t, listen(t), bombService{}, grpc.RPCDecompressor(tt.in), grpc.RPCCompressor(tt.answer))
			s := open(t, append(tt.opts, WithEndpoint("http://"+addr))...)
			b := some(t, 1)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			e := failure(t, s.Export(t.Context(), b.Batch))
			runtime.ReadMemStats(&after)
			if status.Code(e.Err) != tt.want || e.Kind != sink.Invalid || e.Rejected != 1 {
				t.Errorf("got %+v, want %v, and nothing sent again", e, tt.want)
			}
			// Reading doubles its buffer on the way to the bound.
			if got := after.TotalAlloc - before.TotalAlloc; got > 8*defaultMaxReply {
				t.Errorf("got %d bytes allocated for one answer, want at most %d", got, 8*defaultMaxReply)
			}
		})
	}
}

// bigAnswers is a service whose answers are above the bound without compression.
type bigAnswers struct {
	collogpb.UnimplementedLogsServiceServer
}

func (bigAnswers) Export(context.Context, *collogpb.ExportLogsServiceRequest) (*collogpb.ExportLogsServiceResponse, error) {
	return &collogpb.ExportLogsServiceResponse{PartialSuccess: &collogpb.ExportLogsPartialSuccess{
		RejectedLogRecords: 1, ErrorMessage: strings.Repeat("x", defaultMaxReply),
	}}, nil
}

func TestAnAnswerThatCannotBeReadIsNotAskedForAgain(t *testing.T) {
	answer := squeezed(t, []byte{0x0a, 0})
	for _, tt := range []struct {
		name string
		svc  collogpb.LogsServiceServer
		opts []grpc.ServerOption
	}{
		{"too large", bigAnswers{}, nil},
		{"in an encoding that nobody asked for", bombService{}, []grpc.ServerOption{grpc.RPCCompressor(rawAnswers{"snappy", answer})}},
		{"in zstd that nobody asked for", bombService{}, []grpc.ServerOption{grpc.RPCCompressor(rawAnswers{"zstd", answer})}},
		{"no gzip", bombService{}, []grpc.ServerOption{grpc.RPCCompressor(rawAnswers{"gzip", []byte("<html>")})}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			addr := serve(t, listen(t), tt.svc, append(tt.opts, grpc.RPCDecompressor(gunzip{}))...)
			e := failure(t, open(t, WithEndpoint("http://"+addr)).Export(t.Context(), some(t, 7).Batch))
			if e.Kind != sink.Invalid || e.Rejected != 7 {
				t.Errorf("got %+v, want 7 rejected, and nothing sent again", e)
			}
		})
	}
}
