package attrs

import (
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/logstream-go/logstream/internal/otlp"
)

// node can hold itself in many ways.
type node struct {
	Name string
	Next *node
	List []any
	Map  map[string]any
	Any  any
}

func TestCycles(t *testing.T) {
	byPointer := &node{Name: "a"}
	byPointer.Next = byPointer
	bySlice := []any{1, nil}
	bySlice[1] = bySlice
	byMap := map[string]any{}
	byMap["self"] = byMap
	var byInterface any
	byInterface = &byInterface

	for _, test := range []struct {
		name string
		in   any
		want any
	}{
		{"a pointer", byPointer, []kv{{"Name", "a"}, {"Next", "...[cycle]"}, {"List", nil}, {"Map", nil}, {"Any", nil}}},
		{"a slice", bySlice, []any{int64(1), "...[cycle]"}},
		{"a map", byMap, []kv{{"self", "...[cycle]"}}},
		{"an interface", byInterface, "...[cycle]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := valueOf(t, test.in); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestSameValueTwiceIsNoCycle(t *testing.T) {
	n := &node{Name: "n"}
	empty := []int{}
	got := valueOf(t, []any{n, n, empty, [][]int{empty, empty}})
	one := []kv{{"Name", "n"}, {"Next", nil}, {"List", nil}, {"Map", nil}, {"Any", nil}}
	want := []any{one, one, []any{}, []any{[]any{}, []any{}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// depthOf returns how deep lists and maps nest in v, and what is at the bottom.
func depthOf(v any) (int, any) {
	switch x := v.(type) {
	case []any:
		if len(x) > 0 {
			n, end := depthOf(x[0])
			return n + 1, end
		}
		return 1, nil
	case []kv:
		if len(x) > 0 {
			n, end := depthOf(x[len(x)-1].value)
			return n + 1, end
		}
		return 1, nil
	}
	return 0, v
}

// inlineSelf is a group without name in which it is itself.
type inlineSelf struct{}

func (s inlineSelf) LogValue() slog.Value {
	return slog.GroupValue(slog.Any("", s), slog.Int("x", 1))
}

// groupSelf is a group in which it is itself, more than once.
type groupSelf struct{}

func (s groupSelf) LogValue() slog.Value {
	return slog.GroupValue(slog.Any("a", s), slog.Any("b", s), slog.Any("c", s))
}

// alternating answers with a type whose pointer answers with it again.
type (
	alternating1 struct{}
	alternating2 struct{}
)

func (alternating1) LogValue() slog.Value  { return slog.AnyValue(alternating2{}) }
func (*alternating2) LogValue() slog.Value { return slog.AnyValue(alternating1{}) }

type pointers *pointers

func TestDepth(t *testing.T) {
	const levels = 3 * otlp.MaxDepth
	var lists any = "end"
	var maps any = "end"
	groups := slog.String("end", "end")
	var chain *node
	for range levels {
		lists = []any{lists}
		maps = map[string]any{"m": maps}
		groups = slog.Group("g", groups)
		chain = &node{Any: chain}
	}
	var pointer pointers
	for range levels {
		next := pointer
		pointer = &next
	}
	for _, test := range []struct {
		name string
		in   any
	}{
		{"lists", lists},
		{"maps", maps},
		{"structs", chain},
		{"groups", groups.Value},
		{"a list of groups", []any{groups.Value, groups}},
		{"a LogValuer that holds itself", funcValuer(selfList)},
	} {
		t.Run(test.name, func(t *testing.T) {
			n, end := depthOf(valueOf(t, test.in))
			if n != otlp.MaxDepth || end != deepMark {
				t.Errorf("got depth %d ending with %v, want %d and the mark", n, end, otlp.MaxDepth)
			}
		})
	}
	for _, test := range []struct {
		name string
		in   any
	}{
		{"pointers", pointer},
		{"LogValuers in turn", alternating1{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := valueOf(t, test.in); got != deepMark {
				t.Errorf("got %v, want the mark", got)
			}
		})
	}
}

func selfList() slog.Value { return slog.AnyValue([]any{funcValuer(selfList)}) }

func TestGroupsThatHoldThemselvesEnd(t *testing.T) {
	for _, v := range []any{inlineSelf{}, groupSelf{}} {
		e := newEncoder(testLimit)
		b := e.appendAll(slog.Any("", v), slog.Any("k", v), slog.Int("last", 1))
		got := decode(t, b)
		if got[len(got)-1] != (kv{"last", int64(1)}) {
			t.Errorf("got %v at the end, want last=1", got[len(got)-1])
		}
		if len(b) > testLimit {
			t.Errorf("got %d bytes, want at most %d", len(b), testLimit)
		}
	}
}

func TestOpenGroupsCountAsDepth(t *testing.T) {
	e := newEncoder(testLimit)
	e.Reset(testLimit, otlp.MaxDepth-1)
	got := decode(t, e.appendAll(slog.Any("list", []any{1}), slog.Any("lists", [][]int{{1}})))
	want := []kv{{"list", []any{int64(1)}}, {"lists", []any{deepMark}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestSizeIsBounded(t *testing.T) {
	const limit = 10_000
	long := strings.Repeat("x", 10*limit)
	longMap := map[string]int{}
	for i := range limit {
		longMap[strings.Repeat("k", i%50)+string(rune('a'+i%26))+strings.Repeat("z", i/26)] = i
	}
	for _, test := range []struct {
		name string
		in   any
	}{
		{"a string", long},
		{"a string that is not UTF-8", "\xff" + long},
		{"bytes", []byte(long)},
		{"an array of bytes", [10 * limit]byte{}},
		{"a list", make([]int, 10*limit)},
		{"a list of strings", []string{long, long, long}},
		{"a map", longMap},
		{"a map with a long key", map[string]int{long: 1}},
		{"JSON", blobJSON(`"` + long + `"`)},
		{"JSON of many parts", blobJSON(`[` + strings.Repeat("1,", limit) + `1]`)},
		{"an error", panicError(long)},
		{"a panic", explosiveText(long)},
		{"a group", slog.GroupValue(slog.String("a", long), slog.String(long, "b"), slog.String("c", long))},
		{"lists in lists", [][]string{{long}, {long, long}, {long}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := newEncoder(limit)
			b := e.appendAll(slog.Any("k", test.in), slog.Any("second", test.in), slog.Int("small", 1))
			if len(b) > limit {
				t.Errorf("got %d bytes, want at most %d", len(b), limit)
			}
			got := decode(t, b)
			if got[len(got)-1] != (kv{"small", int64(1)}) {
				t.Errorf("got %v at the end, want the small attribute to survive", got[len(got)-1])
			}
			if !strings.Contains(string(b), cutMark) {
				t.Error("got no mark where something was cut")
			}
		})
	}
}

type blobJSON string

func (b blobJSON) MarshalJSON() ([]byte, error) { return []byte(b), nil }

type panicError string

func (e panicError) Error() string { return string(e) }

type explosiveText string

func (e explosiveText) MarshalText() ([]byte, error) { panic(string(e)) }

func TestAttributesBeyondTheLimitAreCounted(t *testing.T) {
	e := newEncoder(200)
	var list []slog.Attr
	for range 100 {
		list = append(list, slog.String("key", "value"), slog.Any("any", 'x'), slog.Group("g", "a", 1), slog.Group("", "b", 1))
	}
	b := e.appendAll(list...)
	got := len(decode(t, b))
	if got == 0 || got+int(e.Dropped) != len(list) {
		t.Errorf("got %d encoded and %d dropped, want %d together", got, e.Dropped, len(list))
	}
	if len(b) > 250 {
		t.Errorf("got %d bytes, want about 200", len(b))
	}
}

func TestElementsAreBounded(t *testing.T) {
	// As many values as there may be at all, each of them in few bytes.
	e := newEncoder(testLimit)
	got := decode(t, e.appendAll(slog.Any("a", make([]bool, 10*MaxElements)), slog.Any("b", []int{1, 2, 3})))
	a := got[0].value.([]any)
	if len(a) > MaxElements || a[len(a)-1] != cutMark {
		t.Errorf("got %d elements ending with %v, want at most %d and the mark", len(a), a[len(a)-1], MaxElements)
	}
	if want := []any{int64(1), int64(2), int64(3)}; !reflect.DeepEqual(got[1].value, want) {
		t.Errorf("got %v, want the list behind it whole", got[1].value)
	}
}

func TestShorten(t *testing.T) {
	for _, test := range []struct {
		in   string
		n    int
		want string
	}{
		{"short", 5, "short"},
		{"a bcdefghijkl", 12, "a" + cutMark},
		{"ä öüäöüäöü", 12, "ä" + cutMark},
		{"ä öüäöüäöü", 13, "ä" + cutMark},
		{"one word and another", 18, "one word" + cutMark},
		{"card 4111 1111 1111 1111", 21, "card" + cutMark},
		{"abcdefghijkl", 11, cutMark},
		{strings.Repeat("x", 400), 308, strings.Repeat("x", 300-256) + cutMark},
		{strings.Repeat("ü", 400), 309, strings.Repeat("ü", 22) + cutMark},
		{"a " + strings.Repeat("\x80", 40), 14, "a" + cutMark},
		{"anything at all", 3, cutMark},
		{"anything", 0, cutMark},
	} {
		got := Shorten(test.in, test.n)
		if got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
		if utf8.ValidString(test.in) && !utf8.ValidString(got) {
			t.Errorf("got %q, which is not valid UTF-8", got)
		}
	}
}
