package detect

import (
	"bytes"
	"net/netip"
)

// ip4 looks for an IPv4 address whose first dot stands at i.
func (f *finder) ip4(i int) {
	t := f.text
	s := i
	for s > 0 && i-s < 3 && in(t[s-1], digits) {
		s--
	}
	if s == i || !f.leftOpen(s) || s > 0 && t[s-1]|0x20 == 'v' {
		return
	}
	e := i
	for e < len(t) && e-s < 16 && (in(t[e], digits) || t[e] == '.' && e+1 < len(t) && in(t[e+1], digits)) {
		e++
	}
	var b [16]byte
	if !isIP4(b[:copy(b[:], t[s:e])]) || !f.rightOpen(e) || f.near(s, "version", " ver", "release") {
		return
	}
	f.add(s, e, IP)
}

// isIP4 reports whether s is four numbers from 0 to 255 between dots.
func isIP4(s []byte) bool {
	parts, n, value := 0, 0, 0
	for i := 0; i <= len(s); i++ {
		if i == len(s) || s[i] == '.' {
			if n == 0 || n > 3 || value > 255 {
				return false
			}
			parts++
			n, value = 0, 0
			continue
		}
		n++
		value = 10*value + int(s[i]-'0')
	}
	return parts == 4
}

// colons looks for what has colons between hexadecimal digits, at the first of
// which i stands: an IPv6 address, or a hardware address.
func (f *finder) colons(i int) {
	t := f.text
	s := i
	for s > 0 && i-s < 4 && in(t[s-1], hexes) {
		s--
	}
	if s > 0 && (in(t[s-1], alnums) && !f.escaped(s) || t[s-1] == ':') {
		return
	}
	e, n := i, 0
	for e < len(t) && e-s < 46 && (in(t[e], hexes) || t[e] == ':' || t[e] == '.') {
		if t[e] == ':' {
			n++
		}
		e++
	}
	for e > i+2 && (t[e-1] == ':' && t[e-2] != ':' || t[e-1] == '.') {
		e--
	}
	if n < 2 || e < len(t) && in(t[e], words) {
		return
	}
	if e-s == 17 && n == 5 && f.isMAC(s, ':') {
		f.add(s, e, MAC)
		return
	}
	if !f.e.set.Has(IP) || !f.isIP6(s, e, n) {
		return
	}
	if _, err := netip.ParseAddr(string(t[s:e])); err == nil {
		f.add(s, e, IP)
	}
}

// isIP6 reports whether the text from s to e, with so many colons, may be an IPv6
// address: it is complete, or has two colons in a row for zeros. A short one
// begins with these, or it would be C++.
func (f *finder) isIP6(s, e, colons int) bool {
	t := f.text[s:e]
	k := bytes.Index(t, []byte("::"))
	if colons != 7 && k < 0 || len(t) < 6 && k != 0 {
		return false
	}
	for _, c := range t {
		if in(c, digits) {
			return true
		}
	}
	return false
}

// dashes looks for a hardware address with dashes, at the first of which i stands.
func (f *finder) dashes(i int) {
	s, e := i-2, i+15
	if s < 0 || e > len(f.text) || !f.isMAC(s, '-') || s > 0 && in(f.text[s-1], tokens) || e < len(f.text) && in(f.text[e], words) {
		return
	}
	f.add(s, e, MAC)
}

// isMAC reports whether six pairs of hexadecimal digits stand at s, gap between
// them.
func (f *finder) isMAC(s int, gap byte) bool {
	for k := range 17 {
		c := f.text[s+k]
		if k%3 == 2 && c != gap || k%3 != 2 && !in(c, hexes) {
			return false
		}
	}
	return true
}
