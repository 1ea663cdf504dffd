package sink_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/logstream-go/logstream/internal/block"
	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/sink"
)

type noMask struct{}

func (noMask) AppendRecord(dst, rec []byte) []byte { return append(dst, rec...) }

// newBatch returns a batch of the given encoded records.
func newBatch(t testing.TB, records ...[]byte) *sink.Batch {
	t.Helper()
	o := new(block.Origins)
	id := o.Add(block.Origin{Scope: otlp.AppendScope(nil, "scope", "v1")})
	b := block.New(1<<16, o)
	for i, r := range records {
		if !b.Append(block.Slot{Origin: id, Severity: 9, Seq: uint64(i)}, noMask{}, r) {
			t.Fatal("no room")
		}
	}
	batch := new(block.Batch)
	batch.Add(b, 0, len(records), len(records), 1<<20)
	return sink.NewBatch(batch)
}

func TestARecordReadsWhatWasEncoded(t *testing.T) {
	at := time.Unix(1700000000, 123)
	trace, span := [16]byte{1, 2}, [8]byte{3}
	rec := otlp.AppendTime(nil, uint64(at.UnixNano()))
	rec = otlp.AppendSeverity(rec, 9, "INFO")
	rec = otlp.AppendStringValue(rec, otlp.TagRecordBody, "hello")
	rec = otlp.AppendString(rec, otlp.TagRecordAttribute, "a", "x")
	rec = otlp.AppendInt(rec, otlp.TagRecordAttribute, "b", -5)
	rec = otlp.AppendDroppedAttributes(rec, 4)
	rec = otlp.AppendTrace(rec, 1, &trace, &span)
	rec = otlp.AppendObservedTime(rec, uint64(at.Add(time.Second).UnixNano()))
	rec = otlp.AppendEventName(rec, "event")

	b := newBatch(t, rec)
	if b.Len() != 1 || b.Size() < len(rec) {
		t.Errorf("got %d records of %d bytes, want 1 of at least %d", b.Len(), b.Size(), len(rec))
	}
	for r := range b.Records() {
		if string(r.Encoded()) != string(rec) {
			t.Errorf("Encoded differs from what was encoded")
		}
		if !r.Time().Equal(at) || !r.ObservedTime().Equal(at.Add(time.Second)) {
			t.Errorf("got times %v and %v", r.Time(), r.ObservedTime())
		}
		if r.SeverityNumber() != 9 || r.SeverityText() != "INFO" || string(r.Body().Str()) != "hello" {
			t.Errorf("got %d %q %q", r.SeverityNumber(), r.SeverityText(), r.Body().Str())
		}
		if !slices.Equal(r.TraceID(), trace[:]) || !slices.Equal(r.SpanID(), span[:]) {
			t.Errorf("got trace %x and span %x", r.TraceID(), r.SpanID())
		}
		if r.Flags() != 1 || r.DroppedAttributes() != 4 || r.EventName() != "event" || r.Origin().ScopeName() != "scope" {
			t.Errorf("got flags %d, %d dropped, event %q of %q", r.Flags(), r.DroppedAttributes(), r.EventName(), r.Origin().ScopeName())
		}
		var got []string
		for k, v := range r.Attributes() {
			got = append(got, fmt.Sprintf("%s=%v", k, v))
		}
		if want := []string{"a=x", "b=-5"}; !slices.Equal(got, want) {
			t.Errorf("got attributes %q, want %q", got, want)
		}
	}
}

func TestARecordThatDoesNotParseReadsAsEmpty(t *testing.T) {
	for r := range newBatch(t, []byte{0xff, 0xff}).Records() {
		if !r.Time().IsZero() || r.SeverityText() != "" || r.TraceID() != nil {
			t.Errorf("got %v %q %x from garbage", r.Time(), r.SeverityText(), r.TraceID())
		}
		for k := range r.Attributes() {
			t.Errorf("got attribute %q from garbage", k)
		}
	}
}

func TestIterationCanStop(t *testing.T) {
	n := 0
	for range newBatch(t, []byte{}, []byte{}, []byte{}).Records() {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("got %d records, want to stop after 2", n)
	}
}

func TestAsErrorFindsOrWraps(t *testing.T) {
	cause := errors.New("cause")
	typed := &sink.Error{Err: cause, Kind: sink.Invalid}
	for _, tt := range []struct {
		name string
		err  error
		want sink.Kind
		same bool
	}{
		{"a typed error", typed, sink.Invalid, true},
		{"a wrapped typed error", fmt.Errorf("more: %w", typed), sink.Invalid, true},
		{"any other error", cause, sink.Retry, false},
	} {
		got := sink.AsError(tt.err)
		if got.Kind != tt.want || (got == typed) != tt.same || !errors.Is(got, cause) {
			t.Errorf("%s: got %+v", tt.name, got)
		}
	}
	if sink.AsError(nil) != nil {
		t.Error("nil became an error")
	}
}

func TestErrorsSayWhatTheyAreAbout(t *testing.T) {
	for _, tt := range []struct {
		err  *sink.Error
		want string
	}{
		{&sink.Error{Err: errors.New("busy")}, "retry: busy"},
		{&sink.Error{Err: errors.New("401"), Kind: sink.Refused}, "refused: 401"},
		{&sink.Error{Err: errors.New("413"), Kind: sink.TooLarge}, "too large: 413"},
		{&sink.Error{Err: errors.New("400"), Kind: sink.Invalid}, "invalid: 400"},
		{&sink.Error{Err: errors.New("bad times"), Rejected: 3}, "3 records rejected: bad times"},
		{&sink.Error{Kind: sink.Kind(9)}, "Kind(9): unknown error"},
	} {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestAFuncIsASink(t *testing.T) {
	want := errors.New("x")
	var k sink.Sink = sink.Func(func(context.Context, *sink.Batch) error { return want })
	if err := k.Export(t.Context(), nil); err != want {
		t.Errorf("got %v, want %v", err, want)
	}
	if err := k.Shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

func TestReadingARecordAllocatesNothing(t *testing.T) {
	rec := otlp.AppendStringValue(nil, otlp.TagRecordBody, "hello")
	rec = otlp.AppendInt(rec, otlp.TagRecordAttribute, "b", -5)
	b := newBatch(t, rec, rec, rec)
	if n := testing.AllocsPerRun(100, func() {
		for r := range b.Records() {
			_ = r.Time()
			_ = r.Body()
			_ = r.TraceID()
		}
	}); n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}
