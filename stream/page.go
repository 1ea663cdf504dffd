package stream

import "github.com/logstream-go/logstream/internal/block"

// A page is a block of the queue. Its records have one class. The worker appends
// to the block; everything else here is guarded by Stream.mu.
type page struct {
	block     *block.Block
	class     class
	number    uint64    // in the chain of its class
	published int       // records that routes may read
	unsettled int       // records × routes that are neither delivered, rejected nor dropped
	sealed    bool      // the worker appends no more
	waiters   []*waiter // flushes that wait for this page
}

// A chain holds the live pages of one class, oldest first. A page that was freed
// before an older one leaves a nil until that one is freed too.
type chain struct {
	base  uint64 // number of pages[0]
	pages []*page
}

// end returns the number that the next page will get.
func (c *chain) end() uint64 { return c.base + uint64(len(c.pages)) }

// at returns the page of a number below end, or nil if it was freed.
func (c *chain) at(number uint64) *page {
	if number < c.base {
		return nil
	}
	return c.pages[number-c.base]
}

func (c *chain) push(p *page) {
	p.number = c.end()
	c.pages = append(c.pages, p)
}

// remove forgets p.
func (c *chain) remove(p *page) {
	c.pages[p.number-c.base] = nil
	for len(c.pages) > 0 && c.pages[0] == nil {
		c.pages = c.pages[1:]
		c.base++
	}
}

// A position is a place in a chain: the next record to look at.
type position struct {
	page   uint64
	record int
}

// A waiter is a flush that waits until the pages it was registered with are free.
type waiter struct {
	left int           // pages; guarded by Stream.mu
	done chan struct{} // closed when left is 0
}
