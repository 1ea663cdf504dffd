package slogbridge

import (
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/logstream-go/logstream/stream"
)

// TestHandlerConcurrentSafe logs from several goroutines into one handler, and
// derives others from it meanwhile. Every record must arrive, with its own
// attributes.
func TestHandlerConcurrentSafe(t *testing.T) {
	const producers, each = 8, 200
	w := newWire(t, stream.WithOverflow(stream.Block(time.Minute)))
	base := w.logger(WithSource(true)).With("base", "b")
	var wg sync.WaitGroup
	for p := range producers {
		wg.Go(func() {
			for i := range each {
				l := base
				if i%2 == 1 {
					l = base.With("p", p).WithGroup("g")
				}
				l.Info(fmt.Sprintf("%d/%d", p, i), "i", i, "list", []int{p, i}, slog.Group("h", "p", p))
			}
		})
	}
	wg.Wait()
	got := map[any]bool{}
	for _, r := range w.records(t) {
		var p, i int
		if _, err := fmt.Sscanf(r.body().(string), "%d/%d", &p, &i); err != nil {
			t.Fatal(err)
		}
		own := fields{"i": int64(i), "list": []any{int64(p), int64(i)}, "h": fields{"p": int64(p)}}
		want := own
		if i%2 == 1 {
			want = fields{"p": int64(p), "g": own}
		}
		want["base"] = "b"
		attrs := r.attrs()
		for _, k := range []string{keyFunction, keyFile, keyLine} {
			delete(attrs, k)
		}
		if !reflect.DeepEqual(attrs, want) {
			t.Fatalf("got %v, want %v", attrs, want)
		}
		got[r.body()] = true
	}
	if len(got) != producers*each {
		t.Errorf("got %d records, want %d", len(got), producers*each)
	}
}
