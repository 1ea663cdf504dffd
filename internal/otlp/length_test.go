package otlp_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/internal/otlp"
)

// shortTo limits nothing but the length of values.
func shortTo(n int) otlp.Limits { return otlp.Limits{MaxAttributes: -1, MaxValueLength: n} }

func TestValuesAreCutToTheirLength(t *testing.T) {
	for _, c := range []struct {
		name     string
		most     int
		in, want *commonpb.AnyValue
	}{
		{"no limit", 0, stringValue("abcdef"), stringValue("abcdef")},
		{"less than no limit", -1, stringValue("abcdef"), stringValue("abcdef")},
		{"below the limit", 7, stringValue("abcdef"), stringValue("abcdef")},
		{"at the limit", 6, stringValue("abcdef"), stringValue("abcdef")},
		{"one over", 5, stringValue("abcdef"), stringValue("abcde")},
		{"one character", 1, stringValue("abcdef"), stringValue("a")},
		{"empty", 1, stringValue(""), stringValue("")},
		{"characters of two bytes at the limit", 3, stringValue("äöü"), stringValue("äöü")},
		{"characters of two bytes", 3, stringValue("äöüß"), stringValue("äöü")},
		{"characters of three bytes", 3, stringValue("世界世界"), stringValue("世界世")},
		{"characters of four bytes", 1, stringValue("\U0001F600\U0001F600"), stringValue("\U0001F600")},
		{"characters of all sizes", 3, stringValue("aä世\U0001F600"), stringValue("aä世")},
		{"a replacement character is a character", 2, stringValue("\uFFFD\uFFFD\uFFFD"), stringValue("\uFFFD\uFFFD")},
		{"an accent of its own is a character", 1, stringValue("e\u0301"), stringValue("e")},
		{"a character in front of a long text", 200, stringValue("ä" + strings.Repeat("x", 200)), stringValue("ä" + strings.Repeat("x", 199))},
		{"byte string at the limit", 3, bytesValue([]byte("abc")), bytesValue([]byte("abc"))},
		{"byte string", 3, bytesValue([]byte("abcd")), bytesValue([]byte("abc"))},
		{"byte string of text", 3, bytesValue([]byte("äöü")), bytesValue([]byte("ä\xc3"))},
		{"byte string that reads like a marker", 3, bytesValue([]byte("[REDACTED:key]")), bytesValue([]byte("[RE"))},
		{"numbers", 1, intValue(123456), intValue(123456)},
		{"floating point", 1, doubleValue(1.25), doubleValue(1.25)},
		{"boolean", 1, boolValue(false), boolValue(false)},
		{"null", 1, &commonpb.AnyValue{}, &commonpb.AnyValue{}},
		{"number of elements", 1, arrayValue(intValue(1), intValue(2), intValue(3)), arrayValue(intValue(1), intValue(2), intValue(3))},
		{"each element", 2, arrayValue(stringValue("a"), stringValue("abc"), bytesValue([]byte("abc")), stringValue("äöü")), arrayValue(stringValue("a"), stringValue("ab"), bytesValue([]byte("ab")), stringValue("äö"))},
		{"each entry, no key", 2, mapValue(kvs("abc", stringValue("abc"), "äöü", stringValue("ab"))...), mapValue(kvs("abc", stringValue("ab"), "äöü", stringValue("ab"))...)},
		{"at depth", 2, nestedMap(64, stringValue("abc")), nestedMap(64, stringValue("ab"))},
		{"map in an array in a map", 1, mapValue(kvs("a", arrayValue(mapValue(kvs("b", stringValue("xy"))...)))...), mapValue(kvs("a", arrayValue(mapValue(kvs("b", stringValue("x"))...)))...)},
	} {
		r := &logspb.LogRecord{Attributes: kvs("before", intValue(1), "a long key", c.in, "behind", intValue(2)), EventName: "event", SeverityText: "severity"}
		want := proto.Clone(r).(*logspb.LogRecord)
		want.Attributes[1].Value = c.want
		if got, _ := limited(t, r, shortTo(c.most)); !proto.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", c.name, got, want)
		}
	}
}

