package mask

import (
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/internal/keyname"
)

// field returns the encoding of a length-delimited field.
func field(n protowire.Number, content ...string) string {
	b := protowire.AppendTag(nil, n, protowire.BytesType)
	return string(protowire.AppendString(b, strings.Join(content, "")))
}

func varintField(n protowire.Number, v uint64) string {
	return string(protowire.AppendVarint(protowire.AppendTag(nil, n, protowire.VarintType), v))
}

func fixed64Field(n protowire.Number, v uint64) string {
	return string(protowire.AppendFixed64(protowire.AppendTag(nil, n, protowire.Fixed64Type), v))
}

// nested returns an AnyValue in which a string lies inside n arrays.
func nested(n int) string {
	v := field(1, secret)
	for range n {
		v = field(5, field(1, v))
	}
	return v
}

// closed is what is left of a malformed record with the header of record().
func closed() *logspb.LogRecord {
	r := record()
	r.EventName = ""
	r.Body = str(MarkerMalformed)
	return r
}

func TestMalformedRecordsAreClosed(t *testing.T) {
	header := string(encode(t, record()))
	password := field(1, "password")
	secretValue := field(2, field(1, secret))
	tests := []struct{ name, tail string }{
		{"a tag without content", "\x32"},
		{"an attribute longer than the record", "\x32\x7f" + password},
		{"an attribute of an endless length", "\x32" + strings.Repeat("\xff", 11)},
		{"an attribute of 2^63 bytes", "\x32" + strings.Repeat("\x80", 9) + "\x01"},
		{"a key longer than its attribute", "\x32\x05\x0a\x7fkey"},
		{"a value longer than its attribute", "\x32\x06\x0a\x01k\x12\x7fv" + secret},
		{"a string longer than its value", field(6, field(1, "k"), field(2, "\x0a\x7f"+secret))},
		{"an integer without end", field(6, field(1, "k"), field(2, "\x18\xff"))},
		{"an integer of more than 64 bits", field(6, field(1, "k"), field(2, "\x18"+strings.Repeat("\xff", 10)+"\x01"))},
		{"a boolean without end", field(6, field(1, "k"), field(2, "\x10\x80"))},
		{"a double cut off", field(6, field(1, "k"), field(2, "\x21\x00\x00"))},
		{"a member without content", field(6, field(1, "k"), field(2, "\x0a"))},
		{"an array longer than its value", field(6, field(1, "k"), field(2, "\x2a\x7f"))},
		{"an element longer than its array", field(6, field(1, "k"), field(2, field(5, "\x0a\x7f")))},
		{"an entry longer than its map", field(6, field(1, "k"), field(2, field(6, "\x0a\x7f")))},
		{"a map longer than its value", field(6, field(1, "k"), field(2, "\x32\x7f"))},
		{"a body longer than the record", "\x2a\x7f"},
		{"a second body", field(5, field(1, secret))},
		{"a key that comes twice", field(6, field(1, "user"), secretValue, password)},
		{"a value that comes twice", field(6, field(1, "m"), field(2, field(6)), field(2, field(6, field(1, password, secretValue))))},
		{"a fixed64 cut off", "\x09\x01\x02"},
		{"a fixed32 cut off", "\x45\x01\x02"},
		{"a varint without end", "\x38\xff"},
		{"a text longer than the record", "\x1a\x7f"},
		{"a group", "\x33\x34"},
		{"a group inside an attribute", field(6, "\x0b\x0c", password, secretValue)},
		{"wire type 6", "\x36"},
		{"wire type 7", "\x37"},
		{"field number 0", "\x02\x00"},
		{"a field number above 2^29", string(protowire.AppendVarint(nil, 1<<32|2)) + "\x00"},
		{"a tag without end", "\xff"},
		{"a tag of more than 64 bits", strings.Repeat("\xff", 11)},
		{"an unknown field longer than the record", "\x7a\x7f"},
		{"an unknown varint without end", "\x78\xff"},
		{"an unknown fixed64 cut off", "\x79\x00"},
		{"an unknown fixed32 cut off", "\x7d\x00"},
		{"an unknown field longer than its attribute", field(6, password, "\x1a\x7f")},
		{"an attribute that is deeper than the limit", field(6, field(1, "k"), field(2, nested(65)))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newForTest(t)
			got := m.AppendRecord([]byte("dst"), []byte(header+tt.tail))
			if string(got[:3]) != "dst" {
				t.Errorf("dst changed: got %q", got[:3])
			}
			wantMessage(t, decodeRecord(t, got[3:]), closed())
			if m.Malformed() != 1 || m.Masked() != 0 {
				t.Errorf("malformed, masked: got %d, %d, want 1, 0", m.Malformed(), m.Masked())
			}
			if again := m.AppendRecord(nil, got[3:]); string(again) != string(got[3:]) {
				t.Errorf("masking twice: got %x, want %x", again, got[3:])
			}
			if m.Malformed() != 1 {
				t.Errorf("malformed after the second time: got %d, want 1", m.Malformed())
			}
		})
	}
}

