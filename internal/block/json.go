package block

import "github.com/logstream-go/logstream/internal/otlp"

// AppendJSONRequest appends t as an ExportLogsServiceRequest in OTLP/JSON,
// grouped as AppendRequest groups it. A record that cannot be written (see
// otlp.AppendJSONRecord) is an error, and dst is returned as it was.
//
// It goes through the protobuf form in a pooled buffer: to copy that costs a
// few hundredths of writing the JSON, and the grouping is the same by
// construction.
func (t *Batch) AppendJSONRequest(dst []byte) ([]byte, error) {
	p := payloadPool.Get().(*Payload)
	p.buf = t.AppendRequest(p.buf[:0])
	dst, err := otlp.AppendJSONRequest(dst, p.buf)
	if cap(p.buf) <= maxPooledPayload {
		p.buf = p.buf[:0]
		payloadPool.Put(p)
	}
	return dst, err
}
