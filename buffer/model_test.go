package buffer

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// A model is a ring as simple as it can be said: a queue for each shard and a few
// booleans. A run drives it and a real ring with the same operations, one
// goroutine, and compares all that can be seen. Operations nest: while a producer
// stands between claim and publish, and while the consumer is in a pass, others go
// on.
type model struct {
	t      *testing.T
	r      *Ring
	c      Config
	choose func(n int) int // the next choice, from 0 to n-1
	left   int             // operations still to run

	shards   []modelShard
	clock    int64
	count    uint64 // records published
	closed   bool
	flagged  bool
	state    int // awake, timed or idle
	token    bool
	rooms    []<-chan struct{} // not yet to be closed
	draining bool
	depth    int
}

type modelShard struct {
	queue []modelFrame
	seq   uint64
	used  uint64 // words that are not free
	owned bool
}

type modelFrame struct {
	h    Header
	data []byte
}

func newModel(t *testing.T, choose func(int) int, ops int) *model {
	c := Config{
		Shards:    1 << choose(3),
		ShardSize: minShardSize << choose(2),
		Reserved:  uint8(choose(2) * warn),
		Urgent:    uint8(choose(2) * erro),
	}
	c.MaxRecord = 1 + choose(c.ShardSize/4)
	m := &model{t: t, r: newForTest(t, c), c: c, choose: choose, left: ops}
	m.shards = make([]modelShard, c.Shards)

	// Begin a little before head's position or count start again, or both, or not.
	pos := (posMask - uint64(choose(3)*300)) * uint64(choose(2))
	frames := uint64(countMask-choose(10)) * uint64(choose(2))
	startAt(m.r, pos, frames)
	m.count = frames * uint64(c.Shards)
	for i := range m.shards {
		m.shards[i].seq = frames
	}
	m.r.hook = m.claimed
	return m
}

// run takes the operations that are left.
func (m *model) run() {
	for m.left > 0 {
		m.step()
	}
	m.drain(math.MaxInt)
	m.close()
	if got := m.r.Finished(); !got {
		m.t.Fatalf("Finished at the end: got %v, want true", got)
	}
}

func (m *model) step() {
	m.left--
	switch op := m.choose(32); {
	case op < 20:
		m.put()
	case op < 22:
		m.drain(math.MaxInt)
	case op < 24:
		m.drain(m.choose(8))
	case op < 27:
		m.sleep(op == 24)
	case op < 28:
		m.wakeUp()
	case op < 29:
		m.room()
	case op < 30:
		m.finished()
	default:
		if m.choose(16) == 0 {
			m.close()
		}
	}
	m.compare()
}

// nest runs a few operations in the middle of another one.
func (m *model) nest() {
	if m.depth == 3 || m.choose(4) != 0 {
		return
	}
	m.depth++
	for n := m.choose(6); n > 0 && m.left > 0; n-- {
		m.step()
	}
	m.depth--
}

// compare checks what can be seen at any time.
func (m *model) compare() {
	m.t.Helper()
	if got := m.r.Published(); got != m.count {
		m.t.Fatalf("Published: got %d, want %d", got, m.count)
	}
	if got := tokens(m.r) == 1; got != m.token {
		m.t.Fatalf("a wake-up is there: got %v, want %v", got, m.token)
	}
	for _, c := range m.rooms {
		select {
		case <-c:
			m.t.Fatal("Room's channel is closed, but nothing was freed")
		default:
		}
	}
}

// expect says what a Put will do: the result, the shard, and whether a quarter of
// it is in use then.
func (m *model) expect(hint uint32, severity uint8, n int) (res Result, shard int, crowded bool) {
	switch {
	case m.closed:
		return Closed, 0, false
	case n > m.c.MaxRecord:
		return TooLarge, 0, false
	}
	limit := uint64(m.c.ShardSize) / words
	if severity < m.c.Reserved {
		limit = limit / 4 * 3
	}
	res = Contention
	for i := range m.shards {
		shard := (int(hint%256) + i) % len(m.shards)
		s := &m.shards[shard]
		used := s.used + 4 + (uint64(n)+7)/8
		switch {
		case s.owned:
		case used <= limit:
			return OK, shard, used >= uint64(m.c.ShardSize)/words/4
		default:
			res = Full
		}
	}
	return res, 0, false
}

