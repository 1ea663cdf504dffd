package detect

import (
	"encoding/binary"
	"sort"
	"strings"
)

// prefilter finds literals in a text. Each is represented by three neighbouring
// bytes of it, the rarest in logs, as a bit in a map of 65,536: the scan loads
// eight bytes, and asks for the six triples in them at once. Nothing it does
// depends on what it did before, unlike the steps of an automaton, so that the
// processor overlaps them.
//
// A bit that is set leads to a list of literals, which are compared in full.
type prefilter struct {
	bits [1 << 10]uint64

	// buckets[h&mask] is where the literals of the hash h begin in list, which is
	// sorted by those bits, and the next element where they end.
	buckets [bucketMask + 2]uint16
	list    []entry
}

// entry is a literal and where its three bytes stand in it.
type entry struct {
	hash   uint16
	offset uint8
	literal
}

// byBucket sorts entries by their buckets.
type byBucket []entry

func (s byBucket) Len() int           { return len(s) }
func (s byBucket) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s byBucket) Less(i, j int) bool { return s[i].hash&bucketMask < s[j].hash&bucketMask }

const bucketMask = 1<<10 - 1

// foldBits maps an upper-case letter to its lower case. What it does to other
// characters does not matter: they are compared when a bit is set.
const foldBits = 0x20202020_20202020

// hash returns the place of the three lower bytes of x, folded, in bits.
func hash(x uint32) uint32 { return (x << 8 * 0x9E3779B1) >> 16 }

func newPrefilter(list []literal) *prefilter {
	p := new(prefilter)
	for _, l := range list {
		off := rarest(l.text)
		var b [4]byte
		copy(b[:], l.text[off:off+3])
		h := hash(binary.LittleEndian.Uint32(b[:]) | uint32(foldBits&0xffffffff))
		p.bits[h>>6] |= 1 << (h & 63)
		p.list = append(p.list, entry{uint16(h), uint8(off), l})
	}
	sort.Stable(byBucket(p.list))
	n := 0
	for i := range p.buckets {
		for n < len(p.list) && int(p.list[n].hash&bucketMask) < i {
			n++
		}
		p.buckets[i] = uint16(n)
	}
	return p
}

// common holds the characters of logs, roughly the more frequent first; ordinary
// what stands in many of them.
const (
	common   = "etaoinsr 0123lc-d.u\"p:/4m5f6789hgby_k=v,"
	ordinary = "mozilla/5.0 applewebkit/537.36 khtml like gecko chrome http/1.1 post request response connection refused connected " +
		"content context config controller count process error failed server service user session account webhook web path pattern " +
		"company japan expand spanid transaction traceid level info debug warn message time duration status method caller component " +
		"okhttp go-http-client curl kube-probe lookup booking book look took token broken taken keys key red credit shared required " +
		"filter lice slice service public click policy client application missing assigned permission 2026-01-01t00:00:00.000z " +
		"select from where order by insert into update created_at updated_at timeout goroutine exception at java.lang org.spring " +
		"default-node instance cluster namespace deployment replica container pod image us-east-1 eu-west-1 -client -cluster -class " +
		"string loading pending running starting using during opening closing listening receiving api accept account cancel access"
)

// rarest returns where the three bytes of text begin that logs hold least.
func rarest(text string) int {
	best, least := 0, 1<<30
	for i := range len(text) - 2 {
		triple := strings.ToLower(text[i : i+3])
		cost := 100_000*strings.Count(ordinary, triple) + 1
		product := 1
		for _, c := range []byte(triple) {
			n := 1
			if k := strings.IndexByte(common, c); k >= 0 {
				n = len(common) + 3 - k
			}
			product *= n
		}
		if cost += product; cost < least {
			best, least = i, cost
		}
	}
	return best
}

// scan calls the verifiers of all literals in the text of f.
func (p *prefilter) scan(f *finder) {
	text := f.text
	if len(text) < 8 {
		for i := range len(text) - 2 {
			x := uint32(text[i]) | uint32(text[i+1])<<8 | uint32(text[i+2])<<16
			p.try(f, i, hash(x|uint32(foldBits&0xffffffff)))
		}
		return
	}
	last := len(text) - 8
	for i := 0; ; i += 6 {
		from := 0
		if i > last { // The rest, with some that were looked at already.
			if from = i - last; from >= 6 {
				return
			}
			i = last
		}
		x := binary.LittleEndian.Uint64(text[i:i+8]) | foldBits
		h0 := hash(uint32(x))
		h1 := hash(uint32(x >> 8))
		h2 := hash(uint32(x >> 16))
		h3 := hash(uint32(x >> 24))
		h4 := hash(uint32(x >> 32))
		h5 := hash(uint32(x >> 40))
		hit := p.bits[h0>>6]>>(h0&63) | p.bits[h1>>6]>>(h1&63) | p.bits[h2>>6]>>(h2&63) |
			p.bits[h3>>6]>>(h3&63) | p.bits[h4>>6]>>(h4&63) | p.bits[h5>>6]>>(h5&63)
		if hit&1 != 0 {
			for k := from; k < 6; k++ {
				p.try(f, i+k, hash(uint32(x>>(8*k))))
			}
		}
		if i == last {
			return
		}
	}
}

// try calls the verifiers of the literals whose triple has the hash h and stands
// at i.
func (p *prefilter) try(f *finder, i int, h uint32) {
	if p.bits[h>>6]>>(h&63)&1 == 0 {
		return
	}
	b := h & bucketMask
	for k := p.buckets[b]; k < p.buckets[b+1]; k++ {
		e := &p.list[k]
		if at := i - int(e.offset); uint32(e.hash) == h && e.at(f.text, at) {
			f.verify(&e.literal, at)
		}
	}
}
