package otlp_test

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"testing"

	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/internal/otlp"
)

func TestNextReadsEveryWireType(t *testing.T) {
	long := bytes.Repeat([]byte("x"), 300)
	for _, c := range []struct {
		name string
		msg  []byte
		want otlp.Field
	}{
		{"varint", []byte{1 << 3, 5}, otlp.Field{Num: 1, Type: otlp.Varint, Bits: 5}},
		{"largest varint", []byte{1 << 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1}, otlp.Field{Num: 1, Type: otlp.Varint, Bits: math.MaxUint64}},
		{"varint longer than needed", []byte{1 << 3, 0x85, 0x80, 0}, otlp.Field{Num: 1, Type: otlp.Varint, Bits: 5}},
		{"fixed64", []byte{2<<3 | 1, 1, 2, 0, 0, 0, 0, 0, 0x80}, otlp.Field{Num: 2, Type: otlp.Fixed64, Bits: 0x8000000000000201}},
		{"fixed32", []byte{3<<3 | 5, 1, 2, 0, 0x80}, otlp.Field{Num: 3, Type: otlp.Fixed32, Bits: 0x80000201}},
		{"empty bytes", []byte{15<<3 | 2, 0}, otlp.Field{Num: 15, Type: otlp.Bytes, Data: []byte{}}},
		{"bytes", []byte{15<<3 | 2, 2, 'a', 'b'}, otlp.Field{Num: 15, Type: otlp.Bytes, Data: []byte("ab")}},
		{"bytes with a length longer than needed", []byte{15<<3 | 2, 0x82, 0, 'a', 'b'}, otlp.Field{Num: 15, Type: otlp.Bytes, Data: []byte("ab")}},
		{"long bytes", protowire.AppendBytes([]byte{15<<3 | 2}, long), otlp.Field{Num: 15, Type: otlp.Bytes, Data: long}},
		{"largest number", protowire.AppendVarint(protowire.AppendTag(nil, protowire.MaxValidNumber, protowire.VarintType), 7), otlp.Field{Num: 1<<29 - 1, Type: otlp.Varint, Bits: 7}},
		{"tag longer than needed", []byte{0x88, 0x80, 0, 5}, otlp.Field{Num: 1, Type: otlp.Varint, Bits: 5}},
	} {
		f, rest, err := otlp.Next(append(slices.Clip(c.msg), "rest"...))
		if err != nil || string(rest) != "rest" {
			t.Errorf("%s: got rest %q and error %v, want %q and none", c.name, rest, err, "rest")
		}
		if f.Num != c.want.Num || f.Type != c.want.Type || f.Bits != c.want.Bits || !bytes.Equal(f.Data, c.want.Data) {
			t.Errorf("%s: got %v, want %v", c.name, f, c.want)
		}
		if cap(f.Data) != len(f.Data) {
			t.Errorf("%s: got capacity %d for %d bytes, want no room", c.name, cap(f.Data), len(f.Data))
		}
	}
}

func TestNextRefusesWhatIsNotProto3(t *testing.T) {
	for _, c := range []struct {
		name string
		msg  []byte
		want error
	}{
		{"empty message", nil, otlp.ErrTruncated},
		{"tag cut off", []byte{0x80}, otlp.ErrTruncated},
		{"tag alone", []byte{1 << 3}, otlp.ErrTruncated},
		{"varint cut off", []byte{1 << 3, 0x80}, otlp.ErrTruncated},
		{"varint of ten bytes cut off", []byte{1 << 3, 255, 255, 255, 255, 255, 255, 255, 255, 255}, otlp.ErrTruncated},
		{"varint of 65 bits", []byte{1 << 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2}, otlp.ErrOverflow},
		{"varint of eleven bytes", []byte{1 << 3, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 0}, otlp.ErrOverflow},
		{"fixed64 cut off", []byte{1<<3 | 1, 1, 2, 3, 4, 5, 6, 7}, otlp.ErrTruncated},
		{"fixed32 cut off", []byte{1<<3 | 5, 1, 2, 3}, otlp.ErrTruncated},
		{"length cut off", []byte{1<<3 | 2, 0x80}, otlp.ErrTruncated},
		{"no length", []byte{1<<3 | 2}, otlp.ErrTruncated},
		{"one byte missing", []byte{1<<3 | 2, 3, 'a', 'b'}, otlp.ErrTruncated},
		{"length of 2^63", []byte{1<<3 | 2, 128, 128, 128, 128, 128, 128, 128, 128, 128, 1, 'a'}, otlp.ErrTruncated},
		{"length of 2^64-1", []byte{1<<3 | 2, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 'a'}, otlp.ErrTruncated},
		{"length of 2^31", []byte{1<<3 | 2, 128, 128, 128, 128, 8, 'a'}, otlp.ErrTruncated},
		{"length of 65 bits", []byte{1<<3 | 2, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2, 'a'}, otlp.ErrOverflow},
		{"start of a group", []byte{1<<3 | 3, 1<<3 | 4}, otlp.ErrWireType},
		{"end of a group", []byte{1<<3 | 4}, otlp.ErrWireType},
		{"wire type 6", []byte{1<<3 | 6, 0}, otlp.ErrWireType},
		{"wire type 7", []byte{1<<3 | 7, 0}, otlp.ErrWireType},
		{"field number 0", []byte{0, 0}, otlp.ErrFieldNumber},
		{"field number 0 in a long tag", []byte{0x82, 0}, otlp.ErrFieldNumber},
		{"field number 2^29", []byte{0x80, 0x80, 0x80, 0x80, 0x10, 0}, otlp.ErrFieldNumber},
		{"field number 2^29+1", []byte{0x88, 0x80, 0x80, 0x80, 0x10, 0}, otlp.ErrFieldNumber},
		{"tag of 64 bits", []byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0}, otlp.ErrFieldNumber},
		{"tag of 65 bits", []byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 3, 0}, otlp.ErrOverflow},
	} {
		f, rest, err := otlp.Next(c.msg)
		if err != c.want {
			t.Errorf("%s: got error %v, want %v", c.name, err, c.want)
		}
		if f.Num != 0 || f.Data != nil || rest != nil {
			t.Errorf("%s: got %v and rest %x beside the error, want nothing", c.name, f, rest)
		}
	}
}

