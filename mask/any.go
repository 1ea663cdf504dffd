package mask

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/logstream-go/logstream/internal/detect"
	"github.com/logstream-go/logstream/internal/keyname"
)

// Any returns a copy of v with everything masked, for values that go somewhere else
// than into a stream. Keys of maps and fields count as they do in records. Strings,
// byte slices, numbers, booleans and nil stay what they are, unless they are masked;
// slices become []any and maps map[string]any. An error or a fmt.Stringer becomes its
// text. Everything else becomes what encoding/json makes of it: structs maps by their
// json tags, for which types and the struct tag mask are not looked at, and bytes
// base64, unless something is found in them: then they stay bytes, masked. What json
// refuses, what nests deeper than the limit, and what is behind the first 65,536
// values, is a marker.
func (m *Masker) Any(v any) (masked any) {
	if m.off {
		return v
	}
	defer func() {
		if recover() != nil {
			m.malformed.Add(1)
			masked = MarkerMalformed
		}
	}()
	left := maxElements
	return m.anyOf(v, nil, 0, &left)
}

// maxElements is how many elements and entries Any looks at: a value may hold itself
// more than once.
const maxElements = 64 << 10

// anyOf is Any for a value under path, the keys that lead to it. left is how many
// values may follow.
func (m *Masker) anyOf(v any, path []byte, depth int, left *int) any {
	if *left--; depth > m.limits.Depth || *left < 0 {
		return MarkerLimit
	}
	switch v := v.(type) {
	case nil, bool:
		return v
	case string:
		return m.Mask(v)
	case []byte:
		return m.AppendMask(nil, string(v))
	case int:
		return m.anyInt(v, int64(v))
	case int64:
		return m.anyInt(v, v)
	case uint64:
		return m.anyInt(v, int64(min(v, 1<<63-1)))
	case float64:
		if n, ok := wholeFloat(v); ok {
			return m.anyInt(v, n)
		}
		return v
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return m.anyInt(v, n)
		}
		return v
	case []any:
		return m.anyList(v, path, depth, left)
	case map[string]any:
		return m.anyMap(v, path, depth, left)
	case error:
		return m.Mask(v.Error())
	case fmt.Stringer:
		return m.Mask(v.String())
	}
	return m.anyJSON(v, path, depth, left)
}

// anyInt returns v, whose value is n, unless it is a card's number.
func (m *Masker) anyInt(v any, n int64) any {
	if !m.engine.FindInt(n) {
		return v
	}
	m.count(int(detect.PAN))
	if m.dryRun {
		return v
	}
	return m.replacement(int(detect.PAN), fmt.Append(nil, n))
}

// anyMap masks a map.
func (m *Masker) anyMap(v map[string]any, path []byte, depth int, left *int) any {
	out := make(map[string]any, len(v))
	var names siblings
	for key := range v {
		names.note([]byte(key))
	}
	for _, key := range slices.Sorted(maps.Keys(v)) { // or the numbers of equal keys would vary
		value := v[key]
		k := []byte(key)
		says := m.judge(k, 0)
		if says&keyname.JoinsParent != 0 && says&keyname.MasksText == 0 && len(path) > 0 {
			end := path[max(0, len(path)-m.maxPath):]
			says |= m.judge(slices.Concat(end, k), len(end))
		}
		inner := slices.Concat(path, m.shown(k, says), []byte{'.'})
		shown := m.Mask(key)
		if shown != key {
			shown = m.give(&names, shown)
		}
		if says&keyname.MasksText == 0 || !m.anySecret(says, value) {
			out[shown] = m.anyOf(value, inner, depth+1, left)
			continue
		}
		switch a := m.keyActions[says.Rank()]; {
		case a == Keep || m.dryRun:
			out[shown] = value
		case a == Drop:
			m.count(int(detect.Key))
		default:
			m.count(int(detect.Key))
			out[shown] = m.anyKeyed(a, value)
		}
	}
	return out
}

// anySecret reports whether value is masked under a key with a verdict.
func (m *Masker) anySecret(says keyname.Verdict, value any) bool {
	switch value.(type) {
	case nil, bool:
		return false
	case int, int64, uint64, float64, json.Number:
		return says&keyname.MasksNumbers != 0
	}
	return true
}

// anyKeyed does what a says with a value under a secret key.
func (m *Masker) anyKeyed(a Action, value any) any {
	switch v := value.(type) {
	case string:
		return m.keyed(a, []byte(v))
	case []byte:
		return m.keyed(a, v)
	case int, int64, uint64, float64, json.Number:
		return m.keyed(a, fmt.Append(nil, v))
	}
	return m.rules[detect.Key].marker
}

// anyJSON masks what encoding/json makes of v.
func (m *Masker) anyJSON(v any, path []byte, depth int, left *int) any {
	b, err := json.Marshal(v)
	if err != nil {
		return MarkerUnsupported
	}
	var tree any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&tree); err != nil {
		return MarkerUnsupported
	}
	if !m.dryRun {
		tree = m.bytesOf(tree)
	}
	return m.anyOf(tree, path, depth, left)
}

// bytesOf returns what encoding/json made with those strings as bytes that it has made
// of bytes, and in which something would be found but for their base64.
func (m *Masker) bytesOf(tree any) any {
	switch x := tree.(type) {
	case string:
		if len(x)%4 != 0 {
			return x
		}
		if b, err := base64.StdEncoding.Strict().DecodeString(x); err == nil && !m.clean(b) {
			return b
		}
	case []any:
		for i := range x {
			x[i] = m.bytesOf(x[i])
		}
	case map[string]any:
		for k := range x {
			x[k] = m.bytesOf(x[k])
		}
	}
	return tree
}
