package block

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/internal/otlp"
)

// mixed returns a batch of several origins, out of order.
func mixed(t *testing.T) *Batch {
	t.Helper()
	b := New(1<<16, origins(2))
	for i, id := range []uint32{3, 0, 0, 1, 2, 3, 1} {
		add(t, b, plain{}, Slot{Origin: id}, record(fmt.Sprint(i, strings.Repeat("x", 20*i))))
	}
	return batchOf(b)
}

func TestAJSONRequestIsTheSameRequest(t *testing.T) {
	for _, tt := range []struct {
		name  string
		batch *Batch
	}{
		{"no record", new(Batch)},
		{"several origins", mixed(t)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := tt.batch.AppendRequest(nil)
			text, err := tt.batch.AppendJSONRequest([]byte("before"))
			text, ok := bytes.CutPrefix(text, []byte("before"))
			if err != nil || !ok {
				t.Fatalf("got %s, %v, want before and a request", text, err)
			}
			if got, err := otlp.AppendRequestFromJSON(nil, text); err != nil || !bytes.Equal(got, want) {
				t.Errorf("our reader: got %x, %v, want %x from %s", got, err, want, text)
			}
			theirs := plogotlp.NewExportRequest()
			if err := theirs.UnmarshalJSON(text); err != nil {
				t.Fatalf("the Collector: got error %v, want none", err)
			}
			raw, err := theirs.MarshalProto()
			if err != nil {
				t.Fatal(err)
			}
			got := new(collogspb.ExportLogsServiceRequest)
			if err := proto.Unmarshal(raw, got); err != nil || !proto.Equal(got, decode(t, tt.batch)) {
				t.Errorf("the Collector: got %v, %v, want %v", got, err, decode(t, tt.batch))
			}
		})
	}
}

func TestAJSONRequestOfADamagedRecordIsAnError(t *testing.T) {
	b := New(1<<16, origins(1))
	add(t, b, plain{}, Slot{}, record("good"))
	add(t, b, plain{}, Slot{}, []byte{0xff})
	got, err := batchOf(b).AppendJSONRequest([]byte("before"))
	if !errors.Is(err, otlp.ErrTruncated) || string(got) != "before" {
		t.Errorf("got %s, %v, want before, %v", got, err, otlp.ErrTruncated)
	}
	// Alone, the good one goes through: that is how a damaged one is isolated.
	if _, err := batchOf(b).AppendJSONRequest(nil); err == nil {
		t.Error("got no error at the second attempt, want the same")
	}
	head, _ := batchOf(b).Split(1)
	if got, err := head.AppendJSONRequest(nil); err != nil || !bytes.Contains(got, []byte(`"good"`)) {
		t.Errorf("got %s, %v, want the good record", got, err)
	}
}

// Nothing of a request is left in another's, whatever buffers the pool hands out.
func TestJSONRequestsAreMadeConcurrentSafe(t *testing.T) {
	batch := mixed(t)
	want, err := batch.AppendJSONRequest(nil)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan string)
	for range 4 {
		go func() {
			for range 100 {
				if got, err := batch.AppendJSONRequest(nil); err != nil || !bytes.Equal(got, want) {
					done <- fmt.Sprintf("got %s, %v, want %s", got, err, want)
					return
				}
			}
			done <- ""
		}()
	}
	for range 4 {
		if fault := <-done; fault != "" {
			t.Error(fault)
		}
	}
}

func BenchmarkAppendJSONRequest(b *testing.B) {
	p := New(1<<20, origins(1))
	for range 1000 {
		p.Append(Slot{}, plain{}, record(strings.Repeat("x", 200)))
	}
	batch := batchOf(p)
	buf, err := batch.AppendJSONRequest(nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("json", func(b *testing.B) {
		b.SetBytes(int64(len(buf)))
		b.ReportAllocs()
		for b.Loop() {
			buf, _ = batch.AppendJSONRequest(buf[:0])
		}
	})
	b.Run("protobuf alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf = batch.AppendRequest(buf[:0])
		}
	})
}
