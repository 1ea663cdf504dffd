package mask

import (
	"strconv"

	"github.com/logstream-go/logstream/internal/detect"
	"github.com/logstream-go/logstream/internal/keyname"
)

// A card's number may be split over the elements of an array, where no element shows
// it. So elements next to each other that are digits alone are looked at together.

const (
	// maxParts is more elements than a number has digits. A longer run of digits is
	// a list of numbers.
	maxParts  = 20
	maxDigits = maxParts - 1

	// maxGroups bounds the runs in which groups of digits are looked for with others
	// beside them, such as a card's number with its year and month. In a longer list of
	// numbers some four of them are a card's by chance.
	maxGroups = 8
)

// part is an element that is digits alone.
type part struct {
	from, to int // Where it stands.
	n        int // How many digits it has, zeros in front included.
	value    uint64
	number   bool // It is an integer, which has lost its zeros in front.
}

// partOf returns the digits in the element v of an array; there are none if it holds
// something else.
func (w *walker) partOf(v box) part {
	p := part{from: v.field, to: v.end}
	if v.end-v.start < 2 {
		return p
	}
	b := w.msg[:v.end]
	switch b[v.start] {
	case tagString, tagBytes:
		if from, to := span(b, v.start+1); to == v.end {
			p.text(b[from:to])
		}
	case tagInt:
		if n, next := uvarint(b, v.start+1); next == v.end {
			p.integer(n)
		}
	}
	return p
}

// text takes the digits of text, if it holds nothing else but spaces and dashes.
func (p *part) text(text []byte) {
	for _, c := range text {
		switch {
		case '0' <= c && c <= '9' && p.n < maxDigits:
			p.value, p.n = 10*p.value+uint64(c-'0'), p.n+1
		case c != ' ' && c != '-':
			p.n = 0
			return
		}
	}
}

// integer takes the digits of n, unless it is negative.
func (p *part) integer(n uint64) {
	if n>>63 == 0 {
		p.value, p.n, p.number = n, len(strconv.AppendUint(make([]byte, 0, maxParts), n, 10)), true
	}
}

// join returns all of parts as one, without digits if it has too many.
func join(parts []part) (all part) {
	for _, p := range parts {
		if all.n += p.n; all.n > maxDigits {
			return part{}
		}
		for range p.n {
			all.value *= 10
		}
		all.value += p.value
	}
	return all
}

// String returns the digits.
func (p part) String() string {
	s := strconv.FormatUint(p.value, 10)
	for len(s) < p.n {
		s = "0" + s
	}
	return s
}

// groupings are those in which card numbers are written, as the sizes of the groups. The
// longer ones stand before those that they begin with.
var groupings = [...][]int{{4, 4, 4, 4, 3}, {4, 4, 4, 4}, {4, 6, 5}, {4, 6, 4}, {4, 4, 4, 3}, {4, 4, 4, 2}, {8, 8}}

// findSplit looks for a card's number that goes over some of parts, all that stand
// next to each other: in the usual groups, or made of all of them in any pieces, if
// they are texts. It returns which they are; from == to if there is none.
func (m *Masker) findSplit(parts []part) (from, to int) {
	for { // What is before a number is looked at alone, as it is once the number is gone.
		f, t := m.findFirstSplit(parts)
		if f == t {
			return from, to
		}
		from, to = f, t
		parts = parts[:from]
	}
}

// findFirstSplit is findSplit for the first number that it meets.
func (m *Masker) findFirstSplit(parts []part) (from, to int) {
	if len(parts) < 2 || len(parts) >= maxParts {
		return 0, 0
	}
	texts := true
	for _, p := range parts {
		texts = texts && !p.number
	}
	if texts && m.isSplit(parts) {
		return 0, len(parts)
	}
	if len(parts) > maxGroups {
		return 0, 0
	}
	for from := range parts {
		for _, sizes := range groupings {
			if to := from + len(sizes); fitsGroups(parts[from:], sizes) && m.isSplit(parts[from:to]) {
				return from, to
			}
		}
	}
	return 0, 0
}

