package buffer

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// recordSize is that of an OTLP LogRecord with six attributes.
const recordSize = 218

// benchConfig is what a stream makes for two CPUs.
var benchConfig = Config{Shards: 2, ShardSize: 512 << 10, MaxRecord: 64 << 10, Reserved: warn, Urgent: erro}

// BenchmarkPut is a Put without anything else: the ring is emptied by a few stores
// when it is full. "bare" is the least that any such Put must do, one swap, the
// copy and one store, into the same memory.
func BenchmarkPut(b *testing.B) {
	record := payload(nil, 1, recordSize)
	h := Header{Time: 1, Severity: info}
	b.Run("ring", func(b *testing.B) {
		r := newForTest(b, benchConfig)
		var hint uint32
		b.SetBytes(recordSize)
		b.ReportAllocs()
		for b.Loop() {
			if r.Put(&hint, h, record) != OK {
				clearForTest(r)
			}
		}
	})
	b.Run("bare", func(b *testing.B) {
		r := newForTest(b, benchConfig)
		size := frameWords(recordSize)
		s, at := &r.shards[0], uint64(0)
		b.SetBytes(recordSize)
		b.ReportAllocs()
		for b.Loop() {
			head := s.head.Load()
			s.head.CompareAndSwap(head, head|ownedBit)
			copy(bytesOf(s.mem[at:at+size]), record)
			s.head.Store(head)
			if at += size; at > s.size {
				at = 0
				s = &r.shards[1-s.id]
			}
		}
	})
}

// BenchmarkPutDrained is Put by all CPUs at once with a consumer that drains as a
// stream does, and the same through a channel of copies and through a ring under a
// mutex, of the same size. Where there is no room the producer waits, so the consumer
// is measured too.
func BenchmarkPutDrained(b *testing.B) {
	c := benchConfig
	for c.Shards < runtime.GOMAXPROCS(0) {
		c.Shards *= 2
	}
	b.Run("ring", func(b *testing.B) {
		r := newForTest(b, c)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for !r.Finished() {
				r.Drain(yes)
				if r.Sleep(true) { // the timer never fires: a quarter of a shard or Close wakes it
					<-r.Wake()
					r.Awake()
				}
			}
		}()
		var next atomic.Uint32
		benchPuts(b, func() func(Header, []byte) {
			hint := next.Add(1)
			return func(h Header, record []byte) {
				for r.Put(&hint, h, record) != OK {
					room := r.Room()
					if r.Put(&hint, h, record) == OK {
						return
					}
					<-room
				}
			}
		})
		r.Close()
		<-done
	})
	b.Run("channel", func(b *testing.B) {
		records := make(chan []byte, c.Shards*c.ShardSize/(int(frameWords(recordSize))*words))
		done := make(chan int)
		go func() {
			n := 0
			for record := range records {
				n += len(record)
			}
			done <- n
		}()
		benchPuts(b, func() func(Header, []byte) {
			return func(_ Header, record []byte) { records <- append([]byte(nil), record...) }
		})
		close(records)
		<-done
	})
	b.Run("mutex", func(b *testing.B) {
		r := newMutexRing(c.Shards * c.ShardSize / words)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for r.drain(yes) {
			}
		}()
		benchPuts(b, func() func(Header, []byte) { return r.put })
		r.close()
		<-done
	})
}

// benchPuts runs the puts that producer makes, one for each goroutine.
func benchPuts(b *testing.B, producer func() func(Header, []byte)) {
	record := payload(nil, 1, recordSize)
	b.SetBytes(recordSize)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		put := producer()
		h := Header{Severity: info}
		for pb.Next() {
			h.Time++
			put(h, record)
		}
	})
}

// BenchmarkDrain is the consumer's side: the time of passes over a full ring whose
// shards are merged record by record, and of those whose records come in runs.
func BenchmarkDrain(b *testing.B) {
	for _, bench := range []struct {
		name   string
		shards int
		run    int64
	}{{"one shard", 1, 1}, {"16 shards, one by one", 16, 1}, {"16 shards, in runs of 32", 16, 32}} {
		b.Run(bench.name, func(b *testing.B) {
			c := benchConfig
			c.Shards = bench.shards
			r := newForTest(b, c)
			record := payload(nil, 1, recordSize)
			var spent time.Duration
			var n, clock int64
			for b.Loop() {
				for hint := uint32(0); ; clock++ {
					if r.Put(&hint, Header{Time: clock, Severity: info}, record) != OK {
						break
					}
					if clock%bench.run == 0 {
						hint++
					}
				}
				begin := time.Now()
				n += int64(r.Drain(yes))
				spent += time.Since(begin)
			}
			b.ReportMetric(float64(spent.Nanoseconds())/float64(n), "ns/record")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// A mutexRing is the ring that one would write first: the same frames in one
// circle, under one lock, for comparison. Its consumer, too, sleeps until a quarter
// is in use.
type mutexRing struct {
	mu           sync.Mutex
	filled, room sync.Cond
	mem          []uint64
	size         uint64
	head, tail   uint64
	seq          uint64
	closed       bool
}

func newMutexRing(size int) *mutexRing {
	r := &mutexRing{mem: make([]uint64, size+64<<10/words), size: uint64(size)}
	r.filled.L, r.room.L = &r.mu, &r.mu
	return r
}

func (r *mutexRing) put(h Header, record []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	need := frameWords(len(record))
	for r.head-r.tail+need > r.size {
		r.room.Wait()
	}
	at := r.head & (r.size - 1)
	encode(r.mem[at:at+need], &h, 0, r.seq, record)
	r.seq++
	before := r.head - r.tail
	r.head += need
	if before < r.size/4 && before+need >= r.size/4 {
		r.filled.Signal()
	}
}

// drain waits for records and passes them on. It reports false at the end.
func (r *mutexRing) drain(f func(*Frame) bool) bool {
	r.mu.Lock()
	for r.head-r.tail < r.size/4 && !r.closed {
		r.filled.Wait()
	}
	tail, head := r.tail, r.head
	r.mu.Unlock()
	var fr Frame
	for tail != head {
		tail += decode(r.mem[tail&(r.size-1):], &fr)
		f(&fr)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tail = tail
	r.room.Broadcast()
	return r.head != r.tail || !r.closed
}

func (r *mutexRing) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.filled.Signal()
}