func TestOnlyValuesOfAttributesAreCutToALength(t *testing.T) {
	long := strings.Repeat("ä", 100)
	for _, body := range []*commonpb.AnyValue{
		stringValue(long), bytesValue([]byte(long)), arrayValue(stringValue(long)), mapValue(kvs(long, mapValue(kvs(long, stringValue(long))...))...),
	} {
		r := &logspb.LogRecord{SeverityText: long, EventName: long, Body: body, Attributes: kvs(long, stringValue("abc"), "k", mapValue(kvs(long, stringValue("abc"))...)), DroppedAttributesCount: 7}
		if got, _ := limited(t, r, shortTo(3)); !proto.Equal(got, r) {
			t.Errorf("nothing too long: got %v, want %v", got, r)
		}
		want := proto.Clone(r).(*logspb.LogRecord)
		want.Attributes = kvs(long, stringValue("ab"), "k", mapValue(kvs(long, stringValue("ab"))...))
		if got, _ := limited(t, r, shortTo(2)); !proto.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

func TestMarksAreKeptWhole(t *testing.T) {
	word := func(n int) string { return "[REDACTED:" + strings.Repeat("x", n) + "]" }
	for _, c := range []struct{ in, want string }{
		{"[REDACTED:key]", "[REDACTED:key]"},
		{"[REDACTED:unsupported]", "[REDACTED:unsupported]"},
		{"[REDACTED:pan:k1:0123456789abcdef]", "[REDACTED:pan:k1:0123456789abcdef]"},
		{otlp.CutMark, otlp.CutMark},
		{word(1), word(1)},
		{word(53), word(53)},
		{word(54), "[RE"},
		{word(0), "[RE"},
		{"[REDACTED:", "[RE"},
		{"[REDACTED]", "[RE"},
		{"[REDACTED:key", "[RE"},
		{"[REDACTED:key] ", "[RE"},
		{" [REDACTED:key]", " [R"},
		{"[REDACTED:two words]", "[RE"},
		{"[REDACTED:a][REDACTED:b]", "[RE"},
		{"[REDACTED:a[b]", "[RE"},
		{"[REDACTED:é]", "[RE"},
		{"[REDACTED:\x00]", "[RE"},
		{"[REDACTED:\x7f]", "[RE"},
		{"[redacted:key]", "[re"},
		{"text" + otlp.CutMark, "tex"},
	} {
		r := &logspb.LogRecord{Attributes: kvs("k", stringValue(c.in), "l", arrayValue(stringValue(c.in)))}
		want := &logspb.LogRecord{Attributes: kvs("k", stringValue(c.want), "l", arrayValue(stringValue(c.want)))}
		if got, _ := limited(t, r, shortTo(3)); !proto.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", c.in, got, want)
		}
	}
}

// Bytes that are no UTF-8 cannot come from our encoder, but from a bridge that
// writes records itself.
func TestInvalidUTF8IsCutByByte(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"\xff\xff\xff", "\xff\xff"},
		{"\x80a\x80", "\x80a"},
		{"\xe4\xb8a", "\xe4\xb8"},
		{"ä\xc3\xc3", "ä\xc3"},
		{"ab\xff", "ab"},
		{"a\xc3", "a\xc3"},
	} {
		record := field(6, field(2, field(1, []byte(c.in)...)...)...)
		want := field(6, field(2, field(1, []byte(c.want)...)...)...)
		if got := otlp.AppendLimited(nil, record, shortTo(2)); string(got) != string(want) {
			t.Errorf("%q: got %x, want %x", c.in, got, want)
		}
	}
}

func TestLengthIsCutBeforeSize(t *testing.T) {
	long := strings.Repeat("x", 3000)
	r := &logspb.LogRecord{Body: stringValue("body"), Attributes: kvs("a", stringValue(long), "b", bytesValue([]byte(long)))}
	want := &logspb.LogRecord{Body: stringValue("body"), Attributes: kvs("a", stringValue(long[:100]), "b", bytesValue([]byte(long[:100])))}
	lim := otlp.Limits{MaxBytes: 1024, MaxAttributes: 2, MaxValueLength: 100}
	if got, _ := limited(t, r, lim); !proto.Equal(got, want) {
		t.Errorf("got %v, want values of 100 bytes without a mark", got)
	}
	r.Attributes = append(r.Attributes, kvs("c", stringValue("behind the limit of attributes"), "a", stringValue("wins"))...)
	want.Attributes[0].Value, want.DroppedAttributesCount = stringValue("wins"), 1
	if got, _ := limited(t, r, lim); !proto.Equal(got, want) {
		t.Errorf("with duplicates: got %v, want %v", got, want)
	}
}

func TestABodyIsCutToASizeAlone(t *testing.T) {
	r := &logspb.LogRecord{Body: arrayValue(stringValue(strings.Repeat("é", 3000))), Attributes: kvs("a", stringValue("abc"))}
	got, size := limited(t, r, otlp.Limits{MaxBytes: 2000, MaxAttributes: -1, MaxValueLength: 3})
	if text := got.Body.GetArrayValue().Values[0].GetStringValue(); size < 1900 || !strings.HasSuffix(text, otlp.CutMark) {
		t.Errorf("got %d bytes and body %q, want nearly 2000 and a mark", size, text)
	}
}

