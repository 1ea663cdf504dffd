package stream

import "sort"

// A choice is what a route takes of a page: ranges of records in order, of which
// no two touch.
type choice []span

// A span is the records from..to-1 of a page.
type span struct{ from, to int }

// byFrom sorts spans. Package sort is used because each instance of slices.SortFunc
// adds 15 kB to a program.
type byFrom []span

func (s byFrom) Len() int           { return len(s) }
func (s byFrom) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s byFrom) Less(i, j int) bool { return s[i].from < s[j].from }

// next returns the first chosen records from position at on, and from == to if
// there are none.
func (c choice) next(at int) (from, to int) {
	i := sort.Search(len(c), func(i int) bool { return c[i].to > at })
	if i == len(c) {
		return at, at
	}
	return max(c[i].from, at), c[i].to
}

// add adds the records from..to-1, which come after all others.
func (c choice) add(from, to int) choice {
	if n := len(c); n > 0 && c[n-1].to == from {
		c[n-1].to = to
		return c
	}
	return append(c, span{from, to})
}
