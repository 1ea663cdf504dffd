package report

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"os"
	"slices"
	"strings"
	"time"
)

// Constants of the format; see the package doc.
const (
	prefix     = "x-crash-"
	suffix     = ".report"
	magic      = "logsrept"
	version    = 1
	headerSize = 40
	crcAt      = 32
)

const (
	// MaxText is how much is read of what the runtime wrote: the beginning tells which
	// goroutine failed. A program of many thousand goroutines may write more.
	MaxText = 1 << 20

	// maxOrigin bounds what is read of the stream in a header.
	maxOrigin = 64 << 10
)

// busy says that the process of a file is alive.
var errBusy = errors.New("report: its process is alive")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// An Origin is the stream of the process that a report is about.
type Origin struct {
	Instance          string
	Resource          []byte // masked body of the OTLP Resource
	ResourceSchemaURL string
}

// A Report is what a process left that ended by a crash.
type Report struct {
	Origin  Origin
	Started time.Time // when the file was made
	Ended   time.Time // when it was written last, neither before Started nor in the future
	Text    []byte    // what the runtime wrote, at most MaxText of it
	Size    int64     // of all that it wrote, in bytes

	dir  string
	name string
}

// Remove removes the file.
func (r *Report) Remove() error {
	root, err := os.OpenRoot(r.dir)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return errors.Join(root.Remove(r.name), root.Close())
}

// Left returns the reports in dir of processes that have ended, the oldest first, and of more
// than most the newest. Files of processes that left no report are removed, and so are
// older ones; those of other versions are left alone, and the error, which joins them all, names
// them.
func Left(dir string, most int) (list []*Report, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	var errs []error
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, prefix) || !strings.HasSuffix(name, suffix) {
			continue
		}
		r, err := read(root, name)
		switch {
		case errors.Is(err, errBusy) || errors.Is(err, fs.ErrNotExist):
		case errors.Is(err, errUnfinished):
			errs = append(errs, root.Remove(name))
		case err != nil:
			errs = append(errs, fmt.Errorf("report: %s: %w", name, err))
		case r.Size == 0:
			errs = append(errs, root.Remove(name))
		default:
			r.dir = dir
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b *Report) int {
		return cmp.Or(a.Ended.Compare(b.Ended), a.Started.Compare(b.Started), strings.Compare(a.name, b.name))
	})
	if n := len(list) - most; n > 0 {
		for _, r := range list[:n] {
			errs = append(errs, root.Remove(r.name))
		}
		errs = append(errs, fmt.Errorf("report: %d reports were too many and are removed", n))
		list = list[n:]
	}
	return list, errors.Join(errs...)
}

// read reads one file.
func read(root *os.Root, name string) (*Report, error) {
	named, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !named.Mode().IsRegular() { // opening a pipe would wait
		return nil, errors.New("is not a regular file")
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	if err := lock(f); err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !os.SameFile(info, named) {
		return nil, fs.ErrNotExist
	}
	r, size, err := decode(io.NewSectionReader(f, 0, math.MaxInt64))
	if err != nil {
		return nil, err
	}
	r.name = name
	if r.Size = info.Size() - size; r.Size > 0 {
		r.Text = make([]byte, min(r.Size, MaxText))
		n, err := f.ReadAt(r.Text, size)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		r.Text = r.Text[:n]
	}
	now := time.Now()
	if r.Ended = info.ModTime(); r.Ended.Before(r.Started) {
		r.Ended = r.Started
	}
	if r.Ended.After(now) {
		r.Ended = now
	}
	return r, nil
}

// encode returns the header of a file.
func encode(o Origin, started time.Time) []byte {
	b := append(make([]byte, 0, 256), magic...)
	b = binary.LittleEndian.AppendUint32(b, version)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(o.Instance)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(o.Resource)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(o.ResourceSchemaURL)))
	b = binary.LittleEndian.AppendUint64(b, uint64(started.UnixNano()))
	b = binary.LittleEndian.AppendUint64(b, 0) // the checksum, and zero
	b = append(append(append(b, o.Instance...), o.Resource...), o.ResourceSchemaURL...)
	binary.LittleEndian.PutUint32(b[crcAt:], headerSum(b))
	return b
}

func headerSum(b []byte) uint32 {
	return crc32.Update(crc32.Checksum(b[:crcAt], castagnoli), castagnoli, b[headerSize:])
}

// Errors of a header.
var (
	errHeader     = errors.New("is damaged, or of another kind or version")
	errUnfinished = errors.New("ends in its header")
)

// decode reads a header and returns its size.
func decode(from io.Reader) (r *Report, size int64, err error) {
	b := make([]byte, headerSize)
	if err := fill(from, b); err != nil {
		return nil, 0, err
	}
	if string(b[:8]) != magic || binary.LittleEndian.Uint32(b[8:]) != version {
		return nil, 0, errHeader
	}
	var sizes [3]int64
	rest := int64(0)
	for i := range sizes {
		sizes[i] = int64(binary.LittleEndian.Uint32(b[12+4*i:]))
		rest += sizes[i]
	}
	if rest > maxOrigin {
		return nil, 0, errHeader
	}
	b = append(b, make([]byte, rest)...)
	if err := fill(from, b[headerSize:]); err != nil {
		return nil, 0, err
	}
	if binary.LittleEndian.Uint32(b[crcAt:]) != headerSum(b) {
		return nil, 0, errHeader
	}
	parts := b[headerSize:]
	next := func(i int) []byte {
		p := parts[:sizes[i]:sizes[i]]
		parts = parts[sizes[i]:]
		return p
	}
	r = &Report{Started: time.Unix(0, int64(binary.LittleEndian.Uint64(b[24:])))}
	r.Origin = Origin{Instance: string(next(0)), Resource: next(1), ResourceSchemaURL: string(next(2))}
	return r, int64(len(b)), nil
}

// fill reads all of b.
func fill(from io.Reader, b []byte) error {
	_, err := io.ReadFull(from, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errUnfinished
	}
	return err
}
