package attrs

import (
	"encoding"
	"fmt"
	"reflect"
	"sort"
	"strconv"

	"github.com/logstream-go/logstream/internal/otlp"
)

var stringType = reflect.TypeFor[string]()

// A mapEntry is an entry of a map with its key as text.
type mapEntry struct {
	key   string
	value reflect.Value
}

// byKey sorts by the text of the key. As in fields.go, slices.SortFunc would make
// programs larger.
type byKey []mapEntry

func (s byKey) Len() int           { return len(s) }
func (s byKey) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s byKey) Less(i, j int) bool { return s[i].key < s[j].key }

// mapping appends a map, sorted by the text of its keys, so that equal maps look
// equal. Of a map with more entries than the record may hold only so many are
// looked at, and it is chance which: to sort them all could take seconds. Different
// keys may have the same text; the worker then keeps the last.
func (e *Encoder) mapping(dst []byte, p place, v reflect.Value) []byte {
	dst, m := p.openMap(dst)
	e.depth++
	n := min(v.Len(), max(e.left, 0)+1)
	entries := make([]mapEntry, 0, n)
	for it := v.MapRange(); len(entries) < n && it.Next(); {
		entries = append(entries, mapEntry{keyText(it.Key()), it.Value()})
	}
	sort.Sort(byKey(entries))
	for i, x := range entries {
		if !e.more(dst) || len(x.key) > e.room(dst) {
			dst = otlp.AppendInt(dst, otlp.TagMapEntry, cutMark, int64(v.Len()-i))
			break
		}
		if i > 0 && x.key == entries[i-1].key {
			e.Repeated = true
		}
		dst = e.reflected(dst, entry(x.key), x.value)
	}
	e.depth--
	return p.closeMap(dst, m)
}

// keyText returns the key of a map as text: what it says of itself, otherwise the
// text of a scalar, and else the form of fmt.Sprint.
func keyText(v reflect.Value) string {
	if v.Kind() == reflect.Interface {
		if v.IsNil() {
			return "null"
		}
		v = v.Elem()
	}
	if v.Type() == stringType {
		return v.String()
	}
	if nilable(v.Kind()) && v.IsNil() {
		return "null"
	}
	x := v.Interface()
	if m, ok := x.(encoding.TextMarshaler); ok {
		return marshalText(m)
	}
	if s, ok := x.(redacted); ok {
		return text(s.Redacted)
	}
	if s, ok := x.(interface{ String() string }); ok {
		return text(s.String)
	}
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.FormatUint(v.Uint(), 10)
	}
	return fmt.Sprint(x)
}
