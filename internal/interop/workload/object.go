package workload

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"net/url"
	"time"

	"github.com/logstream-go/logstream/internal/interop/otlpjson"
)

// Short names for what this file writes down most.
var (
	null  = otlpjson.Value{}
	str   = otlpjson.StringOf
	num   = otlpjson.IntOf
	flt   = otlpjson.DoubleOf
	array = otlpjson.ArrayOf
	kvs   = otlpjson.MapOf
)

// bytesValue shares its memory with nobody; the empty one is not null.
func bytesValue(r *rand.Rand) sample {
	b := make([]byte, r.IntN(40))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return pick(r, []sample{
		of(b, otlpjson.BytesOf(b)),
		of([4]byte{0, 1, 0xfe, 0xff}, otlpjson.BytesOf([]byte{0, 1, 0xfe, 0xff})),
	})
}

// nothing is what has no value.
var nothing = oneOf(
	of(nil, null),
	of((*int)(nil), null),
	of((*pointed)(nil), null),
	of((*order)(nil), null),
	of([]int(nil), null),
	of([]byte(nil), null),
	of(map[string]int(nil), null),
	of((func())(nil), null),
	of(error(nil), null),
)

// named is a value of a defined type without methods: it is what it is.
func named(r *rand.Rand) sample {
	s, n := text(r), r.IntN(1000)-500
	return pick(r, []sample{
		of(environment(s), str(s)),
		of(retries(n), num(int64(n))),
		of(ratio(n), flt(float64(n))),
		of(enabled(n > 0), otlpjson.BoolOf(n > 0)),
	})
}

// printed is a value whose type says how it is shown.
func printed(r *rand.Rand) sample {
	n, m := r.IntN(1000), r.IntN(1000)
	id := uuid{0: 0xf8, 4: byte(n), 5: byte(m), 15: 1}
	idText := fmt.Sprintf("f8000000-%02x%02x-0000-0000-000000000001", byte(n), byte(m))
	return pick(r, []sample{
		of(phase(n%3), str(phase(n%3).String())),
		of(time.Month(1+n%12), str(time.Month(1+n%12).String())),
		of(slog.Level(n%16), str(slog.Level(n%16).String())),
		of(&pointed{n}, str(fmt.Sprintf("pointed %d", n))),
		of(coordinate{n, m}, str(fmt.Sprintf("%d;%d", n, m))),
		of(&coordinate{n, m}, str(fmt.Sprintf("%d;%d", n, m))),
		of(id, str(idText)),
		of([16]byte(id), str(idText)),
	})
}

// network is what servers log most.
func network(r *rand.Rand) sample {
	n := r.IntN(256)
	return pick(r, []sample{
		of(net.IPv4(10, 0, 0, byte(n)), str(fmt.Sprintf("10.0.0.%d", n))),
		of(net.ParseIP("2001:db8::1"), str("2001:db8::1")),
		of(netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}), str(fmt.Sprintf("192.0.2.%d", n))),
		of(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: n}, str(fmt.Sprintf("127.0.0.1:%d", n))),
		of(&url.URL{Scheme: "https", Host: "example.com", Path: fmt.Sprintf("/a/%d", n)},
			str(fmt.Sprintf("https://example.com/a/%d", n))),
		// A URL never shows its credentials.
		of(&url.URL{Scheme: "https", User: url.UserPassword("u", "swordfish"), Host: "example.com"},
			str("https://u:xxxxx@example.com")),
	})
}

// document is JSON: it arrives as the value that it stands for.
func document(r *rand.Rand) sample {
	n := r.IntN(1000)
	polygonWant := kvs(entry("sides", num(int64(n))), entry("closed", otlpjson.BoolOf(true)), entry("angle", flt(1.5)),
		entry("name", null), entry("points", array(str("a"), array(num(1), num(-2)), kvs())))
	return pick(r, []sample{
		of(polygon{n}, polygonWant),
		of(&polygon{n}, polygonWant),
		of(json.RawMessage(fmt.Sprintf(`{"a":%d,"b":[true,"x"],"c":{"d":2.5}}`, n)),
			kvs(entry("a", num(int64(n))), entry("b", array(otlpjson.BoolOf(true), str("x"))),
				entry("c", kvs(entry("d", flt(2.5)))))),
		// What looks like JSON and is none is text.
		of(json.RawMessage(`{"a":`), str(`{"a":`)),
		of(json.Number(fmt.Sprint(n)), num(int64(n))),
		of(json.Number("0.5"), flt(0.5)),
	})
}

// slice has elements of one kind or of several.
func slice(r *rand.Rand) sample {
	s, n, when := text(r), r.IntN(1000), time.Unix(r.Int64N(4e9), 5).UTC()
	at := str(when.Format(time.RFC3339Nano))
	return pick(r, []sample{
		of([]int{n, -n, 0}, array(num(int64(n)), num(int64(-n)), num(0))),
		of([]string{s, "", "b"}, array(str(s), str(""), str("b"))),
		of([]float64{0.5, float64(n)}, array(flt(0.5), flt(float64(n)))),
		of([]bool{true, false}, array(otlpjson.BoolOf(true), otlpjson.BoolOf(false))),
		of([]string{}, array()),
		of([3]int{1, n, 3}, array(num(1), num(int64(n)), num(3))),
		of(names{s, "x"}, array(str(s), str("x"))),
		of([][]int{{1, n}, {}, {2}}, array(array(num(1), num(int64(n))), array(), array(num(2)))),
		of([]time.Time{when}, array(at)),
		of([]time.Duration{time.Duration(n)}, array(num(int64(n)))),
		of([]stamp{stamp(when)}, array(at)),
		of([]slog.Value{slog.IntValue(n), slog.GroupValue(slog.String("s", s))}, array(num(int64(n)), kvs(entry("s", str(s))))),
		of([]error{badInput(s), nil}, array(str("bad input: "+s), null)),
		of([]any{nil, s, n, uint64(1) << 63, 0.25, true, []byte{0xfe}, when, phase(1), lazy{slog.IntValue(n)}},
			array(null, str(s), num(int64(n)), str("9223372036854775808"), flt(0.25), otlpjson.BoolOf(true),
				otlpjson.BytesOf([]byte{0xfe}), at, str("running"), num(int64(n)))),
	})
}

