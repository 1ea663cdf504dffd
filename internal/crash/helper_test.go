//go:build linux || darwin

package crash

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/logstream-go/logstream/buffer"
	"github.com/logstream-go/logstream/internal/leak"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == childArg {
		child(os.Args[2], os.Args[3:])
		return
	}
	os.Exit(leak.Main(m))
}

// small is a layout in which everything is soon full.
var small = Layout{
	Ring:     buffer.Config{Shards: 2, ShardSize: 4 << 10, MaxRecord: 512, Held: true},
	Pages:    4,
	PageSize: 4 << 10,
	Origins:  4 << 10,
	Counters: 3,
	Sums:     4,
	Estate:   5,
	Routes:   []string{"primary", "siem"},
}

// create returns a file of a test, and what it keeps.
func create(t testing.TB, dir string) (*File, *buffer.Ring) {
	t.Helper()
	l := small
	l.Instance, l.Created = fmt.Sprint(rand.Uint64()), time.Now().UnixNano()
	f, err := Create(dir, l, true)
	if err != nil {
		t.Fatal(err)
	}
	r, err := buffer.Over(l.Ring, f.Ring())
	if err != nil {
		t.Fatal(err)
	}
	return f, r
}

// keep leaves f as a process that was killed does.
func keep(t testing.TB, f *File) {
	t.Helper()
	if err := f.Keep(); err != nil {
		t.Fatal(err)
	}
	if err := f.Unmap(); err != nil {
		t.Fatal(err)
	}
}

// text is what a record of a test holds.
func text(shard uint16, seq uint64) string { return fmt.Sprintf("record %d of shard %d", seq, shard) }

func put(t testing.TB, r *buffer.Ring, n int) {
	t.Helper()
	for range n {
		hint := uint32(0)
		seq := r.Published()
		if res := r.Put(&hint, buffer.Header{Time: int64(seq), Origin: 1, Severity: 9}, []byte(text(0, seq))); res != buffer.OK {
			t.Fatalf("Put: got %v", res)
		}
	}
}

// orphans returns the orphans of dir and fails on an error.
func orphans(t testing.TB, dir string) []*Orphan {
	t.Helper()
	list, err := Orphans(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, o := range list {
			o.file.Close()
		}
	})
	return list
}

// left returns the records of an orphan, by shard and number, with what is done.
func left(t testing.TB, o *Orphan) map[string]uint64 {
	t.Helper()
	found := map[string]uint64{}
	err := o.Records(func(r *Record) {
		s := string(r.Data)
		if s != text(r.Shard, r.Seq) || r.Origin != 1 || r.Time != int64(r.Seq) || r.Severity != 9 {
			t.Errorf("got %q with %+v", s, r)
		}
		if _, ok := found[s]; ok {
			t.Errorf("%q is there twice", s)
		}
		found[s] = r.Done
	})
	if err != nil {
		t.Error(err)
	}
	return found
}

// home returns the name of a directory that Create makes.
func home(t testing.TB) string { return filepath.Join(t.TempDir(), "crash") }
