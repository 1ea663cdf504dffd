package attrs

import (
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"testing"
	"time"
	"unsafe"
)

type (
	env      string
	port     uint16
	ratio    float32
	flag     bool
	color    uint8
	id       [16]byte
	digest   [4]byte
	blob     []byte
	myTime   time.Time
	nothing  *int
	byteEnum uint8

	secretKey string
)

func (secretKey) String() string { return "***" }

func (c color) String() string { return [...]string{"red", "green"}[c] }

// The methods of byteEnum make a []byteEnum more than bytes.
func (b byteEnum) MarshalText() ([]byte, error) { return []byte{'a' + byte(b)}, nil }

// point has its method on the pointer.
type point struct{ X, Y int }

func (p *point) String() string { return "point" }

// valuer is a LogValuer that answers with v.
type valuer struct{ v any }

func (v valuer) LogValue() slog.Value { return slog.AnyValue(v.v) }

// pointerValuer hides its content only if it is asked by its pointer.
type pointerValuer struct{ Secret string }

func (*pointerValuer) LogValue() slog.Value { return slog.StringValue("hidden") }

// all has every method; the order of the rules says which one counts.
type (
	all     struct{ redacts }
	redacts struct{ texts }
	texts   struct{ jsons }
	jsons   struct{ printer }
	printer struct{}
)

func (all) Error() string                  { return "error" }
func (redacts) Redacted() string           { return "redacted" }
func (texts) MarshalText() ([]byte, error) { return []byte("text"), nil }
func (jsons) MarshalJSON() ([]byte, error) { return []byte(`{"is":"json"}`), nil }
func (printer) String() string             { return "string" }

type errAndText struct{ texts }

func (errAndText) Error() string { return "error" }

