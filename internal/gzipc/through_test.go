package gzipc_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/logstream-go/logstream/internal/gzipc"
)

// brackets is a compressor that makes things longer.
func brackets(dst, src []byte) ([]byte, error) {
	return fmt.Appendf(dst, "<%s>", src), nil
}

func TestWhatGoesThroughIsAppended(t *testing.T) {
	for _, src := range []string{"", "x", strings.Repeat("y", 5<<20), "z"} {
		got, err := gzipc.Through([]byte("head"), request(src), brackets)
		if want := "head<" + src + ">"; err != nil || string(got) != want {
			t.Errorf("got %d bytes and %v, want %d", len(got), err, len(want))
		}
	}
}

func TestAnErrorLeavesNothing(t *testing.T) {
	failure := errors.New("no")
	fails := func([]byte) ([]byte, error) { return nil, failure }
	if got, err := gzipc.Through([]byte("head"), fails, brackets); got != nil || !errors.Is(err, failure) {
		t.Errorf("of the request: got %q, %v", got, err)
	}
	half := func(dst, _ []byte) ([]byte, error) { return append(dst, "half"...), failure }
	if got, err := gzipc.Through([]byte("head"), request("x"), half); got != nil || !errors.Is(err, failure) {
		t.Errorf("of the compressor: got %q, %v", got, err)
	}
}

func TestScratchesAreNotSharedConcurrentSafe(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			src := strings.Repeat(fmt.Sprint(i), 1000)
			for range 100 {
				if got, err := gzipc.Through(nil, request(src), brackets); err != nil || string(got) != "<"+src+">" {
					t.Errorf("got %d bytes and %v", len(got), err)
				}
			}
		})
	}
	wg.Wait()
}
