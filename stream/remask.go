package stream

import (
	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/mask"
)

// Tags of the messages around records, and of their schema URLs.
const (
	tagOuter = 0x0a // resource_logs, resource, scope
	tagInner = 0x12 // scope_logs, log_records
	tagURL   = 0x1a
)

// remask returns an ExportLogsServiceRequest that another process has masked as m masks it,
// without unknown fields, and false if it is none.
func remask(m *mask.Masker, request []byte) ([]byte, bool) {
	return rebuild(request, func(num uint32, body []byte) ([]byte, bool) {
		if num != 1 {
			return nil, true
		}
		out, ok := rebuild(body, func(num uint32, body []byte) ([]byte, bool) { return remaskResource(m, num, body) })
		return otlp.AppendBytesField(nil, tagOuter, out), ok
	})
}

// remaskResource returns a field of a ResourceLogs.
func remaskResource(m *mask.Masker, num uint32, body []byte) (out []byte, ok bool) {
	switch num {
	case 1:
		return otlp.AppendBytesField(nil, tagOuter, m.AppendResource(nil, body)), true
	case 2:
		out, ok = rebuild(body, func(num uint32, body []byte) ([]byte, bool) { return remaskScope(m, num, body) })
		return otlp.AppendBytesField(nil, tagInner, out), ok
	case 3:
		return otlp.AppendBytesField(nil, tagURL, body), true
	}
	return nil, true
}

// remaskScope returns a field of a ScopeLogs. A record that cannot be read is replaced as a whole.
func remaskScope(m *mask.Masker, num uint32, body []byte) ([]byte, bool) {
	switch num {
	case 1:
		return otlp.AppendBytesField(nil, tagOuter, m.AppendScope(nil, body)), true
	case 2:
		return otlp.AppendBytesField(nil, tagInner, m.AppendRecord(nil, body)), true
	case 3:
		return otlp.AppendBytesField(nil, tagURL, body), true
	}
	return nil, true
}

// rebuild returns a message of the fields that each makes of those of msg.
func rebuild(msg []byte, each func(num uint32, body []byte) ([]byte, bool)) (out []byte, ok bool) {
	for len(msg) > 0 {
		f, rest, err := otlp.Next(msg)
		if err != nil || f.Type != otlp.Bytes {
			return nil, false
		}
		field, ok := each(f.Num, f.Data)
		if !ok {
			return nil, false
		}
		out, msg = append(out, field...), rest
	}
	return out, true
}
