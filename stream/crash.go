package stream

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/logstream-go/logstream/buffer"
	"github.com/logstream-go/logstream/internal/block"
	"github.com/logstream-go/logstream/internal/crash"
	"github.com/logstream-go/logstream/internal/otlp"
)

// A CrashOption changes [WithCrashRing].
type CrashOption uint8

const (
	// OnDisk allows a directory that is not backed by memory. Storing a record then
	// may wait for the disk: a log call takes a millisecond at times, and longer on a
	// disk that hangs, which also stops the garbage collector.
	OnDisk CrashOption = iota + 1

	// Unmasked lets records lie in the ring as they were logged, until the worker
	// masks them some milliseconds later. By default each is masked by the call that
	// logs it, which costs that call what masking costs.
	Unmasked
)

// WithCrashRing keeps the records that the stream holds in a file of dir, in shared
// memory, from the moment that Handle returns until every route is done with them. What
// a process held when it ended, by SIGKILL, for want of memory, by a panic or os.Exit,
// the next stream with this directory sends, with its own resource, masked again, and
// once, however many processes there are. No log call makes a system call for it.
//
// dir must be on a file system that is memory, such as /dev/shm or a Kubernetes
// emptyDir with medium Memory; anything else is an error of New unless [OnDisk] is
// given. New creates dir with mode 0700 if only that is missing. It must belong to the
// user and be open to nobody else. The file has the size of ring and queue, about
// 1.4 times [WithQueueSize], which is allocated at once: where there is no room for
// it, New returns an error. So the queue is in memory twice.
//
// Default: none; the records are in ordinary memory. The file does not outlive the
// machine. It works on Linux, and on macOS with OnDisk; on other
// systems New returns an error. If the memory fails, as it does when another program
// truncates the file, the stream goes on without, says so once, and counts what was in
// the ring as dropped ([RingLost]).
func WithCrashRing(dir string, opts ...CrashOption) Option {
	return optionFunc(func(c *config) { c.keeper = &crashKeeper{dir: dir, opts: opts} })
}

// originsSize is the room for origins, which suffices for some thousands.
const originsSize = 1 << 20

// chunkSize is about how many bytes of a former process's records are handed to the
// worker at a time.
const chunkSize = 64 << 10

// A crashKeeper keeps records in a file that is mapped.
type crashKeeper struct {
	// Immutable after open.
	dir       string
	opts      []CrashOption
	s         *Stream
	file      *crash.File
	ring      *buffer.Ring
	premasked bool
	orphans   []*crash.Orphan

	failed  atomic.Bool
	failing sync.Once
	settled chan struct{} // closed when the stream has another ring, or will have none
	counts  []count       // by hint: records put, for when the ring cannot be asked any more

	scratch sync.Pool // of *[]byte

	// Owned by the worker.
	next []uint64 // by shard: number of the next record to drain
	take func(*buffer.Frame) bool
	pass func(*buffer.Frame) bool // what take passes them to

	// Guarded by Stream.mu.
	freePages []*crash.Page
	cleared   []*crash.Page // free after the next commit
	left      []uint64      // of next, what has left the ring
	releases  bool          // the next commit frees the ring
	words     []uint64      // scratch of commit

	estates map[uint64]bool // IDs of files whose ledgers are in the estates of others

	hook func(point) // of tests, which end the process there
}

// A point is a step of the worker after which a process may end.
type point uint64

const (
	copied     point = 1 + iota // a record is in a page
	published                   // the page's length is stored
	settled                     // a route is done with it
	cleared                     // the page is free
	torn                        // half of a commit is stored
	committed                   // it is whole
	released                    // the ring is free of it
	bequeathed                  // the ledger of a former process is in ours, and its file is there
	points     = iota
)

func (k *crashKeeper) at(p point) {
	if k.hook != nil {
		k.hook(p)
	}
}

// A count is alone in its cache lines.
type count struct {
	atomic.Uint64
	_ [120]byte
}

func (k *crashKeeper) has(o CrashOption) bool { return slices.Contains(k.opts, o) }

// check implements keeper.
func (k *crashKeeper) check() error {
	var errs []error
	if k.dir == "" {
		errs = append(errs, errors.New("stream: WithCrashRing: the directory is empty; /dev/shm/NAME is one in memory"))
	}
	for _, o := range k.opts {
		if o != OnDisk && o != Unmasked {
			errs = append(errs, fmt.Errorf("stream: WithCrashRing: option %d is neither OnDisk nor Unmasked", o))
		}
	}
	if !crash.Supported {
		errs = append(errs, fmt.Errorf("stream: WithCrashRing: not on %s", runtime.GOOS))
	}
	return errors.Join(errs...)
}