func TestEveryCutOfARecordIsSurvived(t *testing.T) {
	record := appendRecord(nil, fullRecord())
	ends := map[int]bool{0: true} // Where a field of the record ends.
	for rest := record; len(rest) > 0; {
		_, r, err := otlp.Next(rest)
		if err != nil {
			t.Fatal(err)
		}
		rest = r
		ends[len(record)-len(rest)] = true
	}
	for n := range record {
		_, err := otlp.ParseRecord(record[:n])
		if (err == nil) != ends[n] {
			t.Errorf("first %d bytes: got error %v, want one only inside a field", n, err)
		}
		if _, err := readRecord(record[:n]); err == nil != ends[n] {
			t.Errorf("first %d bytes walked: got error %v, want one only inside a field", n, err)
		}
	}
}

func TestEveryFlippedByteIsSurvived(t *testing.T) {
	record := appendRecord(nil, fullRecord())
	for i := range record {
		for bit := range 8 {
			damaged := bytes.Clone(record)
			damaged[i] ^= 1 << bit
			checkRead(t, damaged)
			checkLimited(t, damaged, otlp.Limits{MaxBytes: 1024, MaxAttributes: 2})
		}
	}
}

func TestReaderSkipsWhatItDoesNotKnow(t *testing.T) {
	want := fullRecord()
	b := marshal(t, want)
	b = append(b, 13<<3|2, 3, 'n', 'e', 'w')                                         // A field of the future.
	b = append(b, 4<<3|0, 1)                                                         // The reserved number.
	b = append(b, 1<<3|2, 2, 9, 9)                                                   // Time as bytes.
	b = append(b, 5<<3|0, 1)                                                         // Body as varint.
	b = protowire.AppendVarint(protowire.AppendTag(b, 100, protowire.VarintType), 1) // A tag of two bytes.
	got, err := readRecord(b)
	if err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(got, fill(want)) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestLastOneWins(t *testing.T) {
	first := marshal(t, &logspb.LogRecord{TimeUnixNano: 1, SeverityText: "a", Body: mapValue(keyValue("first", intValue(1))), TraceId: spanID})
	second := marshal(t, &logspb.LogRecord{TimeUnixNano: 2, SeverityText: "b", Body: mapValue(keyValue("second", intValue(2))), TraceId: traceID})
	got, err := readRecord(append(first, second...))
	if err != nil {
		t.Fatal(err)
	}
	want := fill(&logspb.LogRecord{TimeUnixNano: 2, SeverityText: "b", Body: mapValue(keyValue("second", intValue(2))), TraceId: traceID})
	if !proto.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}

	v, err := otlp.ParseValue([]byte{1<<3 | 2, 1, 'x', 3 << 3, 7})
	if err != nil || v.Kind() != otlp.KindInt || v.Int() != 7 {
		t.Errorf("string then int: got kind %d value %d error %v, want the int 7", v.Kind(), v.Int(), err)
	}
	v, err = otlp.ParseValue([]byte{3 << 3, 7, 8 << 3, 1})
	if err != nil || v.Kind() != otlp.KindNull {
		t.Errorf("int then index of a string: got kind %d error %v, want null", v.Kind(), err)
	}
}

