package mask

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var hmacKey = []byte("0123456789abcdef0123456789abcdef")

func TestActionsOnTexts(t *testing.T) {
	key := WithHashKey("2026a", hmacKey)
	tests := []struct {
		name     string
		opts     []Option
		in, want string
	}{
		{"redact", nil, "card " + card, "card [REDACTED:pan]"},
		{"part of a card number", []Option{WithDetector(PAN, Partial(6, 4))}, "no 4111-1111-1111-1111.", "no 411111******1111."},
		{"the end of a card number", []Option{WithDetector(PAN, Partial(0, 4))}, "card 378282246310005", "card ***********0005"},
		{"digits of another script are not shown", []Option{WithDetector(PAN, Partial(6, 4))}, "x ４１１１１１１１１１１１１１１１", "x [REDACTED:pan]"},
		{"part of a token", []Option{WithDetector(GitHub, Partial(4, 2))}, "x " + token, "x [REDACTED:github:ghp_*vG]"},
		{"part of what is too short", []Option{WithDetector(Key, Partial(2, 2))}, "password=hunter2pw", "password=[REDACTED:key]"},
		{"part of what has signs", []Option{WithDetector(Key, Partial(1, 1))}, "password=+hunter2hunter2!", "password=[REDACTED:key]"},
		{"drop inside of a text", []Option{WithDetector(PAN, Drop)}, "card " + card, "card [REDACTED:pan]"},
		{"the strongest action on what overlaps", []Option{WithDetector(PAN, Partial(6, 4))}, "card_number=" + card, "card_number=[REDACTED:key]"},
		{"a marker of one's own", []Option{WithMarker("#%s#")}, "password=hunter2 " + card, "password=#key# #pan#"},
		{"a marker without a name", []Option{WithMarker("***")}, "password=hunter2 " + card, "password=*** ***"},
		{"hash", []Option{key, WithDetector(Email, Hash)}, "from Bob@Example.COM", "from [HASH:email:2026a:" + hashOf("email", "Bob@example.com") + "]"},
		{"hash of digits in groups", []Option{key, WithDetector(PAN, Hash)}, "x 4111 1111 1111 1111", "x [HASH:pan:2026a:" + hashOf("pan", card) + "]"},
		{"the last key counts", []Option{WithHashKey("old", []byte("another key of 25 bytes..")), key, WithDetector(IBAN, Hash)}, "GB82 WEST 1234 5698 7654 32", "[HASH:iban:2026a:" + hashOf("iban", "GB82WEST12345698765432") + "]"},
		{"a profile", []Option{WithProfile(GDPR)}, "bob@example.com at 10.0.0.1", "[REDACTED:email] at [REDACTED:ip]"},
		{"without a detector", []Option{WithoutDetector(PAN)}, card + " " + token, card + " [REDACTED:github]"},
		{"a pattern", []Option{WithPattern("staff", `\bE\d{7}\b`, Redact)}, "by E1234567, E12", "by [REDACTED:staff], E12"},
		{"a group of a pattern", []Option{WithPattern("staff", `staff id (\d+)`, Redact)}, "staff id 77", "staff id [REDACTED:staff]"},
		{"a pattern in any case", []Option{WithPattern("ref", `(?i)ref-[a-z]+`, Redact)}, "REF-abc ref-x", "[REDACTED:ref] [REDACTED:ref]"},
		{"a pattern in any case, and Unicode's", []Option{WithPattern("ref", `(?i)sky-[a-z]+`, Redact)}, "ſky-abc", "[REDACTED:ref]"},
		{"a pattern over a detector", []Option{WithDetector(PAN, Partial(6, 4)), WithPattern("no", `no [0-9]+`, Redact)}, "x no " + card, "x [REDACTED:no]"},
		{"a pattern's hash", []Option{key, WithPattern("staff", `E\d{7}`, Hash)}, "E1234567", "[HASH:staff:2026a:" + hashOf("staff", "E1234567") + "]"},
		{"a key of one's own in a text", []Option{WithKeys("tenant_ref")}, "tenantRef: 4711x", "tenantRef: [REDACTED:key]"},
		{"a kept key in a text", []Option{WithKeyAction(Keep, "csrf")}, "csrf=abcdefgh", "csrf=abcdefgh"},
		{"an allowed key in a text", []Option{WithAllowKeys("csrf")}, "csrf=abcdefgh", "csrf=abcdefgh"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newForTest(t, tt.opts...)
			got := m.Mask(tt.in)
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if again := m.Mask(got); again != got {
				t.Errorf("masked twice: got %q, want %q", again, got)
			}
			if got := string(m.AppendMask([]byte("> "), tt.in)); got != "> "+tt.want {
				t.Errorf("AppendMask: got %q, want %q", got, "> "+tt.want)
			}
			wantMessage(t, m.maskRecord(t, record(attr("x", array(str(tt.in))))), record(attr("x", array(str(tt.want)))))
		})
	}
}

