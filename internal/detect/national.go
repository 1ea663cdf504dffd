package detect

// identity is a number that a state gives to persons or companies. It is found
// only near a word for it, and with the right check digit.
type identity struct {
	words []string
	size  int // Characters without what separates them.
	valid func(id []byte) bool
}

// identities holds the numbers of digits alone, but for a letter at the end.
var identities = []identity{
	{[]string{"aba", "routing", "rtn"}, 9, validABA},
	{[]string{"nhs", "patient"}, 10, validNHS},
	{[]string{"cpf"}, 11, func(id []byte) bool { return mod11Pair(id, 9, 11) }},
	{[]string{"cnpj"}, 14, func(id []byte) bool { return mod11Pair(id, 12, 9) }},
	{[]string{"nif", "dni", "nie"}, 9, validNIF},
	{[]string{"nip", "vat"}, 10, validNIP},
	{[]string{"pesel"}, 11, validPESEL},
	{[]string{"nir", "insee", "curit", "social"}, 15, validNIR},
	{[]string{"steuer", "idnr", "tin", "tax"}, 11, validSteuerID},
	{[]string{"aadhaar", "aadhar", "uidai"}, 12, verhoeff},
	{[]string{"citizen", "resident", "identity", "id card", "idcard", "shenfen"}, 18, validChinese},
	{[]string{"nric", "fin:", "fin ", "fin="}, 9, validNRIC},
}

// maxIdentity is the length of the longest number of these.
const maxIdentity = 18

// national looks for such a number whose first digits stand from s to e.
func (f *finder) national(s, e int) {
	t := f.text
	for k := 0; k < 3 && s > 1 && (t[s-1] == '.' || t[s-1] == '-') && in(t[s-2], digits); k++ { // Short groups before.
		b := s - 1
		for b > 0 && s-b < 4 && in(t[b-1], digits) {
			b--
		}
		s = b
	}
	if s > 0 && in(t[s-1], letters) && (s == 1 || !in(t[s-2], alnums)) { // The letter of an NIE or NRIC.
		s--
	}
	if s > 1 && in(t[s-1], digits|dashes) || !f.leftOpen(s) {
		return
	}
	var id [maxIdentity]byte
	n, end := 0, s
	for k := s; k < len(t) && n < maxIdentity; k++ {
		switch c := t[k]; {
		case in(c, digits), in(c, letters) && (k == s || k+1 == len(t) || !in(t[k+1], alnums)):
			id[n] = c
			n++
			end = k + 1
			if !in(c, digits) && k > s {
				k = len(t)
			}
		case (c == ' ' || c == '.' || c == '-' || c == '/') && k == end && k+1 < len(t) && in(t[k+1], alnums):
		default:
			k = len(t)
		}
		if i := match(id[:n]); i >= 0 && (end == len(t) || !in(t[end], words)) && f.near(s, identities[i].words...) {
			f.add(s, end, NationalID)
			return
		}
	}
}

// match returns the identity that id is a valid number of, or -1.
func match(id []byte) int {
	for i := range identities {
		if identities[i].size == len(id) && identities[i].valid(id) {
			return i
		}
	}
	return -1
}

// weighted returns the sum of the first digits of id times their weights, or -1
// if one is no digit.
func weighted(id []byte, weights ...int) int {
	sum := 0
	for i, w := range weights {
		if !in(id[i], digits) {
			return -1
		}
		sum += w * int(id[i]-'0')
	}
	return sum
}

// allDigits reports whether id has nothing but digits, and not one alone.
func allDigits(id []byte) bool {
	same := true
	for _, c := range id {
		if !in(c, digits) {
			return false
		}
		same = same && c == id[0]
	}
	return !same
}

// validABA checks a routing number of the USA.
func validABA(id []byte) bool {
	sum := weighted(id, 3, 7, 1, 3, 7, 1, 3, 7, 1)
	return sum > 0 && sum%10 == 0
}

