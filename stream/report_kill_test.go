//go:build linux || darwin

package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/logstream-go/logstream/sink"
)

// reportChildren is how the names of children that crash begin.
const reportChildren = "report"

// reportChild crashes as its name says.
func reportChild(dir, name string) error {
	down := sink.Func(func(context.Context, *sink.Batch) error { return errors.New("down") })
	s, err := New(down, WithStorage(dir, WithCrashReport()), WithResource(slog.String("service.name", name)), WithErrorHandler(func(error) {}))
	if err != nil {
		return err
	}
	switch name {
	case reportChildren + " panic":
		panic("boom: password=hunter2-horse")
	case reportChildren + " deferred": // what programs do
		defer s.Shutdown(context.Background())
		defer s.FlushOnPanic()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = s.Shutdown(ctx)
		panic(errors.New("at the end"))
	case reportChildren + " fatal":
		debug.SetTraceback("all")
		new(sync.Mutex).Unlock() // a fatal error, as two writers of a map are, for sure
	}
	return s.Shutdown(context.Background())
}

func crashChild(t *testing.T, dir, name string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], childArg, dir, name)
	if err := cmd.Run(); err == nil {
		t.Fatalf("%q did not crash", name)
	}
}

// A witness keeps the records of crashes, and is down if it is told so.
type witness struct {
	mu   sync.Mutex
	down bool
	seen []crashNote
}

type crashNote struct {
	at       time.Time
	severity int32
	resource string
	texts    map[string]string
}

func (k *witness) Export(_ context.Context, b *sink.Batch) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.down {
		return errors.New("down")
	}
	for r := range b.Records() {
		if r.EventName() != eventCrash {
			continue
		}
		n := crashNote{r.Time(), int32(r.SeverityNumber()), "", map[string]string{"body": r.Body().String()}}
		for key, v := range r.Attributes() {
			n.texts[key] = v.String()
		}
		for key, v := range r.Origin().Resource() {
			if key == "service.name" {
				n.resource = v.String()
			}
		}
		k.seen = append(k.seen, n)
	}
	return nil
}

func (k *witness) Shutdown(context.Context) error { return nil }

func (k *witness) notes() []crashNote {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]crashNote(nil), k.seen...)
}

func reports(t *testing.T, dir string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "x-crash-*"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// heir is a stream that tells of the crashes in dir.
func heir(t *testing.T, k sink.Sink, dir string, opts ...Option) *Stream {
	t.Helper()
	t.Cleanup(func() { debug.SetCrashOutput(nil, debug.CrashOptions{}) })
	return newStream(t, k, append([]Option{WithStorage(dir, WithCrashReport())}, opts...)...)
}

// What the runtime said of two processes that crashed one after the other is what the third
// one says first.
func TestTheNextStartTellsOfCrashes(t *testing.T) {
	for _, c := range []struct{ name, kind, message string }{
		{"panic", "panic", "boom: password="},
		{"deferred", "panic", "at the end"},
		{"fatal", "fatal error", "raised in "},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := storeDir(t)
			begun := time.Now().Add(-time.Second)
			crashChild(t, dir, reportChildren+" "+c.name)
			crashChild(t, dir, reportChildren+" "+c.name)
			// The Shutdown of the second has stored the record of the first.
			if n := len(reports(t, dir)); n != 2 && c.name != "deferred" {
				t.Fatalf("got %d files after two crashes, want 2", n)
			}
			k := new(witness)
			s := heir(t, k, dir)
			eventually(t, "the removal of what was told", func() bool { return len(reports(t, dir)) == 1 && len(k.notes()) == 2 })
			notes := k.notes()
			if len(notes) != 2 {
				t.Fatalf("got %d records, want 2", len(notes))
			}
			for _, n := range notes {
				stack := n.texts["exception.stacktrace"]
				if n.severity != fatalSeverity || n.texts["exception.type"] != c.kind || !strings.HasPrefix(n.texts["exception.message"], c.message) ||
					!strings.Contains(stack, "goroutine ") || !strings.Contains(stack, "reportChild") {
					t.Errorf("got severity %d and %q", n.severity, n.texts)
				}
				if n.resource != reportChildren+" "+c.name {
					t.Errorf("got the resource of %q, want that of the process that crashed", n.resource)
				}
				if n.at.Before(begun) || n.at.After(time.Now()) {
					t.Errorf("got the time %v, want that of the crash", n.at)
				}
				if text := fmt.Sprint(n.texts); strings.Contains(text, "hunter2") {
					t.Errorf("a secret shows: %s", text)
				}
			}
			if st := s.Stats(); st.Own+st.Recovered != 2 || st.Accepted != 2 {
				t.Errorf("got %v and %d own, want 2", st, st.Own)
			}
		})
	}
}

