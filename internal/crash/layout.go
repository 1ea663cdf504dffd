package crash

import (
	"errors"
	"fmt"
	"hash/crc32"
	"unsafe"

	"github.com/logstream-go/logstream/buffer"
)

const (
	wordSize = 8

	// unit is what every part of a file is rounded up to: a page of memory of most
	// machines.
	unit = 4 << 10

	// magic says that this is a file of this package, of version 2. In the other
	// byte order it is another number.
	magic = 0x6c6f677363726102

	// MaxRoutes is how many routes can tell that they are done with a record.
	MaxRoutes = 32

	// maxSums bounds the words of a slot and the counters: some hundred for each route.
	maxSums = 1 << 16

	// maxFile bounds what is believed of a header.
	maxFile = 4 << 30

	pageHead = 8 // words
)

// Words of the header.
const (
	magicWord = iota
	shardsWord
	recordWord
	pageWord
	createdWord
	routesWord
	sumsWord
	estateWord
	crcWord
	takenWord
	namesWord
)

// A Layout gives the sizes of a file.
type Layout struct {
	Ring     buffer.Config // Shards, ShardSize and MaxRecord are kept in the file
	Pages    int           // number of pages
	PageSize int           // of a page in bytes
	Origins  int           // room for origins in bytes
	Counters int           // words that anybody counts in
	Sums     int           // words of the ledger
	Estate   int           // words of what former processes have left of theirs
	Instance string        // of the stream, in the identities of its records; at most 255 bytes
	Routes   []string      // names, at most MaxRoutes, each of at most 255 bytes
	Created  int64         // nanoseconds since 1970
}

// A part is a range of a file in words.
type part struct{ from, to uint64 }

func (p part) of(mem []uint64) []uint64 { return mem[p.from:p.to:p.to] }

// parts says where everything lies.
type parts struct {
	header, origins, ring part
	counters              part   // of the ledger
	sums, estate          part   // likewise, slots
	pages                 uint64 // where the first starts
	page                  uint64 // size of one, in words
	size                  uint64 // of the file in bytes
}

// roundUp returns n bytes in words, up to a whole unit.
func roundUp(n uint64) uint64 { return (n + unit - 1) / unit * unit / wordSize }

// names returns the instance and the routes.
func (l *Layout) names() []string { return append([]string{l.Instance}, l.Routes...) }

func (l *Layout) namesSize() (n int) {
	for _, name := range l.names() {
		n += 1 + len(name)
	}
	return n
}

// parts requires that check takes l.
func (l *Layout) parts() (p parts) {
	at := uint64(0)
	next := func(bytes uint64) part {
		from := at
		at += roundUp(bytes)
		return part{from, at}
	}
	p.header = next(namesWord*wordSize + uint64(l.namesSize()))
	counters, sums := uint64(l.Counters), slotsSize(uint64(l.Ring.Shards+l.Sums))
	ledger := next((counters + sums + slotsSize(uint64(l.Estate))) * wordSize)
	p.counters = part{ledger.from, ledger.from + counters}
	p.sums = part{p.counters.to, p.counters.to + sums}
	p.estate = part{p.sums.to, p.sums.to + slotsSize(uint64(l.Estate))}
	p.origins = next(uint64(l.Origins))
	p.ring = next(uint64(l.Ring.Words()) * wordSize)
	p.ring.to = p.ring.from + uint64(l.Ring.Words())
	p.pages, p.page = at, roundUp(uint64(l.PageSize))
	p.size = (at + uint64(l.Pages)*p.page) * wordSize
	return p
}