func hashOf(name, value string) string {
	k := hashKey{"2026a", hmacKey}
	out := string(k.appendHash(nil, name, []byte(value)))
	_, sum, _ := strings.Cut(strings.TrimSuffix(out, "]"), "2026a:")
	return sum
}

func TestActionsOnKeys(t *testing.T) {
	key := WithHashKey("2026a", hmacKey)
	userHash := str("[HASH:key:2026a:" + hashOf("key", "bob") + "]")
	tests := []struct {
		name     string
		opts     []Option
		in, want []*keyValue
	}{
		{"hash", []Option{key, WithKeyAction(Hash, "user_id")}, []*keyValue{attr("user.id", str("bob"))}, []*keyValue{attr("user.id", userHash)}},
		{"hash of bytes", []Option{key, WithKeyAction(Hash, "user_id")}, []*keyValue{attr("user.id", raw("bob"))}, []*keyValue{attr("user.id", userHash)}},
		{"hash of a number", []Option{key, WithKeyAction(Hash, "user_id")}, []*keyValue{attr("user.id", num(42))}, []*keyValue{attr("user.id", str("[HASH:key:2026a:"+hashOf("key", "42")+"]"))}},
		{"hash of a map", []Option{key, WithKeyAction(Hash, "user_id")}, []*keyValue{attr("user.id", object(attr("a", str("b"))))}, []*keyValue{attr("user.id", redacted)}},
		{"drop", []Option{WithKeyAction(Drop, "user_id")}, []*keyValue{attr("a", num(1)), attr("userId", str("bob")), attr("b", num(2))}, []*keyValue{attr("a", num(1)), attr("b", num(2))}},
		{"drop in a map", []Option{WithKeyAction(Drop, "user_id")}, []*keyValue{attr("m", object(attr("userId", str("bob")), attr("b", num(2))))}, []*keyValue{attr("m", object(attr("b", num(2))))}},
		{"drop what a detector finds as a whole", []Option{WithDetector(PAN, Drop)}, []*keyValue{attr("a", str(card)), attr("b", num(4111111111111111)), attr("c", str("x "+card))}, []*keyValue{attr("c", str("x "+cardMark))}},
		{"part of a card number", []Option{WithKeyAction(Partial(6, 4), "card_number")}, []*keyValue{attr("card_number", str(card))}, []*keyValue{attr("card_number", str("411111******1111"))}},
		{"part of a card number that is a number", []Option{WithKeyAction(Partial(6, 4), "card_number")}, []*keyValue{attr("card_number", num(4111111111111111))}, []*keyValue{attr("card_number", str("411111******1111"))}},
		{"keep", []Option{WithKeyAction(Keep, "session_id")}, []*keyValue{attr("session_id", str(token)), attr("other", str(token))}, []*keyValue{attr("session_id", str(token)), attr("other", str(tokMark))}},
		{"keep and a secret in the same key", []Option{WithKeyAction(Keep, "user")}, []*keyValue{attr("user_password", str("x"))}, []*keyValue{attr("user_password", redacted)}},
		{"allowed keys are still looked through", []Option{WithAllowKeys("session_id")}, []*keyValue{attr("session_id", str("s "+token))}, []*keyValue{attr("session_id", str("s "+tokMark))}},
		{"a wildcard", []Option{WithKeys("x-internal-*")}, []*keyValue{attr("X-Internal-Code", num(7)), attr("internal", num(7))}, []*keyValue{attr("X-Internal-Code", redacted), attr("internal", num(7))}},
		{
			"a path",
			[]Option{WithKeys("http.request.header.*")},
			[]*keyValue{attr("http", object(attr("request", object(attr("header", object(attr("accept", str("x")))), attr("method", str("GET"))))))},
			[]*keyValue{attr("http", object(attr("request", object(attr("header", object(attr("accept", redacted))), attr("method", str("GET"))))))},
		},
		{
			"a long path",
			[]Option{WithKeys("*.header.*")},
			[]*keyValue{attr(strings.Repeat("long.", 60), object(attr("header", object(attr("accept", str("x"))))))},
			[]*keyValue{attr(strings.Repeat("long.", 60), object(attr("header", object(attr("accept", redacted)))))},
		},
		{"the built-in keys with another action", []Option{key, WithDetector(Key, Hash)}, []*keyValue{attr("password", str("bob"))}, []*keyValue{attr("password", userHash)}},
		{"a marker of one's own", []Option{WithMarker("#%s#")}, []*keyValue{attr("password", str("bob"))}, []*keyValue{attr("password", str("#key#"))}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newForTest(t, tt.opts...)
			once := m.maskRecord(t, record(tt.in...))
			wantMessage(t, once, record(tt.want...))
			wantMessage(t, m.maskRecord(t, once), once)
		})
	}
}