// open implements keeper.
func (k *crashKeeper) open(s *Stream, c buffer.Config) (*buffer.Ring, error) {
	k.s, k.premasked = s, !k.has(Unmasked)
	k.settled = make(chan struct{})
	c.Held = true
	l := crash.Layout{
		Ring:     c,
		Pages:    s.cfg.queueSize/s.cfg.pageSize() + 1,
		PageSize: s.cfg.pageSize() + s.cfg.pageSize()/8*3,
		Origins:  originsSize,
		Counters: counters,
		Sums:     accountSize(len(s.routes)),
		Estate:   accountSize(len(s.routes)),
		Instance: s.instance,
		Created:  time.Now().UnixNano(),
	}
	for _, r := range s.routes {
		l.Routes = append(l.Routes, r.cfg.name)
	}
	file, err := crash.Create(k.dir, l, k.has(OnDisk))
	if err != nil {
		return nil, fmt.Errorf("stream: WithCrashRing: %w", err)
	}
	ring, err := buffer.Over(c, file.Ring())
	if err != nil {
		return nil, errors.Join(err, file.Remove(), file.Unmap())
	}
	k.file, k.ring, k.counts = file, ring, make([]count, c.Shards)
	k.next, k.left = make([]uint64, c.Shards), make([]uint64, c.Shards)
	k.take = k.takeFrame
	if k.hook != nil {
		file.Torn = func() { k.at(torn) }
	}
	// Who has the ring may still touch its memory.
	runtime.AddCleanup(ring, func(f *crash.File) { _ = f.Unmap() }, file)
	for i := range file.Pages() {
		k.freePages = append(k.freePages, file.Page(i))
	}
	if k.orphans, err = crash.Orphans(k.dir); err != nil {
		s.diag.say("crash", fmt.Errorf("stream: WithCrashRing: left alone: %w", err))
	}
	if k.estates == nil {
		k.estates = make(map[uint64]bool)
	}
	for _, o := range k.orphans {
		if a, err := readAccount(o.Estate, len(o.Layout.Routes)); err == nil {
			k.estates[a.id] = true
		}
	}
	return ring, nil
}

// origin implements keeper.
func (k *crashKeeper) origin(id uint32, o *block.Origin) {
	k.guard(func() {
		if !k.file.AddOrigin(id, &crash.Origin{
			Resource:          o.Resource,
			ResourceSchemaURL: o.ResourceSchemaURL,
			Scope:             o.Scope,
			ScopeSchemaURL:    o.ScopeSchemaURL,
			Instance:          o.Instance,
		}) {
			k.s.diag.say("crash", fmt.Errorf("stream: WithCrashRing: no room for another scope; what is logged in it would be recovered without"))
		}
	})
}

// guard calls f, which touches the file's memory, and reports whether it came through.
// A fault of that memory becomes a panic that ends f here, and the keeper.
func (k *crashKeeper) guard(f func()) (ok bool) {
	if k.failed.Load() {
		return false
	}
	old := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(old)
		if v := recover(); v != nil {
			ok = false
			k.fail(v)
		}
	}()
	f()
	return true
}

// fail makes the stream go on with a ring in ordinary memory.
func (k *crashKeeper) fail(why any) {
	k.failed.Store(true)
	k.failing.Do(func() {
		k.s.replaceRing(k.ring)
		close(k.settled)
		k.s.diag.say("crash", fmt.Errorf("stream: WithCrashRing: the memory of %s failed (%v); the stream goes on without it", k.file.Path(), why))
	})
}

// put implements keeper.
func (k *crashKeeper) put(hint *uint32, h buffer.Header, record []byte) (res buffer.Result) {
	if k.premasked {
		buf, _ := k.scratch.Get().(*[]byte)
		if buf == nil {
			buf = new([]byte)
		}
		defer k.scratch.Put(buf)
		*buf = k.s.maskRecord((*buf)[:0], record, h.Origin)
		h.Flags |= flagMasked
		if record = *buf; len(record) > k.ring.MaxRecord() {
			record = otlp.AppendLimited(nil, record, otlp.Limits{MaxBytes: k.ring.MaxRecord(), MaxAttributes: -1})
		}
	}
	// It is counted before the worker can see it: were more records drained than counted
	// when the memory fails, the loss of another would not show. Where the memory fails in
	// Put, it is before the publication.
	n, begun := &k.counts[*hint%uint32(len(k.counts))], false
	taken := k.guard(func() {
		begun = true
		n.Add(1)
		res = k.ring.Put(hint, h, record)
	}) && res == buffer.OK
	if begun && !taken {
		n.Add(^uint64(0))
	}
	switch {
	case taken && !k.failed.Load():
		return res
	case taken:
		// The memory has failed meanwhile, and nobody can tell whether the worker has
		// seen the record: it is put again, and one of the two may be counted as lost.
		// If it fails later, the count is known.
	case res != buffer.OK && res != buffer.Closed:
		return res
	}
	runtime.KeepAlive(k.ring)
	// The stream has another ring, or is closed. Between the failure and the other ring the
	// one that is there must not be touched.
	if k.failed.Load() {
		<-k.settled
	}
	ring := k.s.ring.Load()
	if taken && ring == k.ring {
		return buffer.OK // Shutdown came between, and the worker has had the record
	}
	return ring.Put(hint, h, record)
}

