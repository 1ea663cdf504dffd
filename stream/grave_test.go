package stream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/logstream-go/logstream/internal/letters"
	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/mask"
	"github.com/logstream-go/logstream/sink"
)

// lettersIn returns the name of the file of dead letters.
func lettersIn(dir string) string { return filepath.Join(dir, "x-dead.letters") }

// refuser is a sink that refuses everything for good.
func refuser() *recorder {
	return &recorder{answer: func(int, *sink.Batch) error {
		return &sink.Error{Kind: sink.Invalid, Err: errors.New("no such index")}
	}}
}

// refuseSome puts the records from..from+n-1 into a stream that refuses them.
func refuseSome(t *testing.T, s *Stream, from, n int) {
	t.Helper()
	p := newProducer(s)
	for i := from; i < from+n; i++ {
		p.put(infoSeverity, numbered(i))
	}
	flush(t, s)
}

// eventuallyStored waits until the storage has all dead letters.
func eventuallyStored(t *testing.T, s *Stream) {
	t.Helper()
	eventually(t, "the letters on disk", func() bool { return s.Stats().DeadLetters.Unstored == 0 })
}

func TestDeadLettersOutliveTheProcess(t *testing.T) {
	dir := storeDir(t)
	s := newStream(t, refuser(), stored(dir)...)
	refuseSome(t, s, 0, 20)
	eventuallyStored(t, s)
	killed := clone(t, dir)
	next := newStream(t, refuser(), stored(killed)...)
	want, got := s.DeadLetters(), next.DeadLetters()
	if len(got) != 20 || !bytes.Equal(got[7].Request, want[7].Request) || got[7].Reason != "no such index" || got[7].Route != "primary" ||
		got[7].Sink != "first" || !got[7].Time.Equal(want[7].Time) {
		t.Errorf("got %d letters, the eighth %+v; want 20, and %+v", len(got), got[7], want[7])
	}
	if st := next.Stats().DeadLetters; st != (DeadLetterStats{Held: 20, Recovered: 20}) {
		t.Errorf("got %+v, want 20 held and recovered", st)
	}
	refuseSome(t, next, 20, 5)
	if err := next.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	if list, err := ReadDeadLetters(killed); len(list) != 25 || err != nil {
		t.Errorf("got %d letters and %v, want 25", len(list), err)
	}
	last := newStream(t, new(recorder), stored(killed)...)
	wantAll(t, bodies(t, last), 25)
	if info, err := os.Stat(lettersIn(dir)); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("got %v and %v, want mode 0600", info, err)
	}
}

func TestDeadLettersOnDiskAreBounded(t *testing.T) {
	const budget = 64 << 10
	dir := storeDir(t)
	s := newStream(t, refuser(), append(stored(dir), WithDeadLetters(budget))...)
	for i := range 20 {
		refuseSome(t, s, 50*i, 50)
		eventuallyStored(t, s)
		if info, err := os.Stat(lettersIn(dir)); err != nil || info.Size() > 2*budget {
			t.Fatalf("after %d letters: got %v and %v, want %d bytes at most", 50*(i+1), info.Size(), err, 2*budget)
		}
	}
	st := s.Stats().DeadLetters
	if st.Held+st.Forgotten != 1000 || st.Held < 50 {
		t.Errorf("got %+v, want 1000 held and forgotten", st)
	}
	next := newStream(t, new(recorder), append(stored(clone(t, dir)), WithDeadLetters(budget))...)
	texts := bodies(t, next)
	if len(texts) != int(st.Held) || !strings.HasPrefix(texts[len(texts)-1], "9") {
		t.Errorf("got %d letters, want the last %d", len(texts), st.Held)
	}
	none := clone(t, dir)
	newStream(t, new(recorder), append(stored(none), WithDeadLetters(0))...)
	if _, err := os.Stat(lettersIn(none)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("with no room for letters: got %v, want the file gone", err)
	}
}

