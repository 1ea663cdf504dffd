package mask

// appendPartial appends what a, made by Partial, leaves of value, which the
// detector with name has found. It reports false if nothing may be left.
func appendPartial(dst []byte, a Action, name string, value []byte) ([]byte, bool) {
	first, last := a.first(), a.last()
	if name == PAN.String() {
		return appendPartialPAN(dst, first, last, value)
	}
	if len(value) < 8 || first+last > len(value)/4 || !plainWord(value[:first]) || !plainWord(value[len(value)-last:]) {
		return dst, false
	}
	dst = append(dst, "[REDACTED:"...)
	dst = append(dst, name...)
	dst = append(dst, ':')
	dst = append(dst, value[:first]...)
	dst = append(dst, '*')
	dst = append(dst, value[len(value)-last:]...)
	return append(dst, ']'), true
}

// appendPartialPAN is appendPartial for a card number: digits, and what groups them.
func appendPartialPAN(dst []byte, first, last int, value []byte) ([]byte, bool) {
	digits := 0
	for _, c := range value {
		switch {
		case '0' <= c && c <= '9':
			digits++
		case c != ' ' && c != '-' && c != '.':
			return dst, false
		}
	}
	if digits < 12 || digits > 19 || digits-first-last < 3 {
		return dst, false
	}
	i := 0
	for _, c := range value {
		if c < '0' || c > '9' {
			continue
		}
		if i >= first && i < digits-last {
			c = '*'
		}
		dst = append(dst, c)
		i++
	}
	return dst, true
}

// isPartial reports whether value is what appendPartial leaves of something.
func isPartial(a Action, name string, value []byte) bool {
	if a.kind() != actionPartial {
		return false
	}
	stars := 0
	for _, c := range value {
		if c == '*' {
			stars++
		}
	}
	if name == PAN.String() {
		return len(value) >= 12 && len(value) <= 19 && stars >= 3 && stars == len(value)-a.first()-a.last() && digitsOrStars(value)
	}
	head := "[REDACTED:" + name + ":"
	return stars == 1 && len(value) == len(head)+a.first()+a.last()+2 && string(value[:len(head)]) == head &&
		value[len(head)+a.first()] == '*' && value[len(value)-1] == ']'
}

// digitsOrStars reports whether value has nothing else.
func digitsOrStars(value []byte) bool {
	for _, c := range value {
		if c != '*' && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// plainWord reports whether b may stand in a marker: letters, digits, _ and -.
func plainWord(b []byte) bool {
	for _, c := range b {
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-' {
			continue
		}
		return false
	}
	return true
}
