package attrs

import (
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"slices"
	"sync"
	"time"
)

// A rule says how the values of a type are encoded.
type rule uint8

const (
	// byKind leaves the value to its reflect.Kind.
	byKind rule = iota

	// By a method of the type, named behind byMethod. Their order here is not
	// that of preference, which is in the list of methods.
	byMethodLogValue
	byMethodRedacted
	byMethodError
	byMethodText
	byMethodJSON
	byMethodString

	// Types whose methods say less than is known of them, or too much.
	byTime     // time.Time, whose MarshalText fails beyond the year 9999, or a type made of it
	byDuration // time.Duration, whose String cannot be computed with
	byNumber   // json.Number, which is one
	byUserinfo // url.Userinfo, whose String shows the password
	byValue    // slog.Value, whose String does not ask LogValuers
	byAttr     // slog.Attr, likewise
	byAttrs    // []slog.Attr, likewise

	// Lists that are more than their elements.
	byBytes // of bytes
	byUUID  // [16]byte: most of them are UUIDs, and for others it is as good as hexadecimal
)

// A plan is what is known of a type. It is made once, at the first value of the
// type, and never changes; after that a value costs one look-up instead of a
// question for each of the methods.
type plan struct {
	rule    rule
	pointer bool    // the rule's method has a pointer receiver
	tagged  bool    // a field of the struct has the tag mask, or one of a struct embedded in it
	fields  []field // of a struct
}

// A redacted value has a text without its secrets, as *url.URL. No other rule but
// LogValuer comes before it: who made such a text has logs in mind.
type redacted interface{ Redacted() string }

var (
	timeType   = reflect.TypeFor[time.Time]()
	sourceType = reflect.TypeFor[slog.Source]()

	// exact are the rules of types that are known by name.
	exact = map[reflect.Type]rule{
		timeType:                         byTime,
		reflect.TypeFor[time.Duration](): byDuration,
		reflect.TypeFor[json.Number]():   byNumber,
		reflect.TypeFor[url.Userinfo]():  byUserinfo,
		reflect.TypeFor[slog.Value]():    byValue,
		reflect.TypeFor[slog.Attr]():     byAttr,
		reflect.TypeFor[[]slog.Attr]():   byAttrs,
	}

	// methods are the rules of types that speak for themselves, the first that
	// fits counts.
	methods = []struct {
		is   reflect.Type
		rule rule
	}{
		{reflect.TypeFor[slog.LogValuer](), byMethodLogValue},
		{reflect.TypeFor[redacted](), byMethodRedacted},
		{reflect.TypeFor[error](), byMethodError},
		{reflect.TypeFor[encoding.TextMarshaler](), byMethodText},
		{reflect.TypeFor[json.Marshaler](), byMethodJSON},
		{reflect.TypeFor[fmt.Stringer](), byMethodString},
	}
)

// plans holds the plan of each type that was met, by reflect.Type. A program has
// a bounded number of types.
var plans sync.Map

// planOf returns the plan of t. Pointers and interfaces have none but to look at
// what they point to, so that a plan always speaks of the value itself.
func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	p, _ := plans.LoadOrStore(t, makePlan(t))
	return p.(*plan)
}

// makePlan finds the rule of t. A method with a pointer receiver counts for a value
// as well: to encode the fields of a type that hides them, only because it was
// logged by value, would show what must not be seen.
//
// Where a field has the tag mask no method counts but those that were written for logs:
// the others know nothing of the tag, and would show the field.
func makePlan(t reflect.Type) *plan {
	if r, ok := exact[t]; ok {
		return &plan{rule: r}
	}
	kind := t.Kind()
	if kind == reflect.Pointer || kind == reflect.Interface {
		return &plan{}
	}
	tagged := kind == reflect.Struct && hasMaskTag(t, nil)
	for _, m := range methods {
		if tagged && m.rule != byMethodLogValue && m.rule != byMethodRedacted {
			continue
		}
		if t.Implements(m.is) {
			return &plan{rule: m.rule, tagged: tagged}
		}
		if reflect.PointerTo(t).Implements(m.is) {
			return &plan{rule: m.rule, pointer: true, tagged: tagged}
		}
	}
	switch kind {
	case reflect.Slice, reflect.Array:
		return &plan{rule: listRule(t)}
	case reflect.Struct:
		if t.ConvertibleTo(timeType) { // type T time.Time, without methods or exported fields
			return &plan{rule: byTime}
		}
		return &plan{fields: fieldsOf(t), tagged: tagged}
	}
	return &plan{}
}

// hasMaskTag reports whether a field of t, exported or not, has the struct tag mask, or
// one of a struct that is embedded in t. outer are the structs around t.
func hasMaskTag(t reflect.Type, outer []reflect.Type) bool {
	if slices.Contains(outer, t) {
		return false
	}
	outer = append(outer, t)
	for f := range t.Fields() {
		if _, ok := f.Tag.Lookup("mask"); ok {
			return true
		}
		if inner, _ := embeddedStruct(f); inner != nil && hasMaskTag(inner, outer) {
			return true
		}
	}
	return false
}

// listRule tells bytes from other lists. Elements that speak for themselves, such
// as an enumeration with names, are not bytes.
func listRule(t reflect.Type) rule {
	const uuidSize = 16
	elem := t.Elem()
	switch {
	case elem.Kind() != reflect.Uint8 || planOf(elem).rule != byKind:
		return byKind
	case t.Kind() == reflect.Array && t.Len() == uuidSize:
		return byUUID
	}
	return byBytes
}
