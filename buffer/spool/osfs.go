package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// lockName is the file whose lock says that the directory is in use. It is the
// same for every version of the format.
const lockName = "LOCK"

// osFS is a directory of the operating system. All access goes through an
// os.Root, so that a directory that is swapped for a link later changes nothing.
type osFS struct {
	root *os.Root
	lock *os.File
}

// openDir makes dir, if it is not there, checks that it is ours alone, and locks it.
func openDir(dir string) (*osFS, error) {
	if dir == "" {
		return nil, errors.New("spool: directory is empty, want a path: there is no default")
	}
	dir = filepath.Clean(dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	link, err := os.Lstat(dir)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	if link.Mode()&fs.ModeSymlink != 0 {
		return nil, fmt.Errorf("spool: %s is a symbolic link, want the directory itself", dir)
	}
	if !link.IsDir() {
		return nil, fmt.Errorf("spool: %s is not a directory", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	f := &osFS{root: root}
	if err := f.claim(dir, link); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return f, nil
}

// claim checks the directory that was really opened and locks it.
func (f *osFS) claim(dir string, link fs.FileInfo) error {
	opened, err := f.root.Stat(".")
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	if !os.SameFile(link, opened) {
		return fmt.Errorf("spool: %s was replaced while it was opened", dir)
	}
	if err := checkOwner(dir, opened); err != nil {
		return err
	}
	if info, err := f.root.Lstat(lockName); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("spool: %s is no file, but %v", filepath.Join(dir, lockName), info.Mode().Type())
	}
	f.lock, err = lockDir(f.root, dir)
	switch {
	case errors.Is(err, ErrLocked):
		return fmt.Errorf("%w: %s", ErrLocked, dir)
	case err != nil:
		return fmt.Errorf("spool: lock of %s: %w", dir, err)
	}
	return nil
}

func (f *osFS) open(name string, flag int) (file, error) {
	h, err := f.root.OpenFile(name, flag, 0o600)
	if err != nil {
		return nil, err // not h: a nil *os.File is no nil file
	}
	return h, nil
}

func (f *osFS) remove(name string) error     { return f.root.Remove(name) }
func (f *osFS) rename(from, to string) error { return f.root.Rename(from, to) }

func (f *osFS) list() ([]entry, error) {
	d, err := f.root.Open(".")
	if err != nil {
		return nil, err
	}
	names, err := d.ReadDir(-1)
	if err := errors.Join(err, d.Close()); err != nil {
		return nil, err
	}
	var list []entry
	for _, n := range names {
		info, err := f.root.Lstat(n.Name())
		if errors.Is(err, fs.ErrNotExist) {
			continue // it went away meanwhile
		}
		if err != nil {
			return nil, err
		}
		list = append(list, entry{n.Name(), info.Size(), info.Mode().IsRegular()})
	}
	return list, nil
}

func (f *osFS) syncDir() error {
	if !dirSyncs {
		return nil
	}
	d, err := f.root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (f *osFS) close() error {
	if f.lock == nil { // Inspect takes none
		return f.root.Close()
	}
	return errors.Join(f.lock.Close(), f.root.Close())
}
