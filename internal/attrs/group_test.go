package attrs

import (
	"log/slog"
	"reflect"
	"testing"
)

func TestGroups(t *testing.T) {
	empty := slog.GroupValue()
	for _, test := range []struct {
		name string
		in   []slog.Attr
		want []kv
	}{
		{"the zero Attr is left out", []slog.Attr{{}, slog.Int("a", 1)}, []kv{{"a", int64(1)}}},
		{"an attribute without key", []slog.Attr{slog.Int("", 1)}, []kv{{"!EMPTYKEY", int64(1)}}},
		{"a string without key", []slog.Attr{slog.String("", "")}, []kv{{"!EMPTYKEY", ""}}},
		{"a group is a map", []slog.Attr{slog.Group("g", "a", 1, "b", "x")}, []kv{{"g", []kv{{"a", int64(1)}, {"b", "x"}}}}},
		{"groups nest", []slog.Attr{slog.Group("g", slog.Group("h", "a", 1))}, []kv{{"g", []kv{{"h", []kv{{"a", int64(1)}}}}}}},
		{"a group without attributes is left out", []slog.Attr{{Key: "g", Value: empty}}, []kv{}},
		{"a group of such groups as well", []slog.Attr{slog.Group("g", slog.Group("h"), slog.Attr{}), slog.Int("a", 1)}, []kv{{"a", int64(1)}}},
		{
			"a group without name is inlined",
			[]slog.Attr{slog.Group("", "a", 1, slog.Group("", "b", 2)), slog.Int("c", 3)},
			[]kv{{"a", int64(1)}, {"b", int64(2)}, {"c", int64(3)}},
		},
		{"in a group, too", []slog.Attr{slog.Group("g", slog.Group("", "a", 1))}, []kv{{"g", []kv{{"a", int64(1)}}}}},
		{"a LogValuer without key that is a group is inlined", []slog.Attr{slog.Any("", valuer{slog.GroupValue(slog.Int("a", 1))})}, []kv{{"a", int64(1)}}},
		{"a LogValuer without key that is not", []slog.Attr{slog.Any("", valuer{1})}, []kv{{"!EMPTYKEY", int64(1)}}},
		{"a LogValuer without key that is nil", []slog.Attr{slog.Any("", valuer{nil})}, []kv{}},
		{"a LogValuer that is a group", []slog.Attr{slog.Any("g", valuer{slog.GroupValue(slog.Int("a", 1))})}, []kv{{"g", []kv{{"a", int64(1)}}}}},
		{"a LogValuer that is an empty group is left out", []slog.Attr{slog.Any("g", valuer{empty})}, []kv{}},
		{"a LogValuer in a group", []slog.Attr{slog.Group("g", slog.Any("a", valuer{valuer{1}}))}, []kv{{"g", []kv{{"a", int64(1)}}}}},
		{
			"a group after a long one",
			[]slog.Attr{slog.Group("g", "a", string(make([]byte, 300))), slog.Group("h", "b", 1)},
			[]kv{{"g", []kv{{"a", string(make([]byte, 300))}}}, {"h", []kv{{"b", int64(1)}}}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := newEncoder(testLimit)
			if got := decode(t, e.appendAll(test.in...)); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
			if e.Repeated {
				t.Error("got Repeated, want no repeated key")
			}
		})
	}
}

func TestRepeatedKeysAreSeen(t *testing.T) {
	invalid := "k\xff"
	for _, test := range []struct {
		name string
		in   []slog.Attr
		want bool
	}{
		{"different keys", []slog.Attr{slog.Int("a", 1), slog.Int("b", 2)}, false},
		{"the same key twice", []slog.Attr{slog.Int("a", 1), slog.Int("b", 2), slog.String("a", "x")}, true},
		{"at different levels", []slog.Attr{slog.Int("a", 1), slog.Group("g", "a", 2)}, false},
		{"in a group", []slog.Attr{slog.Group("g", "a", 1, "a", 2)}, true},
		{"after a group", []slog.Attr{slog.Int("a", 1), slog.Group("g", "b", 1), slog.Int("a", 2)}, true},
		{"a group's name", []slog.Attr{slog.Int("g", 1), slog.Group("g", "a", 2)}, true},
		{"two groups of a name", []slog.Attr{slog.Group("g", "a", 1), slog.Group("g", "b", 2)}, true},
		{"through an inlined group", []slog.Attr{slog.Int("a", 1), slog.Group("", "a", 2)}, true},
		{"in a group that is left out", []slog.Attr{slog.Group("g", slog.Group("h")), slog.Int("g", 1)}, false},
		{"keys that map keys turn into", []slog.Attr{slog.Any("m", map[any]int{"1": 1, 1: 2})}, true},
		{"keys that are not UTF-8", []slog.Attr{slog.Int(invalid, 1), slog.Int(invalid, 2)}, true},
		{"keys without text", []slog.Attr{slog.Int("", 1), slog.Int("", 2)}, true},
		{"keys that share all the filter looks at", []slog.Attr{slog.Int("aXbYc", 1), slog.Int("aZbWc", 2)}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := newEncoder(testLimit)
			decode(t, e.appendAll(test.in...))
			if e.Repeated != test.want {
				t.Errorf("got %v, want %v", e.Repeated, test.want)
			}
		})
	}
}

func TestLevelGoesOnWhereItWasLeft(t *testing.T) {
	first := newEncoder(testLimit)
	b := first.appendAll(slog.Int("a", 1), slog.Int("b", 2))
	second := newEncoder(testLimit)
	second.Level = first.Level
	b = second.Append(b, slog.Int("a", 3))
	if !second.Repeated || first.Repeated {
		t.Errorf("got %v and %v, want only the second to see a repeated key", first.Repeated, second.Repeated)
	}
	if second.Level.Count != 3 {
		t.Errorf("got %d attributes, want 3", second.Level.Count)
	}
	if got := len(decode(t, b)); got != 3 {
		t.Errorf("got %d attributes decoded, want 3", got)
	}
}

func TestReplace(t *testing.T) {
	var calls []string
	e := newEncoder(testLimit)
	e.Groups = []string{"outer"}
	e.Replace = func(groups []string, a slog.Attr) slog.Attr {
		call := ""
		for _, g := range groups {
			call += g + "."
		}
		calls = append(calls, call+a.Key+"="+a.Value.String())
		switch a.Key {
		case "gone":
			return slog.Attr{}
		case "valuer":
			return slog.Any("new", valuer{7})
		case "group":
			return slog.Group("made", "x", 1)
		}
		return a
	}
	got := decode(t, e.appendAll(
		slog.Int("a", 1), slog.Int("gone", 2),
		slog.Group("g", slog.Any("valuer", valuer{"v"}), slog.Group("h", "gone", 1), slog.Group("", "inline", 2)),
		slog.Int("group", 0)))
	want := []kv{{"a", int64(1)}, {"g", []kv{{"new", int64(7)}, {"inline", int64(2)}}}, {"made", []kv{{"x", int64(1)}}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	wantCalls := []string{
		"outer.a=1", "outer.gone=2", "outer.g.valuer=v", "outer.g.h.gone=1", "outer.g.inline=2",
		"outer.group=0", "outer.made.x=1",
	}
	if !reflect.DeepEqual(calls, wantCalls) {
		t.Errorf("got calls %v, want %v", calls, wantCalls)
	}
}
