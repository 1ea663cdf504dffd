package detect

import (
	"math"
	"strings"
	"testing"
)

// withCheckDigit returns number with the digit behind it that Luhn asks for.
func withCheckDigit(number string) string {
	for d := byte('0'); d <= '9'; d++ {
		if n := append([]byte(number), d); luhn(n) {
			return string(n)
		}
	}
	return ""
}

func TestCardsOfAllIssuers(t *testing.T) {
	e := engine(Default())
	for _, c := range []struct {
		name, prefix string
		sizes        []int
	}{
		{"Visa", "4", []int{13, 16, 19}},
		{"Mastercard", "51", []int{16}},
		{"Mastercard", "55", []int{16}},
		{"Mastercard", "2221", []int{16}},
		{"Mastercard", "2720", []int{16}},
		{"American Express", "34", []int{15}},
		{"American Express", "37", []int{15}},
		{"Discover", "6011", []int{16, 19}},
		{"Discover", "622126", []int{16}},
		{"Discover", "644", []int{16}},
		{"Discover", "65", []int{16}},
		{"Diners Club", "300", []int{14, 16}},
		{"Diners Club", "36", []int{14, 19}},
		{"Diners Club", "39", []int{14}},
		{"JCB", "3528", []int{16, 19}},
		{"JCB", "3589", []int{16}},
		{"UnionPay", "62", []int{16, 17, 18, 19}},
		{"Maestro", "6304", []int{12, 13, 16, 19}},
		{"Mir", "2200", []int{16}},
		{"Mir", "2204", []int{19}},
		{"Dankort", "5019", []int{16}},
	} {
		for _, size := range c.sizes {
			number := withCheckDigit((c.prefix + strings.Repeat("0718293645", 2))[:size-1])
			for _, text := range []string{number, "card " + number + ", retry", `{"v":` + number + `}`, `{"v":"` + number + `"}`, "v=" + number + ";", `a\n` + number, "a%3D" + number, "a%20" + number, "end " + number + "."} {
				if got := masked(e, text); !strings.Contains(got, "[pan]") || strings.Contains(got, number[2:]) {
					t.Errorf("%s in %q: got %q", c.name, text, got)
				}
			}
			wrong := number[:size-1] + string('0'+(number[size-1]-'0'+1)%10)
			checkClean(t, e, []string{wrong, "x" + number, number + "x", "1." + number, number + ".5", "-" + number, number + "-1", "a_" + number, number + "@host", "id@" + number})
		}
	}
}

func TestCardsInGroups(t *testing.T) {
	check(t, engine(Default()), []masking{
		{"card 4111 1111 1111 1111!", "card [pan]!"},
		{"card 4111-1111-1111-1111!", "card [pan]!"},
		{"card 4111.1111.1111.1111!", "card [pan]!"},
		{"card 4111\u00a01111\u00a01111\u00a01111!", "card [pan]!"},
		{"card 4111\u20091111\u20091111\u20091111!", "card [pan]!"},
		{"amex 3782 822463 10005", "amex [pan]"},
		{"diners 3852-000002-3237", "diners [pan]"},
		{"38520000 0232 37 and 3852 0000 0232 37", "38520000 0232 37 and [pan]"},
		{"40128888 88881881", "[pan]"},
		{"n 12 4111 1111 1111 1111 1226 cvv", "n 12 [pan] 1226 cvv"},
		{"4111 1111 1111 1111, 5555 5555 5555 4444", "[pan], [pan]"},
		{"４１１１ １１１１ １１１１ １１１１", "[pan]"},
		{"card ٤١١١١١١١١١١١١١١١", "card [pan]"},
		{"41111111\u200b11111111 x", "[pan] x"},
		{"q=%204111-1111-1111-1111%20", "q=%20[pan]%20"},
		{`\u00224111 1111 1111 1111\u0022, \x004111111111111111\x00`, `\u0022[pan]\u0022, \x00[pan]\x00`},
	})
	checkClean(t, engine(Default()), []string{
		"4111 1111-1111 1111", "4111  1111  1111  1111", "4111 1111 1111 111", "4111 1111 1111 11111", "0000 0000 0000 0000", "2026-01-01-4111-1111-1111-1111",
	})
}

func TestNumbersThatAreNoCards(t *testing.T) {
	checkClean(t, engine(Default()), []string{
		"ts=1780000079190 level=info", "at 20260101000202 done", "blk_-4770955754990767759 of size 67108864", "2010a243-0687-7944-3697-448126418207",
		"trace cea48342315042497694eb42a31cb113", "4120552424171038.25", "0000000000000000", "1111222233334444", "trace_id=4977200010769860539",
		`"dd.span_id":"4977200010769860539"`, "order 6007182936450710", strings.Repeat("4111111111111111", 3), "1780000079190123456",
	})
	check(t, engine(Default()), []masking{
		{"card no 6007182936450718", "card no 6007182936450718"},
		{"rupay card " + withCheckDigit("600718293645071"), "rupay card [pan]"},
	})
}

func TestTracks(t *testing.T) {
	check(t, engine(Default()), []masking{
		{"read %B4111111111111111^DOE/JANE^30121010000000000?, ok", "read [track], ok"},
		{"read ;4111111111111111=30121010000000000?, ok", "read [track], ok"},
		{"4111111111111111=30121010000000000", "[track]"},
		{"%b4111111111111111^x", "[track]"},
		{`"%B4111111111111111^DOE"`, `"[track]"`},
	})
	checkClean(t, engine(Default()), []string{"%B4%D0%BE", "%B41111", "%B4111111111111111"})
	e := engine(Default())
	for _, f := range e.Find(nil, []byte(";4111111111111111=30121010000000000? cvv=123")) {
		if f.Class != Drop {
			t.Errorf("%s: got class %d, want Drop", f.ID, f.Class)
		}
	}
}

func TestCardsAsIntegers(t *testing.T) {
	e := engine(Default())
	for n, want := range map[int64]bool{
		4111111111111111: true, 378282246310005: true, 4111111111111112: false, 0: false, -4111111111111111: false, 1780000079190: false,
		99999999999: false, math.MaxInt64: false, math.MinInt64: false, 6007182936450710: false,
	} {
		if got := e.FindInt(n); got != want {
			t.Errorf("%d: got %v, want %v", n, got, want)
		}
	}
	if engine(Default() &^ Of(PAN)).FindInt(4111111111111111) {
		t.Error("without PAN: got a finding")
	}
}