func TestWhatABadConfigurationIsTold(t *testing.T) {
	key := WithHashKey("k", hmacKey)
	tests := []struct {
		opts []Option
		want []string
	}{
		{[]Option{WithDetector(99, Redact)}, []string{`mask: WithDetector: there is no detector 99`}},
		{[]Option{WithDetector(PAN, Partial(7, 4))}, []string{`mask: WithDetector(pan): partial(7,4) shows more than the first 6 and last 4 characters`}},
		{[]Option{WithDetector(PAN, Partial(-1, 1000))}, []string{`mask: WithDetector(pan): partial(255,255) shows more than the first 6 and last 4 characters`}},
		{[]Option{WithDetector(Email, Hash)}, []string{`mask: WithDetector(email): hash needs a key; see WithHashKey`}},
		{[]Option{key, WithDetector(PAN, Hash), WithDetector(PAN, Partial(6, 4))}, []string{`mask: WithDetector(pan): a hash and a part of one number can be put together; choose one`}},
		{[]Option{key, WithDetector(CVV, Hash), WithDetector(Track, Partial(1, 1))}, []string{`mask: WithDetector(cvv): hash leaves something of what nobody may keep`, `mask: WithDetector(track): partial(1,1) leaves something of what nobody may keep`}},
		{[]Option{WithDetector(PAN, Keep)}, []string{`mask: WithDetector(pan): keep is for keys; WithoutDetector switches a detector off`}},
		{[]Option{WithDetector(PAN, Action(77))}, []string{`mask: WithDetector(pan): there is no action 77`}},
		{[]Option{WithoutDetector(88)}, []string{`mask: WithoutDetector: there is no detector 88`}},
		{[]Option{WithProfile(PCI), WithoutDetector(PAN)}, []string{`mask: WithoutDetector(pan): the profile PCI needs it`}},
		{[]Option{WithProfile(9)}, []string{`mask: WithProfile: there is no profile 9`}},
		{[]Option{WithHashKey("a b", make([]byte, 15))}, []string{`mask: WithHashKey: the name "a b" is not 1 to 32 letters, digits, _ and -`, `mask: WithHashKey("a b"): a key of 15 bytes is shorter than 16`}},
		{[]Option{key, key}, []string{`mask: WithHashKey: the name "k" is used twice`}},
		{[]Option{WithPattern("", "x", Redact)}, []string{`mask: WithPattern: the name "" is not 1 to 32 letters, digits, _ and -`}},
		{[]Option{WithPattern("pan", "x", Redact)}, []string{`mask: WithPattern("pan"): the name is in use`}},
		{[]Option{WithPattern("a", "x(", Redact)}, []string{"mask: WithPattern(\"a\"): error parsing regexp: missing closing ): `x(`"}},
		{[]Option{WithPattern("a", `\d+`, Redact)}, []string{`mask: WithPattern("a"): "\\d+" spells out no text that is in every match`}},
		{[]Option{WithPattern("a", `foo|bar`, Redact)}, []string{`mask: WithPattern("a"): "foo|bar" spells out no text that is in every match`}},
		{[]Option{WithPattern("a", `a`, Keep)}, []string{`mask: WithPattern("a"): keep is for keys`}},
		{[]Option{WithPattern("a", `REDACTED`, Redact)}, []string{`mask: WithPattern("a"): "REDACTED" matches the marker "[REDACTED:track]"`}},
		{[]Option{WithMarker("")}, []string{`mask: WithMarker("") is not 1 to 64 characters of letters, digits, %s and []<>(){}*_:.#-`}},
		{[]Option{WithMarker("%s")}, []string{`mask: WithMarker("%s") has nothing before or behind the name`}},
		{[]Option{WithMarker("a b")}, []string{`mask: WithMarker("a b") is not 1 to 64 characters of letters, digits, %s and []<>(){}*_:.#-`}},
		{[]Option{WithMarker("4111111111111111")}, []string{`mask: WithMarker("4111111111111111"): in "4111111111111111" a detector finds "pan" again`}},
		{[]Option{WithMarker("<%s>")}, []string{`mask: WithMarker("<%s>"): in "password=<cvv> x" a detector finds "cvv" again`}},
		{[]Option{WithLimits(Limits{0, 1})}, []string{`mask: WithLimits: Depth 0 is not from 1 to 64`, `mask: WithLimits: Bytes 1 is not from 1024 to 1073741824`}},
		{[]Option{WithKeyAction(Hash, "a"), WithKeyAction(Partial(9, 9), "*")}, []string{`mask: WithKeyAction(hash): hash needs a key; see WithHashKey`, `mask: WithKeyAction(partial(9,9)): partial(9,9) shows more than the first 6 and last 4 characters`, `mask: WithKeyAction: "*" has no letter`}},
	}
	for _, tt := range tests {
		m, err := New(tt.opts...)
		if m != nil || err == nil {
			t.Errorf("got %v, %v, want %q", m, err, tt.want)
			continue
		}
		if got := strings.Split(err.Error(), "\n"); !slices.Equal(got, tt.want) {
			t.Errorf("got  %q\nwant %q", got, tt.want)
		}
	}
}

