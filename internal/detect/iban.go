package detect

// ibanLengths holds, for each country of the SWIFT registry, how long its
// numbers are.
const ibanLengths = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18" +
	"FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22" +
	"MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24" +
	"TR26UA29VA22VG24XK20YE30"

// ibanSizes holds the lengths by the two letters of the country.
var ibanSizes = func() (t [26][26]uint8) {
	for s := ibanLengths; s != ""; s = s[4:] {
		t[s[0]-'A'][s[1]-'A'] = (s[2]-'0')*10 + s[3] - '0'
	}
	return t
}()

// iban looks for a bank account number whose country stands at s: compact, or in
// groups of four with one space or dash between them, of which the first may be
// of six. It has as many characters as the country says, so that the next word is
// none of them.
func (f *finder) iban(s int) {
	t := f.text
	size := int(ibanSizes[t[s]&^0x20-'A'][t[s+1]&^0x20-'A'])
	if size == 0 || s > 0 && in(t[s-1], alnums) && !f.escaped(s) {
		return
	}
	first, gap := f.ibanGap(s)
	if gap == '-' && s > 0 && t[s-1] == '-' { // Inside a UUID.
		return
	}
	sum, e := 0, s
	for k := range size {
		if gap != 0 && k >= first && (k-first)%4 == 0 {
			if e == len(t) || t[e] != gap {
				return
			}
			e++
		}
		if e == len(t) || !in(t[e], alnums) {
			return
		}
		if k >= 4 { // The country and its check digits count at the end.
			sum = mod97(sum, t[e])
		}
		e++
	}
	check := number(t[s+2 : s+4])
	if check < 2 || check > 98 || e < len(t) && (in(t[e], alnums) || t[e] == '-' && gap == '-') {
		return
	}
	for i := s; i < s+4; i++ {
		sum = mod97(sum, t[i])
	}
	if sum == 1 {
		f.add(s, e, IBAN)
	}
}

// ibanGap returns how long the first group of the number at s is and what stands
// behind it, or 0 if there are no groups.
func (f *finder) ibanGap(s int) (first int, gap byte) {
	for _, n := range [...]int{4, 6} {
		if s+n < len(f.text) && (f.text[s+n] == ' ' || f.text[s+n] == '-') {
			return n, f.text[s+n]
		}
	}
	return 0, 0
}

// mod97 appends the character c to a number of which the remainder by 97 is
// known. Letters stand for 10 to 35.
func mod97(rest int, c byte) int {
	if in(c, digits) {
		return (rest*10 + int(c-'0')) % 97
	}
	return (rest*100 + int(c&^0x20-'A') + 10) % 97
}
