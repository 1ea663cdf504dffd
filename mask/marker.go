package mask

import (
	"bytes"
	"slices"
	"strings"

	"github.com/logstream-go/logstream/internal/otlp"
)

// Markers stand where something was taken out. They are part of the output
// format: a masked record that is masked again keeps them.
const (
	// MarkerKey replaces a value whose key names a secret. What a detector finds is
	// replaced by its name in the same form, unless WithMarker says otherwise.
	MarkerKey = "[REDACTED:key]"

	// MarkerUnsupported replaces a value of a kind that this version does not
	// know, so that it cannot tell whether a secret is in it.
	MarkerUnsupported = "[REDACTED:unsupported]"

	// MarkerLimit replaces what lies beyond the limits of WithLimits.
	MarkerLimit = "[REDACTED:limit]"

	// MarkerMalformed is the body of a record that could not be read, and the
	// value of the attribute "mask.error" of such a resource or scope.
	MarkerMalformed = "[REDACTED:malformed]"
)

// errorKey is the attribute of a resource or scope that could not be read.
const errorKey = "mask.error"

// withoutMarkers returns key without the markers in it, whose names of detectors are
// no words of the key.
func (m *Masker) withoutMarkers(key []byte) []byte {
	for _, f := range m.frames {
		for {
			at := bytes.Index(key, []byte(f.head))
			if at < 0 {
				break
			}
			end := bytes.Index(key[at+len(f.head):], []byte(f.tail))
			if end < 0 {
				break
			}
			key = slices.Concat(key[:at], key[at+len(f.head)+end+len(f.tail):])
		}
	}
	return key
}

// frame is what stands around the name in a kind of marker.
type frame struct{ head, tail string }

// newFrames returns the frames of all markers that hold names; text is that of
// WithMarker.
func newFrames(text string) []frame {
	list := []frame{{"[REDACTED:", "]"}, {hashPrefix, "]"}}
	if head, tail, ok := strings.Cut(text, "%s"); ok && head != "" && tail != "" && head != list[0].head {
		list = append(list, frame{head, tail})
	}
	return list
}

// encodeValue returns the AnyValue that holds text, behind its length.
func encodeValue(text string) string {
	return string(otlp.AppendStringValue(nil, 0, text)[1:])
}

// The encoded values that hold a marker.
var (
	redactedUnsupported = encodeValue(MarkerUnsupported)
	redactedLimit       = encodeValue(MarkerLimit)
)