func TestAnyWordCanBeAKey(t *testing.T) {
	for _, key := range []string{"user", "a", "https", "host", "x", "redacted", "track", "basic", "*a*"} {
		if _, err := New(WithKeys(key)); err != nil {
			t.Errorf("%q: got %v, want nil", key, err)
		}
	}
}

func TestCardNumbersAreNotHashedAndShown(t *testing.T) {
	m := newForTest(t, WithHashKey("k", hmacKey), WithDetector(PAN, Partial(6, 4)), WithKeyAction(Hash, "card_number", "account"))
	got := m.maskRecord(t, record(attr("card_number", str(card)), attr("account", num(4111111111111111)), attr("account", str("x")), attr("b", str(card))))
	for i, want := range []string{MarkerKey, MarkerKey, "", "411111******1111"} {
		if v := got.Attributes[i].Value.GetStringValue(); want != "" && v != want {
			t.Errorf("attribute %d: got %q, want %q", i, v, want)
		}
	}
	if v := got.Attributes[2].Value.GetStringValue(); !strings.HasPrefix(v, "[HASH:key:k:") {
		t.Errorf("got %q, want a hash", v)
	}
	m = newForTest(t, WithHashKey("k", hmacKey), WithKeyAction(Hash, "account"), WithKeyAction(Partial(6, 4), "shown"))
	wantMessage(t, m.maskRecord(t, record(attr("account", str(card)), attr("shown", str(card)))), record(attr("account", redacted), attr("shown", str("411111******1111"))))
}

// PCI DSS 3.3.1: these are not kept in any form.
func TestCheckNumbersAndTracksAreNeitherHashedNorShown(t *testing.T) {
	track := ";" + card + "=25121010000012300000?"
	in := record(attr("cvv", str("123")), attr("card", object(attr("cvc", num(1234)))), attr("swipe", str(track)), attr("user", str("bob")))
	want := record(attr("cvv", redacted), attr("card", object(attr("cvc", redacted))), attr("swipe", redacted), attr("user", str("[HASH:key:k:"+hashOf("key", "bob")+"]")))
	m := newForTest(t, WithHashKey("k", hmacKey), WithDetector(Key, Hash), WithKeyAction(Hash, "cvv", "swipe", "user"), WithTag("x", Hash))
	got := m.maskRecord(t, in)
	wantMessage(t, got, want)
	wantMessage(t, m.maskRecord(t, got), want)
	if got := m.Any(struct {
		Tape string `mask:"x"`
	}{track}); !reflect.DeepEqual(got, map[string]any{"Tape": "[REDACTED:tag]"}) {
		t.Errorf("got %v, want a marker", got)
	}
}

