package detect

const (
	minPAN = 12
	maxPAN = 19
)

// cardWords near a number say that it is a card's.
var cardWords = []string{"card", "pan", "cc", "credit", "debit", "visa", "maestro", "master", "rupay", "payment", "acct"}

// pan looks at the number from s to e, whose digits are text's from s on, or
// number's if it is written in groups. It reports whether it is a card's.
func (f *finder) pan(s, e int, number []byte) bool {
	if number == nil {
		number = f.text[s:e]
	}
	if len(number) < minPAN || !luhn(number) {
		return false
	}
	known, weak := issuer(number)
	if !known && !weak || !f.leftOpen(s) && !f.sentinel(s) || !f.rightOpen(e) {
		return false
	}
	if !known && !f.near(s, cardWords...) || f.underTraceKey(s) {
		return false
	}
	if f.track2(s, e) {
		return true
	}
	f.add(s, e, PAN)
	return true
}

// luhn reports whether the check digit of a number is right (ISO/IEC 7812-1).
func luhn(number []byte) bool {
	sum := 0
	double := false
	for i := len(number) - 1; i >= 0; i-- {
		d := int(number[i] - '0')
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		double = !double
	}
	return sum%10 == 0
}

// issuer reports whether a number of this length begins with the digits of an
// issuer of cards. A weak one is that of a card only where a word says so: its
// digits begin many other numbers.
func issuer(number []byte) (known, weak bool) {
	n := len(number)
	if n < minPAN || n > maxPAN {
		return false, false
	}
	d6 := 0
	for _, c := range number[:6] {
		d6 = 10*d6 + int(c-'0')
	}
	d4, d3, d2 := d6/100, d6/1000, d6/10000
	long := n >= 16
	switch {
	case d2/10 == 4: // Visa
		known = n == 13 || n == 16 || n == 19
	case 51 <= d2 && d2 <= 55, 2221 <= d4 && d4 <= 2720: // Mastercard
		known = n == 16
	case d2 == 34, d2 == 37: // American Express
		known = n == 15
	case d4 == 6011, d2 == 65, 644 <= d3 && d3 <= 649, 622126 <= d6 && d6 <= 622925: // Discover
		known = long
	case 3528 <= d4 && d4 <= 3589: // JCB
		known = long
	case 300 <= d3 && d3 <= 305, d4 == 3095, d2 == 36, d2 == 38, d2 == 39: // Diners Club
		known = n >= 14
	case d2 == 62: // UnionPay
		known = long
	case 2200 <= d4 && d4 <= 2204: // Mir
		known = long
	}
	switch d4 { // Maestro and what it came from, as they are mostly issued.
	case 5018, 5020, 5038, 5893, 6304, 6759, 6761, 6762, 6763:
		known = true
	case 6331, 6333, 6334, 6767:
		known = n == 16 || n >= 18
	case 5019, 5610: // Dankort, Bankcard
		known = known || n == 16
	}
	switch {
	case d2 == 50, 56 <= d2 && d2 <= 69: // Maestro
		weak = true
	case d2 == 60, d2 == 81, d2 == 82, d3 == 508: // RuPay, UnionPay
		weak = n == 16
	case d2/10 == 1: // UATP
		weak = n == 15
	}
	return known, weak
}

// Groupings of card numbers, as the sizes of the groups after the first. The
// longer ones stand before those that they begin with.
var groupings = [...][]int{{4, 4, 4, 3}, {4, 4, 4}, {6, 5}, {6, 4}, {4, 4, 3}, {4, 4, 2}, {8}}

// grouped looks for a card number in groups, the first of which, of four or eight
// digits, stands from s to e: 4-4-4-4, 4-6-5 and so on, one character between
// them.
func (f *finder) grouped(s, e int) {
	if e+1 >= len(f.text) || !isGap(f.text[e]) || !in(f.text[e+1], digits) {
		return
	}
	var number [maxPAN]byte
	for _, sizes := range groupings {
		if (e-s == 8) != (sizes[0] == 8) {
			continue
		}
		n, at := copy(number[:], f.text[s:e]), e
		for _, size := range sizes {
			if at >= len(f.text) || f.text[at] != f.text[e] || f.count(digits, at+1, size) != size {
				n = 0
				break
			}
			n += copy(number[n:], f.text[at+1:at+1+size])
			at += 1 + size
		}
		if n > 0 && (at == len(f.text) || !in(f.text[at], digits)) && f.pan(s, at, number[:n]) {
			return
		}
	}
}

// isGap reports whether c may stand between the groups of a number.
func isGap(c byte) bool { return c == ' ' || c == '-' || c == '.' }

// underTraceKey reports whether the number at s is the decimal trace or span id
// of its record.
func (f *finder) underTraceKey(s int) bool {
	e := s
	for e > 0 && s-e < 4 && !in(f.text[e-1], words) {
		e--
	}
	for _, w := range [...]string{"trace_id", "span_id", "traceid", "spanid", "parent_id"} {
		if e >= len(w) && f.foldAt(e-len(w), w) {
			return true
		}
	}
	return false
}

// FindInt reports whether n, the value of an attribute that is a number, is a
// payment card's. Those that only a word next to them would tell are not, nor are
// those that have not 15 or 16 digits, like most: one in a hundred random
// identifiers of other lengths looks like one.
func (e *Engine) FindInt(n int64) bool {
	if n < 1e14 || n >= 1e16 || !e.set.Has(PAN) {
		return false
	}
	var b [maxPAN]byte
	i := len(b)
	for ; n > 0; n /= 10 {
		i--
		b[i] = byte('0' + n%10)
	}
	known, _ := issuer(b[i:])
	return known && luhn(b[i:])
}
