package mask

import (
	"fmt"
	"log/slog"
	"reflect"
	"strconv"
)

// WithType masks every value of Go type T that is logged with slogbridge, wherever
// it stands: as an attribute, in a field, a list or a map, as the key of a map, behind
// a pointer. Redact puts [REDACTED:type] in its place; Hash and Partial act on strings,
// bytes and integers, and redact anything else. What T's own LogValue method returns is
// not a T any more. Inside of texts a T cannot be told from other text. Default: none;
// fields with a struct tag `mask:"..."` and values of type Secret are masked in any
// case. Drop, Keep, an interface, and a type that log/slog does not keep apart, such as
// string, int or time.Time, are errors of New. Of several uses for a type the last counts.
func WithType[T any](a Action) Option {
	return optionFunc(func(c *config) {
		c.types = append(c.types, typeOption{reflect.TypeFor[T](), a})
	})
}

// WithTag says what is done with fields whose struct tag mask is tag, as in
//
//	Card string `mask:"last4"`
//
// with WithTag("last4", Partial(0, 4)), which leaves ************1111. Hash and Partial act
// on what they act on with WithType. Default: Redact, for every tag but "drop" and "-", which leave the field out;
// these, an empty tag, Drop and Keep are errors of New. Of several uses for a tag the
// last counts.
func WithTag(tag string, a Action) Option {
	return optionFunc(func(c *config) { c.tags = append(c.tags, tagOption{tag, a}) })
}

// tagOption is a use of WithTag.
type tagOption struct {
	tag    string
	action Action
}

// typeOption is a use of WithType.
type typeOption struct {
	typ    reflect.Type
	action Action
}

// addTypes adds what is masked by its type, or the tag of its field, to m.
func (c *config) addTypes(m *Masker, fail func(string, ...any)) {
	check := func(option string, a Action) {
		if err := c.checkAction(a); err != nil {
			fail("%s: %w", option, err)
		} else if a == Keep || a == Drop {
			fail("%s: %v cannot be done; redact, hash and a part can", option, a)
		}
	}
	for _, o := range c.tags {
		option := fmt.Sprintf("WithTag(%q)", o.tag)
		if o.tag == "" || o.tag == "-" || o.tag == "drop" {
			fail("%s: such a field is redacted or left out in any case", option)
		}
		check(option, o.action)
		if m.tags == nil {
			m.tags = map[string]Action{}
		}
		m.tags[o.tag] = o.action
	}
	for _, o := range c.types {
		option := fmt.Sprintf("WithType[%v]", o.typ)
		if o.typ.Kind() == reflect.Interface {
			fail("%s: values are of the types behind an interface; name these", option)
		} else if k := slog.AnyValue(reflect.Zero(o.typ).Interface()).Kind(); k != slog.KindAny && k != slog.KindLogValuer {
			fail("%s: log/slog keeps it as a %v and not as this type; use a type of your own", option, k)
		}
		check(option, o.action)
		if m.types == nil {
			m.types = map[reflect.Type]Action{}
		}
		m.types[o.typ] = o.action
	}
	m.typeRule, m.tagRule = c.newRule("type", Redact), c.newRule("tag", Redact)
}

// TypeMask returns a function that tells for a value whether it is masked for its
// type, or for the struct tag mask of its field, "" if there is none, and the text that
// stands in its place. It is nil if neither WithType nor WithTag was used.
// It is for bridges such as slogbridge, which know types; the function may be called
// concurrently.
func (m *Masker) TypeMask() func(v reflect.Value, tag string) (text string, masked bool) {
	if m.tailor == nil {
		return nil
	}
	return m.tailor.ofType(m)
}

// maskType is what TypeMask returns.
func (m *Masker) maskType(v reflect.Value, tag string) (text string, masked bool) {
	a, ok := Redact, true
	r := &m.tagRule
	switch {
	case tag == "":
		a, ok = m.types[v.Type()]
		r = &m.typeRule
	case m.tags[tag] != 0:
		a = m.tags[tag]
	}
	if !ok {
		return "", false
	}
	if m.masked.Add(1); m.dryRun {
		return "", false
	}
	var value []byte
	switch {
	case a == Redact:
		return r.marker, true
	case v.Kind() == reflect.String:
		value = []byte(v.String())
	case v.CanInt():
		value = strconv.AppendInt(nil, v.Int(), 10)
	case v.CanUint():
		value = strconv.AppendUint(nil, v.Uint(), 10)
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		value = v.Bytes()
	default:
		return r.marker, true
	}
	return tailored{}.whole(m, r, a, value), true
}
