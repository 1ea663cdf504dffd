package detect

// phoneWords near a number say that it is a telephone's.
var phoneWords = []string{"phone", "mobile", "tel:", "tel ", "tel=", "tel.", "cell", "fax", "msisdn", "whatsapp", "sms", "call "}

// phone looks for a telephone number whose first digits stand from s to e: with
// a plus in the international form (E.164), 8 to 15 digits; without it only near
// a word, and then 7 to 15.
func (f *finder) phone(s, e int) {
	t := f.text
	for k := 0; k < 2 && s > 1; k++ { // Groups before: (030) 1234567, +1-555-…
		b := s - 1
		for b > 0 && s-b < 4 && (t[b] == ' ' || t[b] == '-' || t[b] == '(' || t[b] == ')') {
			b--
		}
		n := 0
		for b >= 0 && n < 5 && in(t[b], digits) {
			b--
			n++
		}
		if n == 0 || n == 5 || b+1+n == s {
			break
		}
		s = b + 1
	}
	if s > 0 && t[s-1] == '(' {
		s--
	}
	plus := s > 0 && t[s-1] == '+'
	if plus {
		s--
	}
	if !f.leftOpen(s) {
		return
	}
	n, k, last := 0, s, s
	for ; k < len(t) && k-s < 32 && n <= 15; k++ {
		switch c := t[k]; {
		case in(c, digits):
			n++
			last = k + 1
		case c == '+' && k == s:
		case (c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/' && !plus) && k-last < 2:
		default:
			k = len(t)
		}
	}
	switch {
	case n > 15 || last < e || !f.rightOpen(last):
	case plus && n >= 8:
		f.add(s, last, Phone)
	case n >= 7 && f.near(s, phoneWords...):
		f.add(s, last, Phone)
	}
}
