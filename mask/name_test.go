package mask

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/proto"
)

func TestKeysThatAreMaskedStayUnique(t *testing.T) {
	const marker = "[REDACTED:email]"
	m := newForTest(t, WithDetector(Email, Redact))
	entries := func(keys ...string) (list []*keyValue) {
		for i, k := range keys {
			list = append(list, attr(k, num(int64(i))))
		}
		return list
	}
	for _, tt := range []struct {
		name     string
		in, want []*keyValue
	}{
		{"one", entries("a@example.com", "x"), entries(marker, "x")},
		{"three", entries("a@example.com", "b@example.com", "x", "c@example.com"), entries(marker, marker+"#2", "x", marker+"#3")},
		{"beside a marker that was there", entries("a@example.com", marker, "b@example.com"), entries(marker+"#2", marker, marker+"#3")},
		{"beside a number that was there", entries(marker+"#2", "a@example.com", "b@example.com"), entries(marker+"#2", marker, marker+"#3")},
		{"the same key again", entries("a@example.com", "a@example.com"), entries(marker, marker+"#2")},
		{"the rest of the key differs", entries("a@example.com 1", "a@example.com 2"), entries(marker+" 1", marker+" 2")},
	} {
		for place, wrap := range map[string]func([]*keyValue) []*keyValue{
			"attributes": func(l []*keyValue) []*keyValue { return l },
			"a map":      func(l []*keyValue) []*keyValue { return []*keyValue{attr("m", object(l...)), attr("n", object(l...))} },
		} {
			got := m.maskRecord(t, record(wrap(tt.in)...))
			wantMessage(t, got, record(wrap(tt.want)...))
			wantMessage(t, m.maskRecord(t, got), got)
			if t.Failed() {
				t.Fatalf("%s, %s", tt.name, place)
			}
		}
		res := new(resourcepb.Resource)
		if err := proto.Unmarshal(m.AppendResource(nil, encode(t, &resourcepb.Resource{Attributes: tt.in})), res); err != nil {
			t.Fatal(err)
		}
		wantMessage(t, res, &resourcepb.Resource{Attributes: tt.want})
	}
}

func TestKeysOfAnyStayUnique(t *testing.T) {
	m := newForTest(t, WithDetector(Email, Redact))
	got, ok := m.Any(map[string]any{"b@example.com": 2, "a@example.com": 1, "c@example.com": 3, "x": 4}).(map[string]any)
	if want := map[string]any{"[REDACTED:email]": int64(1), "[REDACTED:email]#2": int64(2), "[REDACTED:email]#3": int64(3), "x": int64(4)}; !ok || !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Behind the marker of a value the number would be a part of the value.
func TestTheNumberOfAKeyIsNotTakenForASecret(t *testing.T) {
	m := newForTest(t, WithMarker("#%s#"))
	got := m.maskRecord(t, record(attr("Authorization:Ax", num(1)), attr("Authorization:Bx", num(2)), attr("Authorization:Cx", num(3))))
	want := record(attr("Authorization:#authorization#", num(1)), attr("2#Authorization:#authorization#", num(2)), attr("3#Authorization:#authorization#", num(3)))
	wantMessage(t, got, want)
	wantMessage(t, m.maskRecord(t, got), want)
}

// Nor is it cut off again with what lies beyond the limits.
func TestTheNumberOfALongKeyLiesWithinTheLimits(t *testing.T) {
	m := newForTest(t, WithLimits(Limits{3, 1024}))
	long := strings.Repeat("-", 1024)
	got := m.maskRecord(t, record(attr(long+"a", num(1)), attr(long+"b", num(2)), attr(long+"c", num(3))))
	want := record(attr(long+MarkerLimit, num(1)), attr("2#"+long[2:]+MarkerLimit, num(2)), attr("3#"+long[2:]+MarkerLimit, num(3)))
	wantMessage(t, got, want)
	wantMessage(t, m.maskRecord(t, got), want)
}

// Keys that all become the same cost no more each than the first.
func TestManyKeysThatBecomeTheSame(t *testing.T) {
	m := newForTest(t, WithDetector(Email, Redact))
	const n = 20_000
	list := make([]*keyValue, n)
	for i := range list {
		list[i] = attr(fmt.Sprintf("user%d@example.com", i), num(1))
	}
	var keys []string
	for _, kv := range m.maskRecord(t, record(attr("m", object(list...)))).Attributes[0].Value.GetKvlistValue().Values {
		keys = append(keys, kv.Key)
	}
	if len(keys) != n || keys[0] != "[REDACTED:email]" || keys[n-1] != "[REDACTED:email]#"+strconv.Itoa(n) {
		t.Errorf("got %d keys, the last %q", len(keys), keys[len(keys)-1])
	}
	slices.Sort(keys)
	if len(slices.Compact(keys)) != n {
		t.Error("some keys are equal")
	}
}
