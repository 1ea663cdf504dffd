//go:build linux || darwin

package crash

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/logstream-go/logstream/buffer"
)

// moves copies what r has into p and publishes it, as the worker does.
func move(r *buffer.Ring, p *Page) {
	r.Drain(func(f *buffer.Frame) bool {
		return p.Append(&Record{Origin: f.Origin, Shard: f.Shard, Severity: f.Severity, Seq: f.Seq, Time: f.Time, Data: f.Data})
	})
	p.Publish()
}

func TestAnOrphanHasWhatItsProcessKept(t *testing.T) {
	dir := home(t)
	f, r := create(t, dir)
	want := Origin{[]byte("resource"), "https://r", []byte("scope"), "https://s", ""}
	for id, o := range []Origin{{}, want} {
		if !f.AddOrigin(uint32(id), &o) || !f.AddOrigin(uint32(id), &o) {
			t.Fatal("there is no room for two origins")
		}
	}
	first, second := f.Page(0), f.Page(2)
	put(t, r, 5)
	move(r, first)
	f.Commit([]uint64{5, 0}, nil)
	r.Release()
	put(t, r, 5)
	move(r, second)
	f.Commit([]uint64{10, 0}, nil) // in both: not released
	put(t, r, 5)
	first.Done(0, 0, 5)
	first.Done(1, 1, 2)
	second.Done(1, 4, 5)
	f.Commit([]uint64{10, 0}, nil)
	if busy := orphans(t, dir); len(busy) != 0 {
		t.Fatal("the file of a process that lives was taken")
	}
	keep(t, f)

	list := orphans(t, dir)
	if len(list) != 1 {
		t.Fatalf("got %d orphans, want 1", len(list))
	}
	o := list[0]
	if got, want := o.Layout, f.layout; got.Instance != want.Instance || got.Created != want.Created || !reflect.DeepEqual(got.Routes, want.Routes) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	found := left(t, o)
	if len(found) != 15 {
		t.Errorf("found %d records, want 15", len(found))
	}
	for seq, done := range map[uint64]uint64{0: 1, 1: 3, 4: 1, 5: 0, 9: 2, 10: 0, 14: 0} {
		if got, ok := found[text(0, seq)]; !ok || got != done {
			t.Errorf("record %d: found %v, done by %b, want %b", seq, ok, got, done)
		}
	}
	origins, err := o.Origins()
	if err != nil || !reflect.DeepEqual(origins[1], want) || len(origins) != 2 {
		t.Errorf("got %v and %v, want %v", origins, err, want)
	}

	if again := orphans(t, dir); len(again) != 0 {
		t.Error("an orphan was taken twice")
	}
	if err := o.Remove(); err != nil {
		t.Error(err)
	}
	if rest, _ := os.ReadDir(dir); len(rest) != 0 {
		t.Errorf("left behind: %v", rest)
	}
}

// Whoever takes an orphan over in part leaves the rest to the next.
func TestWhatIsForgottenIsNotReadAgain(t *testing.T) {
	dir := home(t)
	f, r := create(t, dir)
	for i := range 2 {
		put(t, r, 5)
		move(r, f.Page(i))
		f.Commit([]uint64{uint64(5 + 5*i), 0}, nil)
		r.Release()
	}
	put(t, r, 5)
	keep(t, f)
	for left := 15; left >= 0; left-- {
		o := orphans(t, dir)[0]
		n := 0
		err := o.Records(func(r *Record) {
			if n++; n == 1 {
				if err := o.Forget(r); err != nil {
					t.Error(err)
				}
			}
		})
		if err != nil || n != left {
			t.Fatalf("got %d records and %v, want %d", n, err, left)
		}
		if err := o.Leave(); err != nil {
			t.Fatal(err)
		}
	}
}

// spoil makes every commit unreadable.
func spoil(f *File) {
	sums := slotsOver(f.parts.sums.of(f.mem))
	for i := range uint64(2) {
		sums.slot(i)[1]++
	}
}

// Where no commit can be read, each record is found once all the same.
func TestWithoutACommitNothingIsLost(t *testing.T) {
	dir := home(t)
	f, r := create(t, dir)
	put(t, r, 5)
	move(r, f.Page(0))
	f.Commit([]uint64{5, 0}, nil)
	r.Release()
	put(t, r, 5)
	move(r, f.Page(1)) // in both
	spoil(f)
	keep(t, f)
	o := orphans(t, dir)[0]
	if found := left(t, o); len(found) != 10 || o.HasLedger {
		t.Errorf("found %d records, want 10, and a ledger: %v", len(found), o.HasLedger)
	}
}

