package attrs

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

type (
	base struct {
		ID   int `json:"id"`
		Name string
	}
	Inner struct {
		ID    int
		Depth string `json:"depth"`
	}
	deeper struct{ Inner }
	Left   struct{ Both, OnlyLeft int }
	Right  struct{ Both, OnlyRight int }
	tagged struct {
		Both int `json:"Both"`
	}
	Text string

	zeroer struct{ N int }

	tree struct {
		Kids []*tree `json:"kids,omitempty"`
		Name string  `json:"name"`
	}
)

func (z zeroer) IsZero() bool { return z.N < 0 }

// The oracle of struct fields is encoding/json: whatever it makes of a struct, the
// same names must come out here, in the same order.
func TestFieldsAreThoseOfJSON(t *testing.T) {
	for _, test := range []struct {
		name string
		in   any
	}{
		{"plain", struct {
			A int
			b int
			C string
		}{1, 2, "c"}},
		{"names from tags", struct {
			A int `json:"a"`
			B int `json:"b,omitempty"`
			C int `json:"-"`
			D int `json:"-,"`
			E int `json:",omitempty"`
			F int `other:"x"`
		}{1, 0, 3, 4, 5, 6}},
		{"omitempty", struct {
			A int            `json:",omitempty"`
			B string         `json:",omitempty"`
			C []int          `json:",omitempty"`
			D map[string]int `json:",omitempty"`
			E *int           `json:",omitempty"`
			F [0]int         `json:",omitempty"`
			G struct{}       `json:",omitempty"`
			H any            `json:",omitempty"`
			I bool           `json:",omitempty"`
			J float64        `json:",omitempty"`
		}{C: []int{}}},
		{"omitzero", struct {
			A int       `json:",omitzero"`
			B zeroer    `json:",omitzero"`
			C zeroer    `json:",omitzero"`
			D *zeroer   `json:",omitzero"`
			E []int     `json:",omitzero"`
			F time.Time `json:",omitzero"`
		}{B: zeroer{-1}, C: zeroer{0}, E: []int{}}},
		{"embedded", struct {
			base
			X int
		}{base{1, "n"}, 2}},
		{"embedded by pointer", struct {
			*Inner
			X int
		}{&Inner{1, "d"}, 2}},
		{"embedded by a nil pointer", struct {
			*Inner
			X int
		}{nil, 2}},
		{"embedded with a name", struct {
			Inner `json:"inner"`
			X     int
		}{Inner{1, "d"}, 2}},
		{"embedded without export, with a name", struct {
			base `json:"base"`
		}{base{1, "n"}}},
		{"embedded but not a struct", struct {
			Text
			X int
		}{"t", 1}},
		{"embedded twice deep", struct {
			deeper
			ID string
		}{deeper{Inner{1, "d"}}, "own"}},
		{"embedded fields that cancel each other", struct {
			Left
			Right
		}{Left{1, 2}, Right{3, 4}}},
		{"embedded fields of which one has a tag", struct {
			Left
			tagged
		}{Left{1, 2}, tagged{3}}},
		{"an outer field that hides embedded ones", struct {
			Both int
			Left
			Right
		}{5, Left{1, 2}, Right{3, 4}}},
		{"the same struct through two others", struct {
			A struct{ deeper }
			deeper
		}{}},
		{"a recursive type", tree{Name: "root", Kids: []*tree{{Name: "kid"}, {Kids: []*tree{{Name: "grandchild"}}}}}},
		{"a slice of structs", []base{{1, "a"}, {2, "b"}}},
		{"anonymous inside", struct {
			In struct{ X, Y int } `json:"in"`
		}{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			want, err := json.Marshal(test.in)
			if err != nil {
				t.Fatal(err)
			}
			if got := appendJSON(nil, valueOf(t, test.in)); !bytes.Equal(got, want) {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

// appendJSON appends a decoded value as JSON, entries in order.
func appendJSON(dst []byte, v any) []byte {
	switch x := v.(type) {
	case []kv:
		dst = append(dst, '{')
		for i, e := range x {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendJSON(dst, e.key), ':')
			dst = appendJSON(dst, e.value)
		}
		return append(dst, '}')
	case []any:
		dst = append(dst, '[')
		for i, e := range x {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, e)
		}
		return append(dst, ']')
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return append(dst, b...)
}

func TestPlanIsMadeOnce(t *testing.T) {
	type local struct{ A int }
	if planOf(reflect.TypeFor[local]()) != planOf(reflect.TypeFor[local]()) {
		t.Error("got two plans of a type, want one")
	}
}