func (m *model) put() {
	h := Header{
		// Times are not in order, but no two are equal.
		Time:     (m.clock+int64(m.choose(6)))<<32 + m.clock,
		Origin:   uint32(m.choose(1 << 16)),
		Severity: uint8(m.choose(25)),
		Flags:    uint8(m.choose(256)),
		Shard:    99, // to be ignored
		Seq:      99,
	}
	m.clock++
	n := m.choose(m.c.MaxRecord + 1)
	switch m.choose(8) {
	case 0:
		n = m.c.MaxRecord + m.choose(2)
	case 1, 2, 3:
		n = m.choose(min(20, m.c.MaxRecord+1))
	}
	data := payload(nil, uint64(h.Time), n)
	hint := uint32(m.choose(8)) - 2
	want, shard, crowded := m.expect(hint, h.Severity, n)

	if got := m.r.Put(&hint, h, data); got != want {
		m.t.Fatalf("Put of %d bytes, severity %d: got %v, want %v", n, h.Severity, got, want)
	}
	if want == Full {
		m.signal(true)
	}
	if want != OK {
		return
	}
	if got := int(hint) & (len(m.shards) - 1); got != shard {
		m.t.Fatalf("hint after Put: got shard %d, want %d", got, shard)
	}
	s := &m.shards[shard]
	h.Shard, h.Seq = uint16(shard), s.seq
	s.queue = append(s.queue, modelFrame{h, data})
	s.used += uint64(4 + (n+7)/8)
	s.seq++
	s.owned = false
	m.count++
	urgent := m.c.Urgent > 0 && h.Severity >= m.c.Urgent
	m.flagged = m.flagged || urgent
	m.signal(urgent || crowded || m.closed)
}

// claimed is the ring's hook.
func (m *model) claimed(shard uint16) {
	if m.shards[shard].owned {
		m.t.Fatalf("shard %d has got two owners", shard)
	}
	m.shards[shard].owned = true
	m.nest()
}

func (m *model) signal(strong bool) {
	if m.state == idle || m.state == timed && strong {
		m.state, m.token = awake, true
	}
}

// drain runs a pass that stops before record stop, by false or by a panic.
func (m *model) drain(stop int) {
	if m.draining {
		return
	}
	m.draining = true
	urgent := m.flagged
	m.flagged = false

	left := make([]int, len(m.shards)) // frames of the pass
	unfreed := make([]uint64, len(m.shards))
	for i := range m.shards {
		left[i] = len(m.shards[i].queue)
	}
	free := func(i int) {
		if unfreed[i] > 0 {
			m.shards[i].used -= unfreed[i]
			unfreed[i] = 0
			for _, c := range m.rooms {
				<-c
			}
			m.rooms = nil
		}
	}
	total, complete, panics := 0, true, m.choose(2) == 0
	last := -1 // shard of the record that was passed on last
	settle := func() {
		if last >= 0 && (left[last] == 0 || unfreed[last] >= freeEvery) {
			free(last)
		}
	}
	n := 0
	func() {
		defer func() {
			if err := recover(); err != nil && err != "stop" {
				panic(err)
			}
		}()
		n = m.r.Drain(func(f *Frame) bool {
			settle()
			i := oldestQueue(m.shards, left)
			if i < 0 {
				m.t.Fatalf("Drain: got record %v, want none", f.Header)
			}
			want := m.shards[i].queue[0]
			if f.Header != want.h {
				m.t.Fatalf("record: got %+v, want %+v", f.Header, want.h)
			}
			if !bytes.Equal(f.Data, want.data) || cap(f.Data) != len(want.data) {
				m.t.Fatalf("data: got %x, want %x", f.Data, want.data)
			}
			last = -1
			if total == stop {
				complete = false
				if panics {
					panic("stop")
				}
				return false
			}
			m.nest()
			if !bytes.Equal(f.Data, want.data) {
				m.t.Fatalf("data after others went on: got %x, want %x", f.Data, want.data)
			}
			s := &m.shards[i]
			s.queue = s.queue[1:]
			left[i]--
			unfreed[i] += uint64(4 + (len(want.data)+7)/8)
			last = i
			total++
			return true
		})
	}()
	settle()
	for i := range m.shards {
		if complete && left[i] > 0 {
			m.t.Fatalf("Drain left %d records in shard %d", left[i], i)
		}
		free(i)
	}
	if !complete && urgent {
		m.flagged = true
	}
	if want := total; (complete || !panics) && n != want {
		m.t.Fatalf("Drain: got %d, want %d", n, want)
	}
	m.draining = false
}