// What is not committed is as it was, however often it changed.
func TestAChangeThatIsNotCommittedIsNone(t *testing.T) {
	dir := home(t)
	f, r := create(t, dir)
	put(t, r, 3)
	p := f.Page(0)
	r.Drain(func(x *buffer.Frame) bool {
		p.Append(&Record{Origin: 1, Shard: x.Shard, Severity: 9, Seq: x.Seq, Time: x.Time, Data: x.Data})
		return true
	})
	p.Skip(1, 0)
	p.Publish()
	f.Commit([]uint64{3, 0}, []uint64{1})
	p.Done(0, 0, 1)
	f.Commit([]uint64{3, 0}, []uint64{2})
	p.Done(0, 1, 3)
	p.Done(1, 1, 2)
	p.Done(1, 2, 3)
	p.Clear()
	keep(t, f)
	o := orphans(t, dir)[0]
	found := left(t, o)
	if found[text(0, 0)] != 3 || found[text(0, 1)] != 0 || found[text(0, 2)] != 0 || len(found) != 3 || o.Sums[0] != 2 {
		t.Errorf("got %v with sums %v, want only the first record done with, by both, and sums of 2", found, o.Sums)
	}
}

// Of two slots the last whole one counts.
func TestSlotsAreWrittenInTurn(t *testing.T) {
	s := slotsOver(make([]uint64, slotsSize(3)))
	if _, n := s.read(); n != 0 {
		t.Fatal("empty slots have a number")
	}
	for n := uint64(1); n < 6; n++ {
		s.write(n, func() {
			if words, got := s.read(); got != n-1 || n > 1 && words[0] != n-1 {
				t.Errorf("in the middle of %d: got %d with %v", n, got, words)
			}
		}, []uint64{n}, []uint64{n, n})
		if words, got := s.read(); got != n || words[0] != n || words[2] != n {
			t.Errorf("got %d with %v, want %d", got, words, n)
		}
	}
	s.slot(5)[3]++
	if words, got := s.read(); got != 4 || words[1] != 4 {
		t.Errorf("got %d with %v, want 4: 5 is damaged", got, words)
	}
}

func TestTheEstateIsKept(t *testing.T) {
	dir := home(t)
	f, _ := create(t, dir)
	f.KeepEstate([]uint64{1, 2, 3, 4, 5})
	f.KeepEstate([]uint64{6})
	keep(t, f)
	if got := orphans(t, dir)[0].Estate; !slices.Equal(got, []uint64{6, 0, 0, 0, 0}) {
		t.Errorf("got %v, want the second", got)
	}
}

// A record that was recovered before may have the number of one in the ring.
func TestRecordsOfAnotherInstanceAreOthers(t *testing.T) {
	dir := home(t)
	f, r := create(t, dir)
	f.AddOrigin(1, &Origin{})
	f.AddOrigin(2, &Origin{Instance: "former"})
	p := f.Page(0)
	p.Append(&Record{Origin: 2, Data: []byte("old")})
	p.Publish()
	f.Commit(nil, nil)
	put(t, r, 1)
	spoil(f) // or only the lengths of pages tell
	keep(t, f)
	n := 0
	if err := orphans(t, dir)[0].Records(func(*Record) { n++ }); err != nil || n != 2 {
		t.Errorf("got %d records and %v, want 2", n, err)
	}
}

func TestAPageThatIsClearedIsEmpty(t *testing.T) {
	dir := home(t)
	f, r := create(t, dir)
	put(t, r, 3)
	p := f.Page(1)
	move(r, p)
	f.Commit([]uint64{3, 0}, nil)
	r.Release()
	p.Clear()
	f.Commit([]uint64{3, 0}, nil)
	if !p.Append(&Record{Origin: 1, Seq: 7, Time: 7, Severity: 9, Data: []byte(text(0, 7))}) {
		t.Fatal("an empty page has no room")
	}
	if p.Append(&Record{Data: make([]byte, 5000)}) {
		t.Error("a page of 4 KiB took 5,000 bytes")
	}
	keep(t, f)
	o := orphans(t, dir)[0]
	if found := left(t, o); len(found) != 0 {
		t.Errorf("got %v, want nothing: it was not published", found)
	}
}

func TestRemovedFilesLeaveNothing(t *testing.T) {
	dir := home(t)
	f, r := create(t, dir)
	put(t, r, 3)
	if err := f.Remove(); err != nil {
		t.Fatal(err)
	}
	put(t, r, 3) // a late one meets memory, not a fault
	if list := orphans(t, dir); len(list) != 0 {
		t.Error("a removed file was found")
	}
	if err := f.Unmap(); err != nil {
		t.Error(err)
	}
}

