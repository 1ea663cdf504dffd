package attrs

import (
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"strconv"
	"time"

	"github.com/logstream-go/logstream/internal/otlp"
)

// any appends a value of any type.
func (e *Encoder) any(dst []byte, p place, x any) []byte {
	if x == nil {
		return p.null(dst)
	}
	return e.reflected(dst, p, reflect.ValueOf(x))
}

// reflected appends v by the plan of its type. All nil values are null, whatever
// their methods would say, since most methods do not expect to be called then.
func (e *Encoder) reflected(dst []byte, p place, v reflect.Value) []byte {
	if nilable(v.Kind()) && v.IsNil() {
		return p.null(dst)
	}
	if e.Types != nil {
		if text, masked := e.Types(v, ""); masked {
			return p.string(dst, e.fit(dst, text))
		}
	}
	pl := planOf(v.Type())
	if pl.rule == byKind {
		return e.kind(dst, p, v, pl)
	}
	if !v.CanInterface() {
		// An embedded struct whose type is not exported, named by a tag. Its
		// methods are out of reach, its exported fields are not.
		return e.kind(dst, p, v, &plan{fields: fieldsOf(v.Type())})
	}
	if pl.rule == byBytes || pl.rule == byUUID {
		return e.bytes(dst, p, v, pl.rule)
	}
	var out string
	switch x := receiver(v, pl.pointer); pl.rule {
	case byMethodLogValue:
		// Two types may answer with each other for ever. What slog resolves in
		// a row is bounded elsewhere, what takes a turn here is not.
		if len(e.path) >= maxPath {
			return p.string(dst, deepMark)
		}
		e.path = append(e.path, visit{})
		defer e.leave()
		return e.value(dst, p, slog.AnyValue(x))
	case byMethodRedacted:
		out = text(x.(redacted).Redacted)
	case byMethodError:
		out = text(x.(error).Error)
	case byMethodText:
		out = marshalText(x.(encoding.TextMarshaler))
	case byMethodJSON:
		return e.json(dst, p, x.(json.Marshaler))
	case byMethodString:
		out = text(x.(fmt.Stringer).String)
	case byTime:
		return p.time(dst, v.Convert(timeType).Interface().(time.Time))
	case byDuration:
		return p.int(dst, v.Int())
	case byNumber:
		return e.number(dst, p, x.(json.Number))
	case byUserinfo:
		out = userText(x.(url.Userinfo))
	case byValue:
		return e.value(dst, p, x.(slog.Value))
	case byAttr:
		return e.groupValue(dst, p, []slog.Attr{x.(slog.Attr)})
	default: // byAttrs
		return e.groupValue(dst, p, x.([]slog.Attr))
	}
	return p.string(dst, e.fit(dst, out))
}

// receiver returns v for a call of its methods, as a pointer if they want one.
// What has no address, such as a value in a map or an interface, is a copy already,
// so that a copy of it does no harm.
func receiver(v reflect.Value, pointer bool) any {
	switch {
	case !pointer:
		return v.Interface()
	case v.CanAddr():
		return v.Addr().Interface()
	}
	c := reflect.New(v.Type())
	c.Elem().Set(v)
	return c.Interface()
}

