package spool

import (
	"io"
	"os"
)

// fsys is all that the package asks of an operating system: one flat directory.
// Tests put another below the spool, which fails or dies at the n-th call.
type fsys interface {
	// open opens a file of the directory, made with mode 0600. It never follows a
	// symbolic link out of the directory.
	open(name string, flag int) (file, error)
	remove(name string) error
	rename(from, to string) error
	// list returns what is in the directory.
	list() ([]entry, error)
	// syncDir makes names that were made, renamed or removed durable.
	syncDir() error
	// close gives the directory and its lock back.
	close() error
}

// An entry is a name in the directory.
type entry struct {
	name    string
	size    int64
	regular bool // neither a directory nor a link nor a device
}

// byName sorts entries. Package sort is used because each instance of
// slices.SortFunc adds 15 kB to a program.
type byName []entry

func (s byName) Len() int           { return len(s) }
func (s byName) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s byName) Less(i, j int) bool { return s[i].name < s[j].name }

// A file is an open file. ReadAt and WriteAt may be called concurrently.
type file interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Truncate(size int64) error
	Sync() error
}

// Flags of open that the package uses.
const (
	openRead   = os.O_RDONLY
	openWrite  = os.O_RDWR
	openCreate = os.O_RDWR | os.O_CREATE | os.O_EXCL
)
