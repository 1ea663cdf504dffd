package detect

import (
	"slices"
	"testing"
)

// seeds are texts with something in them for each detector.
var seeds = []string{
	"card 4111 1111 1111 1111, 378282246310005 and 4111-1111-1111-1111.", "%B4111111111111111^DOE/JANE^30121010000000000?", ";4111111111111111=30121010000000000?",
	"\x1b[1;31m--password hunter2\x1b[0m", "\x1b[mNO9386011117947 \x1b[32mSG.abcdefghij0123456789AB.abc", `\x204111 1111 1111 1111 %20219-45-1289`,
	"IBAN GB82 WEST 1234 5698 7654 32.", "ssn 219-45-1289 and ssn=219451289", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0NTY3ODkwIn0.", "-----BEGIN EC PRIVATE KEY-----\nabc\n-----END EC PRIVATE KEY-----",
	"AKIAABCDEFGHIJKLMNOP ghp_0123456789abcdefghij0123456789abcdef xoxb-123456789012-abcdefghijkl", "postgres://app:p@ss/w0rd@db:5432/x?password=hunter2", "app:hunter2@tcp(db:3306)/x",
	`{"password":"hun\"ter2","nested":"{\"secret\":\"x y\"}","Authorization":["Bearer abc.def"]}`, "Cookie: sid=1234567890; theme=dark\r\nAuthorization: Digest a=\"b\", c=d",
	"map[Authorization:[Bearer 0a1b2c3d] password:hunter2] &{User:bob Password:hunter2pw Age:3}", "--password hunter2 --token=abc -p x; mysql -u root -phunter2",
	"password=[REDACTED:key] card [REDACTED:pan:****1111] [HASH:pan:2026a:abcdef]", "client_secret%3Dhunter2pw%26x%3D1", "<password>hunter2</password>", "pwd={a;b}};x=y",
	"bob@example.com +49 30 1234567 10.0.0.1 ::1 2001:db8::1 00:1b:44:11:3a:b7", "cGFzc3dvcmQ9aHVudGVyMg== 70617373776f72643d68756e74657232 %70assword%3Dhunter2",
	"password\u200b=\uff48\uff55nter ４１１１１１１１１１１１１１１１", `\\\"password\\\":\\\"hunter2\\\"`, "key0key:secret=a,b,c=d", "token=abcdefghij0123456789abcdef",
}

// valid checks that findings lie in the text, in order, and apart.
func valid(t *testing.T, text string, found []Finding) {
	t.Helper()
	end := 0
	for _, f := range found {
		if f.Start < end || f.End <= f.Start || f.End > len(text) || f.ID >= numIDs {
			t.Fatalf("%q: got findings %v, want them in the text, in order and apart", text, found)
		}
		end = f.End
	}
}

func FuzzFind(f *testing.F) {
	for _, s := range seeds {
		f.Add(s, uint64(All()))
		f.Add(s, uint64(Default()))
	}
	engines := map[Set]*Engine{}
	f.Fuzz(func(t *testing.T, text string, set uint64) {
		s := Set(set) & All()
		if s != Default() {
			s = All()
		}
		if engines[s] == nil {
			engines[s] = engine(s)
		}
		valid(t, text, engines[s].Find(nil, []byte(text)))
	})
}

// everywhere is Find with each literal tried at each byte, and each run of
// digits found by hand.
func (e *Engine) everywhere(text []byte) []Finding {
	f := finder{e: e, text: text}
	for i := range text {
		for k := range e.pre.list {
			if l := &e.pre.list[k].literal; l.at(text, i) {
				f.verify(l, i)
			}
		}
	}
	if e.set&numeric != 0 {
		for i, c := range text {
			if in(c, digits) && (i == 0 || !in(text[i-1], digits)) && f.count(digits, i, 3) == 3 {
				f.number(i)
			}
			if i+3 < len(text) && in(c, letters) && in(text[i+1], letters) && f.count(digits, i+2, 2) == 2 {
				f.iban(i)
			}
		}
	}
	return union(f.out, &e.rank)
}

func FuzzPrefilter(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	e := engine(Default())
	f.Fuzz(func(t *testing.T, text string) {
		folded, _ := fold([]byte(text))
		got, want := e.Find(nil, folded), e.everywhere(folded)
		if len(folded) < shortest {
			return
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v as without the prefilter", folded, got, want)
		}
	})
}

// FuzzIdempotence looks for texts that do not settle: around the markers of what was
// found something may be found that was not, but that must come to an end soon.
func FuzzIdempotence(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	e := engine(Default())
	f.Fuzz(func(t *testing.T, text string) {
		once := marked(e, text)
		for range 3 {
			twice := marked(e, once)
			if twice == once {
				return
			}
			once = twice
		}
		t.Errorf("%q: still changes after it was masked four times: %q", text, once)
	})
}
