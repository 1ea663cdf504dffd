package detect

// ssnWords near nine digits say that they are a social security number.
var ssnWords = []string{"ssn", "social", "itin", "taxpayer"}

// ssn looks for a social security number of the USA that begins with the three
// digits at s: 219-45-1289. Between spaces and dots it needs a word, or prose
// around it: columns of numbers look the same.
func (f *finder) ssn(s int) {
	t := f.text[s:]
	gap := t[3]
	if !isGap(gap) || len(t) < 11 || t[6] != gap || f.count(digits, s+4, 3) != 2 || f.count(digits, s+7, 5) != 4 {
		return
	}
	e := s + 11
	if !f.leftOpen(s) || !f.rightOpen(e) {
		return
	}
	named := gap != '-' && f.near(s, ssnWords...)
	area := number(t[:3])
	itin := area >= 900 && f.near(s, ssnWords...)
	switch {
	case gap == '.' && !named, gap == ' ' && !named && !f.inProse(s, e):
		return
	case !itin && !validSSN(area, number(t[4:6]), number(t[7:11])):
		return
	}
	f.add(s, e, SSN)
}

// bareSSN looks at the nine digits at s, which need a word.
func (f *finder) bareSSN(s int) {
	t := f.text[s:]
	if validSSN(number(t[:3]), number(t[3:5]), number(t[5:9])) && f.leftOpen(s) && f.rightOpen(s+9) && f.near(s, ssnWords...) {
		f.add(s, s+9, SSN)
	}
}

// validSSN reports whether the three parts may be those of a number that was
// given out. There is no check digit. The numbers that advertisements made
// known are nobody's.
func validSSN(area, group, serial int) bool {
	switch {
	case area == 0, area == 666, area >= 900, group == 0, serial == 0:
		return false
	case area == 78 && group == 5 && serial == 1120, area == 219 && group == 9 && serial == 9999:
		return false
	}
	return true
}

// inProse reports whether words or quotes, not numbers, stand around the text from s
// to e.
func (f *finder) inProse(s, e int) bool {
	if s > 0 && e < len(f.text) && f.text[s-1] == '"' && (f.text[e] == '"' || f.text[e] == '\\') {
		return true
	}
	if s >= 2 && (f.text[s-1] != ' ' && f.text[s-1] != ':' && f.text[s-1] != '=' || !in(f.text[s-2], letters) && f.text[s-2] != ':') {
		return false
	}
	if e+1 >= len(f.text) {
		return true
	}
	switch f.text[e] {
	case ' ':
		return in(f.text[e+1], letters)
	case '.', ',', ';':
		return !in(f.text[e+1], digits)
	}
	return false
}

// number returns the value of a few digits.
func number(s []byte) int {
	n := 0
	for _, c := range s {
		n = 10*n + int(c-'0')
	}
	return n
}
