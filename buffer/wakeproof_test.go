package buffer

import "testing"

// A wakeState is one shard, of which only the number of records counts, and all
// that has to do with sleeping. Two records are a quarter of the shard.
type wakeState struct {
	published, drained uint8
	owned, sealed      bool
	sleeping           uint8
	token              bool
	flagged, closed    bool

	producers [2]struct {
		pc       uint8
		urgent   bool
		tail     uint8 // as loaded
		crowded  bool
		strong   bool
		sleeping uint8 // as loaded
	}
	closer   uint8 // pc
	consumer struct {
		pc       uint8
		mode     uint8 // timed or idle
		end      uint8 // as loaded
		finished bool
	}

	urgents uint8 // the number of the last urgent record published
}

const (
	wakeQuarter = 2
	wakeEnd     = 99
)

// Ways to break the protocol.
const (
	sleepingFirst = "producer loads sleeping before it stores head"
	closedUnseen  = "last producer does not look at closed"
	headsFirst    = "consumer loads heads before it stores sleeping"
	flaggedLast   = "pass clears flagged after it loads heads"
)

// wakeProducer is one Put.
func wakeProducer(i int, broken string) process[wakeState] {
	return func(s *wakeState) bool {
		p := &s.producers[i]
		next := p.pc + 1
		switch p.pc {
		case 0:
			if s.closed {
				next = wakeEnd
			}
		case 1:
			p.tail = s.drained
		case 2: // claim
			if s.owned {
				return false
			}
			if s.sealed {
				next = wakeEnd
				break
			}
			s.owned = true
			p.crowded = s.published+1-p.tail >= wakeQuarter
			if broken == sleepingFirst {
				p.sleeping = s.sleeping
			}
		case 3: // publish
			s.owned = false
			s.published++
			if p.urgent {
				s.urgents = s.published
			} else {
				next = 6
			}
		case 4:
			if s.flagged {
				next = 6
			}
		case 5:
			s.flagged = true
		case 6:
			if broken != sleepingFirst {
				p.sleeping = s.sleeping
			}
			if p.sleeping == awake {
				next = wakeEnd
			}
		case 7:
			p.strong = p.urgent || p.crowded || s.closed && broken != closedUnseen
		case 8: // signal
			p.sleeping = s.sleeping
			if p.sleeping == awake || p.sleeping == timed && !p.strong {
				next = wakeEnd
			}
		case 9:
			if s.sleeping != p.sleeping {
				next = wakeEnd
				break
			}
			s.sleeping = awake
		case 10:
			s.token = true
			next = wakeEnd
		default:
			return false
		}
		p.pc = next
		if next == wakeEnd {
			p.tail, p.crowded, p.strong, p.sleeping = 0, false, false, 0 // fewer states
		}
		return true
	}
}

// wakeCloser is Close. How the consumer sleeps is the same to it.
func wakeCloser(s *wakeState) bool {
	next := s.closer + 1
	switch s.closer {
	case 0:
		s.closed = true
	case 1:
		if s.sleeping == awake {
			next = wakeEnd
		}
	case 2:
		if s.sleeping == awake {
			next = wakeEnd
		}
		s.sleeping = awake
	case 3:
		s.token = true
		next = wakeEnd
	default:
		return false
	}
	s.closer = next
	return true
}

