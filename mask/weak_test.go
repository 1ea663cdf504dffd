package mask

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
)

func TestStrictMasksWordsUnderWeakKeys(t *testing.T) {
	strict := WithProfile(Strict)
	marked := str(MarkerKey)
	tests := []struct {
		name     string
		opts     []Option
		key      string
		in, want *value // want nil: as in.
	}{
		{"a word", []Option{strict}, "password_salt_x.salt", str("abcdef"), marked},
		{"a word of five characters", []Option{strict}, "salt", str("abcde"), nil},
		{"five characters in more bytes", []Option{strict}, "salt", str("ääääx"), nil},
		{"two words", []Option{strict}, "auth", str("is required"), nil},
		{"two words on two lines", []Option{strict}, "auth", str("is\nrequired"), nil},
		{"bytes", []Option{strict}, "nonce", raw("abcdef"), marked},
		{"a number", []Option{strict}, "seed", num(1234567), nil},
		{"a number of a card", []Option{strict, WithDetector(PAN, Partial(6, 4))}, "seed", num(4111111111111111), marked},
		{"a list", []Option{strict}, "keys", array(str("abcdef")), nil},
		{"in a map", []Option{strict}, "req", object(attr("sig", str("abcdef"))), object(attr("sig", marked))},
		{"in a map in a list", []Option{strict}, "req", array(object(attr("requestHash", str("abcdef")))), array(object(attr("requestHash", marked)))},
		{"the key of a map before it that opens nothing", []Option{strict}, "partition", object(attr("key", str("abcdef"))), nil},
		{"the key of a map before it", []Option{strict}, "door", object(attr("key", str("abcdef"))), object(attr("key", marked))},
		{"a secret that leaves one word", []Option{strict}, "auth", str("Basic YXBwOmNvcnJlY3Rob3JzZQ=="), str("Basic [REDACTED:authorization]")},
		{"a secret among words", []Option{strict}, "sig", str("it is " + token), str("it is [REDACTED:github]")},
		{"a secret with spaces in one word", []Option{strict}, "sig", str("abc(4111 1111 1111 1111)"), marked},
		{"a marker", []Option{strict}, "sig", str("[REDACTED:email]"), nil},
		{"a marker of one's own", []Option{strict, WithMarker("#%s#")}, "sig", str("#email#"), nil},
		{"an exempt key", []Option{strict, WithAllowKeys("file_hash")}, "fileHash", str("abcdef"), nil},
		{"a key that is kept", []Option{strict, WithKeyAction(Keep, "hash")}, "hash", str("abcdef"), nil},
		{"another action", []Option{strict, WithHashKey("k", hmacKey), WithDetector(Key, Hash)}, "hash", str("abcdef"), str("[HASH:key:k:" + hashOf("key", "abcdef") + "]")},
		{"the limit of depth", []Option{strict, WithLimits(Limits{1, 1024})}, "hash", array(array(str("x"))), array(str(MarkerLimit))},
		{"the limit of size", []Option{strict, WithLimits(Limits{1, 1024})}, "hash", str("a " + strings.Repeat("x", 2000)), str("a " + strings.Repeat("x", 1022) + MarkerLimit)},
		{"a text that says key and value", []Option{strict}, "msg", str("salt=abcdef and hash: abcdef"), nil},
		{"no profile", nil, "salt", str("abcdef"), nil},
		{"another profile", []Option{WithProfile(PCI, GDPR)}, "hash", str("abcdef"), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newForTest(t, tt.opts...)
			want := tt.want
			if want == nil {
				want = tt.in
			}
			in := encode(t, &logspb.LogRecord{Attributes: []*keyValue{attr(tt.key, tt.in), attr("n", num(1))}, ObservedTimeUnixNano: 1})
			for range 2 { // The second time with the keys known.
				out := m.AppendRecord(nil, in)
				wantMessage(t, decodeRecord(t, out), &logspb.LogRecord{Attributes: []*keyValue{attr(tt.key, want), attr("n", num(1))}, ObservedTimeUnixNano: 1})
				if again := m.AppendRecord(nil, out); !bytes.Equal(again, out) {
					t.Errorf("masking twice: got %q, want %q", again, out)
				}
			}
		})
	}
}

func TestStrictAnyMasksWordsUnderWeakKeys(t *testing.T) {
	in := map[string]any{"hash": "abcdef", "public_key": "abcdef", "token": map[string]any{"Sig": []byte("abcdef")}, "x": struct{ Salt, Name string }{"abcdef", "abcdef"}}
	want := map[string]any{"hash": MarkerKey, "public_key": "abcdef", "token": map[string]any{"Sig": MarkerKey}, "x": map[string]any{"Salt": MarkerKey, "Name": "abcdef"}}
	if got := newForTest(t, WithProfile(Strict)).Any(in); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
