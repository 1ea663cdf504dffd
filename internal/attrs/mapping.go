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
	key    string
	value  reflect.Value
	masked bool // Whether the key is.
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
		key := it.Key()
		text, masked := e.maskedKey(key)
		if !masked {
			text = keyText(key)
		}
		entries = append(entries, mapEntry{text, it.Value(), masked})
	}
	sort.Sort(byKey(entries))
	first := 0 // Of those with the same key.
	for i, x := range entries {
		if x.key != entries[first].key {
			first = i
		} else if i > first && x.masked {
			x.key += "#" + strconv.Itoa(i-first+1)
		}
		if !e.more(dst) || len(x.key) > e.room(dst) {
			dst = otlp.AppendInt(dst, otlp.TagMapEntry, cutMark, int64(v.Len()-i))
			break
		}
		if i > first && !x.masked {
			e.Repeated = true
		}
		dst = e.reflected(dst, entry(x.key), x.value)
	}
	e.depth--
	return p.closeMap(dst, m)
}

// maskedKey returns what stands in place of the key of a map if its type is masked, or
// that of something in it, or a field of it, which its text would show.
func (e *Encoder) maskedKey(v reflect.Value) (text string, masked bool) {
	if v.Kind() == reflect.Interface {
		if v.IsNil() {
			return "", false
		}
		v = v.Elem()
	}
	if e.Types != nil {
		text, masked = e.Types(v, "")
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := 0; i < v.NumField() && !masked; i++ {
			if _, masked = v.Type().Field(i).Tag.Lookup("mask"); masked {
				return tagMark, true
			}
			text, masked = e.maskedKey(v.Field(i))
		}
	case reflect.Array:
		for i := 0; i < v.Len() && !masked; i++ {
			text, masked = e.maskedKey(v.Index(i))
		}
	}
	return text, masked
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