func TestAMalformedRecordKeepsWhatIsSafe(t *testing.T) {
	const broken = "\x32\x7f"
	id := strings.Repeat("i", 16)
	tests := []struct {
		name, in string
		want     *logspb.LogRecord
	}{
		{"nothing readable", "\xff", &logspb.LogRecord{}},
		{"only what comes before the error", fixed64Field(1, 7) + broken + fixed64Field(11, 8), &logspb.LogRecord{TimeUnixNano: 7}},
		{"the severity by its own name", varintField(2, 17) + field(3, secret) + broken, &logspb.LogRecord{SeverityNumber: 17, SeverityText: "ERROR"}},
		{"the lowest severity", varintField(2, 1) + broken, &logspb.LogRecord{SeverityNumber: 1, SeverityText: "TRACE"}},
		{"the highest severity", varintField(2, 24) + broken, &logspb.LogRecord{SeverityNumber: 24, SeverityText: "FATAL"}},
		{"no undefined severity", varintField(2, 25) + broken, &logspb.LogRecord{}},
		{"no negative severity", varintField(2, 1<<64-1) + broken, &logspb.LogRecord{}},
		{"ids of the right length", field(9, id) + field(10, id[:8]) + broken, &logspb.LogRecord{TraceId: []byte(id), SpanId: []byte(id[:8])}},
		{"no other ids", field(9, id+"x") + field(10, id) + broken, &logspb.LogRecord{}},
		{"no text", field(3, secret) + field(12, secret) + field(5, field(1, secret)) + broken, &logspb.LogRecord{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.want.Body = str(MarkerMalformed)
			got := newForTest(t).AppendRecord(nil, []byte(tt.in))
			wantMessage(t, decodeRecord(t, got), tt.want)
		})
	}
}

// TestAMalformedRecordLeavesNothingBehind goes back and forth between a record
// that ends in the middle of a change and one that is whole.
func TestAMalformedRecordLeavesNothingBehind(t *testing.T) {
	entry := field(1, field(1, "password"), field(2, field(1, secret)))
	broken := field(6, field(2, field(6, entry, "\x0a\x7f")), field(1, "m"))
	m := newForTest(t)
	for range 20 {
		wantMessage(t, decodeRecord(t, m.AppendRecord(nil, []byte(broken))), &logspb.LogRecord{Body: str(MarkerMalformed)})
		wantMessage(t, m.maskRecord(t, record(attr("password", str(secret)))), record(attr("password", redacted)))
	}
	if m.Malformed() != 20 || m.Masked() != 20 {
		t.Errorf("malformed, masked: got %d, %d, want 20, 20", m.Malformed(), m.Masked())
	}
}

