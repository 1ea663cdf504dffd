package slogbridge

import (
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestSource(t *testing.T) {
	w := newWire(t)
	l := w.logger(WithSource(true))
	var pcs [1]uintptr
	for range 2 { // the second time from the cache
		runtime.Callers(1, pcs[:])
		l.Info("m")
		_, file, line, _ := runtime.Caller(0)
		r := w.one(t)
		got := r.attrs()
		if got[keyFile] != file || got[keyLine] != int64(line-1) {
			t.Errorf("got %v:%v, want %s:%d", got[keyFile], got[keyLine], file, line-1)
		}
		if f, _ := got[keyFunction].(string); !strings.HasSuffix(f, "/slogbridge.TestSource") {
			t.Errorf("got %s, want TestSource with its import path", f)
		}
	}
}

func TestNoSource(t *testing.T) {
	w := newWire(t)
	if err := NewHandler(w.s, WithSource(true)).Handle(t.Context(), slog.NewRecord(time.Now(), 0, "m", 0)); err != nil {
		t.Errorf("got %v, want nil", err)
	}
	w.logger().Info("m")
	for _, r := range w.records(t) {
		if got := r.attrs(); len(got) != 0 {
			t.Errorf("got %v, want no attributes", got)
		}
	}
}

func TestSourceOfTheUserWins(t *testing.T) {
	for _, test := range []struct {
		name string
		log  func(*slog.Logger)
	}{
		{"of the record", func(l *slog.Logger) { l.Info("m", keyFile, "mine.go") }},
		{"of With", func(l *slog.Logger) { l.With(keyFile, "mine.go").Info("m") }},
		{"of With, before a group", func(l *slog.Logger) { l.With(keyFile, "mine.go").WithGroup("g").Info("m", "a", 1) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire(t)
			test.log(w.logger(WithSource(true)))
			if got := w.one(t).attrs()[keyFile]; got != "mine.go" {
				t.Errorf("got %v, want mine.go", got)
			}
		})
	}
	t.Run("a group of its name", func(t *testing.T) {
		w := newWire(t)
		w.logger(WithSource(true)).WithGroup(keyFile).Info("m", "a", 1)
		if got, ok := w.one(t).attrs()[keyFile].(fields); !ok || got["a"] != int64(1) {
			t.Errorf("got %v, want the group", got)
		}
	})
}

func TestSourceCacheFullConcurrentSafe(t *testing.T) {
	// Far more call sites than slots, from several goroutines: each must get its
	// own place. Program counters of this function are as good as any.
	var pcs [1]uintptr
	runtime.Callers(1, pcs[:])
	want := string(encodeSource(nil, sourceOf(pcs[0])))
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 2 * sourceSlots {
				appendSource(nil, uintptr(1+g+i*4))
				if i%64 != 0 {
					continue
				}
				if got := string(appendSource(nil, pcs[0])); got != want {
					t.Errorf("got %q, want %q", got, want)
					return
				}
			}
		})
	}
	wg.Wait()
	for i := range sources {
		sources[i].Store(nil)
	}
}

// callerPC returns the program counter of the caller.
func callerPC() uintptr {
	var pcs [1]uintptr
	runtime.Callers(2, pcs[:])
	return pcs[0]
}
