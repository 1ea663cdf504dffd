package sink_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/sink"
)

var _ io.WriterTo = (*sink.Batch)(nil)

func TestABatchIsWrittenAsItIsAppended(t *testing.T) {
	b := newBatch(t, otlp.AppendStringValue(nil, otlp.TagRecordBody, "hello"))
	var got bytes.Buffer
	n, err := b.WriteTo(&got)
	if want := b.AppendRequest(nil); err != nil || n != int64(len(want)) || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("got %q, %d and %v, want %q", &got, n, err, want)
	}
}
