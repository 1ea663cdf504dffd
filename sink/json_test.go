package sink_test

import (
	"testing"

	"github.com/logstream-go/logstream/internal/otlp"
)

func TestABatchAsJSON(t *testing.T) {
	rec := otlp.AppendStringValue(nil, otlp.TagRecordBody, "hello")
	got, err := newBatch(t, rec).AppendJSONRequest([]byte(">"))
	want := `>{"resourceLogs":[{"resource":{},"scopeLogs":[{"scope":{"name":"scope","version":"v1"},"logRecords":[{"body":{"stringValue":"hello"}}]}]}]}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	if got, err := newBatch(t, rec, []byte{0xff}).AppendJSONRequest([]byte(">")); err == nil || string(got) != ">" {
		t.Errorf("got %s, %v from a damaged record, want > and an error", got, err)
	}
}
