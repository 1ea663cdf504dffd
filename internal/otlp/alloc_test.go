package otlp_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/logstream-go/logstream/internal/otlp"
)

// wantAllocs checks how often f allocates.
func wantAllocs(t *testing.T, name string, want float64, f func()) {
	t.Helper()
	if got := testing.AllocsPerRun(100, f); got != want {
		t.Errorf("%s: got %v allocations, want %v", name, got, want)
	}
}

func TestEncodingAllocatesNothing(t *testing.T) {
	id, span := [16]byte(traceID), [8]byte(spanID)
	buf := make([]byte, 0, 64<<10)
	wantAllocs(t, "typical record", 0, func() { buf = appendTypical(buf[:0], &id, &span) })
	for _, text := range []string{"short", "é", "\xff", strings.Repeat("x", 200), strings.Repeat("é", 9000)} {
		name := fmt.Sprintf("value %.8q of %d bytes", text, len(text))
		wantAllocs(t, name, 0, func() { buf = otlp.AppendString(buf[:0], otlp.TagRecordAttribute, "key", text) })
		wantAllocs(t, name+" as body", 0, func() { buf = otlp.AppendStringValue(buf[:0], otlp.TagRecordBody, text) })
	}
	wantAllocs(t, "containers", 0, func() {
		b, m := otlp.OpenMap(buf[:0], otlp.TagRecordAttribute, "map")
		b, a := otlp.OpenArray(b, otlp.TagMapEntry, "array")
		b = otlp.AppendStringValue(b, otlp.TagArrayElement, "element")
		b, mv := otlp.OpenMapValue(b, otlp.TagArrayElement)
		b, av := otlp.OpenArrayValue(b, otlp.TagKeyValueValue)
		b = otlp.CloseArrayValue(b, av)
		b = otlp.CloseMapValue(b, mv)
		b = otlp.CloseArray(b, a)
		for range 200 {
			b = otlp.AppendInt(b, otlp.TagMapEntry, "key", 1<<40)
		}
		buf = otlp.CloseMap(b, m)
	})
}

func TestReadingAllocatesNothing(t *testing.T) {
	record := appendRecord(nil, fullRecord())
	wantAllocs(t, "Validate", 0, func() {
		if err := otlp.Validate(record, otlp.MaxDepth); err != nil {
			t.Error(err)
		}
	})
	wantAllocs(t, "walk of all values", 0, func() {
		r, err := otlp.ParseRecord(record)
		if err != nil {
			t.Error(err)
		}
		n := 0
		for kv, err := range r.Attributes() {
			if err != nil {
				t.Error(err)
			}
			for e := range kv.Value.Entries() {
				n += len(e.Key)
				for v := range e.Value.Elems() {
					n += int(v.Int())
				}
			}
		}
		if n == 0 {
			t.Error("nothing was walked")
		}
	})
	wantAllocs(t, "Next over damage", 0, func() {
		if _, _, err := otlp.Next(record[:3]); err == nil {
			t.Error("got no error from a cut record")
		}
	})
}

func TestLimitingACleanRecordAllocatesNothing(t *testing.T) {
	record := appendRecord(nil, fullRecord())
	buf := make([]byte, 0, 4096)
	lim := otlp.Limits{MaxBytes: 64 << 10, MaxAttributes: 128}
	wantAllocs(t, "AppendLimited", 0, func() { buf = otlp.AppendLimited(buf[:0], record, lim) })
	lim.MaxValueLength = 64
	wantAllocs(t, "AppendLimited with a length", 0, func() { buf = otlp.AppendLimited(buf[:0], record, lim) })
}

func TestAnswersAllocateOneMessage(t *testing.T) {
	body := marshal(t, response(1, strings.Repeat("x", 10000)))
	wantAllocs(t, "ParseResponse", 1, func() {
		if _, err := otlp.ParseResponse(body); err != nil {
			t.Error(err)
		}
	})
	s := &status.Status{Code: 14, Message: "quota exceeded", Details: []*anypb.Any{detail(t, retryInfo(1, 0))}}
	st := marshal(t, s)
	wantAllocs(t, "ParseStatus", 1, func() {
		if _, err := otlp.ParseStatus(st); err != nil {
			t.Error(err)
		}
	})
}
