package buffer

import (
	"fmt"
	"strings"
	"testing"
)

// A process of a protocol takes one step, at most one load, store or swap of what
// is shared. It reports false, and changes nothing, when it has ended or waits.
type process[S any] func(*S) bool

// explore runs processes from start in every order there is. It returns the
// number of different states, and the first fault: that of a state, or, from
// stuck, of one where no process can go on.
func explore[S comparable](start S, fault func(*S) string, stuck func(*S) string, processes ...process[S]) (states int, found string) {
	seen := map[S]bool{start: true}
	todo := []S{start}
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		moved := false
		for _, step := range processes {
			next := s
			if !step(&next) {
				continue
			}
			moved = true
			if f := fault(&next); f != "" {
				return len(seen), f
			}
			if !seen[next] {
				seen[next] = true
				todo = append(todo, next)
			}
		}
		if !moved {
			if f := stuck(&s); f != "" {
				return len(seen), f
			}
		}
	}
	return len(seen), ""
}

// A circleState is one shard with room for two frames of one word. Positions do
// not come round, but the count does, as soon as it may: after three.
type circleState struct {
	head    uint8 // position
	count   uint8 // of frames published; head has it modulo circleCounts
	owned   bool
	tail    uint8
	drained uint8
	cells   [circleSize]struct{ pos, seq uint8 }

	producers [2]struct {
		pc, left                   uint8
		head, count, tail, drained uint8 // as loaded
		wasFull                    bool  // at the load of tail
	}
	consumer struct{ pc, head, count uint8 }
	fault    string
}

const (
	circleSize   = 2
	circleCounts = circleSize + 1
)

// is reports whether head is what it was when it had this position and count.
func (s *circleState) is(head, count uint8) bool {
	return !s.owned && s.head == head && s.count%circleCounts == count%circleCounts
}

// circleProducer is shard.put, without the slack.
func circleProducer(i int, broken string) process[circleState] {
	return func(s *circleState) bool {
		p := &s.producers[i]
		switch p.pc {
		case 0:
			if p.left == 0 || s.owned {
				return false
			}
			p.head, p.count = s.head, s.count
		case 1:
			p.drained = s.drained
		case 2:
			p.tail = s.tail
			p.wasFull = s.head-s.tail == circleSize
		case 3:
			if p.head-p.tail < circleSize { // as unsigned, like used in put
				p.pc = 5
				return true
			}
		case 4:
			if s.is(p.head, p.count) || broken == "full without a second look at head" {
				if !p.wasFull {
					s.fault = "a shard that had room was found full"
				}
				p.left--
			}
			p.pc = 0
			return true
		case 5:
			if s.owned || !s.is(p.head, p.count) && broken != "claim without comparing head" {
				p.pc = 0
				return true
			}
			s.owned = true
		case 6:
			if s.head-s.tail >= circleSize {
				s.fault = "a frame was written over before it was read"
			}
			s.cells[p.head%circleSize].pos = p.head
		case 7:
			seq := p.drained + (p.count%circleCounts+circleCounts-p.drained%circleCounts)%circleCounts
			if seq != s.count {
				s.fault = fmt.Sprintf("frame %d has got sequence number %d", s.count, seq)
			}
			s.cells[p.head%circleSize].seq = seq
		case 8:
			s.head, s.count, s.owned = p.head+1, s.count+1, false
			p.left--
			p.pc = 0
			return true
		}
		p.pc++
		return true
	}
}

// circleConsumer is Drain, for a pass of one frame.
func circleConsumer(broken string) process[circleState] {
	return func(s *circleState) bool {
		c := &s.consumer
		pc := c.pc
		if pc > 3 {
			return false // it rewinds
		}
		switch broken {
		case "tail before drained":
			pc = [...]uint8{0, 1, 3, 2}[pc]
		case "tail before the frame is read":
			pc = [...]uint8{0, 2, 3, 1}[pc]
		}
		switch pc {
		case 0:
			if s.head == s.tail {
				return false
			}
		case 1:
			pos := s.tail
			if broken == "tail before the frame is read" {
				pos--
			}
			if cell := s.cells[pos%circleSize]; cell.pos != pos || cell.seq != s.drained {
				s.fault = fmt.Sprintf("frame %d was read as frame %d, sequence number %d", pos, cell.pos, cell.seq)
			}
		case 2:
			s.drained++
		case 3:
			s.tail++
		}
		c.pc = (c.pc + 1) % 4
		return true
	}
}

// circleRewinder is shard.rewind. It is the consumer too, and begins or not.
func circleRewinder(broken string) process[circleState] {
	return func(s *circleState) bool {
		c := &s.consumer
		start := (c.head + circleSize) / circleSize * circleSize
		switch c.pc {
		case 0:
			if s.owned || s.head != s.tail || s.head%circleSize == 0 {
				return false
			}
			c.head, c.count = s.head, s.count
			c.pc = 4
		case 4:
			switch {
			case broken == "rewind without owning":
			case !s.is(c.head, c.count):
				c.pc = 0
				return true
			default:
				s.owned = true
			}
			c.pc = 5
		case 5:
			s.tail = start
			c.pc = 6
		case 6:
			s.head, s.count, s.owned = start, c.count, false
			c.pc = 0
		default:
			return false
		}
		return true
	}
}

// The proof of the package doc, by exhaustion: two producers with two records
// each and the consumer, in every interleaving. Each way to weaken the protocol is
// found out, so the promises are not empty.
func TestEveryInterleavingOfTheShardKeepsItsPromises(t *testing.T) {
	for _, test := range []struct{ broken, want string }{
		{"", ""},
		{"full without a second look at head", "a shard that had room was found full"},
		{"claim without comparing head", "the end leaves frames behind"},
		{"tail before the frame is read", "frame"},
		{"tail before drained", "frame"},
		{"rewind without owning", "a shard that had room was found full"},
	} {
		t.Run("broken: "+test.broken, func(t *testing.T) {
			var start circleState
			for i := range start.cells {
				start.cells[i].pos, start.cells[i].seq = 255, 255
			}
			start.producers[0].left, start.producers[1].left = 2, 2
			rewound := false
			states, got := explore(start,
				func(s *circleState) string {
					rewound = rewound || s.consumer.pc == 6 && s.owned
					return s.fault
				},
				func(s *circleState) string {
					if s.owned || s.head != s.tail || s.count != s.drained {
						return "the end leaves frames behind"
					}
					return ""
				},
				circleProducer(0, test.broken), circleProducer(1, test.broken), circleConsumer(test.broken), circleRewinder(test.broken))
			if !strings.HasPrefix(got, test.want) || test.want == "" && got != "" {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if test.want == "" && !rewound {
				t.Error("no interleaving has a shard that begins anew")
			}
			t.Logf("%d states", states)
		})
	}
}
