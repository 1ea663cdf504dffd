package otlp

import (
	"strings"
	"unicode/utf8"
)

// MaxMessage is the most bytes that are kept of a server's message: enough for
// a reason, too little for a page of HTML. A longer one is cut at a character.
const MaxMessage = 4 << 10

// Tags of ExportLogsServiceResponse and of the ExportLogsPartialSuccess in it.
const (
	tagPartialSuccess = 1<<3 | 2

	tagRejected     = 1<<3 | 0
	tagErrorMessage = 2<<3 | 2
)

// Response is what an ExportLogsServiceResponse says: 0 and "" is full
// success, 0 with a message is a warning.
type Response struct {
	// Rejected is the number of records that the server refused, as it sent
	// it: it can be negative or larger than the request. The caller bounds it.
	Rejected int64
	// Message is the server's explanation: valid UTF-8, at most MaxMessage
	// bytes. It is the server's choice and can repeat what was sent.
	Message string
}

// ParseResponse reads an ExportLogsServiceResponse. An empty one is full
// success. Whatever the server sends, the only allocation is the message.
func ParseResponse(b []byte) (Response, error) {
	var r Response
	var message []byte
	for i := 0; i < len(b); {
		tag, bits, end := scan(b, i)
		if end < 0 {
			return Response{}, scanError(end)
		}
		i = end
		if tag != tagPartialSuccess {
			continue
		}
		// Two of them merge, as in every protobuf reader.
		partial := data(b, bits, end)
		for j := 0; j < len(partial); {
			tag, bits, end := scan(partial, j)
			if end < 0 {
				return Response{}, scanError(end)
			}
			j = end
			switch tag {
			case tagRejected:
				r.Rejected = int64(bits)
			case tagErrorMessage:
				message = data(partial, bits, end)
			}
		}
	}
	r.Message = bounded(message)
	return r, nil
}

// bounded returns the first MaxMessage bytes of b as valid UTF-8.
func bounded(b []byte) string {
	if len(b) > MaxMessage {
		b = b[:cutAt(b, MaxMessage)]
	}
	if utf8.Valid(b) {
		return string(b)
	}
	// A replacement is three bytes and can stand for one, so cut once more.
	s := strings.ToValidUTF8(string(b), replacement)
	if len(s) > MaxMessage {
		s = s[:cutAt(s, MaxMessage)]
	}
	return s
}