func TestLimits(t *testing.T) {
	m := newForTest(t, WithLimits(Limits{Depth: 2, Bytes: 1024}))
	deep := object(attr("a", array(object(attr("b", str("c"))), str("d"))))
	wantMessage(t, m.maskRecord(t, record(attr("m", deep))), record(attr("m", object(attr("a", array(str(MarkerLimit), str("d")))))))
	head := strings.Repeat("plain ", 160)
	for _, tt := range []struct{ in, want string }{
		{head + strings.Repeat("x", 64), head + strings.Repeat("x", 64)},
		{head + strings.Repeat("x", 65), head + strings.Repeat("x", 64) + MarkerLimit},
		{head + strings.Repeat("x", 40) + " " + token, head + strings.Repeat("x", 40) + " " + MarkerLimit},
		{token + " " + head + head, tokMark + (" " + head + head)[:1024-len(token)] + MarkerLimit},
	} {
		got := m.Mask(tt.in)
		if got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
		wantMessage(t, m.maskRecord(t, record(attr("x", str(tt.in)))), record(attr("x", str(tt.want))))
		if again := m.Mask(got); len(got) <= 1024 && again != got {
			t.Errorf("masked twice: got %q, want %q", again, got)
		}
	}
}

func TestADryRunChangesNothing(t *testing.T) {
	m := newForTest(t, WithDryRun())
	in := encode(t, record(attr("password", str("x")), attr("a", str(card))))
	if out := m.AppendRecord(nil, in); !bytes.Equal(out, in) {
		t.Errorf("got %x, want %x", out, in)
	}
	if got := m.Mask(card); got != card {
		t.Errorf("got %q, want %q", got, card)
	}
	if got, want := fmt.Sprint(m.Counts()), "[{pan 2} {key 1}]"; got != want {
		t.Errorf("counts: got %s, want %s", got, want)
	}
	if got := m.Explain(card); len(got) != 1 {
		t.Errorf("explained: got %v, want one finding", got)
	}
	m.AppendRecord(nil, []byte("\xff"))
	if m.Malformed() != 1 {
		t.Errorf("malformed: got %d, want 1", m.Malformed())
	}
}

func TestExplainTellsWhereAndWhy(t *testing.T) {
	m := newForTest(t, WithDetector(PAN, Partial(6, 4)), WithPattern("staff", `E\d{7}`, Redact), WithLimits(Limits{64, 1024}))
	text := "E1234567 paid " + card + strings.Repeat(" ", 1024)
	want := []Finding{{"staff", 0, 8, Redact}, {"pan", 14, 30, Partial(6, 4)}, {"limit", 1024, len(text), Redact}}
	if got := m.Explain(text); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if m.Masked() != 0 || m.Explain("clean") != nil || None().Explain(card) != nil || new(Masker).Explain(card) != nil {
		t.Error("what is clean is explained, or explaining counts")
	}
	if None().Mask(card) != card {
		t.Error("None masks")
	}
	if got := new(Masker).Mask("x"); got == "x" {
		t.Errorf("the zero Masker: got %q, want it masked", got)
	}
}

func TestPseudonyms(t *testing.T) {
	m := newForTest(t, WithHashKey("old", []byte("0123456789abcdef")), WithHashKey("2026a", hmacKey))
	got := m.Pseudonyms(PAN, "4111-1111-1111-1111")
	if len(got) != 2 || got[0] != "[HASH:pan:2026a:"+hashOf("pan", card)+"]" || !strings.HasPrefix(got[1], "[HASH:pan:old:") {
		t.Errorf("got %q", got)
	}
	if m.Pseudonyms(99, "x") != nil || newForTest(t).Pseudonyms(PAN, "x") != nil {
		t.Error("got pseudonyms of no detector, or without a key")
	}
}

func TestEqualValuesOfOtherDetectorsHaveOtherHashes(t *testing.T) {
	if hashOf("key", "a") == hashOf("email", "a") || hashOf("ke", "ya") == hashOf("key", "a") {
		t.Error("the hash does not separate what was found from how")
	}
}

func TestMaskOfACleanTextDoesNotAllocate(t *testing.T) {
	m := newForTest(t)
	if got := testing.AllocsPerRun(100, func() { m.Mask("request for /api/v1/orders completed in 12ms") }); got > 0.1 {
		t.Errorf("allocations: got %v, want 0", got)
	}
}