// dictionary is a map; keys that are not text become text.
func dictionary(r *rand.Rand) sample {
	s, n := text(r), r.IntN(1000)
	return pick(r, []sample{
		of(map[string]string{"a": s, "": "empty", "größe": "ü"},
			kvs(entry("a", str(s)), entry("", str("empty")), entry("größe", str("ü")))),
		of(map[string]any{"n": n, "none": nil, "list": []int{n}, "inner": map[string]any{"x": s, "bad": "\xff"}},
			kvs(entry("n", num(int64(n))), entry("none", null), entry("list", array(num(int64(n)))),
				entry("inner", kvs(entry("x", str(s)), entry("bad", otlpjson.BytesOf([]byte{0xff})))))),
		of(map[int]bool{n: true, -1: false},
			kvs(entry(fmt.Sprint(n), otlpjson.BoolOf(true)), entry("-1", otlpjson.BoolOf(false)))),
		of(map[phase]int{0: 1, 2: n}, kvs(entry("waiting", num(1)), entry("done", num(int64(n))))),
		of(map[environment][]byte{"live": {1, 2}}, kvs(entry("live", otlpjson.BytesOf([]byte{1, 2})))),
		of(counters{"hits": n}, kvs(entry("hits", num(int64(n))))),
		of(map[string]int{}, kvs()),
	})
}

// structure is a struct by the rules of encoding/json for names.
func structure(r *rand.Rand) sample {
	s, n := text(r), r.IntN(1000)
	full := order{
		base: base{Region: s, Zone: n}, ID: "A-1", Total: 9.5, Comment: "c", Hidden: "h",
		Lines: []line{{"x", n}}, Next: &order{ID: "A-2"}, Labels: map[string]string{"l": s}, Plain: 7, private: 1,
	}
	want := func(region string, zone int, id string, total float64, lines, next otlpjson.Value, plain int64,
		more ...otlpjson.KeyValue,
	) otlpjson.Value {
		return kvs(append(more, entry("region", str(region)), entry("Zone", num(int64(zone))), entry("order_ref", str(id)),
			entry("total", flt(total)), entry("lines", lines), entry("next", next), entry("Plain", num(plain)))...)
	}
	fullWant := want(s, n, "A-1", 9.5, array(kvs(entry("article", str("x")), entry("count", num(int64(n))))),
		want("", 0, "A-2", 0, null, null, 0), 7,
		entry("comment", str("c")), entry("labels", kvs(entry("l", str(s)))))
	return pick(r, []sample{
		of(full, fullWant),
		of(&full, fullWant),
		of(line{s, n}, kvs(entry("article", str(s)), entry("count", num(int64(n))))),
		of(struct{}{}, kvs()),
		of(struct {
			At   time.Time
			Wait time.Duration
			Err  error
			Any  any
		}{time.Unix(0, 0).UTC(), 5, badInput(s), phase(2)},
			kvs(entry("At", str("1970-01-01T00:00:00Z")), entry("Wait", num(5)), entry("Err", str("bad input: "+s)),
				entry("Any", str("done")))),
	})
}

// pointer is what it points at.
func pointer(r *rand.Rand) sample {
	s, n := text(r), r.IntN(1000)
	p, list := &n, []int{n}
	return pick(r, []sample{
		of(&s, str(s)), of(p, num(int64(n))), of(&p, num(int64(n))), of(&list, array(num(int64(n)))),
	})
}

// opaque is what OTLP has no value for: of functions and channels the type
// arrives.
var opaque = oneOf(
	of(complex(1.5, -2), str("(1.5-2i)")),
	of(func() {}, str("func()")),
	of(make(chan int), str("chan int")),
)

// misbehaving is user code that fails. The failure stands where the value would.
func misbehaving(r *rand.Rand) sample {
	own := map[string]any{"n": 1}
	own["self"] = own
	return pick(r, []sample{
		of(careless{}, str("!PANIC: careless")),
		of(faithless{}, str("!PANIC: faithless")),
		of(unprintable{}, str("!ERROR: bad input: no text")),
		of([]any{careless{}, 1}, array(str("!PANIC: careless"), num(1))),
		of(own, kvs(entry("n", num(1)), entry("self", str("...[cycle]")))),
	})
}

// deepMap is nested 40 levels deep, deepArray 30.
func deepMap(r *rand.Rand) sample {
	n := r.IntN(1000)
	v, want := any(n), num(int64(n))
	for range 40 {
		v, want = map[string]any{"d": v}, kvs(entry("d", want))
	}
	return of(v, want)
}

func deepArray(r *rand.Rand) sample {
	n := r.IntN(1000)
	v, want := any(n), num(int64(n))
	for range 30 {
		v, want = []any{v}, array(want)
	}
	return of(v, want)
}
