package crash

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Names of files. One that is being made has another name until it is whole.
const (
	suffix    = ".crash"
	newSuffix = ".new"
)

// A File is the memory of a process that is alive: this one. It belongs to one
// stream.
type File struct {
	layout Layout
	parts  parts
	path   string
	file   *os.File // keeps the lock
	bytes  []byte   // the mapping
	mem    []uint64 // the same

	// Torn is called by Commit when a slot is half written. It is for tests, which end
	// the process there; nil does nothing.
	Torn func()

	// Guarded by the lock of the queue.
	number  uint64 // of the next commit
	estates uint64 // how often the estate was kept

	mu      sync.Mutex          // guards the following, and writes to the origins
	origins map[uint32]struct{} // ids of those in the file
}

// Create makes a file in dir, which it creates if its parent exists, and keeps it
// locked. All its memory is allocated and touched before Create returns, so what the
// file system has no room for is an error here and not a fault later. Unless onDisk,
// a directory that is not backed by memory is an error.
func Create(dir string, l Layout, onDisk bool) (*File, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	if err := prepare(dir, onDisk); err != nil {
		return nil, err
	}
	for {
		var random [8]byte
		rand.Read(random[:])
		base := filepath.Join(dir, hex.EncodeToString(random[:]))
		f := &File{layout: l, parts: l.parts(), path: base + suffix, number: 1, origins: make(map[uint32]struct{})}
		if err := f.make(base + newSuffix); err == nil {
			return f, nil
		} else if !errors.Is(err, errTaken) {
			return nil, err
		}
	}
}

// errTaken says that another process took a file that was not locked yet for one
// that was never finished. It happens in the instant between two system calls.
var errTaken = errors.New("was removed by another process")

// make creates the file under a name, and renames it when it is whole.
func (f *File) make(name string) (err error) {
	f.file, err = os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			if !errors.Is(err, errTaken) {
				err = errors.Join(err, os.Remove(name))
			}
			err = errors.Join(err, f.file.Close())
		}
	}()
	switch err := lock(f.file); {
	case errors.Is(err, errBusy):
		return errTaken
	case err != nil:
		return fmt.Errorf("lock %s: %w", name, err)
	}
	if !leadsTo(name, f.file) {
		return errTaken
	}
	if err := allocate(f.file, int64(f.parts.size)); err != nil {
		return fmt.Errorf("%s: allocate %d bytes: %w", name, f.parts.size, err)
	}
	if f.bytes, err = mapFile(f.file, int(f.parts.size)); err != nil {
		return fmt.Errorf("map %s: %w", name, err)
	}
	f.mem = wordsOf(f.bytes)
	for i := 0; i < len(f.mem); i += unit / wordSize {
		f.mem[i] = 0 // touched: no later store waits for a page
	}
	f.layout.encode(f.parts.header.of(f.mem))
	f.Commit(nil, nil) // of zeros, so that there always is one
	if err := os.Rename(name, f.path); err != nil {
		return errors.Join(err, f.Unmap())
	}
	return nil
}

// Ring returns the memory for the ring: zero, and of the size of its Config.
func (f *File) Ring() []uint64 { return f.parts.ring.of(f.mem) }

// Counter returns a word that counts, whoever adds to it, whether or not there is a
// commit.
func (f *File) Counter(i int) *uint64 { return &f.parts.counters.of(f.mem)[i] }

// Commit keeps how many records of each shard have left the ring, and the ledger, and
// makes what was done to pages since the last commit part of what a crash leaves: all of
// it, or if the process ends before Commit has returned, perhaps nothing. Only then may
// the ring be freed and a page that was cleared be used again. left has a word for each
// shard; what is short of the layout's size is zero.
func (f *File) Commit(left, sums []uint64) {
	slotsOver(f.parts.sums.of(f.mem)).write(f.number, f.Torn, left, sums)
	f.number++
}

// KeepEstate keeps what former processes have left of their ledgers, at once. The words
// may be fewer than the layout's.
func (f *File) KeepEstate(words []uint64) {
	f.estates++
	slotsOver(f.parts.estate.of(f.mem)).write(f.estates, nil, words)
}

// Created returns when the file was made, in nanoseconds since 1970.
func (f *File) Created() int64 { return f.layout.Created }

// Path returns the name of the file.
func (f *File) Path() string { return f.path }

// Remove takes the name away, so that nobody finds the file, and gives its memory
// back to the system. The mapping stays: a late reader finds zeros, not a fault.
func (f *File) Remove() error {
	return errors.Join(os.Remove(f.path), release(f.file, int64(f.parts.size)))
}

// Keep leaves the file for the next start. No more may be written to it.
func (f *File) Keep() error { return f.file.Close() }

// Unmap ends the mapping. Nobody may touch any of the memory afterwards.
func (f *File) Unmap() error { return unmap(f.bytes) }

// leadsTo reports whether a name is that of f.
func leadsTo(name string, f *os.File) bool {
	opened, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(name)
	return err == nil && os.SameFile(opened, named)
}

// prepare sees to it that dir is a directory that only we can use.
func prepare(dir string, onDisk bool) (err error) {
	if made := os.Mkdir(dir, 0o700); made == nil {
		defer func() {
			if err != nil {
				_ = os.Remove(dir) // of no use
			}
		}()
	} else if !errors.Is(made, os.ErrExist) {
		return made
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if info.IsDir() && info.Mode()&os.ModeSticky != 0 {
		return fmt.Errorf("%s is for all users; name a directory of its own, such as %s", dir, filepath.Join(dir, "NAME"))
	}
	if err := private(info); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a directory", dir)
	}
	kind, err := fileSystem(dir)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", dir, err)
	case kind == network:
		return fmt.Errorf("%s is on a network file system", dir)
	case kind == disk && !onDisk:
		return fmt.Errorf("%s is not backed by memory; use a tmpfs such as /dev/shm, or OnDisk", dir)
	}
	return nil
}

// private reports what is wrong with the owner or the mode of a file.
func private(info os.FileInfo) error {
	switch mode := info.Mode(); {
	case mode&os.ModeSymlink != 0:
		return errors.New("is a symbolic link")
	case mode.Perm()&0o077 != 0:
		return fmt.Errorf("has mode %04o, and others must have no access: chmod go-rwx", mode.Perm())
	case !ours(info):
		return errors.New("belongs to another user")
	}
	return nil
}

// A kind of file system.
type kind int

const (
	memory kind = iota
	disk
	network
)

// names returns the files of dir that have a suffix.
func names(dir, suffix string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	var list []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), suffix) {
			list = append(list, filepath.Join(dir, e.Name()))
		}
	}
	return list, err
}
