package detect

import (
	"cmp"
	"sort"
)

// Class is what kind of treatment a finding needs at least.
type Class uint8

const (
	// Redact is for what may be shown in part or as a hash, if someone asks.
	Redact Class = iota
	// Drop is for what nobody may keep in any form: the data of a magnetic
	// stripe and the check number of a card (PCI DSS 3.3.1).
	Drop
)

// classOf returns the class of a detector's findings.
func classOf(id ID) Class {
	if id == Track || id == CVV {
		return Drop
	}
	return Redact
}

// Finding is a piece of text that a detector found.
type Finding struct {
	// Start and End are the offsets in bytes of its first byte and of the byte
	// behind its last.
	Start, End int
	// ID names the detector.
	ID ID
	// Class is the treatment that it needs at least.
	Class Class
}

// union is Unite by the ranks of detectors.
func union(found []Finding, rank *[NumIDs]uint8) []Finding {
	if len(found) < 2 {
		return found
	}
	return Unite(found, func(a, b ID) bool { return stronger(a, b, rank) })
}

// Unite sorts found by position and unites what overlaps: a piece of text that
// two detectors share is masked from the first byte of one to the last byte of
// the other. The stronger detector gives its name to the whole.
func Unite(found []Finding, stronger func(a, b ID) bool) []Finding {
	if len(found) < 2 {
		return found
	}
	sort.Sort(byPosition(found))
	last := 0
	for _, f := range found[1:] {
		into := &found[last]
		if f.Start >= into.End {
			last++
			found[last] = f
			continue
		}
		into.End = max(into.End, f.End)
		into.Class = max(into.Class, f.Class)
		if stronger(f.ID, into.ID) {
			into.ID = f.ID
		}
	}
	return found[:last+1]
}

// byPosition sorts findings, the longer first of those that begin together. Package
// sort is used because each instance of slices.SortFunc adds 15 kB to a program.
type byPosition []Finding

func (s byPosition) Len() int      { return len(s) }
func (s byPosition) Swap(i, j int) { s[i], s[j] = s[j], s[i] }

func (s byPosition) Less(i, j int) bool {
	a, b := &s[i], &s[j]
	return cmp.Or(a.Start-b.Start, b.End-a.End, int(a.ID)-int(b.ID)) < 0
}

// stronger reports whether a's name stands before b's in a union: the one of the
// higher rank, among equals the first of the list of detectors.
func stronger(a, b ID, rank *[NumIDs]uint8) bool {
	if d := cmp.Or(int(classOf(a))-int(classOf(b)), int(rank[a])-int(rank[b])); d != 0 {
		return d > 0
	}
	return a < b
}