// A report stays until somebody has the record.
func TestAReportThatNobodyGotIsToldAgain(t *testing.T) {
	dir := storeDir(t)
	crashChild(t, dir, reportChildren+" panic")
	k := &witness{down: true}
	s, err := New(k, WithStorage(dir, WithCrashReport()), WithRetry(time.Millisecond, 2*time.Millisecond), WithErrorHandler(func(error) {}))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "an attempt", func() bool { return s.Stats().Routes[0].Failures > 0 })
	if n := len(reports(t, dir)); n != 2 {
		t.Errorf("got %d files while the destination is down, want the report and that of this process", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, ErrStored) {
		t.Fatalf("got %v, want ErrStored", err)
	}
	eventually(t, "the removal of what is stored", func() bool { return len(reports(t, dir)) == 1 })
	next := new(witness)
	heir(t, next, dir)
	eventually(t, "the record", func() bool { return len(next.notes()) == 1 })
	if files := reports(t, dir); len(files) != 1 {
		t.Errorf("got files %v, want that of this process", files)
	}
}

func TestOneStreamHasTheCrashOutput(t *testing.T) {
	first, second := storeDir(t), storeDir(t)
	k := new(witness)
	s := heir(t, k, first)
	if other, err := New(new(witness), WithStorage(second, WithCrashReport())); err == nil || !strings.Contains(err.Error(), "WithCrashReport") {
		t.Errorf("got %v, want an error that names WithCrashReport", err)
		if other != nil {
			other.Shutdown(t.Context())
		}
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	heir(t, k, second)
	if left := reports(t, first); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Whatever lies there costs a record at most, or is left alone.
func TestHostileReportsCostLittle(t *testing.T) {
	dir := storeDir(t)
	crashChild(t, dir, reportChildren+" panic")
	file := reports(t, dir)[0]
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	header := good[:strings.Index(string(good), "panic: boom")]
	write := func(i int, content []byte) {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("x-crash-%016x.report", i)), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	future := time.Now().Add(100 * 365 * 24 * time.Hour)
	write(1, []byte("panic: no header, and more than forty bytes of it\n"))
	write(2, header[:20])
	write(3, header)
	write(4, append(append([]byte(nil), header...), strings.Repeat("\x00\xffpanic: ", 1<<20)...))
	huge := append([]byte(nil), header...)
	huge[14], huge[15] = 0xff, 0xff
	write(5, huge)
	if err := errors.Join(os.Chtimes(file, future, future), os.Mkdir(filepath.Join(dir, "x-crash-0000000000000006.report"), 0o700),
		os.Symlink(file, filepath.Join(dir, "x-crash-0000000000000007.report"))); err != nil {
		t.Fatal(err)
	}
	k := new(witness)
	var mu sync.Mutex
	var said []string
	heir(t, k, dir, WithErrorHandler(func(err error) {
		mu.Lock()
		defer mu.Unlock()
		said = append(said, err.Error())
	}))
	eventually(t, "two records", func() bool { return len(k.notes()) == 2 })
	for _, n := range k.notes() {
		if n.at.After(time.Now()) {
			t.Errorf("a record of the future: %v", n.at)
		}
	}
	eventually(t, "the files that are left alone", func() bool { return len(reports(t, dir)) == 5 })
	mu.Lock()
	defer mu.Unlock()
	if text := strings.Join(said, "\n"); !strings.Contains(text, "000001.report") || !strings.Contains(text, "000005.report") || !strings.Contains(text, "000006.report") || strings.Contains(text, "000003.report") {
		t.Errorf("the error handler got %q", said)
	}
}
