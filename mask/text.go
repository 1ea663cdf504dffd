package mask

import (
	"sync"

	"github.com/logstream-go/logstream/internal/detect"
)

// Finding tells where in a text something is masked, and why. It never holds the
// text itself, so that it can be logged.
type Finding struct {
	// Detector is the name of the detector or pattern.
	Detector string
	// Start and End are the offsets in bytes of the first byte of what was found,
	// and of the byte behind its last.
	Start, End int
	// Action is what is done with it.
	Action Action
}

// textPool holds the buffers in which texts are looked through.
var textPool = sync.Pool{New: func() any { return new([]byte) }}

// maxPooledText is the capacity above which such a buffer is not kept.
const maxPooledText = 64 << 10

// Mask returns s with everything masked that the detectors find in it, or s itself
// if they find nothing. It is for texts that go somewhere else than into a stream.
// There is no key to s; see AppendRecord for what keys do.
//
// If something goes wrong, which should not happen, it returns MarkerMalformed.
func (m *Masker) Mask(s string) string {
	out, changed := m.maskText(nil, s)
	if !changed {
		return s
	}
	return string(out)
}

// AppendMask appends what Mask makes of s to dst and returns the longer slice.
func (m *Masker) AppendMask(dst []byte, s string) []byte {
	out, changed := m.maskText(dst, s)
	if !changed {
		return append(dst, s...)
	}
	return out
}

// maskText appends the masked form of s to dst if there is something to mask.
func (m *Masker) maskText(dst []byte, s string) (out []byte, changed bool) {
	if m.off {
		return dst, false
	}
	defer func() {
		if recover() != nil {
			m.malformed.Add(1)
			out, changed = append(dst, MarkerMalformed...), true
		}
	}()
	buf := textPool.Get().(*[]byte)
	text := append((*buf)[:0], s...)
	defer func() {
		if cap(text) <= maxPooledText {
			clear(text)
			*buf = text[:0]
			textPool.Put(buf)
		}
	}()
	if m.clean(text) {
		return dst, false
	}
	settled, ids := m.settle(text, nil, short)
	for _, id := range ids {
		if m.masked.Add(1); id >= 0 {
			m.found[id].Add(1)
		}
	}
	if m.dryRun {
		return dst, false
	}
	return append(dst, settled...), true
}

// appendMasked appends text with what was found, and what is behind tail, replaced.
func (m *Masker) appendMasked(dst, text []byte, found []detect.Finding, tail int) []byte {
	at := 0
	for _, f := range found {
		dst = append(dst, text[at:f.Start]...)
		if value := text[f.Start:f.End]; m.rules[f.ID].isMarker(value) {
			dst = append(dst, value...)
		} else {
			dst = append(dst, m.replacement(int(f.ID), value)...)
		}
		at = f.End
	}
	dst = append(dst, text[at:tail]...)
	if tail < len(text) {
		dst = append(dst, MarkerLimit...)
	}
	return dst
}

// Explain returns what Mask masks in s, in order and without overlaps: nil if
// nothing. It changes no counter. With WithDryRun too it says what would be masked.
func (m *Masker) Explain(s string) []Finding {
	if m.off || m.engine == nil {
		return nil
	}
	text := []byte(s)
	found, tail := m.findWithin(nil, text)
	var list []Finding
	for _, f := range found {
		r := &m.rules[f.ID]
		list = append(list, Finding{Detector: r.name, Start: f.Start, End: f.End, Action: r.action})
	}
	if tail < len(text) {
		list = append(list, Finding{Detector: "limit", Start: tail, End: len(text)})
	}
	return list
}

// Pseudonyms returns the markers that stand for value, as detector d finds it, under
// every key of WithHashKey, the one in use first. It is for searching: what was
// logged before the key was changed is found by its older markers. value is written
// in any way that d understands. It returns nil without such a key. For values that
// were hashed for their key, d is Key.
func (m *Masker) Pseudonyms(d Detector, value string) []string {
	if !d.exists() {
		return nil
	}
	var list []string
	for i := len(m.hashKeys) - 1; i >= 0; i-- {
		list = append(list, string(m.hashKeys[i].appendHash(nil, detect.ID(d).String(), []byte(value))))
	}
	return list
}
