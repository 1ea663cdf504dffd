//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// producers is how many goroutines of a program log.
const producers = 8

// line is the size of a cache line in words.
const line = 8

// A board is memory that a program shares with the driver. The stores of a process
// that is killed stay in it. It has a cache line for each producer, which holds how many
// of its log calls have returned, and two for the talk between the two: how many
// goroutines there are, and how often the program was asked to rest and did.
type board struct{ words []uint64 }

// boardSize is the size of a board in words.
const boardSize = (producers + 2) * line

// openBoard maps the board of a process, which it makes if there is none.
func openBoard(dir string, process int) (*board, error) {
	f, err := os.OpenFile(filepath.Join(dir, fmt.Sprintf("board-%d", process)), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // the mapping stays
	if err := f.Truncate(boardSize * 8); err != nil {
		return nil, err
	}
	b, err := syscall.Mmap(int(f.Fd()), 0, boardSize*8, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map a board: %w", err)
	}
	return &board{unsafe.Slice((*uint64)(unsafe.Pointer(&b[0])), boardSize)}, nil
}

// close unmaps the board.
func (b *board) close() error {
	return syscall.Munmap(unsafe.Slice((*byte)(unsafe.Pointer(&b.words[0])), boardSize*8))
}

// took notes that producer g has i records behind it.
func (b *board) took(g, i int) { atomic.StoreUint64(&b.words[g*line], uint64(i)) }

// taken returns how many records producer g has behind it.
func (b *board) taken(g int) int { return int(atomic.LoadUint64(&b.words[g*line])) }

// total returns how many records all of them have behind them.
func (b *board) total() int {
	n := 0
	for g := range producers {
		n += b.taken(g)
	}
	return n
}

func (b *board) setGoroutines(n int) { atomic.StoreUint64(&b.words[producers*line], uint64(n)) }
func (b *board) goroutines() int     { return int(atomic.LoadUint64(&b.words[producers*line])) }

// askRest asks the program to give back the memory that it does not use, once it has
// sent what waits.
func (b *board) askRest() { atomic.AddUint64(&b.words[(producers+1)*line], 1) }

// rest calls f if the program was asked to rest and is calm. Only one goroutine of it
// calls rest.
func (b *board) rest(calm func() bool, f func()) {
	if asked := atomic.LoadUint64(&b.words[(producers+1)*line]); asked != b.rested() && calm() {
		f()
		atomic.StoreUint64(&b.words[(producers+1)*line+1], asked)
	}
}

// rested returns how often it did.
func (b *board) rested() uint64 { return atomic.LoadUint64(&b.words[(producers+1)*line+1]) }
