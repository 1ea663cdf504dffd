package workload

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/logstream-go/logstream/internal/interop/otlpjson"
)

// scalars are the kinds that groups, lists of duplicates and lazy values hold.
var scalars = []maker{
	asciiString, unicodeString, emptyString, invalidString, anyInt, edgeInt, smallUint, bigUint, anyDouble, edgeDouble,
	boolean, duration, instant, bytesValue, nothing, named, printed, sizedNumber,
}

// members returns n attributes with keys of their own, and what becomes of them.
func members(r *rand.Rand, n int) ([]slog.Attr, []otlpjson.KeyValue) {
	var attrs []slog.Attr
	var want []otlpjson.KeyValue
	for i := range n {
		key := fmt.Sprintf("m%d", i)
		s := pick(r, scalars)(r)
		attrs = append(attrs, slog.Attr{Key: key, Value: s.value})
		want = append(want, entry(key, s.want))
	}
	return attrs, want
}

// group has members, some of them groups.
func group(r *rand.Rand) sample {
	attrs, want := members(r, 1+r.IntN(3))
	for depth := range r.IntN(3) {
		more, moreWant := members(r, 1+r.IntN(2))
		key := fmt.Sprintf("g%d", depth)
		attrs = append(more, slog.Attr{Key: key, Value: slog.GroupValue(attrs...)})
		want = append(moreWant, entry(key, kvs(want...)))
	}
	return sample{value: slog.GroupValue(attrs...), want: kvs(want...)}
}

// emptyGroup does not arrive, nor does a group of nothing but empty groups.
var emptyGroup = oneOf(
	sample{value: slog.GroupValue(), gone: true},
	sample{value: slog.GroupValue(slog.Group("a"), slog.Group("b", slog.Group("c"))), gone: true},
	sample{value: slog.AnyValue(lazy{slog.GroupValue()}), gone: true},
)

// inlineGroup has no key: its members stand where it stood.
func inlineGroup(r *rand.Rand) sample {
	n := r.IntN(1000)
	g := slog.GroupValue(slog.Int("inlined.a", n), slog.String("inlined.b", "x"))
	want := []otlpjson.KeyValue{entry("inlined.a", num(int64(n))), entry("inlined.b", str("x"))}
	return pick(r, []sample{
		{value: g, keyless: true, inline: want},
		{value: slog.AnyValue(lazy{g}), keyless: true, inline: want},
	})
}

// emptyAttr is the zero attribute, which slog ignores.
func emptyAttr(*rand.Rand) sample { return sample{keyless: true, gone: true} }

// noKey has a value but no key, which OTLP does not allow.
func noKey(r *rand.Rand) sample {
	n := r.Int64N(1000)
	return sample{value: slog.Int64Value(n), keyless: true, inline: []otlpjson.KeyValue{entry("!EMPTYKEY", num(n))}}
}

// oddKey is long, or not UTF-8: then U+FFFD stands for what is not.
func oddKey(r *rand.Rand) sample {
	n := r.Int64N(1000)
	long := strings.Repeat("long.", 60)
	return pick(r, []sample{
		{value: slog.Int64Value(n), want: num(n), key: long},
		{value: slog.Int64Value(n), key: "odd\xffkey", inline: []otlpjson.KeyValue{entry("odd\ufffdkey", num(n))}},
		{value: slog.GroupValue(slog.Int64("\xfe", n)), want: kvs(entry("\ufffd", num(n))), key: "odd"},
	})
}

// groupedFailure is an error in a group, and an error of the record all the same.
func groupedFailure(r *rand.Rand) sample {
	s := failure(r)
	s.value = slog.GroupValue(slog.Attr{Key: "cause", Value: s.value}, slog.Int("n", 1))
	s.want = kvs(entry("cause", s.want), entry("n", num(1)))
	return s
}

// lazyValue is resolved, also when it resolves to another one.
func lazyValue(r *rand.Rand) sample {
	s := pick(r, append(slices.Clip(scalars), group))(r)
	v := slog.AnyValue(lazy{s.value})
	for range r.IntN(3) {
		v = slog.AnyValue(lazy{v})
	}
	s.value = v
	return s
}

// lazyFailure resolves to an error, which is an error like any other.
func lazyFailure(r *rand.Rand) sample {
	s := failure(r)
	s.value = slog.AnyValue(lazy{s.value})
	return s
}

// lazyInside is below a group or in a list.
func lazyInside(r *rand.Rand) sample {
	n := r.IntN(1000)
	l := lazy{slog.AnyValue(lazy{slog.IntValue(n)})}
	return pick(r, []sample{
		{value: slog.GroupValue(slog.Any("l", l)), want: kvs(entry("l", num(int64(n))))},
		of([]any{l}, array(num(int64(n)))),
		of(map[string]any{"l": lazy{slog.GroupValue(slog.Int("x", n))}}, kvs(entry("l", kvs(entry("x", num(int64(n))))))),
	})
}

// twins is a group in which a key stands twice: the last one stays.
func twins(r *rand.Rand) sample {
	first, last := pick(r, scalars)(r), pick(r, scalars)(r)
	return sample{
		value: slog.GroupValue(
			slog.Attr{Key: "twin", Value: first.value}, slog.Int("other", 1), slog.Attr{Key: "twin", Value: last.value}),
		want: kvs(entry("other", num(1)), entry("twin", last.want)),
	}
}

// redacted is what masking by key puts in the place of a value.
var redacted = str("[REDACTED:key]")

// masked is a secret under a key that says so, at the top or further down.
func masked(r *rand.Rand) sample {
	secret := "swordfish-" + ascii(r, r.IntN(60))
	return pick(r, []sample{
		{value: slog.StringValue(secret), want: redacted, key: "password"},
		{value: slog.StringValue(secret), want: redacted, key: "http.request.header.authorization"},
		{
			value: slog.GroupValue(slog.String("clientSecret", secret), slog.Int("n", 1)),
			want:  kvs(entry("clientSecret", redacted), entry("n", num(1))),
		},
		of(map[string]any{"api_key": secret, "count": 2}, kvs(entry("api_key", redacted), entry("count", num(2)))),
	})
}
