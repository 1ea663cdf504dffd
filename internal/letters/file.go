package letters

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"runtime"
)

const (
	name = "x-dead.letters"
	temp = name + ".tmp"

	// maxFile is the largest file that is read, in bytes: no stream makes a larger one.
	maxFile = 256 << 20
)

// A File is the letters of a directory. It belongs to one goroutine.
type File struct {
	// Hook, if it is set, is called between the steps of a Rewrite, for tests that end
	// the process there.
	Hook func()

	root *os.Root
	f    *os.File // nil while there is none that letters can be added to
	salt uint64
	size int64
	buf  []byte
}

// Open opens the letters of a directory and calls each with those that are there, whose
// Request is valid until each returns. The count is that of places that could not be
// read; after damage, as after any error of Append, letters have to be written anew by Rewrite.
// What is no file, or of another version, is left alone, and an error.
func Open(dir string, each func(Letter)) (f *File, damaged int, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, 0, fmt.Errorf("letters: %w", err)
	}
	f = &File{root: root}
	if err := root.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, 0, errors.Join(fmt.Errorf("letters: %w", err), root.Close())
	}
	h, b, err := read(root, os.O_RDWR)
	if err != nil || h == nil {
		if err != nil {
			return nil, 0, errors.Join(err, root.Close())
		}
		return f, 0, nil
	}
	damaged, err = decode(b, each)
	switch {
	case errors.Is(err, errVersion):
		return nil, 0, errors.Join(err, h.Close(), root.Close())
	case damaged > 0:
		// A letter behind a frame that is cut off would be found again, but a file that
		// only grows is easier to trust than one that is repaired.
		_ = h.Close() // only read
		return f, damaged, nil
	}
	f.f, f.size = h, int64(len(b))
	f.salt, _ = parseHeader(b) // decode has read it
	return f, 0, nil
}

// Read calls each with the letters of a directory, which another process may be using, and
// changes nothing. A directory without letters has none. The results are those of Open.
func Read(dir string, each func(Letter)) (damaged int, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return 0, fmt.Errorf("letters: %w", err)
	}
	defer func() { _ = root.Close() }() // only read
	h, b, err := read(root, os.O_RDONLY)
	if err != nil || h == nil {
		return 0, err
	}
	defer func() { _ = h.Close() }()
	return decode(b, each)
}

// read opens the file and reads it, or returns nil if there is none.
func read(root *os.Root, flag int) (*os.File, []byte, error) {
	info, err := root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, nil
	case err != nil:
		return nil, nil, fmt.Errorf("letters: %w", err)
	case !info.Mode().IsRegular():
		return nil, nil, fmt.Errorf("letters: %s is no file, but %v", name, info.Mode().Type())
	case info.Size() > maxFile:
		return nil, nil, fmt.Errorf("letters: %s has %d bytes, want at most %d", name, info.Size(), maxFile)
	}
	h, err := root.OpenFile(name, flag, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("letters: %w", err)
	}
	b, err := io.ReadAll(io.LimitReader(h, maxFile))
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("letters: %w", err), h.Close())
	}
	return h, b, nil
}

// Size returns the size of the file in bytes; 0 if there is none that can be added to.
func (f *File) Size() int64 { return f.size }

// Append adds letters to the file, of which there must be one. They outlive the process; Sync makes
// them outlive the machine.
func (f *File) Append(list []Letter) error {
	f.buf = f.buf[:0]
	for i := range list {
		f.buf = appendLetter(f.buf, f.salt, &list[i])
	}
	n, err := f.f.WriteAt(f.buf, f.size)
	f.size += int64(n)
	if err != nil {
		return fmt.Errorf("letters: %w", err)
	}
	return nil
}

// Sync forces the file to the disk. After an error what was not synced before is not to be
// relied on, whatever a second Sync says: write the letters anew.
func (f *File) Sync() error {
	if f.f == nil {
		return nil
	}
	if err := f.f.Sync(); err != nil {
		return fmt.Errorf("letters: %w", err)
	}
	return nil
}

// Rewrite puts a new file, with these letters and none else, in the place of the old one, and on
// the disk. After an error the old one is as it was.
func (f *File) Rewrite(list []Letter) (err error) {
	_ = f.root.Remove(temp) // of a Rewrite that failed
	h, err := f.root.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("letters: %w", err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("letters: %w", errors.Join(err, h.Close(), f.root.Remove(temp)))
		}
	}()
	salt := rand.Uint64()
	b := appendHeader(nil, salt)
	for i := range list {
		b = appendLetter(b, salt, &list[i])
	}
	if _, err := h.WriteAt(b, 0); err != nil {
		return err
	}
	if err := h.Sync(); err != nil {
		return err
	}
	f.at()
	if err := f.root.Rename(temp, name); err != nil {
		return err
	}
	f.at()
	if f.f != nil {
		_ = f.f.Close() // it is gone
	}
	f.f, f.salt, f.size = h, salt, int64(len(b))
	f.syncDir()
	return nil
}

// syncDir makes the name of a new file durable. Where that fails, the old file may come back, which
// holds a part of the letters.
func (f *File) syncDir() {
	if runtime.GOOS == "windows" {
		return
	}
	if d, err := f.root.Open("."); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

// Remove removes the file.
func (f *File) Remove() error {
	var err error
	if f.f != nil {
		err = f.f.Close()
		f.f, f.size = nil, 0
	}
	if e := f.root.Remove(name); e != nil && !errors.Is(e, fs.ErrNotExist) {
		err = errors.Join(err, e)
	}
	if err != nil {
		return fmt.Errorf("letters: %w", err)
	}
	return nil
}

// Close closes the file.
func (f *File) Close() error {
	var err error
	if f.f != nil {
		err = f.f.Close()
		f.f, f.size = nil, 0
	}
	if err := errors.Join(err, f.root.Close()); err != nil {
		return fmt.Errorf("letters: %w", err)
	}
	return nil
}

func (f *File) at() {
	if f.Hook != nil {
		f.Hook()
	}
}
