package attrs

import (
	"log/slog"

	"github.com/logstream-go/logstream/internal/otlp"
)

// group appends the attributes of a group: as a map, or next to dst's other
// attributes if it has no name, or not at all if there are none in the end.
func (e *Encoder) group(dst []byte, key string, as []slog.Attr) []byte {
	start := len(dst)
	switch {
	case len(as) == 0:
		return dst
	case e.room(dst) <= len(key):
		e.Dropped++
		return dst
	case key == "" && e.depth >= otlp.MaxDepth:
		e.Dropped += uint32(len(as))
		return dst
	case key == "":
		// An inlined group takes a level too, or else one that contains itself
		// would never end.
		e.depth++
		for _, a := range as {
			if !e.more(dst) {
				e.Dropped++
				continue
			}
			dst = e.Append(dst, a)
		}
		e.depth--
		return dst
	}
	// Should the group be left out in the end, its name stays noted: a repeated
	// key is then looked for once in vain.
	e.Note(dst, key)
	if e.depth >= otlp.MaxDepth {
		return otlp.AppendString(dst, e.Level.Tag, key, deepMark)
	}
	dst, m := otlp.OpenMap(dst, e.Level.Tag, key)
	content := len(dst)
	dst = e.entries(dst, key, as)
	if len(dst) == content {
		return dst[:start]
	}
	return otlp.CloseMap(dst, m)
}

// groupValue appends a group that stands where it cannot be left out: in an
// array, a map or a struct.
func (e *Encoder) groupValue(dst []byte, p place, as []slog.Attr) []byte {
	if e.depth >= otlp.MaxDepth {
		return p.string(dst, deepMark)
	}
	dst, m := p.openMap(dst)
	dst = e.entries(dst, p.key, as)
	return p.closeMap(dst, m)
}

// entries appends as in the map that was just opened at the end of dst. Keys are
// compared within the map only.
func (e *Encoder) entries(dst []byte, key string, as []slog.Attr) []byte {
	outer, groups := e.Level, len(e.Groups)
	e.Level = Level{Tag: otlp.TagMapEntry, Start: len(dst)}
	e.depth++
	if e.Replace != nil && key != "" {
		e.Groups = append(e.Groups, key)
	}
	for i, a := range as {
		if !e.more(dst) {
			dst = otlp.AppendInt(dst, otlp.TagMapEntry, cutMark, int64(len(as)-i))
			break
		}
		dst = e.Append(dst, a)
	}
	e.Level, e.Groups = outer, e.Groups[:groups]
	e.depth--
	return dst
}