func TestValues(t *testing.T) {
	when := time.Date(2026, 11, 22, 14, 30, 0, 123456789, time.FixedZone("", 3600))
	address, err := url.Parse("https://user:secret@example.com/a?b=c")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		in   any
		want any
	}{
		{"nil is null", nil, nil},
		{"a string", "abc", "abc"},
		{"an empty string", "", ""},
		{"invalid UTF-8 is bytes", "a\xffb", []byte("a\xffb")},
		{"a bool", false, false},
		{"an int", -7, int64(-7)},
		{"an int8", int8(-8), int64(-8)},
		{"a rune", 'x', int64('x')},
		{"a uint64", uint64(math.MaxInt64), int64(math.MaxInt64)},
		{"a uint64 beyond int64", uint64(math.MaxInt64 + 1), "9223372036854775808"},
		{"a uintptr", uintptr(5), int64(5)},
		{"a float", 0.5, 0.5},
		{"a float32", float32(0.25), 0.25},
		{"infinity", math.Inf(-1), math.Inf(-1)},
		{"a complex number", complex(1, -2), "(1-2i)"},
		{"a duration is nanoseconds", 1500 * time.Millisecond, int64(1500000000)},
		{"a duration in a slice, too", []time.Duration{time.Second}, []any{int64(1000000000)}},
		{"a pointer to a duration", new(time.Second), int64(1000000000)},
		{"a time is RFC 3339", when, "2026-11-22T14:30:00.123456789+01:00"},
		{"the zero time", time.Time{}, "0001-01-01T00:00:00Z"},
		{"a time in a slice", []time.Time{when}, []any{"2026-11-22T14:30:00.123456789+01:00"}},
		{"a pointer to a time", &when, "2026-11-22T14:30:00.123456789+01:00"},
		{"a time of another name", myTime(when), "2026-11-22T14:30:00.123456789+01:00"},
		{"a time beyond JSON's years", time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC), "12026-01-01T00:00:00Z"},

		{"a named string", env("prod"), "prod"},
		{"a named integer", port(443), int64(443)},
		{"a named float", ratio(0.5), 0.5},
		{"a named bool", flag(true), true},
		{"an enumeration with names", color(1), "green"},
		{"a month", time.March, "March"},
		{"a level", slog.LevelWarn, "WARN"},
		{"a level that is not one of slog's", slog.Level(2), "INFO+2"},
		{"a list of named strings", []env{"a", "b"}, []any{"a", "b"}},

		{"bytes", []byte{1, 2}, []byte{1, 2}},
		{"no bytes", []byte{}, []byte{}},
		{"named bytes", blob{3}, []byte{3}},
		{"an array of bytes", digest{1, 2, 3, 4}, []byte{1, 2, 3, 4}},
		{"a UUID", id{0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}, "6ba7b810-9dad-11d1-80b4-00c04fd430c8"},
		{"bytes that have names", []byteEnum{0, 1}, []any{"a", "b"}},
		{"an IP address", net.IPv4(10, 0, 0, 1), "10.0.0.1"},
		{"a netip address", netip.MustParseAddr("::1"), "::1"},
		{"a network", net.IPNet{IP: net.IPv4(10, 0, 0, 0), Mask: net.CIDRMask(8, 32)}, "10.0.0.0/8"},
		{"a hardware address", net.HardwareAddr{1, 2, 3, 4, 5, 6}, "01:02:03:04:05:06"},
		{"a big integer", new(big.Int).Lsh(big.NewInt(1), 70), "1180591620717411303424"},

		{"a URL hides its password", address, "https://user:xxxxx@example.com/a?b=c"},
		{"a URL by value, too", *address, "https://user:xxxxx@example.com/a?b=c"},
		{"userinfo hides its password", address.User, "user:xxxxx"},
		{"userinfo without one", url.User("joe"), "joe"},

		{
			"JSON is what it says", json.RawMessage(`{"b":[1,2.5,"x",null,true],"a":{}}`),
			[]kv{{"a", []kv{}}, {"b", []any{int64(1), 2.5, "x", nil, true}}},
		},
		{"JSON that is a scalar", json.RawMessage(`7`), int64(7)},
		{"JSON that is none", json.RawMessage(`{"a":`), `{"a":`},
		{"JSON with something behind it", json.RawMessage(`{} {}`), `{} {}`},
		{"no JSON", json.RawMessage(nil), nil},
		{"a JSON integer", json.Number("12"), int64(12)},
		{"a JSON integer beyond int64", json.Number("18446744073709551616"), "18446744073709551616"},
		{"a JSON fraction", json.Number("-1.5e2"), -150.0},
		{"a JSON number beyond float64", json.Number("1e999"), "1e999"},
		{"a JSON number that is none", json.Number("x"), "x"},

		{"a list", []any{1, "a", nil, []int{2}}, []any{int64(1), "a", nil, []any{int64(2)}}},
		{"an empty list", []string{}, []any{}},
		{"an array", [2]bool{true, false}, []any{true, false}},
		{"a map in order of its keys", map[string]int{"b": 2, "a": 1, "": 0}, []kv{{"", int64(0)}, {"a", int64(1)}, {"b", int64(2)}}},
		{"a map with strings that speak for themselves as keys", map[secretKey]int{"s3cret": 1}, []kv{{"***", int64(1)}}},
		{"a map with integers as keys", map[int]string{10: "x", 9: "y"}, []kv{{"10", "x"}, {"9", "y"}}},
		{
			"a map with other keys",
			map[any]int{true: 1, 1.5: 2, color(0): 3, [2]int{1, 2}: 4, nil: 5, byteEnum(1): 6, uint8(7): 7},
			[]kv{{"1.5", int64(2)}, {"7", int64(7)}, {"[1 2]", int64(4)}, {"b", int64(6)}, {"null", int64(5)}, {"red", int64(3)}, {"true", int64(1)}},
		},
		{"an empty map", map[string]int{}, []kv{}},

		{"a pointer", new(5), int64(5)},
		{"a pointer to a pointer", new(new("x")), "x"},
		{"a nil pointer", (*int)(nil), nil},
		{"a nil pointer with methods", (*url.URL)(nil), nil},
		{"a nil error", (*net.OpError)(nil), nil},
		{"a nil LogValuer", (*pointerValuer)(nil), "hidden"},
		{"a nil map", map[string]int(nil), nil},
		{"a nil slice", []string(nil), nil},
		{"nil bytes", []byte(nil), nil},
		{"a nil function", (func())(nil), nil},
		{"a function", func(int) string { return "" }, "func(int) string"},
		{"a channel", make(chan int), "chan int"},
		{"an unsafe pointer", unsafe.Pointer(new(int)), "unsafe.Pointer"},
		{"a pointer inside", struct{ P nothing }{}, []kv{{"P", nil}}},

		{"an error", errors.New("broken"), "broken"},
		{"a pointer method on a pointer", &point{1, 2}, "point"},
		{"a pointer method on a value", point{1, 2}, "point"},
		{"a pointer method inside", []point{{1, 2}}, []any{"point"}},
		{"a pointer method in a map", map[string]point{"p": {}}, []kv{{"p", "point"}}},
		{"a pointer LogValuer on a value", pointerValuer{"s3cret"}, "hidden"},

		{"a LogValuer in a list", []any{valuer{"x"}}, []any{"x"}},
		{"a LogValuer in a map", map[string]any{"k": valuer{1}}, []kv{{"k", int64(1)}}},
		{"a LogValuer in a struct", struct{ V valuer }{valuer{true}}, []kv{{"V", true}}},
		{"a LogValuer of a LogValuer", valuer{valuer{valuer{"deep"}}}, "deep"},
		{"a LogValuer that is a group, in a list", []any{valuer{slog.GroupValue(slog.Int("a", 1))}}, []any{[]kv{{"a", int64(1)}}}},
		{"a slog.Value in a list", []slog.Value{slog.IntValue(1), slog.AnyValue(valuer{"x"})}, []any{int64(1), "x"}},
		{"a slog.Attr in a list", []any{slog.Any("k", valuer{1})}, []any{[]kv{{"k", int64(1)}}}},
		{"attributes in a map", map[string][]slog.Attr{"g": {slog.Int("a", 1), slog.Int("b", 2)}}, []kv{{"g", []kv{{"a", int64(1)}, {"b", int64(2)}}}}},
		{"a source", &slog.Source{Function: "f", Line: 3}, []kv{{"function", "f"}, {"line", int64(3)}}},

		{"redacted comes before error", all{}, "redacted"},
		{"redacted comes before text", redacts{}, "redacted"},
		{"error comes before text", errAndText{}, "error"},
		{"text comes before JSON", texts{}, "text"},
		{"JSON comes before String", jsons{}, []kv{{"is", "json"}}},
		{"String comes before fields", printer{}, "string"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := valueOf(t, test.in); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %#v, want %#v", got, test.want)
			}
		})
	}
}

func TestNotANumberStaysOne(t *testing.T) {
	if got, ok := valueOf(t, math.NaN()).(float64); !ok || !math.IsNaN(got) {
		t.Errorf("got %v, want NaN", got)
	}
}

func TestKindsOfSlog(t *testing.T) {
	when := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	got := decode(t, newEncoder(testLimit).appendAll(
		slog.String("string", "s"), slog.Int("int", -1), slog.Bool("bool", true),
		slog.Float64("float", 1.5), slog.Uint64("uint", 3), slog.Uint64("big", math.MaxUint64),
		slog.Duration("duration", time.Second), slog.Time("time", when), slog.Any("any", nil)))
	want := []kv{
		{"string", "s"},
		{"int", int64(-1)},
		{"bool", true},
		{"float", 1.5},
		{"uint", int64(3)},
		{"big", "18446744073709551615"},
		{"duration", int64(time.Second)},
		{"time", "2026-01-02T03:04:05Z"},
		{"any", nil},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
