package attrs

import (
	"cmp"
	"reflect"
	"slices"
	"sort"
	"strings"
)

// A field is a field of a struct, or of a struct embedded in it, as encoding/json
// sees it.
type field struct {
	name      string
	index     []int
	omitEmpty bool
	omitZero  bool
	tagged    bool   // the name is from the tag
	masked    bool   // the value must not be seen
	mask      string // the struct tag that says so
}

// fieldsOf returns the fields of t that are encoded, in order of declaration.
// Where several have the same name those count that are embedded least deep, of
// those the one whose name is from its tag, and if that leaves more than one,
// none. It is the rule of encoding/json.
//
// The search goes by depth: level holds the structs embedded at one depth, next
// those at the one below.
func fieldsOf(t reflect.Type) []field {
	var found []field
	type embedded struct {
		t     reflect.Type
		index []int
	}
	seen := map[reflect.Type]bool{t: true}
	for level := []embedded{{t: t}}; len(level) > 0; {
		var next []embedded
		times := map[reflect.Type]int{}
		for _, s := range level {
			for i := range s.t.NumField() {
				f := s.t.Field(i)
				index := append(slices.Clone(s.index), i)
				inner, include := embeddedStruct(f)
				if !include {
					continue
				}
				tag := f.Tag.Get("json")
				mask, hasMask := f.Tag.Lookup("mask")
				if tag == "-" || mask == "-" || mask == "drop" {
					continue
				}
				name, options, _ := strings.Cut(tag, ",")
				if inner != nil && name == "" && !hasMask {
					// A struct that is embedded twice at the same depth is
					// looked at twice, so that its names cancel each other;
					// more often adds nothing.
					if times[inner]++; !seen[inner] && times[inner] <= 2 {
						next = append(next, embedded{inner, index})
					}
					continue
				}
				found = append(found, field{
					name:      cmp.Or(name, f.Name),
					index:     index,
					omitEmpty: hasOption(options, "omitempty") || t == sourceType,
					omitZero:  hasOption(options, "omitzero"),
					tagged:    name != "",
					masked:    hasMask,
					mask:      mask,
				})
			}
		}
		// Only now, so that structs at the same depth do not hide each other.
		for _, s := range next {
			seen[s.t] = true
		}
		level = next
	}
	return dominant(found)
}

// embeddedStruct returns the struct type that f embeds, or nil, and whether f is
// looked at at all: unexported fields are not, but for embedded structs, which may
// have exported fields.
func embeddedStruct(f reflect.StructField) (t reflect.Type, include bool) {
	if !f.Anonymous {
		return nil, f.IsExported()
	}
	t = f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil, f.IsExported()
	}
	return t, true
}

// dominant drops the fields that others hide, and sorts by declaration. It sorts by
// name first, with the field that may win at the front of its namesakes.
func dominant(fields []field) []field {
	sort.Sort(byDominance(fields))
	out := fields[:0]
	for i := 0; i < len(fields); {
		j := i + 1
		for j < len(fields) && fields[j].name == fields[i].name {
			j++
		}
		// The first wins if the second is deeper or has no tag where it has one.
		first := fields[i]
		if j == i+1 || len(fields[i+1].index) > len(first.index) || first.tagged != fields[i+1].tagged {
			out = append(out, first)
		}
		i = j
	}
	sort.Sort(byDeclaration(out))
	return slices.Clip(out)
}

// byDominance sorts by name, the field that may win at the front of its namesakes.
// Package sort is used because each instance of slices.SortFunc adds 15 kB to a
// program, and the fields of a type are sorted once.
type byDominance []field

func (s byDominance) Len() int      { return len(s) }
func (s byDominance) Swap(i, j int) { s[i], s[j] = s[j], s[i] }

func (s byDominance) Less(i, j int) bool {
	a, b := &s[i], &s[j]
	if a.name != b.name {
		return a.name < b.name
	}
	if len(a.index) != len(b.index) {
		return len(a.index) < len(b.index)
	}
	return a.tagged && !b.tagged
}

// byDeclaration sorts by the place in the type's declaration.
type byDeclaration []field

func (s byDeclaration) Len() int           { return len(s) }
func (s byDeclaration) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s byDeclaration) Less(i, j int) bool { return slices.Compare(s[i].index, s[j].index) < 0 }

// hasOption reports whether the options of a json tag, separated by commas, hold
// want.
func hasOption(options, want string) bool {
	for options != "" {
		var o string
		if o, options, _ = strings.Cut(options, ","); o == want {
			return true
		}
	}
	return false
}

// of returns the field of v; ok is false where a nil pointer is embedded on the
// way or a tag says to omit it.
func (f *field) of(v reflect.Value) (_ reflect.Value, ok bool) {
	for i, n := range f.index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return v, false
			}
			v = v.Elem()
		}
		v = v.Field(n)
	}
	if f.omitEmpty && isEmpty(v) || f.omitZero && isZero(v) {
		return v, false
	}
	return v, true
}

// isEmpty is the meaning of omitempty: false, 0, a nil pointer or interface, and
// anything of length 0. A struct never is.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// isZero is the meaning of omitzero: what the type's method IsZero says, or else the
// zero value. If the method panics the field is shown.
func isZero(v reflect.Value) (zero bool) {
	if !v.CanInterface() {
		return v.IsZero()
	}
	if z, ok := reflect.TypeAssert[interface{ IsZero() bool }](v); ok && !isNil(z) {
		defer func() {
			if recover() != nil {
				zero = false
			}
		}()
		return z.IsZero()
	}
	return v.IsZero()
}
