package attrs

import (
	"unicode/utf8"

	"github.com/logstream-go/logstream/internal/otlp"
)

// A place is where a value goes: a KeyValue with a key, or, when bare, an
// AnyValue on its own. tag is its field in the message around it.
type place struct {
	key  string
	tag  byte
	bare bool
}

// The methods of place append one value each, with the function of package otlp
// that fits.

// element is the place of every element of an array.
var element = place{tag: otlp.TagArrayElement, bare: true}

// entry returns the place of a map's entry.
func entry(key string) place { return place{key: key, tag: otlp.TagMapEntry} }

func (p place) null(dst []byte) []byte {
	if p.bare {
		return otlp.AppendNullValue(dst, p.tag)
	}
	return otlp.AppendNull(dst, p.tag, p.key)
}

func (p place) string(dst []byte, v string) []byte {
	if p.bare {
		return otlp.AppendStringValue(dst, p.tag, v)
	}
	return otlp.AppendString(dst, p.tag, p.key, v)
}

func (p place) bool(dst []byte, v bool) []byte {
	if p.bare {
		return otlp.AppendBoolValue(dst, p.tag, v)
	}
	return otlp.AppendBool(dst, p.tag, p.key, v)
}

func (p place) int(dst []byte, v int64) []byte {
	if p.bare {
		return otlp.AppendIntValue(dst, p.tag, v)
	}
	return otlp.AppendInt(dst, p.tag, p.key, v)
}

func (p place) double(dst []byte, v float64) []byte {
	if p.bare {
		return otlp.AppendDoubleValue(dst, p.tag, v)
	}
	return otlp.AppendDouble(dst, p.tag, p.key, v)
}

func (p place) bytes(dst, v []byte) []byte {
	if p.bare {
		return otlp.AppendBytesValue(dst, p.tag, v)
	}
	return otlp.AppendBytes(dst, p.tag, p.key, v)
}

func (p place) openMap(dst []byte) ([]byte, otlp.MapMark) {
	if p.bare {
		return otlp.OpenMapValue(dst, p.tag)
	}
	return otlp.OpenMap(dst, p.tag, p.key)
}

func (p place) closeMap(dst []byte, m otlp.MapMark) []byte {
	if p.bare {
		return otlp.CloseMapValue(dst, m)
	}
	return otlp.CloseMap(dst, m)
}

func (p place) openArray(dst []byte) ([]byte, otlp.ArrayMark) {
	if p.bare {
		return otlp.OpenArrayValue(dst, p.tag)
	}
	return otlp.OpenArray(dst, p.tag, p.key)
}

func (p place) closeArray(dst []byte, m otlp.ArrayMark) []byte {
	if p.bare {
		return otlp.CloseArrayValue(dst, m)
	}
	return otlp.CloseArray(dst, m)
}

// Marks stand where something was left out, so that whoever reads the record sees
// that it was, and why.
const (
	// cutMark ends what was too long, in the same way as otlp.AppendLimited:
	// a string ends with it, a list has it as its last element, and a map as a
	// key whose value is the number of entries left out.
	cutMark = otlp.CutMark

	// deepMark stands for what would be nested deeper than otlp.MaxDepth.
	deepMark = "...[too deep]"

	// tagMark stands for a field with a struct tag of package mask.
	tagMark = "[REDACTED:tag]"

	// cycleMark stands for a value inside of itself.
	cycleMark = "...[cycle]"
)

// emptyKey is the key of attributes without one. OTLP asks for a key, and slog for
// the attribute; the form is that of slog's own !BADKEY.
const emptyKey = "!EMPTYKEY"

// Shorten returns s if it has at most n bytes, or else its beginning and a mark,
// together at most n bytes or as long as the mark. A character is not split; text
// that was valid UTF-8 stays so. Nor is a word at the end, or a row of numbers, kept
// in part: nobody has masked the text yet, and what finds a secret may not know its head.
func Shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return cut(s, n)
}

// cut is Shorten for an s that is too long. It stands apart so that Shorten can be
// inlined.
func cut(s string, n int) string {
	n = max(n-len(cutMark), 0)
	for i := n; i > n-utf8.UTFMax && i > 0; i-- {
		if utf8.RuneStart(s[i]) {
			n = i
			break
		}
	}
	return s[:edge(s, n)] + cutMark
}

// What edge takes away at most, in bytes: the longest heads of tokens that are not known
// by them are shorter, and so are the longest numbers in groups.
const (
	maxEdgeWord    = 256
	maxEdgeNumbers = 32
)

// edge returns where to cut s before n so that no part of a word or of a number in groups
// stands at the end.
func edge[T string | []byte](s T, n int) int {
	i := n
	for ; i > 0 && s[i-1] > ' ' && n-i < maxEdgeWord; i-- {
	}
	for end := i; i > 0 && end-i < maxEdgeNumbers; i-- {
		if c := s[i-1]; c != ' ' && c != '-' && c != '.' && (c < '0' || c > '9') {
			break
		}
	}
	for ; i > 0 && i < n && !utf8.RuneStart(s[i]); i-- {
	}
	return i
}
