package mask

import (
	"github.com/logstream-go/logstream/internal/otlp"
)

// header is what may leave the process of a record that cannot be read: fields
// that hold no text.
type header struct {
	time, observed uint64
	severity       uint8
	flags          uint8
	traceID        [16]byte
	spanID         [8]byte
}

// appendMalformedRecord appends a record with the header of record as far as
// it can be read, and the marker as body.
func appendMalformedRecord(dst, record []byte) []byte {
	h := readHeader(record)
	dst = otlp.AppendTime(dst, h.time)
	dst = otlp.AppendSeverity(dst, h.severity, severityText(h.severity))
	dst = otlp.AppendStringValue(dst, otlp.TagRecordBody, MarkerMalformed)
	dst = otlp.AppendTrace(dst, h.flags, &h.traceID, &h.spanID)
	return otlp.AppendObservedTime(dst, h.observed)
}

// readHeader reads the fields of a LogRecord up to its end or the first error.
// A panic ends it too: the record may lie in mapped memory that is gone, which
// is perhaps why it could not be masked.
func readHeader(record []byte) (h header) {
	defer func() { _ = recover() }()
	for len(record) > 0 {
		f, rest, err := otlp.Next(record)
		if err != nil {
			return h
		}
		record = rest
		h.set(f)
	}
	return h
}

// set takes over f if it belongs to the header and has a legal value.
func (h *header) set(f otlp.Field) {
	switch {
	case f.Num == 1 && f.Type == otlp.Fixed64:
		h.time = f.Bits
	case f.Num == 2 && f.Type == otlp.Varint && f.Bits <= maxSeverity:
		h.severity = uint8(f.Bits)
	case f.Num == 8 && f.Type == otlp.Fixed32:
		h.flags = uint8(f.Bits)
	case f.Num == 9 && f.Type == otlp.Bytes && len(f.Data) == 16:
		h.traceID = [16]byte(f.Data)
	case f.Num == 10 && f.Type == otlp.Bytes && len(f.Data) == 8:
		h.spanID = [8]byte(f.Data)
	case f.Num == 11 && f.Type == otlp.Fixed64:
		h.observed = f.Bits
	}
}

// maxSeverity is the largest severity number that OTLP defines.
const maxSeverity = 24

// severityText returns OTLP's own name of a severity number. The record's text
// is not used: it is free text that nobody has looked at.
func severityText(number uint8) string {
	if number == 0 || number > maxSeverity {
		return ""
	}
	return severityNames[(number-1)/4]
}

var severityNames = [...]string{"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"}