// validNHS checks a patient's number of the United Kingdom.
func validNHS(id []byte) bool {
	if !allDigits(id) {
		return false
	}
	c := 11 - weighted(id, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11
	return c%11 == int(id[9]-'0') && c != 10
}

// mod11Pair checks the two check digits of Brazil, behind n digits. The weights
// rise from the right, from 2 to most.
func mod11Pair(id []byte, n, most int) bool {
	if !allDigits(id) {
		return false
	}
	for end := n; end < n+2; end++ {
		sum, w := 0, 2
		for i := end - 1; i >= 0; i-- {
			sum += w * int(id[i]-'0')
			if w++; w > most {
				w = 2
			}
		}
		c := 11 - sum%11
		if c > 9 {
			c = 0
		}
		if c != int(id[end]-'0') {
			return false
		}
	}
	return true
}

// validNIF checks Spain's numbers: eight digits and a letter, the first of which
// is X, Y or Z for foreigners.
func validNIF(id []byte) bool {
	n := 0
	for i, c := range id[:8] {
		switch k := indexOf("XYZ", c&^0x20); {
		case i == 0 && k >= 0:
			c = byte('0' + k)
		case !in(c, digits):
			return false
		}
		n = 10*n + int(c-'0')
	}
	return id[8]&^0x20 == "TRWAGMYFPDXBNJZSQVHLCKE"[n%23]
}

func indexOf(s string, c byte) int {
	for i := range len(s) {
		if s[i] == c {
			return i
		}
	}
	return -1
}

// validNIP checks a tax number of Poland.
func validNIP(id []byte) bool {
	return allDigits(id) && weighted(id, 6, 5, 7, 2, 3, 4, 5, 6, 7)%11 == int(id[9]-'0')
}

// validPESEL checks a person's number of Poland.
func validPESEL(id []byte) bool {
	return allDigits(id) && (10-weighted(id, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3)%10)%10 == int(id[10]-'0')
}

// validNIR checks a social security number of France.
func validNIR(id []byte) bool {
	if !allDigits(id) || id[0] != '1' && id[0] != '2' {
		return false
	}
	rest := 0
	for _, c := range id[:13] {
		rest = mod97(rest, c)
	}
	return 97-rest == number(id[13:])
}

// validSteuerID checks a tax number of Germany (ISO 7064, mod 11,10).
func validSteuerID(id []byte) bool {
	if !allDigits(id) || id[0] == '0' {
		return false
	}
	p := 10
	for _, c := range id[:10] {
		if p = (p + int(c-'0')) % 10; p == 0 {
			p = 10
		}
		p = p * 2 % 11
	}
	return (11-p)%10 == int(id[10]-'0')
}

// validChinese checks a resident's number of China (ISO 7064, mod 11-2).
func validChinese(id []byte) bool {
	sum := weighted(id, 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
	return sum > 0 && "10X98765432"[sum%11] == id[17]&^(id[17]&0x40>>1)
}

// validNRIC checks a number of Singapore: a letter, seven digits, a letter.
func validNRIC(id []byte) bool {
	first := id[0] &^ 0x20
	sum := weighted(id[1:], 2, 7, 6, 5, 4, 3, 2)
	if sum < 0 {
		return false
	}
	last := id[8] &^ 0x20
	switch first {
	case 'S':
		return last == "JZIHGFEDCBA"[sum%11]
	case 'T':
		return last == "JZIHGFEDCBA"[(sum+4)%11]
	case 'F':
		return last == "XWUTRQPNMLK"[sum%11]
	case 'G':
		return last == "XWUTRQPNMLK"[(sum+4)%11]
	case 'M':
		return last == "XWUTRQPNJLK"[(sum+3)%11]
	}
	return false
}

// The multiplication and the permutations of Verhoeff's scheme.
var (
	verhoeffD = [10]string{"0123456789", "1234067895", "2340178956", "3401289567", "4012395678", "5987604321", "6598710432", "7659821043", "8765932104", "9876543210"}
	verhoeffP = [8]string{"0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258"}
)

// verhoeff checks a number of India, by the dihedral group of the pentagon.
func verhoeff(id []byte) bool {
	if !allDigits(id) {
		return false
	}
	c := byte('0')
	for i := range id {
		d := id[len(id)-1-i]
		c = verhoeffD[c-'0'][verhoeffP[i%8][d-'0']-'0']
	}
	return c == '0'
}
