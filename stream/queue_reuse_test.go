package stream

import (
	"testing"

	"github.com/logstream-go/logstream/internal/block"
)

// Blocks are used again, also when nothing was read into them. Some may be made anew: the
// collector takes those that nobody has asked for, and the race detector a few at random.
func TestBlocksOfTheQueueAreUsedAgain(t *testing.T) {
	const rounds, pageSize = 200, 4 << 10
	q := newQueue(1<<20, pageSize, 1, new(block.Origins))
	seen := make(map[*block.Block]bool)
	for range rounds {
		p := q.open(0)
		seen[p.block] = true
		q.seal(p)
		b := q.blank()
		seen[b] = true
		q.scrap(b)
	}
	if len(seen) > rounds {
		t.Errorf("got %d blocks for %d uses, want them used again", len(seen), 2*rounds)
	}
	if q.bytes != 0 || len(q.pages) != 0 {
		t.Errorf("at the end: got %d bytes and %d pages, want none", q.bytes, len(q.pages))
	}
	q.recycle(block.New(2*pageSize, q.origins))
	for range 3 {
		if b := q.blank(); b.Cap() != pageSize {
			t.Errorf("after a larger block came back: got one of %d bytes, want %d", b.Cap(), pageSize)
		}
	}
}
