package mask

import (
	"reflect"
	"strconv"
)

// WithType masks every value of Go type T that is logged with slogbridge, wherever
// it stands: as an attribute, in a field, a list or a map, as the key of a map, behind
// a pointer. Redact puts [REDACTED:type] in its place; Hash and Partial act on strings,
// bytes and integers, and redact anything else. What T's own LogValue method returns is
// not a T any more. Inside of texts a T cannot be told from other text. Default: none;
// fields with a struct tag `mask:"..."` and values of type Secret are masked in any
// case. Drop and Keep are errors of New. Of several uses for a type the last counts.
func WithType[T any](a Action) Option {
	return optionFunc(func(c *config) {
		c.types = append(c.types, typeOption{reflect.TypeFor[T](), a})
	})
}

// typeOption is a use of WithType.
type typeOption struct {
	typ    reflect.Type
	action Action
}

// addTypes adds what is masked by its type to m.
func (c *config) addTypes(m *Masker, fail func(string, ...any)) {
	for _, o := range c.types {
		if err := c.checkAction(o.action); err != nil {
			fail("WithType[%v]: %w", o.typ, err)
		} else if o.action == Keep || o.action == Drop {
			fail("WithType[%v]: %v cannot be done; redact, hash and a part can", o.typ, o.action)
		}
		if m.types == nil {
			m.types = map[reflect.Type]Action{}
		}
		m.types[o.typ] = o.action
	}
	m.typeRule = c.newRule("type", Redact)
}

// TypeMask returns a function that tells for a value whether it is masked for its
// type, and the text that stands in its place. It is nil if WithType was not used.
// It is for bridges such as slogbridge, which know types; the function may be called
// concurrently.
func (m *Masker) TypeMask() func(v reflect.Value) (text string, masked bool) {
	if m.tailor == nil {
		return nil
	}
	return m.tailor.ofType(m)
}

// maskType is what TypeMask returns.
func (m *Masker) maskType(v reflect.Value) (text string, masked bool) {
	a, ok := m.types[v.Type()]
	if !ok || m.dryRun {
		return "", false
	}
	m.masked.Add(1)
	var value []byte
	switch {
	case a == Redact:
		return m.typeRule.marker, true
	case v.Kind() == reflect.String:
		value = []byte(v.String())
	case v.CanInt():
		value = strconv.AppendInt(nil, v.Int(), 10)
	case v.CanUint():
		value = strconv.AppendUint(nil, v.Uint(), 10)
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		value = v.Bytes()
	default:
		return m.typeRule.marker, true
	}
	return m.acted(a, m.typeRule.name, value, m.typeRule.marker), true
}
