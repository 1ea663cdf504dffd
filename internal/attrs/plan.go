package attrs

import (
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"sync"
	"time"
)

// A rule says how the values of a type are encoded.
type rule uint8

const (
	byKind rule = iota // no rule but that of its reflect.Kind

	byMethodLogValue
	byMethodRedacted
	byMethodError
	byMethodText
	byMethodJSON
	byMethodString

	byTime     // time.Time or another type made of it
	byDuration // time.Duration
	byNumber   // json.Number
	byUserinfo // url.Userinfo
	byValue    // slog.Value
	byAttr     // slog.Attr
	byAttrs    // []slog.Attr
	byBytes    // bytes
	byUUID     // [16]byte
)

// A plan is what is known of a type. It is made once and never changes.
type plan struct {
	rule    rule
	pointer bool    // the rule's method has a pointer receiver
	fields  []field // of a struct
}

// A redacted value has a text without its secrets, as *url.URL.
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

func makePlan(t reflect.Type) *plan {
	if r, ok := exact[t]; ok {
		return &plan{rule: r}
	}
	kind := t.Kind()
	if kind == reflect.Pointer || kind == reflect.Interface {
		return &plan{}
	}
	for _, m := range methods {
		if t.Implements(m.is) {
			return &plan{rule: m.rule}
		}
		if reflect.PointerTo(t).Implements(m.is) {
			return &plan{rule: m.rule, pointer: true}
		}
	}
	switch kind {
	case reflect.Slice, reflect.Array:
		return &plan{rule: listRule(t)}
	case reflect.Struct:
		if t.ConvertibleTo(timeType) {
			return &plan{rule: byTime}
		}
		return &plan{fields: fieldsOf(t)}
	}
	return &plan{}
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
