package detect

import (
	"strings"
	"testing"
	"time"

	"github.com/logstream-go/logstream/internal/cputime"
)

// hostile are pieces of which texts are made that would make a careless
// verifier go over the same bytes again and again.
var hostile = []string{
	"eyJ", "eyJa.", "eyJhbGciOiJ", "-----BEGIN ", "-----BEGIN RSA PRIVATE KEY-----", "---- END ", "PuTTY-User-Key-File",
	"://", "http://a:b", "a://b:c@", "%3a%2f%2f", "postgres://a:b/", "postgres://a:b?c", "x://y:z/@", ":@", "@tcp(", "a:@tcp(", "oracle:thin:a/",
	"password", "password=", "password:", `password="`, `password='`, `password=\"`, `password=\\\"`, "password=[", "password={", "password=a,", "password=,a", "pwd=;",
	`"password":{`, `"secret":["`, "password: ", "password=[REDACTED]", "password=[REDACTED:", "[REDACTED:", "authorization: bearer ", "authorization: ", "cookie: a", "cookie: [",
	"--password ", "--password", "-", "token=", "token=a1", "?token=", "&sig=a", "%26sig=", "key", "pw=", "pass_", "pass-", "a.pass.", "$pass", `\npassword`,
	"ghp_", "ghp_0123456789abcdefghij", "ghp_...", "AKIA", "xoxb-", "sk-", "T3BlbkFJ", "aT3BlbkFJ", "AZDO", ":AA", "123456789:AA", "0Q~", "aaa0Q~", ".atlasv1.", "-us1", "pat", "SK0",
	"4", "4111", "4111 ", "4111-", "4111.", "4111 1111 1111 1111 ", "411111111111 ", "219-45-", "219 45 1289 ", "219-45-1289 ", "ssn 123456789 ", "%20", "%B4", ";4111111111111111=",
	"GB82", "GB82 WEST ", "DE89-3704-", "aa11", "mysql ", "mysql -p", "curl -u", "\u200b", "４", "é", "card 6304", "\\", `\\\"`, "\"", "=", ":", "a=b ", "{", "[", "<password>", "<password>a",
	"a@b.c", "a@", "+49 30", "1.2.3.4", "1.", "a:b:", "::", "00:11:22:33:44:55:", "%41", "YWJjZGVm", "616263", "aB3", "cpf 123", "tel 123 ",
}

// TestHostileTextsTakeLinearTime: eight times the text may take 24 times as long,
// no more, by the fastest of some tries. Quadratic work takes 64 times. Both clocks may say so:
// other processes slow down the one, and ticks of some systems are too long for the other.
func TestHostileTextsTakeLinearTime(t *testing.T) {
	const small, large = 8 << 10, 64 << 10
	type times struct{ passed, used time.Duration }
	for _, set := range []Set{Default(), All()} {
		e := engine(set)
		worst, by := time.Duration(0), ""
		for _, piece := range hostile {
			took := func(size int) times {
				text := []byte(strings.Repeat(piece, size/len(piece)))
				var found []Finding
				best := times{time.Hour, time.Hour}
				for range 3 {
					start, used := time.Now(), cputime.Used()
					found = e.Find(found[:0], text)
					best.passed, best.used = min(best.passed, time.Since(start)), min(best.used, cputime.Used()-used)
				}
				return best
			}
			ok := false
			for range 6 { // Another process may take the processor in between.
				a, b := took(small), took(large)
				if b.passed > worst {
					worst, by = b.passed, piece
				}
				if ok = b.passed <= 24*a.passed+time.Millisecond || b.used > 0 && b.used <= 24*a.used+time.Millisecond; ok {
					break
				}
			}
			if !ok {
				t.Errorf("%q: got more than 24 times the time for 8 times the text", piece)
			}
		}
		t.Logf("worst: %.1f ns a byte, for %q", float64(worst)/large, by)
	}
}
