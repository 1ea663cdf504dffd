package otlphttp

import (
	"github.com/logstream-go/logstream/internal/gzipc"
	"github.com/logstream-go/logstream/sink"
)

// A format is how the body of a request is written and compressed.
type format struct {
	json       bool
	gzip       bool
	compressor sink.Compressor // in place of gzip
}

// contentType returns the media type of f.
func (f format) contentType() string {
	if f.json {
		return typeJSON
	}
	return typeProtobuf
}

// contentEncoding returns the name of the compression, or "".
func (f format) contentEncoding() string {
	switch {
	case f.compressor != nil:
		return f.compressor.Encoding()
	case f.gzip:
		return "gzip"
	}
	return ""
}

// name returns the name of the payload. Payloads of one name are the same bytes,
// also when another sink of the stream has made them.
func (f format) name() string {
	name := "otlp"
	if f.json {
		name = "otlp/json"
	}
	if e := f.contentEncoding(); e != "" {
		name += "+" + e
	}
	return name
}

// encode returns the body of a request with b, which is kept for the next
// attempts.
func (f format) encode(b *sink.Batch) (*sink.Payload, error) {
	request := func(dst []byte) ([]byte, error) { return b.AppendRequest(dst), nil }
	if f.json {
		request = b.AppendJSONRequest
	}
	return b.Payload(f.name(), func(dst []byte) ([]byte, error) {
		switch {
		case f.compressor != nil:
			return gzipc.Through(dst, request, f.compressor.AppendCompressed)
		case f.gzip && f.json:
			return gzipc.Append(dst, request)
		case f.gzip:
			return gzipc.AppendFrom(dst, b.Size(), b)
		}
		return request(dst)
	})
}