func TestOriginsHaveABound(t *testing.T) {
	f, _ := create(t, home(t))
	defer f.Remove()
	n := uint32(0)
	for f.AddOrigin(n, &Origin{Scope: bytes.Repeat([]byte("s"), 100)}) {
		n++
	}
	if n < 20 || n > 40 {
		t.Errorf("%d origins of about 130 bytes in 4 KiB", n)
	}
	if !f.AddOrigin(0, &Origin{}) {
		t.Error("an origin that is there needs room")
	}
}

func TestDirectoriesThatOthersCanUseAreRefused(t *testing.T) {
	base := t.TempDir()
	open := filepath.Join(base, "open")
	link := filepath.Join(base, "link")
	file := filepath.Join(base, "file")
	if err := errors.Join(os.Mkdir(open, 0o700), os.Chmod(open, 0o755), os.Symlink(open, link), os.WriteFile(file, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	shared := filepath.Join(base, "shared") // as /dev/shm itself
	if err := errors.Join(os.Mkdir(shared, 0o700), os.Chmod(shared, 0o777|os.ModeSticky)); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ dir, want string }{
		{open, "0755"},
		{shared, "name a directory of its own"},
		{link, "symbolic link"},
		{file, "not a directory"},
		{filepath.Join(base, "no", "parent"), "no such file"},
	}
	for _, test := range tests {
		if _, err := Create(test.dir, small, true); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.dir, err, test.want)
		}
	}
}

func TestADirectoryThatIsRefusedIsNotLeftBehind(t *testing.T) {
	base := t.TempDir()
	if kind, err := fileSystem(base); err != nil || kind != disk {
		return // what follows is about directories on a disk
	}
	_, err := Create(filepath.Join(base, "ring"), small, false)
	if err == nil || !strings.Contains(err.Error(), "not backed by memory") {
		t.Errorf("got %v", err)
	}
	if list, err := os.ReadDir(base); err != nil || len(list) > 0 {
		t.Errorf("got %v and %v, want nothing", list, err)
	}
}

func TestFilesThatAreNotOursAreLeft(t *testing.T) {
	tests := []struct {
		name, want string
		spoil      func(path string) error
	}{
		{"another version", "no file of this version", func(p string) error { return patch(p, 0, 1) }},
		{"a spoilt header", "checksum", func(p string) error { return patch(p, 9, 77) }},
		{"a spoilt name of a route", "checksum", func(p string) error { return patch(p, namesWord*wordSize+1, 77) }},
		{"too short", "bytes", func(p string) error { return os.Truncate(p, 8<<10) }},
		{"empty", "damaged", func(p string) error { return os.Truncate(p, 0) }},
		{"readable by others", "0644", func(p string) error { return os.Chmod(p, 0o644) }},
		{"a directory", "directory", func(p string) error { return errors.Join(os.Remove(p), os.Mkdir(p, 0o700)) }},
		{"a symbolic link", "symbolic links", func(p string) error {
			return errors.Join(os.Rename(p, p+".moved"), os.Symlink(p+".moved", p))
		}},
	}
	for _, test := range tests {
		dir := home(t)
		f, r := create(t, dir)
		put(t, r, 1)
		keep(t, f)
		if err := test.spoil(f.Path()); err != nil {
			t.Fatal(err)
		}
		list, err := Orphans(dir)
		if len(list) != 0 || err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), f.Path()) {
			t.Errorf("%s: got %d orphans and %v, want %q", test.name, len(list), err, test.want)
		}
		if _, err := os.Lstat(f.Path()); err != nil {
			t.Errorf("%s: the file is gone: %v", test.name, err)
		}
	}
}

// patch changes one byte of a file.
func patch(path string, at int64, b byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt([]byte{b}, at)
	return errors.Join(err, f.Close())
}

func TestUnfinishedFilesAreRemoved(t *testing.T) {
	dir := home(t)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	alive, err := os.Create(filepath.Join(dir, "a"+newSuffix))
	if err != nil {
		t.Fatal(err)
	}
	defer alive.Close()
	if err := errors.Join(alive.Chmod(0o600), lock(alive), os.WriteFile(filepath.Join(dir, "b"+newSuffix), []byte("x"), 0o600)); err != nil {
		t.Fatal(err)
	}
	orphans(t, dir)
	rest, _ := os.ReadDir(dir)
	if len(rest) != 1 || rest[0].Name() != "a"+newSuffix {
		t.Errorf("got %v, want the file that is in use", rest)
	}
}