// wakeConsumer is the loop of a consumer: Drain, Finished, Sleep, wait, Awake.
func wakeConsumer(broken string) process[wakeState] {
	const blocked, woken = 10, 11
	return func(s *wakeState) bool {
		finished := func() bool {
			s.sealed = s.sealed || !s.owned
			return s.sealed && s.published == s.drained
		}
		c := &s.consumer
		next := c.pc + 1
		switch c.pc {
		case 0:
			if broken != flaggedLast {
				s.flagged = false
			}
		case 1:
			c.end = s.published
		case 2:
			s.drained = c.end
			if broken == flaggedLast {
				s.flagged = false
			}
		case 3:
			if !s.closed {
				next = 5
			}
		case 4:
			if finished() {
				c.finished = true
				next = wakeEnd
			}
		case 5: // Sleep
			s.sleeping = c.mode
		case 6:
			if !s.closed {
				next = 8
			}
		case 7:
			next = blocked
			if finished() || s.published != s.drained {
				next = woken
			}
		case 8:
			if c.mode == timed && s.flagged {
				next = woken
			}
		case 9:
			used := s.published - s.drained
			if broken == headsFirst {
				used = c.end - s.drained
			}
			if c.mode == idle && used > 0 || used >= wakeQuarter {
				next = woken
			}
		case blocked:
			if !s.token {
				return false
			}
			s.token = false
		case woken: // Awake
			s.sleeping = awake
		case 12:
			s.token = false
			next = 0
		default:
			return false
		}
		c.pc = next
		return true
	}
}

// asleep says what is wrong in a state where nobody can go on.
func asleep(s *wakeState) string {
	switch left := s.published - s.drained; {
	case s.consumer.finished && (left > 0 || s.owned):
		return "finished with records left"
	case s.consumer.finished:
		return ""
	case s.closer == wakeEnd:
		return "the consumer sleeps, and the ring is closed"
	case s.consumer.mode == idle && left > 0:
		return "the consumer sleeps, and there is a record"
	case s.urgents > s.drained:
		return "the consumer sleeps, and there is an urgent record"
	case left >= wakeQuarter:
		return "the consumer sleeps, and a quarter is in use"
	}
	return ""
}

func TestEveryInterleavingWakesTheConsumer(t *testing.T) {
	for _, test := range []struct {
		name   string
		mode   uint8
		urgent [2]bool
		closes bool
		broken string
		want   string
	}{
		{name: "idle", mode: idle},
		{name: "idle, urgent", mode: idle, urgent: [2]bool{true, false}},
		{name: "idle, Close", mode: idle, closes: true},
		{name: "on a timer", mode: timed},
		{name: "on a timer, one urgent", mode: timed, urgent: [2]bool{true, false}},
		{name: "on a timer, two urgent", mode: timed, urgent: [2]bool{true, true}},
		{name: "on a timer, Close", mode: timed, closes: true},
		{name: "on a timer, urgent, Close", mode: timed, urgent: [2]bool{true, false}, closes: true},

		{
			name: "idle", mode: idle, broken: headsFirst,
			want: "the consumer sleeps, and there is a record",
		},
		{
			name: "idle", mode: idle, broken: sleepingFirst,
			want: "the consumer sleeps, and there is a record",
		},
		{
			name: "on a timer, urgent", mode: timed, urgent: [2]bool{true, true}, broken: flaggedLast,
			want: "the consumer sleeps, and there is an urgent record",
		},
		{
			name: "on a timer, Close", mode: timed, closes: true, broken: closedUnseen,
			want: "the consumer sleeps, and the ring is closed",
		},
	} {
		t.Run(test.name+" "+test.broken, func(t *testing.T) {
			var start wakeState
			start.consumer.mode = test.mode
			for i, urgent := range test.urgent {
				start.producers[i].urgent = urgent
			}
			processes := []process[wakeState]{wakeConsumer(test.broken)}
			for i := range start.producers {
				processes = append(processes, wakeProducer(i, test.broken))
			}
			if test.closes {
				processes = append(processes, wakeCloser)
			}
			fault := func(s *wakeState) string {
				if s.closer != 0 && s.closer != wakeEnd || s.producers[0].pc != wakeEnd || s.producers[1].pc != wakeEnd {
					return ""
				}
				alone := *s
				for range 100 {
					if !processes[0](&alone) {
						return ""
					}
				}
				return "the consumer does not come to rest"
			}
			states, got := explore(start, fault, asleep, processes...)
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			t.Logf("%d states", states)
		})
	}
}
