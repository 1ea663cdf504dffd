package mask

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"github.com/logstream-go/logstream/internal/keyname"

	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/proto"
)

func FuzzAppendRecord(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x32\x7f"))
	f.Add([]byte(field(6, field(2, field(1, secret)), field(5, "x"), field(1, "password"))))
	f.Add([]byte(field(5, nested(5)) + varintField(13, 1)))
	f.Add(encode(f, record(attr("a", str("b")), attr("password", str(secret)), attr("pin", num(7)), attr("f", double(1)))))
	f.Add(encode(f, record(attr("api", object(attr("key", str("x")), attr("list", array(object(attr("pwd", raw("y"))), null())))))))
	m := newForTest(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		before := bytes.Clone(in)
		malformed := m.Malformed()
		out := m.AppendRecord(nil, in)
		if !bytes.Equal(in, before) {
			t.Fatalf("the input was changed: got %x, want %x", in, before)
		}
		if again := m.AppendRecord(nil, out); !bytes.Equal(again, out) {
			t.Fatalf("masking twice: got %x, want %x", again, out)
		}
		decoded := new(logspb.LogRecord)
		inErr, outErr := proto.Unmarshal(in, new(logspb.LogRecord)), proto.Unmarshal(out, decoded)
		if closed := m.Malformed() > malformed; outErr != nil && (inErr == nil || closed) {
			t.Fatalf("output does not decode: %v\nin  %x\nout %x", outErr, in, out)
		}
		if outErr == nil {
			wantClean(t, decoded)
		}
	})
}

// wantClean reports values that a decoder finds under the plainest of all
// strong keys.
func wantClean(t *testing.T, r *logspb.LogRecord) {
	t.Helper()
	checkValue(t, r.GetBody())
	checkEntries(t, r.GetAttributes())
	if len(r.ProtoReflect().GetUnknown()) > 0 {
		t.Errorf("unknown fields are left: %x", r.ProtoReflect().GetUnknown())
	}
}

func checkEntries(t *testing.T, list []*keyValue) {
	t.Helper()
	for _, kv := range list {
		if kv.GetKey() == "password" && kv.GetValue() != nil && kv.GetValue().GetStringValue() != MarkerKey {
			switch {
			case kv.GetValue().Value == nil: // Null.
			case proto.Equal(kv.GetValue(), boolean(kv.GetValue().GetBoolValue())):
			default:
				t.Errorf("a password is left: %v", kv.GetValue())
			}
		}
		checkValue(t, kv.GetValue())
		if len(kv.ProtoReflect().GetUnknown()) > 0 {
			t.Errorf("unknown fields are left: %x", kv.ProtoReflect().GetUnknown())
		}
	}
}

func checkValue(t *testing.T, v *value) {
	t.Helper()
	for _, e := range v.GetArrayValue().GetValues() {
		checkValue(t, e)
	}
	checkEntries(t, v.GetKvlistValue().GetValues())
	if v != nil && len(v.ProtoReflect().GetUnknown()) > 0 {
		t.Errorf("unknown fields are left: %x", v.ProtoReflect().GetUnknown())
	}
}

func FuzzKey(f *testing.F) {
	f.Add("", "dbPassword api-key_old cvv2")
	f.Add("api", "Key")
	f.Add("pass\u200bＷord", "x\xff\x00Y")
	f.Add("", "0\xd0Aϔ") // an upper-case letter without a lower-case one
	m := newForTest(f)
	f.Fuzz(func(t *testing.T, parent, key string) {
		first := m.decideForTest(parent, key)
		if second := m.decideForTest(parent, key); second != first {
			t.Errorf("%q in %q from the cache: got %b, want %b", key, parent, second, first)
		}
		if first&keyname.MasksNumbers != 0 && first&keyname.MasksText == 0 {
			t.Errorf("%q in %q masks numbers and no text", key, parent)
		}
	})
}

// FuzzText puts a text and a key into a record, and masks it with several
// configurations: masking twice changes nothing, what is not changed is clean to the
// walk as well, and Mask agrees with what records become.
func FuzzText(f *testing.F) {
	for _, c := range canaries {
		f.Add("a", c.text)
		f.Add(c.text, "x")
		f.Add("token", "it failed: "+c.text)
	}
	f.Add("signature", "of(4111 1111 1111 1111)")
	f.Add("card", "4111 1111 1111 1111")
	f.Add("card", "411111111111111112345555555555554444")
	f.Add("user@example.com", "10.0.0.1 00:1b:44:11:3a:b7 cGFzc3dvcmQ9aHVudGVyMg==")
	maskers := []*Masker{
		newForTest(f),
		newForTest(f, WithProfile(GDPR), WithHashKey("k", hmacKey), WithDetector(Email, Hash), WithDetector(PAN, Partial(6, 4)), WithDetector(GitHub, Partial(2, 2)), WithKeyAction(Hash, "user_id")),
		newForTest(f, WithMarker("#%s#"), WithKeys("x-*"), WithLimits(Limits{3, 1024}), WithPattern("staff", `E\d{7}`, Drop)),
		newForTest(f, WithProfile(Strict), WithDetector(PAN, Partial(6, 4))),
	}
	f.Fuzz(func(t *testing.T, key, text string) {
		if !utf8.ValidString(key) || !utf8.ValidString(text) {
			return
		}
		var pieces []*value
		for rest := text; rest != ""; {
			n := min(len(rest), 4)
			pieces, rest = append(pieces, raw(rest[:n])), rest[n:]
		}
		pieces = append(pieces, str("--"+key), str(text), str(text), object(attr("Value", str(text)), attr("key", str(key)), attr("name", str(text))))
		in := encode(t, &logspb.LogRecord{Body: str(text), Attributes: []*keyValue{
			attr(key, str(text)), attr("m", object(attr(key, array(raw(text), str(text))), attr(text, num(1)), attr(text+" ", num(2)))), attr("pieces", array(pieces...)),
		}})
		for i, m := range maskers {
			out := m.AppendRecord(nil, in)
			again := m.AppendRecord(nil, out)
			if !bytes.Equal(again, out) {
				t.Fatalf("masker %d, twice: got %q, want %q", i, again, out)
			}
			for _, r := range [][]byte{in, out} {
				if m.plain(r) && !m.walks(r) {
					t.Fatalf("masker %d: %q is plain, and the walk changes it", i, r)
				}
			}
			got := new(logspb.LogRecord)
			if err := proto.Unmarshal(out, got); err != nil {
				t.Fatalf("masker %d: output does not decode: %v", i, err)
			}
			if n := len(got.Attributes); n > 1 && got.Attributes[n-2].Key == "m" {
				keys := map[string]bool{key: true}
				for _, kv := range got.Attributes[n-2].Value.GetKvlistValue().GetValues() {
					if keys[kv.Key] && kv.Key != key {
						t.Fatalf("masker %d: the key %q is there twice", i, kv.Key)
					}
					keys[kv.Key] = true
				}
			}
			if body, want := got.GetBody().GetStringValue(), m.Mask(text); body != want && len(text) <= 1024 {
				t.Fatalf("masker %d: body %q, but Mask makes it %q", i, body, want)
			}
		}
	})
}
