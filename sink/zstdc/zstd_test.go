package zstdc_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/logstream-go/logstream/internal/gzipc"
	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/zstdc"
)

var _ sink.Compressor = (*zstdc.Compressor)(nil)

// request returns text that looks like n records.
func request(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "level=INFO msg=\"order placed\" user=%d order=%08x amount=%d.%02d status=paid ", i*7919%100_003, uint32(i)*2654435761, i%900, i%97)
	}
	return b.Bytes()
}

// decode reads b with a decoder that keeps to the recommended window.
func decode(t *testing.T, b []byte) []byte {
	t.Helper()
	d, err := zstd.NewReader(nil, zstd.WithDecoderMaxWindow(8<<20), zstd.WithDecoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	out, err := d.DecodeAll(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWhatIsCompressedDecodes(t *testing.T) {
	c := zstdc.New()
	if c.Encoding() != "zstd" {
		t.Errorf("got encoding %q, want zstd", c.Encoding())
	}
	for _, want := range [][]byte{nil, []byte("x"), request(10_000), bytes.Repeat([]byte("y"), 5<<20)} {
		got, err := c.AppendCompressed([]byte("head"), want)
		if err != nil {
			t.Fatal(err)
		}
		rest, ok := bytes.CutPrefix(got, []byte("head"))
		if !ok {
			t.Fatal("what was in the buffer is gone")
		}
		if len(want) > 0 && !bytes.Equal(decode(t, rest), want) {
			t.Errorf("%d bytes do not come back as they were", len(want))
		}
	}
}

func TestOneCompressorServesManyConcurrentSafe(t *testing.T) {
	c := zstdc.New()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			want := strings.Repeat(fmt.Sprintf("record %d ", i), 1000)
			for range 5 {
				got, err := c.AppendCompressed(nil, []byte(want))
				if err != nil {
					t.Error(err)
					return
				}
				if string(decode(t, got)) != want {
					t.Error("requests got mixed up")
				}
			}
		})
	}
	wg.Wait()
}

// The reason to have zstd at all.
func TestRequestsAreSmallerThanWithGzip(t *testing.T) {
	src := request(5000)
	z, err := zstdc.New().AppendCompressed(nil, src)
	if err != nil {
		t.Fatal(err)
	}
	g, err := gzipc.Append(nil, func(dst []byte) ([]byte, error) { return append(dst, src...), nil })
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes: zstd %d, gzip %d", len(src), len(z), len(g))
	if len(z) >= len(g) {
		t.Errorf("got %d bytes with zstd, want fewer than the %d with gzip", len(z), len(g))
	}
}

func BenchmarkAppendCompressed(b *testing.B) {
	c, src := zstdc.New(), request(8000)
	dst := make([]byte, 0, len(src))
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.AppendCompressed(dst, src); err != nil {
			b.Fatal(err)
		}
	}
}