func TestAPanicClosesTheRecord(t *testing.T) {
	m := &Masker{rule: keyname.New(0)} // Without a cache every key is a nil dereference.
	got := m.AppendRecord([]byte("dst"), encode(t, record(attr("a", str(secret)))))
	if string(got[:3]) != "dst" {
		t.Errorf("dst changed: got %q", got[:3])
	}
	wantMessage(t, decodeRecord(t, got[3:]), closed())
	if m.Malformed() != 1 {
		t.Errorf("malformed: got %d, want 1", m.Malformed())
	}
}

func TestTheZeroMaskerClosesEveryRecord(t *testing.T) {
	var m Masker
	wantMessage(t, decodeRecord(t, m.AppendRecord(nil, encode(t, record()))), closed())
}

func TestMalformedOriginsAreClosed(t *testing.T) {
	want := []*keyValue{attr("mask.error", str(MarkerMalformed))}
	m := newForTest(t)
	resource := new(resourcepb.Resource)
	if err := proto.Unmarshal(m.AppendResource(nil, []byte(field(1, field(1, "a"), field(2, field(1, secret)))+"\x0a\x7f")), resource); err != nil {
		t.Fatal(err)
	}
	wantMessage(t, resource, &resourcepb.Resource{Attributes: want})
	scope := new(commonpb.InstrumentationScope)
	if err := proto.Unmarshal(m.AppendScope(nil, []byte(field(1, "name")+"\x1a\x7f")), scope); err != nil {
		t.Fatal(err)
	}
	wantMessage(t, scope, &commonpb.InstrumentationScope{Attributes: want})
	if m.Malformed() != 2 {
		t.Errorf("malformed: got %d, want 2", m.Malformed())
	}
}

func TestNestingUpToTheLimitIsWalked(t *testing.T) {
	in := field(6, field(1, "k"), field(2, nested(64)))
	if got := newForTest(t).AppendRecord(nil, []byte(in)); string(got) != in {
		t.Errorf("64 levels: got %x, want the input", got)
	}
	in = field(5, nested(64))
	if got := newForTest(t).AppendRecord(nil, []byte(in)); string(got) != in {
		t.Errorf("64 levels in the body: got %x, want the input", got)
	}
	in = field(6, field(1, "password"), field(2, nested(1000)))
	wantMessage(t, decodeRecord(t, newForTest(t).AppendRecord(nil, []byte(in))),
		&logspb.LogRecord{Attributes: []*keyValue{attr("password", redacted)}})
}

