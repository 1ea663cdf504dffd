package stream

import (
	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/mask"
)

// A sealer is the only way from the ring into a block: it masks a record, and
// after that cuts it to the limits. It implements block.Masker and belongs to the
// worker.
type sealer struct {
	s         *Stream
	limits    otlp.Limits
	always    bool // normalize every record
	normalize bool // normalize the next record
	masked    bool // flagMasked of the next record
	origin    uint32
	scratch   []byte
}

// AppendRecord appends the masked form of record to dst. Should anything panic
// that was not foreseen, the result is a record that shows nothing.
func (s *sealer) AppendRecord(dst, record []byte) (out []byte) {
	start := len(dst)
	defer func() {
		if recover() != nil {
			out = otlp.AppendStringValue(dst[:start], otlp.TagRecordBody, mask.MarkerMalformed)
		}
	}()
	if s.masked {
		out = append(dst, record...)
	} else {
		out = s.s.maskRecord(dst, record, s.origin)
	}
	if !s.normalize && !s.always && len(out)-start <= s.limits.MaxBytes {
		return out
	}
	s.scratch = append(s.scratch[:0], out[start:]...)
	return otlp.AppendLimited(out[:start], s.scratch, s.limits)
}
