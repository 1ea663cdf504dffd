package attrs

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/logstream-go/logstream/internal/otlp"
)

// Tags of the fields around a text: the first field of KeyValue and of AnyValue.
const (
	tagKey    byte = 1<<3 | 2
	tagString byte = 1<<3 | 2
)

// A textMark says where the lengths of an open text stand.
type textMark struct{ kv, value, text otlp.Mark }

// openText starts a text that the caller appends byte by byte, in valid UTF-8,
// before closeText. It makes text without garbage where append functions exist.
func (p place) openText(dst []byte) ([]byte, textMark) {
	var m textMark
	if p.bare {
		dst, m.value = otlp.Open(dst, p.tag)
	} else {
		dst, m.kv = otlp.Open(dst, p.tag)
		if p.key != "" {
			dst = otlp.AppendStringField(dst, tagKey, p.key)
		}
		dst, m.value = otlp.Open(dst, otlp.TagKeyValueValue)
	}
	dst, m.text = otlp.Open(dst, tagString)
	return dst, m
}

// closeText ends what openText started, from the inside out.
func (p place) closeText(dst []byte, m textMark) []byte {
	dst = otlp.Close(otlp.Close(dst, m.text), m.value)
	if p.bare {
		return dst
	}
	return otlp.Close(dst, m.kv)
}

// time appends t as RFC 3339 text with nanoseconds.
func (p place) time(dst []byte, t time.Time) []byte {
	dst, m := p.openText(dst)
	return p.closeText(t.AppendFormat(dst, time.RFC3339Nano), m)
}

// uint appends v, or its decimal text if OTLP's integers cannot hold it.
func (p place) uint(dst []byte, v uint64) []byte {
	if v <= math.MaxInt64 {
		return p.int(dst, int64(v))
	}
	dst, m := p.openText(dst)
	return p.closeText(strconv.AppendUint(dst, v, 10), m)
}

// userText returns the name of u, and whether there is a password, in the form of
// url.URL.Redacted.
func userText(u url.Userinfo) string {
	if _, ok := u.Password(); ok {
		return u.Username() + ":xxxxx"
	}
	return u.Username()
}

// bytes appends a slice or an array of bytes.
func (e *Encoder) bytes(dst []byte, p place, v reflect.Value, r rule) []byte {
	b := bytesOf(v, max(e.room(dst), 0))
	switch {
	case len(b) < v.Len():
		b = append(slices.Clip(b[:edge(b, len(b))]), cutMark...) // into a copy
	case r == byUUID:
		return p.uuid(dst, b)
	}
	return p.bytes(dst, b)
}

// bytesOf returns the bytes of v, at most limit of them. Those of a slice are the
// user's own.
func bytesOf(v reflect.Value, limit int) []byte {
	if v.Kind() == reflect.Slice {
		b := v.Bytes()
		return b[:min(len(b), limit)]
	}
	b := make([]byte, min(v.Len(), limit))
	for i := range b {
		b[i] = byte(v.Index(i).Uint())
	}
	return b
}

// uuid appends the usual form of a UUID, such as
// 6ba7b810-9dad-11d1-80b4-00c04fd430c8. id has 16 bytes.
func (p place) uuid(dst, id []byte) []byte {
	dst, m := p.openText(dst)
	for i, part := range [...][]byte{id[:4], id[4:6], id[6:8], id[8:10], id[10:16]} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, part)
	}
	return p.closeText(dst, m)
}

// json appends what the JSON of m says, and m's JSON as text if it is none. JSON that
// is larger than what the record may still hold is text, too: only a part of it
// could be kept, and to parse it takes time. Objects come back as maps, whose keys
// are sorted; of equal keys the last one stays.
func (e *Encoder) json(dst []byte, p place, m json.Marshaler) []byte {
	b, ok := marshalJSON(m)
	if ok && len(b) <= e.room(dst) {
		if x, err := otlp.ParseJSON(b); err == nil {
			return e.any(dst, p, x)
		}
	}
	return p.string(dst, e.fit(dst, string(b)))
}

// number appends n, which is text in the syntax of JSON's numbers, as an integer if it is one, otherwise as a floating point
// number, and as text if neither can hold it.
func (e *Encoder) number(dst []byte, p place, n json.Number) []byte {
	if i, err := n.Int64(); err == nil {
		return p.int(dst, i)
	}
	if _, err := strconv.ParseUint(n.String(), 10, 64); err != nil {
		if f, err := n.Float64(); err == nil && !isInteger(n.String()) && !math.IsInf(f, 0) {
			return p.double(dst, f)
		}
	}
	return p.string(dst, e.fit(dst, n.String()))
}

// isInteger reports whether s is a decimal integer of any length. One that int64
// cannot hold keeps its digits as text: a floating point number would lose some.
func isInteger(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (i > 0 || c != '-') {
			return false
		}
	}
	return true
}