// drain implements keeper.
func (k *crashKeeper) drain(f func(*buffer.Frame) bool) {
	k.pass = f
	k.guard(func() { k.ring.Drain(k.take) })
}

// takeFrame passes a frame on and notes that it was.
func (k *crashKeeper) takeFrame(f *buffer.Frame) bool {
	shard, seq := f.Shard, f.Seq
	if !k.pass(f) {
		return false
	}
	k.next[shard] = seq + 1
	return true
}

// sleep implements keeper.
func (k *crashKeeper) sleep(timed bool) (sleeps bool) {
	k.guard(func() { sleeps = k.ring.Sleep(timed) })
	return sleeps
}

// finished implements keeper.
func (k *crashKeeper) finished() (yes bool) {
	k.guard(func() { yes = k.ring.Finished() })
	return yes && !k.failed.Load() // which closes the ring too, and there is another to drain
}

// release implements keeper.
func (k *crashKeeper) release() {
	copy(k.left, k.next)
	k.releases = true
}

// commit implements keeper.
func (k *crashKeeper) commit() {
	if k.failed.Load() {
		return
	}
	s := k.s
	a := account{accepted: s.former, recovered: s.adoptees, since: k.file.Created()}
	w := a.appendTo(k.words[:0])
	for _, r := range s.routes {
		l := &r.ledger
		w = append(w, uint64(r.filter.least), l.filtered, l.delivered, l.rejected, 0, uint64(r.pending), uint64(r.flying), uint64(r.shelf.held))
		w = appendCounts(appendCounts(w, &l.dropped), &l.told)
	}
	k.words = w
	k.guard(func() { k.file.Commit(k.left, k.words) })
	k.at(committed)
	k.freePages = append(k.freePages, k.cleared...)
	k.cleared = k.cleared[:0]
	if k.releases {
		k.releases = false
		k.guard(k.ring.Release)
		k.at(released)
	}
}

// commitEstate implements keeper.
func (k *crashKeeper) commitEstate() {
	e := k.s.estate
	w := e.appendTo(nil)
	for i := range e.lines {
		w = e.lines[i].appendTo(w)
	}
	k.guard(func() { k.file.KeepEstate(w) })
}

// refused implements keeper.
func (k *crashKeeper) refused(reason Reason, l Level) {
	k.guard(func() { atomic.AddUint64(k.file.Counter(int(reason)*levels+int(l)), 1) })
}

// own implements keeper.
func (k *crashKeeper) own() {
	k.guard(func() { atomic.AddUint64(k.file.Counter(counters-1), 1) })
}

// published implements keeper.
func (k *crashKeeper) published() (n uint64) {
	if !k.guard(func() { n = k.ring.Published() }) {
		n = 0
		for i := range k.counts {
			n += k.counts[i].Load()
		}
	}
	return n
}

// page implements keeper.
func (k *crashKeeper) page() keptPage {
	n := len(k.freePages)
	if n == 0 || k.failed.Load() {
		return nil
	}
	p := &crashPage{k: k, page: k.freePages[n-1]}
	k.freePages = k.freePages[:n-1]
	return p
}

// close implements keeper.
func (k *crashKeeper) close() {
	for _, o := range k.orphans {
		_ = o.Leave() // to the next start
	}
	// From here on the memory is not what it was; the counts are.
	failed := k.failed.Swap(true)
	k.failing.Do(func() { close(k.settled) })
	if err := k.file.Remove(); err != nil && !failed {
		k.s.diag.say("crash", fmt.Errorf("stream: WithCrashRing: %w", err))
	}
}

// A crashPage is a page of the file.
type crashPage struct {
	k    *crashKeeper
	page *crash.Page
}

// append implements keptPage.
func (p *crashPage) append(s block.Slot, record []byte) {
	p.k.guard(func() {
		p.page.Append(&crash.Record{ // has room, as PageSize of open says
			Origin: s.Origin, Shard: s.Shard, Severity: s.Severity, Flags: s.Flags, Seq: s.Seq, Time: s.Time, Data: record,
		})
	})
	p.k.at(copied)
}

// publish implements keptPage.
func (p *crashPage) publish() {
	p.k.guard(p.page.Publish)
	p.k.at(published)
}

// done implements keptPage.
func (p *crashPage) done(route, from, to int) {
	p.k.guard(func() { p.page.Done(route, from, to) })
	p.k.at(settled)
}

// skip implements keptPage.
func (p *crashPage) skip(route, i int) {
	p.k.guard(func() { p.page.Skip(route, i) })
}

// free implements keptPage.
func (p *crashPage) free() {
	if p.k.guard(p.page.Clear) {
		p.k.cleared = append(p.k.cleared, p.page)
	}
	p.k.at(cleared)
}