// oldestQueue returns the shard whose next record, of those left, is the oldest.
func oldestQueue(shards []modelShard, left []int) int {
	k := -1
	for i := range shards {
		if left[i] > 0 && (k < 0 || shards[i].queue[0].h.Time < shards[k].queue[0].h.Time) {
			k = i
		}
	}
	return k
}

// isFinished says whether the ring is closed, empty and owned by no producer.
func (m *model) isFinished() bool {
	for i := range m.shards {
		if m.shards[i].owned || m.shards[i].used > 0 {
			return false
		}
	}
	return m.closed
}

func (m *model) sleep(withTimer bool) {
	if m.draining {
		return
	}
	m.state = idle
	if withTimer {
		m.state = timed
	}
	enough := uint64(1)
	if withTimer && !m.closed {
		enough = uint64(m.c.ShardSize) / words / 4
	}
	want := !m.isFinished() && (!withTimer || m.closed || !m.flagged)
	for i := range m.shards {
		want = want && m.shards[i].used < enough
	}
	if got := m.r.Sleep(withTimer); got != want {
		m.t.Fatalf("Sleep(%v): got %v, want %v", withTimer, got, want)
	}
	if !want {
		m.state, m.token = awake, false
	}
}

func (m *model) wakeUp() {
	if m.draining {
		return
	}
	m.r.Awake()
	m.state, m.token = awake, false
}

func (m *model) room() {
	c := m.r.Room()
	if !m.closed {
		m.rooms = append(m.rooms, c)
		return
	}
	<-c
}

func (m *model) finished() {
	if m.draining {
		return
	}
	if got, want := m.r.Finished(), m.isFinished(); got != want {
		m.t.Fatalf("Finished: got %v, want %v", got, want)
	}
}

func (m *model) close() {
	m.r.Close()
	m.closed = true
	m.signal(true)
	for _, c := range m.rooms {
		<-c
	}
	m.rooms = nil
}

func TestRingIsLikeTheModelUnderRandomSchedules(t *testing.T) {
	for range 400 {
		seed := rand.Uint64()
		if !t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { runSeed(t, seed) }) {
			return
		}
	}
}

func runSeed(t *testing.T, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 0))
	newModel(t, rnd.IntN, 300).run()
}

// FuzzRing takes the choices of a run from the input. Its inputs are long for what
// they cover, so run it with -fuzzminimizetime=1x.
func FuzzRing(f *testing.F) {
	for seed := range uint64(8) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		input := make([]byte, 600)
		for i := range input {
			input[i] = byte(rnd.Uint32())
		}
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		newModel(t, chooseFrom(input), len(input)/8).run()
	})
}

// chooseFrom makes choices of input: one byte for a choice among up to 256, two
// for more. At its end every choice is 0.
func chooseFrom(input []byte) func(n int) int {
	return func(n int) int {
		var b [2]byte
		k := 1
		if n > 256 {
			k = 2
		}
		input = input[copy(b[:k], input):]
		return int(binary.LittleEndian.Uint16(b[:])) % n
	}
}