func TestDamageEndsAPageNotTheRest(t *testing.T) {
	dir := home(t)
	f, r := create(t, dir)
	put(t, r, 4)
	bad := f.Page(0)
	move(r, bad)
	f.Commit([]uint64{4, 0}, nil)
	r.Release()
	put(t, r, 4)
	move(r, f.Page(1))
	f.Commit([]uint64{8, 0}, nil)
	r.Release()
	put(t, r, 2)
	bad.mem[bad.starts[2]] = 1 << 20
	keep(t, f)
	o := orphans(t, dir)[0]
	n := 0
	err := o.Records(func(*Record) { n++ })
	if n != 8 || err == nil || !strings.Contains(err.Error(), "page 0") {
		t.Errorf("got %d records and %v, want 8 and an error of page 0", n, err)
	}
}

func TestALayoutHasBounds(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Layout)
	}{
		{"no shards", func(l *Layout) { l.Ring.Shards = 0 }},
		{"no pages", func(l *Layout) { l.Pages = 0 }},
		{"small pages", func(l *Layout) { l.PageSize = 100 }},
		{"no room for origins", func(l *Layout) { l.Origins = 0 }},
		{"too many sums", func(l *Layout) { l.Sums = maxSums + 1 }},
		{"a negative number of counters", func(l *Layout) { l.Counters = -1 }},
		{"too much of an estate", func(l *Layout) { l.Estate = maxSums + 1 }},
		{"too many routes", func(l *Layout) { l.Routes = make([]string, MaxRoutes+1) }},
		{"a long name", func(l *Layout) { l.Routes = []string{strings.Repeat("x", 256)} }},
		{"too large", func(l *Layout) { l.Pages, l.PageSize = 1<<20, 1<<20 }},
	}
	for _, test := range tests {
		l := small
		test.change(&l)
		if _, err := Create(home(t), l, true); err == nil {
			t.Errorf("%s: is no error", test.name)
		}
	}
}

func TestMemoryIsAskedFor(t *testing.T) {
	dir := home(t)
	k, err := fileSystem(filepath.Dir(dir))
	if err != nil {
		t.Fatal(err)
	}
	f, err := Create(dir, small, false)
	if f != nil {
		f.Remove()
	}
	if (k == memory) != (err == nil) {
		t.Errorf("got %v in a directory of kind %v", err, k)
	}
}

// A file system that is full is an error of Create, and nothing is left behind.
func TestNoRoomIsAnErrorAtOnce(t *testing.T) {
	dir := home(t)
	out := spawn(t, "no room", dir)
	if err := out.Wait(); err != nil {
		t.Errorf("the child: %v", err)
	}
	if rest, _ := os.ReadDir(dir); len(rest) != 0 {
		t.Errorf("left behind: %v", rest)
	}
}

// FuzzOrphan reads a file of any content behind a header that is right.
func FuzzOrphan(f *testing.F) {
	dir := home(f)
	file, r := create(f, dir)
	file.AddOrigin(1, &Origin{Scope: []byte("scope")})
	put(f, r, 3)
	move(r, file.Page(0))
	file.Commit([]uint64{3, 0}, []uint64{7})
	file.KeepEstate([]uint64{8})
	put(f, r, 3)
	keep(f, file)
	content, err := os.ReadFile(file.Path())
	if err != nil {
		f.Fatal(err)
	}
	headerSize := file.parts.header.to * wordSize
	f.Add(content[headerSize:])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, rest []byte) {
		b := bytes.Clone(content)
		copy(b[headerSize:], rest)
		if err := os.WriteFile(file.Path(), b, 0o600); err != nil {
			t.Fatal(err)
		}
		list, err := Orphans(dir)
		if err != nil || len(list) != 1 {
			t.Fatalf("got %d orphans and %v", len(list), err)
		}
		defer list[0].Leave()
		total := 0
		list[0].Records(func(r *Record) { total += len(r.Data) })
		list[0].Origins()
		if total > len(b) {
			t.Errorf("%d bytes of records in a file of %d", total, len(b))
		}
	})
}

// FuzzLayout reads a header of any content.
func FuzzLayout(f *testing.F) {
	w := make([]uint64, roundUp(1))
	small.encode(w)
	f.Add(bytes.Clone(bytesOf(w)))
	f.Fuzz(func(t *testing.T, content []byte) {
		w := make([]uint64, roundUp(1))
		copy(bytesOf(w), content)
		for range 2 {
			l, err := decodeLayout(w)
			if err == nil && l.parts().size > maxFile {
				t.Errorf("a file of %d bytes", l.parts().size)
			}
			// Again with a checksum that matches.
			if _, n := unpair(w[routesWord]); n >= 0 && n <= (len(w)-namesWord)*wordSize {
				w[crcWord] = headerSum(w, n)
			}
			w[magicWord] = magic
		}
	})
}
