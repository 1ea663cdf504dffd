package spool

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
)

// memFS is a directory in memory that knows what a disk would hold after a failure
// of power. Files are shared by their clones' ancestors only, never by clones.
type memFS struct {
	mu    sync.Mutex
	files map[string]*memFile // as the process sees it
	disk  map[string]*memFile // names that were synced
	calls int
	fail  func(call int, op, name string) error // asked before each call; may be nil
	trace func(op, name string)
}

type memFile struct {
	fs     *memFS
	name   string
	data   []byte
	synced []byte
	doomed bool // a Sync has failed: the later ones lie
}

func newMemFS() *memFS {
	return &memFS{files: map[string]*memFile{}, disk: map[string]*memFile{}}
}

// enter is called at the start of each call to the system.
func (m *memFS) enter(op, name string) error {
	m.calls++
	if m.trace != nil {
		m.trace(op, name)
	}
	if m.fail != nil {
		if err := m.fail(m.calls, op, name); err != nil {
			return &fs.PathError{Op: op, Path: name, Err: err}
		}
	}
	return nil
}

func (m *memFS) open(name string, flag int) (file, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	op := "open"
	if flag&os.O_CREATE != 0 {
		op = "create"
	}
	if err := m.enter(op, name); err != nil {
		return nil, err
	}
	f, ok := m.files[name]
	switch {
	case !ok && op == "open":
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	case ok && op == "create":
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrExist}
	case !ok:
		f = &memFile{fs: m, name: name}
		m.files[name] = f
	}
	return f, nil
}

func (m *memFS) remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.enter("remove", name); err != nil {
		return err
	}
	if m.files[name] == nil {
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrNotExist}
	}
	delete(m.files, name)
	return nil
}

func (m *memFS) rename(from, to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.enter("rename", to); err != nil {
		return err
	}
	m.files[to] = m.files[from]
	m.files[to].name = to
	delete(m.files, from)
	return nil
}

func (m *memFS) list() ([]entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.enter("list", "."); err != nil {
		return nil, err
	}
	var l []entry
	for name, f := range m.files {
		l = append(l, entry{name, int64(len(f.data)), true})
	}
	return l, nil
}

func (m *memFS) syncDir() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.enter("syncdir", "."); err != nil {
		return err
	}
	m.disk = maps.Clone(m.files)
	return nil
}

func (m *memFS) close() error { return nil }

func (f *memFile) ReadAt(p []byte, off int64) (int, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.fs.enter("read", f.name); err != nil {
		return 0, err
	}
	if off >= int64(len(f.data)) {
		return 0, io.EOF
	}
	n := copy(p, f.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *memFile) WriteAt(p []byte, off int64) (int, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	err := f.fs.enter("write", f.name)
	if err != nil {
		p = p[:len(p)/2] // what fails may have been done in part
	}
	if end := int(off) + len(p); end > len(f.data) {
		f.data = append(f.data, make([]byte, end-len(f.data))...)
	}
	n := copy(f.data[off:], p)
	return n, err
}

func (f *memFile) Truncate(size int64) error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.fs.enter("truncate", f.name); err != nil {
		return err
	}
	if int(size) <= len(f.data) {
		f.data = f.data[:size:size]
	} else {
		f.data = append(f.data, make([]byte, int(size)-len(f.data))...)
	}
	return nil
}

// Sync that has failed once succeeds the next time, and saves nothing: a kernel may
// have marked the pages clean.
func (f *memFile) Sync() error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.fs.enter("sync", f.name); err != nil {
		f.doomed = true
		return err
	}
	if f.doomed {
		return nil
	}
	f.synced = slices.Clone(f.data)
	return nil
}

func (f *memFile) Close() error { return nil }

// kill returns the directory as a process that was killed leaves it.
func (m *memFS) kill() *memFS {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := newMemFS()
	copies := map[*memFile]*memFile{}
	clone := func(f *memFile) *memFile {
		if copies[f] == nil {
			copies[f] = &memFile{fs: c, name: f.name, data: slices.Clone(f.data), synced: slices.Clone(f.synced)}
		}
		return copies[f]
	}
	for name, f := range m.files {
		c.files[name] = clone(f)
	}
	for name, f := range m.disk {
		c.disk[name] = clone(f)
	}
	return c
}

// cutPower returns a directory as a failure of power may leave it: of names and of
// sectors that were not synced, a random part is there.
func (m *memFS) cutPower(rnd *rand.Rand) *memFS {
	c := m.kill()
	names := map[string]bool{}
	for n := range c.files {
		names[n] = true
	}
	for n := range c.disk {
		names[n] = true
	}
	share := rnd.Float64()
	out := map[string]*memFile{}
	for _, n := range slices.Sorted(maps.Keys(names)) {
		f := c.disk[n]
		if rnd.Float64() < share {
			f = c.files[n]
		}
		if f != nil {
			cp := *f // a renamed file may be there under both names
			cp.name = n
			out[n] = &cp
		}
	}
	for _, n := range slices.Sorted(maps.Keys(out)) {
		out[n].lose(rnd, share)
	}
	c.files = out
	c.disk = maps.Clone(out)
	return c
}

// lose replaces random unsynced sectors by what the disk holds.
func (f *memFile) lose(rnd *rand.Rand, share float64) {
	const sector = 512
	size := len(f.data)
	if size != len(f.synced) && rnd.Float64() > share {
		lo, hi := min(size, len(f.synced)), max(size, len(f.synced))
		size = lo + rnd.IntN(hi-lo+1)
	}
	data := make([]byte, size)
	for at := 0; at < size; at += sector {
		end := min(at+sector, size)
		from := f.synced
		if rnd.Float64() < share {
			from = f.data
		}
		if at < len(from) {
			copy(data[at:end], from[at:])
		}
	}
	f.data = data
	f.synced = slices.Clone(data)
}

// testConfig returns the configuration that opts make.
func testConfig(t testing.TB, opts ...Option) config {
	t.Helper()
	cfg, err := newConfig(opts)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// openMem opens a spool in m.
func openMem(t testing.TB, m *memFS, cfg config) (*Spool, Recovery) {
	t.Helper()
	s, rec, err := open(m, cfg)
	if err != nil {
		t.Fatalf("open: got %v, want nil", err)
	}
	return s, rec
}

// testBlock returns a block whose content follows from n.
func testBlock(c Class, records, size int, n uint64) *Block {
	r := rand.New(rand.NewPCG(n, uint64(c)))
	b := &Block{Class: c, Records: records}
	for range records {
		b.Meta = fmt.Appendf(b.Meta, "%08x", r.Uint32())
	}
	for len(b.Data) < size {
		b.Data = append(b.Data, byte(r.Uint32()))
	}
	for id := range uint32(r.IntN(4)) {
		b.Origins = append(b.Origins, Origin{id * 7, fmt.Appendf(nil, "origin %d of a scope", id*7)})
	}
	return b
}