// kind appends v by its kind.
func (e *Encoder) kind(dst []byte, p place, v reflect.Value, pl *plan) []byte {
	switch v.Kind() {
	case reflect.Bool:
		return p.bool(dst, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return p.int(dst, v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return p.uint(dst, v.Uint())
	case reflect.Float32, reflect.Float64:
		return p.double(dst, v.Float())
	case reflect.Complex64, reflect.Complex128:
		return p.string(dst, strconv.FormatComplex(v.Complex(), 'g', -1, v.Type().Bits()))
	case reflect.String:
		return p.string(dst, e.fit(dst, v.String()))
	case reflect.Interface:
		return e.reflected(dst, p, v.Elem())
	}
	return e.nested(dst, p, v, pl)
}

// nested appends what may hold other values, and so itself. Only pointers, maps and
// slices close a cycle; structs and arrays just nest. Functions, channels and the
// like hold nothing that can be shown but their type.
func (e *Encoder) nested(dst []byte, p place, v reflect.Value, pl *plan) []byte {
	switch v.Kind() {
	case reflect.Struct, reflect.Array:
		if e.depth >= otlp.MaxDepth {
			return p.string(dst, deepMark)
		}
	case reflect.Pointer, reflect.Map, reflect.Slice:
		if mark := e.enter(v); mark != "" {
			return p.string(dst, mark)
		}
		defer e.leave()
	default:
		return p.string(dst, v.Type().String())
	}
	switch v.Kind() {
	case reflect.Pointer:
		return e.reflected(dst, p, v.Elem())
	case reflect.Map:
		return e.mapping(dst, p, v)
	case reflect.Struct:
		return e.structure(dst, p, v, pl)
	}
	return e.list(dst, p, v)
}

// A visit is a pointer, map or slice that is being encoded. Two of different
// length or type may share an address.
//
// The address is a number: what is visited is on the heap, since reflection sees
// it, and stays where it is until the log call returns.
type visit struct {
	at  uintptr
	len int
	t   reflect.Type
}

// maxPath bounds what does not nest in the encoding but takes stack, such as a
// chain of pointers.
const maxPath = 2 * otlp.MaxDepth

// enter notes that v is about to be encoded. If it must not be, the result is the
// mark to stand for it. The path is short, so that searching it costs less than a
// set; two empty slices may share an address without being a cycle.
func (e *Encoder) enter(v reflect.Value) (mark string) {
	if e.depth >= otlp.MaxDepth || len(e.path) >= maxPath {
		return deepMark
	}
	x := visit{at: v.Pointer(), t: v.Type()}
	if v.Kind() == reflect.Slice {
		x.len = v.Len()
	}
	for _, y := range e.path {
		if x == y && (v.Kind() != reflect.Slice || x.len > 0) {
			return cycleMark
		}
	}
	e.path = append(e.path, x)
	return ""
}

// leave ends what enter began.
func (e *Encoder) leave() { e.path = e.path[:len(e.path)-1] }

// list appends a slice or an array.
func (e *Encoder) list(dst []byte, p place, v reflect.Value) []byte {
	dst, m := p.openArray(dst)
	e.depth++
	for i := range v.Len() {
		if !e.more(dst) {
			dst = otlp.AppendStringValue(dst, otlp.TagArrayElement, cutMark)
			break
		}
		dst = e.reflected(dst, element, v.Index(i))
	}
	e.depth--
	return p.closeArray(dst, m)
}

// tagged appends v, whose field has the struct tag mask.
func (e *Encoder) tagged(dst []byte, p place, v reflect.Value, tag string) []byte {
	if e.Types != nil {
		// An interface may hold the pointer to itself.
		for range maxPath {
			if v.Kind() != reflect.Pointer && v.Kind() != reflect.Interface || v.IsNil() {
				break
			}
			v = v.Elem()
		}
		if text, masked := e.Types(v, tag); masked {
			return p.string(dst, e.fit(dst, text))
		}
	}
	return p.string(dst, tagMark)
}

// structure appends the fields of a struct, in order of declaration.
func (e *Encoder) structure(dst []byte, p place, v reflect.Value, pl *plan) []byte {
	dst, m := p.openMap(dst)
	e.depth++
	for i := range pl.fields {
		f := &pl.fields[i]
		fv, ok := f.of(v)
		if !ok {
			continue
		}
		if !e.more(dst) {
			dst = otlp.AppendInt(dst, otlp.TagMapEntry, cutMark, int64(len(pl.fields)-i))
			break
		}
		if f.masked {
			dst = e.tagged(dst, entry(f.name), fv, f.mask)
			continue
		}
		dst = e.reflected(dst, entry(f.name), fv)
	}
	e.depth--
	return p.closeMap(dst, m)
}