// bury writes letters into the directory of a storage.
func bury(t *testing.T, dir string, list ...letters.Letter) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	f, _, err := letters.Open(dir, func(letters.Letter) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Rewrite(list), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// request returns a request with a record whose body is text.
func request(text string) []byte {
	rec := otlp.AppendStringValue(nil, otlp.TagRecordBody, text)
	scope := otlp.AppendBytesField(otlp.AppendBytesField(nil, tagOuter, nil), tagInner, rec)
	resource := otlp.AppendString(nil, otlp.TagResourceAttribute, "service.name", text)
	out := otlp.AppendBytesField(otlp.AppendBytesField(nil, tagOuter, resource), tagInner, scope)
	return otlp.AppendBytesField(nil, tagOuter, out)
}

func TestDeadLettersThatAreTooOldAreOffTheDisk(t *testing.T) {
	dir := storeDir(t)
	now := time.Now()
	bury(t, dir,
		letters.Letter{Time: now.Add(-2 * time.Hour).UnixNano(), Request: request("old")},
		letters.Letter{Time: now.Add(-time.Minute).UnixNano(), Request: request("young")})
	s := newStream(t, new(recorder), stored(dir, WithDeadLetterAge(time.Hour))...)
	if got := bodies(t, s); len(got) != 1 || got[0] != "young" {
		t.Errorf("got %q, want the young one", got)
	}
	if st := s.Stats().DeadLetters; st.Forgotten != 1 || st.Held != 1 {
		t.Errorf("got %+v, want one forgotten", st)
	}
	eventually(t, "a file without the old one", func() bool {
		list, err := ReadDeadLetters(dir)
		return err == nil && len(list) == 1
	})
	empty := storeDir(t)
	bury(t, empty, letters.Letter{Time: 1, Request: request("old")})
	newStream(t, new(recorder), stored(empty)...)
	eventually(t, "no file", func() bool {
		_, err := os.Stat(lettersIn(empty))
		return errors.Is(err, fs.ErrNotExist)
	})
	if _, err := New(new(recorder), WithStorage("x", WithDeadLetterAge(time.Second))); err == nil || !strings.Contains(err.Error(), "WithDeadLetterAge(1s) is not 0s and less than 1m0s") {
		t.Errorf("got %v, want the option, its value and its bound", err)
	}
}

func TestDeadLettersAreMaskedAgain(t *testing.T) {
	dir := storeDir(t)
	s := newStream(t, refuser(), append(stored(dir), WithMask(mask.None()))...)
	newProducer(s).put(infoSeverity, canaries[0].text)
	flush(t, s)
	eventuallyStored(t, s)
	at := clone(t, dir)
	if content, err := os.ReadFile(lettersIn(at)); err != nil || !strings.Contains(string(content), canaries[0].secret) {
		t.Fatalf("got %v, want a letter that is not masked", err)
	}
	next := newStream(t, new(recorder), stored(at)...)
	for _, d := range next.DeadLetters() {
		if strings.Contains(fmt.Sprintf("%s %+v", d.Request, d), canaries[0].secret) {
			t.Errorf("got %q, want it masked", d.Request)
		}
	}
	if got := bodies(t, next); len(got) != 1 {
		t.Errorf("got %q, want one letter", got)
	}
}

// What no stream has written costs nothing but itself.
func TestAHostileFileOfDeadLetters(t *testing.T) {
	dir := storeDir(t)
	good := letters.Letter{Time: time.Now().UnixNano(), Request: request("good")}
	bad := good
	bad.Request = []byte("no request")
	cut := good
	cut.Request = good.Request[:len(good.Request)-3]
	long := good
	long.Reason = strings.Repeat("x", 1<<12)
	record := good // whose record cannot be read: it is replaced as a whole
	record.Request = []byte{tagOuter, 4, tagInner, 2, tagInner, 0}
	bury(t, dir, bad, good, cut, long, record)
	s := newStream(t, new(recorder), stored(dir)...)
	list := s.DeadLetters()
	if st := s.Stats().DeadLetters; len(list) != 3 || st.Damaged != 2 || len(list[1].Reason) > maxWords {
		t.Errorf("got %d letters and %+v, want 3 and 2 damaged", len(list), st)
	}

	link := storeDir(t)
	if err := os.MkdirAll(link, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", lettersIn(link)); err != nil {
		t.Fatal(err)
	}
	var said atomic.Value
	s = newStream(t, refuser(), append(stored(link), WithErrorHandler(func(err error) {
		if strings.Contains(err.Error(), "stay in memory") {
			said.Store(err)
		}
	}))...)
	refuseSome(t, s, 0, 3)
	if st := s.Stats().DeadLetters; st.Held != 3 || st.Unstored != 3 {
		t.Errorf("got %+v, want 3 in memory alone", st)
	}
	eventually(t, "a word of it", func() bool { return said.Load() != nil })
}

// A frail file fails as it is told.
type frail struct {
	letterFile
	full, lying atomic.Bool
	rewrites    atomic.Int32
}

func (f *frail) Append(list []letters.Letter) error {
	if f.full.Load() {
		return errors.New("no space left on device")
	}
	return f.letterFile.Append(list)
}

func (f *frail) Rewrite(list []letters.Letter) error {
	if f.full.Load() {
		return errors.New("no space left on device")
	}
	f.rewrites.Add(1)
	return f.letterFile.Rewrite(list)
}

func (f *frail) Sync() error {
	if f.lying.Load() {
		return errors.New("input/output error")
	}
	return f.letterFile.Sync()
}

func TestADiskThatTakesNoDeadLetters(t *testing.T) {
	for _, lying := range []bool{false, true} {
		t.Run(fmt.Sprintf("fsync fails %t", lying), func(t *testing.T) {
			dir := storeDir(t)
			var file frail
			var failed, resolved atomic.Int32
			s := newStream(t, refuser(), append(stored(dir, WithStorageSync(0)), meddling(func(d *diskStore) {
				file.letterFile, d.graves.file = d.graves.file, &file
			}), WithErrorHandler(func(err error) {
				if strings.Contains(err.Error(), "dead letters kept in memory") {
					failed.Add(1)
				}
				if strings.Contains(err.Error(), "takes dead letters again") {
					resolved.Add(1)
				}
			}))...)
			refuseSome(t, s, 0, 5)
			eventuallyStored(t, s)
			if lying {
				file.lying.Store(true)
			} else {
				file.full.Store(true)
			}
			refuseSome(t, s, 5, 5)
			eventually(t, "a word of the failure", func() bool { return failed.Load() == 1 })
			if st := s.Stats().DeadLetters; st.Held != 10 || st.Unstored != 5 {
				t.Errorf("got %+v, want 5 of 10 in memory alone", st)
			}
			refuseSome(t, s, 10, 5)
			before := file.rewrites.Load()
			file.lying.Store(false)
			file.full.Store(false)
			eventuallyStored(t, s)
			if file.rewrites.Load() == before {
				t.Error("a file that has failed was not written anew")
			}
			eventually(t, "a word of its end", func() bool { return resolved.Load() == 1 })
			if list, err := ReadDeadLetters(dir); len(list) != 15 || err != nil {
				t.Errorf("got %d letters and %v, want 15", len(list), err)
			}
		})
	}
}

// A crowded file has no room beside records that are stored.
type crowded struct {
	letterFile
	dir string
}

func (f *crowded) full() error {
	if files, err := filepath.Glob(filepath.Join(f.dir, "v1-*.seg")); err != nil || len(files) > 0 {
		return errors.New("no space left on device")
	}
	return nil
}

func (f *crowded) Append(list []letters.Letter) error {
	if err := f.full(); err != nil {
		return err
	}
	return f.letterFile.Append(list)
}

func (f *crowded) Rewrite(list []letters.Letter) error {
	if err := f.full(); err != nil {
		return err
	}
	return f.letterFile.Rewrite(list)
}

// A backlog that filled the disk and was refused makes room for what tells of it, at the latest
// when the stream ends.
func TestDeadLettersGetTheRoomOfWhatIsSettled(t *testing.T) {
	dir := storeDir(t)
	s := open(t, newBarrier(), stored(dir)...)
	fill(t, s, 0, 1000)
	cut(t, s)
	s = newStream(t, refuser(), append(stored(dir, WithStorageSync(time.Hour)), WithErrorHandler(func(error) {}), meddling(func(d *diskStore) {
		d.graves.file = &crowded{d.graves.file, dir}
	}))...)
	eventually(t, "the end", func() bool { return check(t, s).Held.Total() == 0 })
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	st := s.Stats().DeadLetters
	if list, err := ReadDeadLetters(dir); st.Held == 0 || st.Unstored > 0 || uint64(len(list)) != st.Held || err != nil {
		t.Errorf("got %+v, and %d letters with %v on the disk, want all of them", st, len(list), err)
	}
}

// Whatever is written to the disk is masked: blocks, copies of durable records, cursors, letters.
func TestNoCanaryIsOnTheDisk(t *testing.T) {
	dir := storeDir(t)
	all := ""
	for _, c := range canaries {
		all += c.text + " "
	}
	var down atomic.Bool
	out := sink.Func(func(context.Context, *sink.Batch) error {
		if down.Load() {
			return fmt.Errorf("down: %s", all)
		}
		return &sink.Error{Kind: sink.Invalid, Err: fmt.Errorf("no: %s", all)}
	})
	s := open(t, out, durably(dir, time.Minute, WithResource(slog.String("process.command_line", all)))...)
	scope := otlp.AppendString(otlp.AppendScope(nil, all, all), otlp.TagScopeAttribute, "note", all)
	src := s.Source(scope, "")
	var hint uint32
	put := func() {
		for _, severity := range []uint8{debugSeverity, infoSeverity, errorSeverity} {
			for _, c := range canaries {
				rec := otlp.AppendSeverity(nil, severity, "X "+c.text)
				rec = otlp.AppendStringValue(rec, otlp.TagRecordBody, c.text)
				rec = otlp.AppendString(rec, otlp.TagRecordAttribute, "note", c.text)
				rec = otlp.AppendString(rec, otlp.TagRecordAttribute, c.text, "x")
				rec = otlp.AppendBytes(rec, otlp.TagRecordAttribute, "bytes", []byte(c.text))
				src.Put(&hint, Meta{Severity: severity}, rec)
			}
		}
	}
	put()
	flush(t, s)
	eventuallyStored(t, s)
	down.Store(true)
	put()
	look := func(at string) (bytes int) {
		files, err := os.ReadDir(at)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			content, err := os.ReadFile(filepath.Join(at, f.Name()))
			if err != nil {
				t.Fatal(err)
			}
			bytes += len(content)
			for _, c := range canaries {
				for i := 0; i+8 <= len(c.secret); i++ {
					if strings.Contains(string(content), c.secret[i:i+8]) {
						t.Fatalf("%q of %q is in %s", c.secret[i:i+8], c.text, f.Name())
					}
				}
			}
		}
		return bytes
	}
	if n := look(clone(t, dir)); n < 5000 {
		t.Errorf("got %d bytes to look at, want copies and letters", n)
	}
	cut(t, s)
	look(dir)
	for _, name := range []string{lettersIn(dir), filepath.Join(dir, "v1-low-0000000000000000.seg"), filepath.Join(dir, "v1-high-0000000000000000.seg")} {
		if info, err := os.Stat(name); err != nil || info.Size() < 500 {
			t.Errorf("got %v and %v, want records in it", info, err)
		}
	}
}