// fitsGroups reports whether parts begin with groups of these sizes.
func fitsGroups(parts []part, sizes []int) bool {
	if len(parts) < len(sizes) {
		return false
	}
	for i, n := range sizes {
		if parts[i].n != n {
			return false
		}
	}
	return true
}

// isSplit reports whether all of parts are one card's number. It allocates only for
// those of unusual length.
func (m *Masker) isSplit(parts []part) bool {
	switch all := join(parts); all.n {
	case 15, 16:
		return all.value >= minUsual && m.engine.FindInt(int64(all.value))
	case 12, 13, 14, 17, 18, 19:
		found := m.engine.Find(nil, []byte(all.String()))
		return len(found) == 1 && found[0].ID == detect.PAN && found[0].End-found[0].Start == all.n
	}
	return false
}

// minUsual is the smallest number of fifteen digits.
const minUsual = 1e14

// splitRun is what the walk of an array knows of the elements around it.
type splitRun struct {
	from, to int    // Where the elements that a number goes over stand.
	number   string // It, until its first element was met.
	seen     int    // Up to where elements were looked at.
	long     bool   // What was seen has no end yet: a list of numbers.

	flag *argument // The element before, if it is a secret's flag.
}

// element walks the element v of an array that ends at end.
func (w *walker) element(v box, end int, run *splitRun) bool {
	if v.field >= run.seen {
		w.lookAhead(v, end, run)
	}
	var arg argument
	arg, run.flag = w.behind(v, run.flag)
	inRun := v.field >= run.from && v.field < run.to
	switch {
	case inRun && arg.says&(keyname.MasksText|keyname.Weak) != 0:
		return w.value(arg.flag, v, noBox, arg.says|keyname.MasksText|keyname.MasksNumbers)
	case !inRun:
		return w.value(arg.flag, v, noBox, arg.says)
	}
	out, first := w.m.splitOut(run, v.field)
	if arg.says&keyname.Suspicious != 0 && out != "" {
		shown, _ := w.m.settle([]byte(out), arg.flag, short) // It may look like the flag's value.
		out = string(shown)
	}
	switch {
	case first:
		w.redact(v, noBox, encodeValue(out), int(detect.PAN))
	case out == "":
		w.scratch().replace(v.field, v.end, "", noID)
	default:
		w.redact(v, noBox, encodeValue(out), noID)
	}
	return true
}

// splitOut returns what stands in place of the element at a place in run, which a number
// goes over, and whether it is the first: that shows what the action shows, and stays in
// any case, so that what is beside a number does not come together. "" drops the element.
func (m *Masker) splitOut(run *splitRun, at int) (out string, first bool) {
	r := &m.rules[detect.PAN]
	drops := r.action.kind() == Drop
	switch first = at == run.from; {
	case first && !drops:
		return m.replacement(int(detect.PAN), []byte(run.number)), true
	case drops && !first:
		return "", false
	}
	return r.marker, first
}

// lookAhead looks at the elements from v on that are digits alone.
func (w *walker) lookAhead(v box, end int, run *splitRun) {
	b := w.msg[:end]
	var parts [maxParts]part
	n := 0
	for next := v; ; {
		p := w.partOf(next)
		run.seen = max(run.seen, v.end)
		if p.n == 0 {
			break
		}
		parts[n], run.seen = p, next.end
		if n++; n == maxParts || run.long || next.end >= len(b) || b[next.end] != tagElement {
			break
		}
		next = box{field: next.end, at: next.end + 1}
		if next.start, next.end = span(b, next.at); next.end > end {
			break
		}
	}
	w.m.decideRun(parts[:n], run)
}

// decideRun takes note of what parts, the next elements that are digits, have to say.
func (m *Masker) decideRun(parts []part, run *splitRun) {
	if run.long = len(parts) == maxParts || run.long && len(parts) > 0; run.long {
		return
	}
	if from, to := m.findSplit(parts); from < to {
		run.number = join(parts[from:to]).String()
		run.from, run.to = parts[from].from, parts[to-1].to
		run.seen = run.to // What follows may be another.
	}
}

// tagElement is the tag of an array's element.
const tagElement = 1<<3 | 2