func TestWhatIsUnknownIsTakenOut(t *testing.T) {
	tests := []struct {
		name, in string
		want     *logspb.LogRecord
	}{
		{
			"fields of a record", field(4, secret) + fixed64Field(1, 7) + varintField(13, 5) + field(20, secret) + field(1000, secret) +
				string(protowire.AppendFixed32(protowire.AppendTag(nil, 14, protowire.Fixed32Type), 1)) + fixed64Field(11, 8),
			&logspb.LogRecord{TimeUnixNano: 7, ObservedTimeUnixNano: 8},
		},
		{"known fields of another wire type", varintField(5, 7) + fixed64Field(6, 7) + field(1, secret), &logspb.LogRecord{}},
		{
			"fields of a key and value", field(6, field(4, secret), field(1, "a"), field(5, secret), field(2, field(1, "b")), varintField(3, 9)),
			&logspb.LogRecord{Attributes: []*keyValue{attr("a", str("b"))}},
		},
		{
			"fields of a key and value under a strong key", field(6, field(2, field(1, secret)), field(5, secret), field(1, "password")),
			&logspb.LogRecord{Attributes: []*keyValue{attr("password", redacted)}},
		},
		{
			"fields of an array", field(5, field(5, field(2, secret), field(1, field(1, "a")), varintField(9, 1))),
			&logspb.LogRecord{Body: array(str("a"))},
		},
		{
			"fields of a map", field(5, field(6, field(2, secret), field(1, field(1, "a"), field(2, field(1, "b"))))),
			&logspb.LogRecord{Body: object(attr("a", str("b")))},
		},
		{
			"kinds of value", field(6, field(1, "a"), field(2, field(9, secret))) + field(5, field(9, secret)),
			&logspb.LogRecord{Attributes: []*keyValue{attr("a", str(MarkerUnsupported))}, Body: str(MarkerUnsupported)},
		},
		{
			"strings by index", field(6, field(1, "a"), field(2, varintField(8, 3))),
			&logspb.LogRecord{Attributes: []*keyValue{attr("a", str(MarkerUnsupported))}},
		},
		{
			"kinds of value in an array", field(5, field(5, field(1, field(9, secret)))),
			&logspb.LogRecord{Body: array(str(MarkerUnsupported))},
		},
		{
			"kinds of value under a strong key", field(6, field(1, "password"), field(2, field(9, secret))),
			&logspb.LogRecord{Attributes: []*keyValue{attr("password", redacted)}},
		},
		{
			"two kinds of value at once", field(6, field(1, "a"), field(2, varintField(3, 1), field(6, field(1, field(1, "password"), field(2, field(1, secret)))))),
			&logspb.LogRecord{Attributes: []*keyValue{attr("a", str(MarkerUnsupported))}},
		},
		{
			"two kinds of value at once under a strong key", field(6, field(1, "api_key"), field(2, varintField(3, 1), field(1, secret))),
			&logspb.LogRecord{Attributes: []*keyValue{attr("api_key", redacted)}},
		},
		{
			"two maps at once", field(5, field(6), field(6, field(1, field(1, "password"), field(2, field(1, secret))))),
			&logspb.LogRecord{Body: str(MarkerUnsupported)},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newForTest(t)
			got := m.AppendRecord(nil, []byte(tt.in))
			wantMessage(t, decodeRecord(t, got), tt.want)
			if m.Masked() == 0 || m.Malformed() != 0 {
				t.Errorf("masked, malformed: got %d, %d, want more than 0, 0", m.Masked(), m.Malformed())
			}
			masked := m.Masked()
			if again := m.AppendRecord(nil, got); string(again) != string(got) || m.Masked() != masked {
				t.Errorf("masking twice: got %x, want %x", again, got)
			}
		})
	}
}

func TestUnusualEncodingsAreUnderstood(t *testing.T) {
	password, value := field(1, "password"), field(2, field(1, secret))
	want := &logspb.LogRecord{Attributes: []*keyValue{attr("password", redacted)}}
	tests := []struct{ name, in string }{
		{"the value before the key", field(6, value, password)},
		{"a long tag", "\xb2\x00" + field(6, password, value)[1:]},
		{"a long tag of the key", field(6, "\x8a\x80\x00"+password[1:], value)},
		{"a long tag of the value", field(6, password, "\x92\x00"+value[1:])},
		{"a long length of the key", field(6, "\x0a\x88\x00password", value)},
		{"a long length of the value", field(6, password, "\x12"+longVarint(len(value)-2)+value[2:])},
		{"a long length of the string", field(6, password, field(2, "\x0a"+longVarint(len(secret))+secret))},
		{"a long tag of the string", field(6, password, field(2, "\x8a\x00"+field(1, secret)[1:]))},
		{"a long length of the attribute", "\x32" + longVarint(len(password+value)) + password + value},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := newForTest(t).AppendRecord(nil, []byte(tt.in))
			wantMessage(t, decodeRecord(t, got), want)
			if strings.Contains(string(got), secret[:8]) {
				t.Errorf("the secret is left in %q", got)
			}
		})
	}
}

// longVarint returns n in one byte more than it needs.
func longVarint(n int) string {
	b := protowire.AppendVarint(nil, uint64(n))
	b[len(b)-1] |= 0x80
	return string(append(b, 0))
}
