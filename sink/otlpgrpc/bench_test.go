package otlpgrpc

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/mem"

	"github.com/logstream-go/logstream/internal/block"
	"github.com/logstream-go/logstream/internal/cputime"
	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/sinktest"
	"github.com/logstream-go/logstream/sink/zstdc"
)

const exportMethod = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"

// BenchmarkExport compares the sink with bare grpc-go that carries the same
// bytes: a call on a connection with a codec that does nothing. The two take
// turns, so that both see the same machine; the server is another process. The
// figures are CPU time of this process per record, connection and garbage
// collector included.
//
// With "ready" the bytes stand ready, as for a retry: what remains is the
// transport. With "encode" each export frames and compresses its batch first.
func BenchmarkExport(b *testing.B) {
	for _, c := range []struct {
		name   string
		opt    Option
		format format
	}{
		{"gzip", WithCompression(GzipCompression), gzipped},
		{"zstd", WithCompressor(zstdc.New()), format{"zstd", zstdc.New()}},
		{"none", WithCompression(NoCompression), plain},
	} {
		addr := startServer(b, c.format.name)
		for _, mode := range []string{"ready", "encode"} {
			b.Run(c.name+"/"+mode, func(b *testing.B) {
				benchmarkExport(b, addr, c.opt, c.format, mode == "ready")
			})
		}
	}
}

// A testBatch is a batch of a page that others share.
type testBatch struct {
	*sink.Batch
	release func()
}

// unmasked passes records through.
type unmasked struct{}

func (unmasked) AppendRecord(dst, record []byte) []byte { return append(dst, record...) }

func benchmarkExport(b *testing.B, addr string, compression Option, f format, ready bool) {
	const n = 4096
	const message = "request done method=GET path=/api/v1/carts/%d/items status=200 " +
		"duration_ms=%d bytes=5120 user_agent=okhttp/4.12.0 region=eu-central-1 peer=10.1.2.3:443 trace=4bf92f3577b34da6a3ce929d0e0e4736 retry=false"
	origins := new(block.Origins)
	origin := origins.Add(block.Origin{Scope: otlp.AppendScope(nil, "otlpgrpc_test", "1")})
	page := block.New(n*block.Room(512), origins)
	for r := range sinktest.Texts(b, n, func(i int) string { return fmt.Sprintf(message, i*7919%100000, i%977) }).Records() {
		if !page.Append(block.Slot{Origin: origin, Severity: 9}, unmasked{}, r.Encoded()) {
			b.Fatal("a record does not fit into the page")
		}
	}
	newBatch := func() testBatch {
		inner := new(block.Batch)
		inner.Add(page, 0, n, n, 1<<30)
		return testBatch{sink.NewBatch(inner), inner.Release}
	}
	base := newBatch()
	b.Logf("%d bytes a record", len(base.AppendRequest(nil))/n)

	ours := open(b, WithEndpoint("http://"+addr), compression, WithTimeout(0))
	bare := newBareClient(b, addr, f)
	// batch returns the batch again, or a new one of the same records.
	batch := func() testBatch {
		if ready {
			return base
		}
		return newBatch()
	}
	export := func(f func(context.Context, *sink.Batch) error) {
		t := batch()
		if err := f(b.Context(), t.Batch); err != nil {
			b.Fatal(err)
		}
		if !ready {
			t.release()
		}
	}

	export(ours.Export)
	export(bare.Export)
	var used [2]time.Duration
	rounds := 0
	for b.Loop() {
		for i, f := range []func(context.Context, *sink.Batch) error{ours.Export, bare.Export} {
			start := cputime.Used()
			const turn = 8
			for range turn {
				export(f)
			}
			used[i] += cputime.Used() - start
			rounds += turn
		}
	}
	perRecord := func(d time.Duration) float64 { return float64(d) / float64(rounds/2*n) }
	b.ReportMetric(perRecord(used[0]), "ours-cpu-ns/record")
	b.ReportMetric(perRecord(used[1]), "bare-cpu-ns/record")
	b.ReportMetric(float64(used[0])/float64(used[1]), "ours/bare")
	b.ReportMetric(0, "ns/op")
}

// A bareClient is the least that grpc-go needs to send bytes.
type bareClient struct {
	conn   *grpc.ClientConn
	format format
}

func newBareClient(b *testing.B, addr string, f format) *bareClient {
	b.Helper()
	opts := []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	if f.name != "" {
		opts = append(opts, grpc.WithCompressor(compressed(f.name)))
	}
	conn, err := grpc.NewClient(addr, opts...)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	return &bareClient{conn, f}
}

// Export sends the same bytes as a Sink would.
func (c *bareClient) Export(ctx context.Context, b *sink.Batch) error {
	p, err := c.format.encode(b)
	if err != nil {
		return err
	}
	defer p.Release()
	var reply []byte
	return c.conn.Invoke(ctx, exportMethod, p.Bytes(), &reply, grpc.ForceCodecV2(rawCodec{}))
}

// rawCodec sends a []byte and receives into a *[]byte.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(v.([]byte))}, nil
}

func (rawCodec) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

// discardCodec reads nothing of a request and answers with nothing.
type discardCodec struct{}

func (discardCodec) Name() string                                { return "proto" }
func (discardCodec) Marshal(any) (mem.BufferSlice, error)        { return nil, nil }
func (discardCodec) Unmarshal(data mem.BufferSlice, v any) error { return nil }

// discarded is the server's decompressor for an encoding. It decompresses nothing.
type discarded string

func (d discarded) Type() string                 { return string(d) }
func (discarded) Do(r io.Reader) ([]byte, error) { _, err := io.Copy(io.Discard, r); return nil, err }

// startServer starts this binary as a server that takes exports with an encoding
// and forgets them, and returns its address.
func startServer(b *testing.B, encoding string) string {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), exe) // ends after the benchmark's own context
	cmd.Env = append(os.Environ(), serverEnv+"=encoding:"+encoding)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		stdin.Close() // the server's signal to end
		if err := cmd.Wait(); err != nil {
			b.Errorf("server: %v", err)
		}
	})
	addr, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(addr)
}

// runServer is the server's main function. It ends when its input does.
func runServer() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	srv := grpc.NewServer(
		grpc.ForceServerCodecV2(discardCodec{}),
		grpc.RPCDecompressor(discarded(strings.TrimPrefix(os.Getenv(serverEnv), "encoding:"))),
		grpc.MaxRecvMsgSize(64<<20),
	)
	srv.RegisterService(&grpc.ServiceDesc{
		ServiceName: strings.Split(exportMethod, "/")[1],
		HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{
			MethodName: "Export",
			Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
				return new(bytes.Buffer), decode(nil)
			},
		}},
	}, nil)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		srv.Stop()
	}()
	fmt.Println(l.Addr())
	if err := srv.Serve(l); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
