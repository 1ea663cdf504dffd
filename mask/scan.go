package mask

import (
	"bytes"

	"github.com/logstream-go/logstream/internal/detect"
)

// rule is what a Masker does with what one detector, or one pattern of a user,
// finds. Its place in Masker.rules is its id; those of detectors come first.
type rule struct {
	name   string
	action Action
	marker string
	value  string // The AnyValue with the marker, behind its length.
}

// matcher finds what a pattern of a user describes. It is an interface so that a
// program without patterns does not link what they need.
type matcher interface {
	// find appends what it finds in text to dst, under id.
	find(dst []detect.Finding, text []byte, id detect.ID) []detect.Finding
}

// find appends what is to be masked in text to dst: in order, and without overlaps.
func (m *Masker) find(dst []detect.Finding, text []byte) []detect.Finding {
	n := len(dst)
	dst = m.engine.Find(dst, text)
	if len(m.patterns) == 0 {
		return dst
	}
	patterns := m.patterns
	if m.controls != nil {
		patterns = patterns[:len(patterns)-1]
	}
	for i, p := range patterns {
		dst = p.find(dst, text, detect.ID(detect.NumIDs+i))
	}
	return append(dst[:n], m.unite(dst[n:])...)
}

// unite makes one of findings that overlap, under the name of the one with the
// strongest action.
func (m *Masker) unite(found []detect.Finding) []detect.Finding {
	return detect.Unite(found, func(a, b detect.ID) bool {
		return m.rules[a].action.strength() > m.rules[b].action.strength()
	})
}

// clean reports whether nothing in text is to be masked. It allocates only where
// something is, or characters have to be folded.
func (m *Masker) clean(text []byte) bool {
	switch {
	case len(text) > m.limits.Bytes:
		return false
	case !m.engine.Quiet(text) && len(m.engine.Find(nil, text)) > 0:
		return false
	}
	for i, p := range m.patterns {
		if len(p.find(nil, text, detect.ID(detect.NumIDs+i))) > 0 {
			return false
		}
	}
	return true
}

// overlap is how far behind the limit of a text is looked for the end of what
// begins before it.
const overlap = 4 << 10

// findWithin is find for a text of any size. Behind the limit everything is to be
// masked, and what begins before it and ends behind it, too: tail is where that
// begins, and the length of text if there is none.
func (m *Masker) findWithin(dst []detect.Finding, text []byte) (found []detect.Finding, tail int) {
	if len(text) <= m.limits.Bytes {
		return m.find(dst, text), len(text)
	}
	tail = m.limits.Bytes
	found = m.find(dst, text[:min(len(text), tail+overlap)])
	for i, f := range found {
		if f.End > tail {
			tail = min(tail, f.Start)
			found = found[:i]
			break
		}
	}
	return found, tail
}

// replacement returns what stands in place of value, which the rule with id found.
func (m *Masker) replacement(id int, value []byte) string {
	r := &m.rules[id]
	return m.acted(r.action, r.name, value, r.marker)
}

// acted returns what a leaves of value: marker if it leaves nothing.
func (m *Masker) acted(a Action, name string, value []byte, marker string) string {
	if m.tailor == nil {
		return marker
	}
	return m.tailor.act(m, a, name, value, marker)
}

// keyed returns what stands in place of value, a scalar under a secret key on
// which a acts. It returns value itself if that is done already.
func (m *Masker) keyed(a Action, value []byte) string {
	if m.tailor == nil {
		return m.rules[detect.Key].marker
	}
	return m.tailor.keyed(m, a, value)
}

// suspects appends what in value is a secret because key, which alone does not
// tell, stands before it: what would be found in the text key=value.
func (m *Masker) suspects(dst []detect.Finding, joined, key, value []byte) (found []detect.Finding, text []byte) {
	text = append(append(append(joined[:0], key...), '='), value...)
	head := len(key) + 1
	n := len(dst)
	dst = m.find(dst, text)
	keep := dst[:n]
	for _, f := range dst[n:] {
		if f.End > head {
			f.Start, f.End = max(f.Start-head, 0), f.End-head
			keep = append(keep, f)
		}
	}
	return keep, text
}

// maxSuspect is the length of the longest value that is looked at together with
// its key. Keys, tokens and numbers are shorter.
const maxSuspect = 4 << 10

// isMarker reports whether text is the marker of a rule.
func (r *rule) isMarker(text []byte) bool { return bytes.Equal(text, []byte(r.marker)) }
