package zstdc_test

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/logstream-go/logstream/sink"
	"github.com/logstream-go/logstream/sink/zstdc"
)

var _ sink.Codec = (*zstdc.Compressor)(nil)

// squeezed returns b as a frame of the library's own encoder.
func squeezed(tb testing.TB, b []byte, opts ...zstd.EOption) []byte {
	tb.Helper()
	e, err := zstd.NewWriter(nil, append(opts, zstd.WithEncoderConcurrency(1))...)
	if err != nil {
		tb.Fatal(err)
	}
	defer e.Close()
	return e.EncodeAll(b, nil)
}

func TestAFrameIsDecompressed(t *testing.T) {
	c := zstdc.New()
	large := request(100_000)
	for _, tt := range []struct {
		name  string
		src   []byte
		limit int
		want  []byte
	}{
		{"nothing", nil, 10, nil},
		{"an empty frame", squeezed(t, nil, zstd.WithZeroFrames(true)), 10, nil},
		{"a few bytes", squeezed(t, []byte("reply")), 5, []byte("reply")},
		{"as much as the first read", squeezed(t, large[:512]), 512, large[:512]},
		{"megabytes", squeezed(t, large), len(large), large},
		{"two frames", append(squeezed(t, []byte("a")), squeezed(t, []byte("b"))...), 2, []byte("ab")},
		{"of our own", compressed(t, large), len(large), large},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := c.AppendDecompressed([]byte("head"), tt.src, tt.limit)
			if err != nil {
				t.Fatal(err)
			}
			if rest, ok := bytes.CutPrefix(got, []byte("head")); !ok || !bytes.Equal(rest, tt.want) {
				t.Errorf("got %d bytes, want %d after what was there", len(got)-4, len(tt.want))
			}
		})
	}
}

// compressed returns src as AppendCompressed makes it.
func compressed(tb testing.TB, src []byte) []byte {
	tb.Helper()
	b, err := zstdc.New().AppendCompressed(nil, src)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestWhatIsNoFrameOrTooMuchIsAnError(t *testing.T) {
	c := zstdc.New()
	frame := squeezed(t, request(1000))
	flipped := bytes.Clone(frame)
	flipped[len(flipped)/2] ^= 0xff
	for _, tt := range []struct {
		name  string
		src   []byte
		limit int
		want  string
	}{
		{"text", []byte("<html>"), 100, "zstdc: "},
		{"a frame that ends early", frame[:len(frame)-9], 1 << 20, "zstdc: "},
		{"a frame with a wrong bit", flipped, 1 << 20, "zstdc: "},
		{"one byte too many", squeezed(t, []byte("reply")), 4, "more than 4 bytes"},
		{"any byte at all", squeezed(t, []byte("r")), 0, "more than 0 bytes"},
		{"a window of 16 MiB", squeezed(t, request(300_000), zstd.WithWindowSize(16<<20), zstd.WithSingleSegment(false)), 64 << 20, "window"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := c.AppendDecompressed(nil, tt.src, tt.limit)
			if err == nil || !strings.Contains(err.Error(), tt.want) || got != nil {
				t.Errorf("got %d bytes and %v, want an error with %q in it", len(got), err, tt.want)
			}
		})
	}
	// The decoder that was used is as good as before.
	if got, err := c.AppendDecompressed(nil, frame, 1<<20); err != nil || !bytes.Equal(got, request(1000)) {
		t.Errorf("afterwards: got %d bytes and %v", len(got), err)
	}
}

func TestABombIsNotUnpacked(t *testing.T) {
	const limit = 4 << 20
	bomb := squeezed(t, make([]byte, 64<<20), zstd.WithWindowSize(1<<20))
	c := zstdc.New()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := c.AppendDecompressed(nil, bomb, limit)
	runtime.ReadMemStats(&after)
	if err == nil {
		t.Error("got no error")
	}
	// Growing the result doubles its memory, and a decoder has a window.
	if got := after.TotalAlloc - before.TotalAlloc; got > 8*limit {
		t.Errorf("got %d bytes allocated for a frame of %d, want at most %d", got, len(bomb), 8*limit)
	}
}

func TestAnswersDoNotMixConcurrentSafe(t *testing.T) {
	c := zstdc.New()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			want := []byte(strings.Repeat(fmt.Sprintf("answer %d ", i), 200))
			src := compressed(t, want)
			for range 50 {
				if got, err := c.AppendDecompressed(nil, src, len(want)); err != nil || !bytes.Equal(got, want) {
					t.Errorf("got %d bytes and %v, want %d", len(got), err, len(want))
				}
			}
		})
	}
	wg.Wait()
}

func FuzzAppendDecompressed(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(squeezed(f, []byte("reply")))
	f.Add(squeezed(f, make([]byte, 1<<20)))
	f.Add(compressed(f, request(10)))
	f.Fuzz(func(t *testing.T, src []byte) {
		const limit = 1 << 16
		got, err := zstdc.New().AppendDecompressed([]byte("x"), src, limit)
		if err == nil && (len(got) > limit+1 || got[0] != 'x') {
			t.Errorf("got %d bytes, want at most %d after the first", len(got), limit)
		}
	})
}