func TestAccessorsOfAnotherKindAreZero(t *testing.T) {
	for name, v := range map[string]otlp.Value{
		"null": {}, "string": parseValue(t, []byte{1<<3 | 2, 1, 'x'}), "bool": parseValue(t, []byte{2 << 3, 1}), "int": parseValue(t, []byte{3 << 3, 7}),
		"double": parseValue(t, []byte{4<<3 | 1, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f}), "array": parseValue(t, []byte{5<<3 | 2, 2, 1<<3 | 2, 0}),
		"map": parseValue(t, []byte{6<<3 | 2, 2, 1<<3 | 2, 0}), "bytes": parseValue(t, []byte{7<<3 | 2, 1, 'y'}),
	} {
		elems, entries := 0, 0
		for range v.Elems() {
			elems++
		}
		for range v.Entries() {
			entries++
		}
		for accessor, c := range map[string]struct {
			isSet bool
			kind  otlp.ValueKind
		}{
			"Str": {v.Str() != nil, otlp.KindString}, "Bytes": {v.Bytes() != nil, otlp.KindBytes}, "Bool": {v.Bool(), otlp.KindBool},
			"Int": {v.Int() != 0, otlp.KindInt}, "Double": {v.Double() != 0, otlp.KindDouble},
			"Elems": {elems != 0, otlp.KindArray}, "Entries": {entries != 0, otlp.KindMap},
		} {
			if want := v.Kind() == c.kind; c.isSet != want {
				t.Errorf("%s of %s: got a value: %v, want %v", accessor, name, c.isSet, want)
			}
		}
	}
}

func parseValue(t *testing.T, msg []byte) otlp.Value {
	t.Helper()
	v, err := otlp.ParseValue(msg)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAWalkEndsAtTheFirstError(t *testing.T) {
	good := []byte{1<<3 | 2, 0}
	bad := []byte{1<<3 | 2, 9}
	for name, list := range map[string][]byte{
		"damage at the end":      slices.Concat(good, good, bad),
		"damage inside, then on": slices.Concat(good, good, []byte{1<<3 | 2, 1, 0x80}, good),
	} {
		array := parseValue(t, protowire.AppendBytes([]byte{5<<3 | 2}, list))
		elems, errs := 0, 0
		for _, err := range array.Elems() {
			elems++
			if err != nil {
				errs++
			}
		}
		if elems != 3 || errs != 1 {
			t.Errorf("array, %s: got %d elements and %d errors, want 3 and 1", name, elems, errs)
		}
		m := parseValue(t, protowire.AppendBytes([]byte{6<<3 | 2}, list))
		entries, errs := 0, 0
		for _, err := range m.Entries() {
			entries++
			if err != nil {
				errs++
			}
		}
		if entries != 3 || errs != 1 {
			t.Errorf("map, %s: got %d entries and %d errors, want 3 and 1", name, entries, errs)
		}
	}
}

func TestAWalkCanBeLeft(t *testing.T) {
	array := parseValue(t, []byte{5<<3 | 2, 4, 1<<3 | 2, 0, 1<<3 | 2, 0})
	m := parseValue(t, []byte{6<<3 | 2, 4, 1<<3 | 2, 0, 1<<3 | 2, 0})
	n := 0
	for range array.Elems() {
		n++
		break
	}
	for range m.Entries() {
		n++
		break
	}
	if n != 2 {
		t.Errorf("got %d elements, want one of each", n)
	}
}

func TestParseErrorsAreTheReaders(t *testing.T) {
	bad := []byte{1<<3 | 3}
	if _, err := otlp.ParseRecord(bad); !errors.Is(err, otlp.ErrWireType) {
		t.Errorf("ParseRecord: got %v, want %v", err, otlp.ErrWireType)
	}
	if _, err := otlp.ParseRecord([]byte{5<<3 | 2, 1, 0}); !errors.Is(err, otlp.ErrFieldNumber) {
		t.Errorf("ParseRecord with a damaged body: got %v, want %v", err, otlp.ErrFieldNumber)
	}
	if _, err := otlp.ParseKeyValue(bad); !errors.Is(err, otlp.ErrWireType) {
		t.Errorf("ParseKeyValue: got %v, want %v", err, otlp.ErrWireType)
	}
	if _, err := otlp.ParseKeyValue([]byte{2<<3 | 2, 1, 0x80}); !errors.Is(err, otlp.ErrTruncated) {
		t.Errorf("ParseKeyValue with a damaged value: got %v, want %v", err, otlp.ErrTruncated)
	}
	if _, err := otlp.ParseValue(bad); !errors.Is(err, otlp.ErrWireType) {
		t.Errorf("ParseValue: got %v, want %v", err, otlp.ErrWireType)
	}
}
