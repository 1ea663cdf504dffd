package crash

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"os"
	"slices"

	"github.com/logstream-go/logstream/buffer"
)

// errBusy says that the process of a file is alive.
var errBusy = errors.New("is in use by another process")

// An Orphan is a file whose process has ended. It is locked, so that it has one
// reader.
type Orphan struct {
	Layout Layout

	// Claimed is how many calls of Put were copying when the process ended, and InRing
	// how many records had not left the ring, once Records has returned.
	Claimed, InRing int

	// What the last whole commit kept, if HasLedger: how many records of each shard had
	// left the ring, and the ledger.
	HasLedger  bool
	Left, Sums []uint64

	Counters []uint64 // as the process left them
	Estate   []uint64 // what former processes had left; nil for nothing

	path  string
	file  *os.File
	parts parts
	taken uint64 // records of the ring that another process has taken over

	commit uint64 // the last whole one
}

// Orphans returns the files in dir whose processes have ended, the oldest first, and
// locks them. Those of processes that live are left alone. So are files that cannot be
// read and files of other versions; the error, which joins them all, names them. Files that were
// never finished are removed.
func Orphans(dir string) (list []*Orphan, err error) {
	unfinished, err := names(dir, newSuffix)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, name := range unfinished {
		f, err := take(name)
		switch {
		case f != nil:
			errs = append(errs, os.Remove(name), f.Close())
		case !errors.Is(err, errBusy) && !errors.Is(err, os.ErrNotExist):
			errs = append(errs, err)
		}
	}
	finished, err := names(dir, suffix)
	errs = append(errs, err)
	for _, name := range finished {
		o, err := adopt(name)
		switch {
		case o != nil:
			list = append(list, o)
		case !errors.Is(err, errBusy) && !errors.Is(err, os.ErrNotExist):
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	slices.SortFunc(list, func(a, b *Orphan) int { return cmp.Compare(a.Layout.Created, b.Layout.Created) })
	return list, errors.Join(errs...)
}

// take opens and locks the file of a name that nobody has locked, and makes sure
// that the name still leads to it: another may have removed it while we waited.
func take(name string) (*os.File, error) {
	f, err := openNoFollow(name)
	if err != nil {
		return nil, err
	}
	if err = lock(f); err == nil {
		var info os.FileInfo
		switch info, err = f.Stat(); {
		case err != nil:
		case !leadsTo(name, f):
			err = os.ErrNotExist
		case !info.Mode().IsRegular():
			err = errors.New("is not a regular file")
		default:
			err = private(info)
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// adopt takes the finished file of a name and reads its header.
func adopt(name string) (_ *Orphan, err error) {
	f, err := take(name)
	if err != nil {
		return nil, err
	}
	o := &Orphan{path: name, file: f}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	// The names of the routes are bounded, and so is the header.
	head, err := o.read(part{0, roundUp(namesWord*wordSize + MaxRoutes*256)})
	if err != nil {
		return nil, err
	}
	if o.Layout, err = decodeLayout(head); err != nil {
		return nil, err
	}
	o.parts, o.taken = o.Layout.parts(), head[takenWord]
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if uint64(info.Size()) != o.parts.size {
		return nil, fmt.Errorf("%w: it has %d bytes, and its header says %d", errDamaged, info.Size(), o.parts.size)
	}
	return o, o.readLedger()
}

// readLedger reads what the commits have kept. Without a whole one all that is in pages and
// ring counts, though some of it may be there twice.
func (o *Orphan) readLedger() error {
	var err error
	if o.Counters, err = o.whole(o.parts.counters); err != nil {
		return err
	}
	sums, err := o.whole(o.parts.sums)
	if err != nil {
		return err
	}
	estate, err := o.whole(o.parts.estate)
	if err != nil {
		return err
	}
	o.Estate, _ = slotsOver(estate).read()
	words, number := slotsOver(sums).read()
	if o.HasLedger = number > 0; !o.HasLedger {
		o.commit = math.MaxUint64
		return nil
	}
	o.commit = number
	o.Left, o.Sums = words[:o.Layout.Ring.Shards], words[o.Layout.Ring.Shards:]
	return nil
}

// ID tells the file from others, also when its process is one of a chain that took over
// each other's.
func (o *Orphan) ID() uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, o.Layout.Instance, " ", o.Layout.Created)
	return h.Sum64()
}

// left reports whether a record of the ring had left it.
func (o *Orphan) left(r *buffer.Frame) bool { return o.HasLedger && r.Seq < o.Left[r.Shard] }

// read returns words of the file. What lies behind its end is left out.
func (o *Orphan) read(p part) ([]uint64, error) {
	w := make([]uint64, p.to-p.from)
	n, err := o.file.ReadAt(bytesOf(w), int64(p.from)*wordSize)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return w[:n/wordSize], err
}

// whole is read for a part that must be there.
func (o *Orphan) whole(p part) ([]uint64, error) {
	w, err := o.read(p)
	if err == nil && uint64(len(w)) != p.to-p.from {
		err = errDamaged
	}
	return w, err
}

// Origins returns the origins by their ids. The error says that there were more, which
// cannot be read.
func (o *Orphan) Origins() (map[uint32]Origin, error) {
	area, err := o.whole(o.parts.origins)
	if err != nil {
		return nil, err
	}
	return readOrigins(area)
}

// Records passes every record that is left to f, page by page and then those of the
// ring, each once. A Record and its Data are valid until f returns. What cannot be read
// ends a page or a shard, not the rest; the error joins what was wrong.
func (o *Orphan) Records(f func(*Record)) error {
	var errs []error
	type id struct {
		shard uint16
		seq   uint64
	}
	ring, err := o.whole(o.parts.ring)
	errs = append(errs, err)
	origins, _ := o.Origins()
	inRing := map[id]bool{} // true: in a page as well
	if err == nil {
		o.Claimed = buffer.Claimed(o.Layout.Ring, ring)
		errs = append(errs, buffer.Recover(o.Layout.Ring, ring, func(r *buffer.Frame) {
			if !o.left(r) {
				inRing[id{r.Shard, r.Seq}] = false
			}
		}))
		o.InRing = len(inRing)
	}
	for i := range uint64(o.Layout.Pages) {
		from := o.parts.pages + i*o.parts.page
		// Most pages of most files are empty.
		head, err := o.whole(part{from, from + pageHead})
		if err != nil || lengthOf(head, o.commit) == 0 {
			errs = append(errs, err)
			continue
		}
		page, err := o.whole(part{from, from + o.parts.page})
		if err == nil {
			err = read(int(i), page, o.commit, func(r *Record) {
				if _, ok := inRing[id{r.Shard, r.Seq}]; ok && origins[r.Origin].Instance == "" {
					inRing[id{r.Shard, r.Seq}] = true
				}
				f(r)
			})
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("page %d: %w", i, err))
		}
	}
	if len(inRing) > 0 {
		n := uint64(0)
		_ = buffer.Recover(o.Layout.Ring, ring, func(r *buffer.Frame) {
			if n++; n > o.taken && !o.left(r) && !inRing[id{r.Shard, r.Seq}] {
				f(&Record{r.Origin, r.Shard, r.Severity, r.Flags, r.Seq, r.Time, 0, r.Data, RingPage, n})
			}
		})
	}
	return errors.Join(errs...)
}

// Forget says that r, and what Records passed before it of the same page, is safe
// elsewhere: no later reader gets it. r needs no Data any more.
func (o *Orphan) Forget(r *Record) error {
	at := uint64(takenWord)
	if r.Page != RingPage {
		at = o.parts.pages + uint64(r.Page)*o.parts.page + forgotWord
	}
	_, err := o.file.WriteAt(bytesOf([]uint64{r.behind}), int64(at)*wordSize)
	return err
}

// Remove removes the file.
func (o *Orphan) Remove() error { return errors.Join(os.Remove(o.path), o.file.Close()) }

// Leave leaves the file to another start.
func (o *Orphan) Leave() error { return o.file.Close() }