// A field that this version does not know stays only in a record that is copied.
func TestARecordOfShortValuesIsCopied(t *testing.T) {
	future := field(13, 1, 2, 3)
	r := &logspb.LogRecord{Body: stringValue("a long body"), Attributes: kvs("long key", stringValue("äöü"), "b", bytesValue([]byte("abc")), "c", arrayValue(stringValue("[REDACTED:key]")))}
	record := append(marshal(t, r), future...)
	if got := otlp.AppendLimited(nil, record, shortTo(3)); !bytes.Equal(got, record) {
		t.Errorf("at the limit: got %x, want the record as it is", got)
	}
	if got := otlp.AppendLimited(nil, record, shortTo(2)); bytes.Contains(got, future) {
		t.Errorf("above the limit: got %x, want the record without its unknown field", got)
	}
}

// A CutMark has more characters than the bytes that it replaces may have.
func TestAValueCutToASizeKeepsItsLength(t *testing.T) {
	for _, unit := range []string{"x", "é", "世", "\U0001F600"} {
		for _, n := range []int{8, 9, 10, 16, 40, 100, 300} {
			var attributes []*commonpb.KeyValue
			for i := range 40 {
				attributes = append(attributes, keyValue(fmt.Sprint("k", i), arrayValue(stringValue(strings.Repeat(unit, n)), stringValue(strings.Repeat(unit, n/2)))))
			}
			record := marshal(t, &logspb.LogRecord{Attributes: attributes})
			for most := otlp.MinRecordBytes; most < 5000; most += 97 {
				checkLimited(t, record, otlp.Limits{MaxBytes: most, MaxAttributes: -1, MaxValueLength: n})
			}
		}
	}
}

// A marker may be longer than the limit, so that a CutMark behind its first
// characters would be as well.
func TestAMarkerCutToASizeBecomesAMark(t *testing.T) {
	marker := "[REDACTED:" + strings.Repeat("x", 53) + "]"
	var attributes []*commonpb.KeyValue
	for i := range 20 {
		attributes = append(attributes, keyValue(fmt.Sprint("k", i), arrayValue(stringValue(marker), stringValue(marker))))
	}
	record := marshal(t, &logspb.LogRecord{Attributes: attributes})
	for _, n := range []int{1, 7, 8, 9, 63} {
		lim := otlp.Limits{MaxBytes: 1500, MaxAttributes: -1, MaxValueLength: n}
		checkLimited(t, record, lim)
		got := otlp.AppendLimited(nil, record, lim)
		if strings.Contains(string(got), "[REDACTED:") && n < 18 {
			t.Errorf("limit %d: got %q, want no part of a marker", n, got)
		}
	}
}

// checkLengths holds the values in kvs to a limit.
func checkLengths(t *testing.T, kvs []*commonpb.KeyValue, most int) {
	t.Helper()
	for _, kv := range kvs {
		checkLength(t, kv.Value, most)
	}
}

func checkLength(t *testing.T, v *commonpb.AnyValue, most int) {
	t.Helper()
	if s := v.GetStringValue(); utf8.RuneCountInString(s) > most && !mark.MatchString(s) {
		t.Fatalf("got %q of %d characters, want at most %d", s, utf8.RuneCountInString(s), most)
	}
	if b := v.GetBytesValue(); len(b) > most {
		t.Fatalf("got %d bytes, want at most %d", len(b), most)
	}
	for _, e := range v.GetArrayValue().GetValues() {
		checkLength(t, e, most)
	}
	checkLengths(t, v.GetKvlistValue().GetValues(), most)
}

// mark matches the texts that no length applies to.
var mark = regexp.MustCompile(`^(\[REDACTED:[!-Z\\^-~]{1,53}\]|\.\.\.\[cut\])$`)

// shortenAll is a plain model of what AppendLimited does to long values.
func shortenAll(kvs []*commonpb.KeyValue, most int) {
	for _, kv := range kvs {
		shorten(kv.Value, most)
	}
}

func shorten(v *commonpb.AnyValue, most int) {
	switch x := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		if r := []rune(x.StringValue); len(r) > most && !mark.MatchString(x.StringValue) {
			x.StringValue = string(r[:most])
		}
	case *commonpb.AnyValue_BytesValue:
		x.BytesValue = x.BytesValue[:min(len(x.BytesValue), most)]
	case *commonpb.AnyValue_ArrayValue:
		for _, e := range x.ArrayValue.GetValues() {
			shorten(e, most)
		}
	case *commonpb.AnyValue_KvlistValue:
		shortenAll(x.KvlistValue.GetValues(), most)
	}
}