// check returns what is wrong with l.
func (l *Layout) check() error {
	if err := l.Ring.Validate(); err != nil {
		return err
	}
	switch {
	case l.Pages < 1 || l.Pages > 1<<20:
		return fmt.Errorf("%d pages", l.Pages)
	case l.PageSize < unit || l.PageSize > 1<<30:
		return fmt.Errorf("pages of %d bytes", l.PageSize)
	case l.Origins < unit || l.Origins > 1<<30:
		return fmt.Errorf("%d bytes of origins", l.Origins)
	case min(l.Counters, l.Sums, l.Estate) < 0 || max(l.Counters, l.Sums, l.Estate) > maxSums:
		return fmt.Errorf("%d counters, sums of %d words and %d of former ones", l.Counters, l.Sums, l.Estate)
	case len(l.Routes) > MaxRoutes:
		return fmt.Errorf("%d routes, at most %d can be told apart", len(l.Routes), MaxRoutes)
	}
	for _, name := range l.names() {
		if len(name) > 255 {
			return fmt.Errorf("a name of %d bytes, at most 255", len(name))
		}
	}
	if size := l.parts().size; size > maxFile {
		return fmt.Errorf("%d bytes in all, at most %d", size, int64(maxFile))
	}
	return nil
}

// castagnoli is the polynomial of CRC-32C, which processors compute.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encode writes the header into w, whose size is that of the header's part.
func (l *Layout) encode(w []uint64) {
	w[magicWord] = magic
	w[shardsWord] = pair(l.Ring.Shards, l.Ring.ShardSize)
	w[recordWord] = pair(l.Ring.MaxRecord, l.Pages)
	w[pageWord] = pair(l.PageSize, l.Origins)
	w[createdWord] = uint64(l.Created)
	w[routesWord] = pair(len(l.Routes), l.namesSize())
	w[sumsWord] = pair(l.Counters, l.Sums)
	w[estateWord] = uint64(l.Estate)
	names := bytesOf(w[namesWord:])[:0]
	for _, name := range l.names() {
		names = append(append(names, byte(len(name))), name...)
	}
	w[crcWord] = headerSum(w, len(names))
}

// headerSum returns the checksum of a header with n bytes of names.
func headerSum(w []uint64, n int) uint64 {
	sum := crc32.Checksum(bytesOf(w[:crcWord]), castagnoli)
	return uint64(crc32.Update(sum, castagnoli, bytesOf(w[namesWord:])[:n]))
}

// Errors of a file that is not one of this version.
var (
	errMagic   = errors.New("is no file of this version, or of another kind of machine")
	errDamaged = errors.New("is damaged")
)

// decodeLayout reads the header of a file whose first words are w. Of the ring's
// config it returns what a file keeps.
func decodeLayout(w []uint64) (l Layout, err error) {
	if len(w) < unit/wordSize {
		return l, fmt.Errorf("%w: it has %d bytes", errDamaged, len(w)*wordSize)
	}
	if w[magicWord] != magic {
		return l, errMagic
	}
	l.Ring.Shards, l.Ring.ShardSize = unpair(w[shardsWord])
	l.Ring.MaxRecord, l.Pages = unpair(w[recordWord])
	l.PageSize, l.Origins = unpair(w[pageWord])
	l.Created = int64(w[createdWord])
	l.Counters, l.Sums = unpair(w[sumsWord])
	l.Estate = int(min(w[estateWord], maxSums+1)) // too large for check
	routes, size := unpair(w[routesWord])
	if routes > MaxRoutes || size > (len(w)-namesWord)*wordSize || w[crcWord] != headerSum(w, size) {
		return l, fmt.Errorf("%w: its header does not match its checksum", errDamaged)
	}
	names := bytesOf(w[namesWord:])[:size]
	for i := range 1 + routes {
		if len(names) == 0 || int(names[0]) >= len(names) {
			return l, fmt.Errorf("%w: the names of its routes", errDamaged)
		}
		n := int(names[0])
		if name := string(names[1 : 1+n]); i == 0 {
			l.Instance = name
		} else {
			l.Routes = append(l.Routes, name)
		}
		names = names[1+n:]
	}
	if err := l.check(); err != nil {
		return l, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return l, nil
}

// pair packs two numbers of 32 bits.
func pair(low, high int) uint64 { return uint64(uint32(low)) | uint64(high)<<32 }

func unpair(w uint64) (low, high int) { return int(uint32(w)), int(w >> 32) }

// bytesOf returns w as bytes: the same memory.
func bytesOf(w []uint64) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(w))), len(w)*wordSize)
}

// wordsOf returns mapped memory as words: the same memory, which the caller knows to
// be aligned.
func wordsOf(b []byte) []uint64 {
	return unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/wordSize)
}
