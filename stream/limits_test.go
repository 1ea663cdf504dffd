package stream

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/mask"
	"github.com/logstream-go/logstream/sink"
)

// A decoder is an answer that keeps the records as the generated types have them.
type decoder struct {
	mu      sync.Mutex
	records []*logspb.LogRecord
}

func (d *decoder) answer(_ int, b *sink.Batch) error {
	var req collogspb.ExportLogsServiceRequest
	if err := proto.Unmarshal(b.AppendRequest(nil), &req); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range req.ResourceLogs {
		for _, s := range r.ScopeLogs {
			d.records = append(d.records, s.LogRecords...)
		}
	}
	return nil
}

func TestALargeRecordIsCutAndNotLost(t *testing.T) {
	var d decoder
	k := recorder{answer: d.answer}
	s := newStream(t, &k, WithMaxRecordSize(2<<10))
	newProducer(s).put(infoSeverity, strings.Repeat("x", 100<<10))
	flush(t, s)
	if len(d.records) != 1 {
		t.Fatalf("got %d records, want 1", len(d.records))
	}
	body := d.records[0].Body.GetStringValue()
	if n := proto.Size(d.records[0]); n > 2<<10 || n < 1<<10 {
		t.Errorf("record has %d bytes, want just below 2048", n)
	}
	if !strings.HasPrefix(body, "xxx") || !strings.Contains(body, "[cut]") {
		t.Errorf("body ends with %q, want a mark", body[len(body)-20:])
	}
}

// received returns rec as it arrives from a stream that reads its limits from
// the environment.
func received(t *testing.T, rec []byte, opts ...Option) *logspb.LogRecord {
	t.Helper()
	var d decoder
	k := recorder{answer: d.answer}
	s := newStream(t, &k, opts...)
	p := newProducer(s)
	p.src.Put(&p.hint, Meta{Observed: 1, Severity: infoSeverity}, rec)
	flush(t, s)
	if len(d.records) != 1 {
		t.Fatalf("got %d records, want 1", len(d.records))
	}
	return d.records[0]
}

func TestAttributesBeyondTheLimitAreCounted(t *testing.T) {
	for _, tt := range []struct {
		own, general  string
		kept, dropped int
	}{
		{"", "", 10, 0},
		{"3", "", 3, 7},
		{"", "3", 3, 7},
		{"3", "99", 3, 7},
		{"99", "3", 10, 0},
		{"0", "", 0, 10},
		{"", "0", 0, 10},
		{"0", "99", 0, 10},
		{"3", "not read", 3, 7},
	} {
		clearEnv(t)
		t.Setenv("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", tt.own)
		t.Setenv("OTEL_ATTRIBUTE_COUNT_LIMIT", tt.general)
		rec := encode(infoSeverity, "x")
		for i := range 10 {
			rec = otlp.AppendInt(rec, otlp.TagRecordAttribute, fmt.Sprint("k", i), int64(i))
		}
		r := received(t, rec)
		if len(r.Attributes) != tt.kept || int(r.DroppedAttributesCount) != tt.dropped {
			t.Errorf("own %q, general %q: got %d attributes and %d dropped, want %d and %d",
				tt.own, tt.general, len(r.Attributes), r.DroppedAttributesCount, tt.kept, tt.dropped)
		}
	}
}

func TestValuesBeyondTheLengthAreCut(t *testing.T) {
	for _, tt := range []struct{ own, general, want string }{
		{"", "", "äöüß"},
		{"3", "", "äöü"},
		{"", "3", "äöü"},
		{"3", "1", "äöü"},
		{"1", "3", "ä"},
		{"4", "3", "äöüß"},
		{"3", "not read", "äöü"},
		{"2147483647", "1", "äöüß"},
	} {
		clearEnv(t)
		t.Setenv("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", tt.own)
		t.Setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", tt.general)
		rec := otlp.AppendString(encode(infoSeverity, "äöüß"), otlp.TagRecordAttribute, "äöüß", "äöüß")
		r := received(t, rec)
		if kv := r.Attributes[0]; kv.Key != "äöüß" || kv.Value.GetStringValue() != tt.want || r.DroppedAttributesCount != 0 {
			t.Errorf("own %q, general %q: got %v and %d dropped, want the value %q and 0",
				tt.own, tt.general, kv, r.DroppedAttributesCount, tt.want)
		}
		if got := r.Body.GetStringValue(); got != "äöüß" {
			t.Errorf("own %q, general %q: got body %q, want it whole", tt.own, tt.general, got)
		}
	}
}

// Cut first, a secret would no longer look like one, and its marker is longer
// than the limit.
func TestValuesAreMaskedBeforeTheyAreCut(t *testing.T) {
	clearEnv(t)
	t.Setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3")
	rec := otlp.AppendString(encode(infoSeverity, "x"), otlp.TagRecordAttribute, "password", "hunter2")
	rec = otlp.AppendString(rec, otlp.TagRecordAttribute, "user", "hunter2")
	r := received(t, rec)
	if got := r.Attributes[0].Value.GetStringValue(); got != mask.MarkerKey {
		t.Errorf("password: got %q, want the whole marker %q", got, mask.MarkerKey)
	}
	if got := r.Attributes[1].Value.GetStringValue(); got != "hun" {
		t.Errorf("user: got %q, want %q", got, "hun")
	}
	if got := received(t, rec, WithMask(mask.None())).Attributes[0].Value.GetStringValue(); got != "hun" {
		t.Errorf("password without a mask: got %q, want %q", got, "hun")
	}
}

func TestTheResourceHasNoLimits(t *testing.T) {
	clearEnv(t)
	t.Setenv("OTEL_SERVICE_NAME", "a long name")
	t.Setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3")
	t.Setenv("OTEL_ATTRIBUTE_COUNT_LIMIT", "0")
	if got := resourceOf(t)["service.name"]; got != "a long name" {
		t.Errorf("got service.name %q, want it whole", got)
	}
}

func TestAllBadLimitsAreToldAtOnce(t *testing.T) {
	clearEnv(t)
	t.Setenv("OTEL_ATTRIBUTE_COUNT_LIMIT", "many")
	t.Setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "long")
	_, err := New(new(recorder), WithLinger(-1))
	for _, want := range []string{`OTEL_ATTRIBUTE_COUNT_LIMIT="many"`, `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT="long"`, "WithLinger"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want also %q", err, want)
		}
	}
}

func TestRepeatedKeysAreMadeUniqueWhenTheBridgeSaysSo(t *testing.T) {
	var d decoder
	k := recorder{answer: d.answer}
	s := newStream(t, &k)
	p := newProducer(s)
	rec := encode(infoSeverity, "x")
	rec = otlp.AppendInt(rec, otlp.TagRecordAttribute, "k", 1)
	rec = otlp.AppendInt(rec, otlp.TagRecordAttribute, "k", 2)
	p.src.Put(&p.hint, Meta{Severity: infoSeverity, Flags: FlagNormalize}, rec)
	flush(t, s)
	if r := d.records[0]; len(r.Attributes) != 1 || r.Attributes[0].Value.GetIntValue() != 2 {
		t.Errorf("got %v, want k=2 alone", r.Attributes)
	}
}

func TestARecordThatTheRingDoesNotTakeIsCounted(t *testing.T) {
	s := newStream(t, new(recorder))
	p := newProducer(s)
	p.src.Put(&p.hint, Meta{Severity: infoSeverity}, make([]byte, p.src.MaxRecord()+1))
	if st := check(t, s); len(st.Dropped) != 1 || st.Dropped[0].Reason != TooLarge {
		t.Errorf("got %v, want 1 dropped as too large", st)
	}
}

func TestMaskingIsOnByDefaultAndCanBeTurnedOff(t *testing.T) {
	rec := func() []byte {
		return otlp.AppendString(encode(infoSeverity, "x"), otlp.TagRecordAttribute, "password", "hunter2")
	}
	for _, tt := range []struct {
		name string
		opts []Option
		want string
	}{
		{"default", nil, "[REDACTED:key]"},
		{"off", []Option{WithMask(mask.None())}, "hunter2"},
	} {
		var d decoder
		k := recorder{answer: d.answer}
		s := newStream(t, &k, tt.opts...)
		p := newProducer(s)
		p.src.Put(&p.hint, Meta{Severity: infoSeverity}, rec())
		flush(t, s)
		if got := d.records[0].Attributes[0].Value.GetStringValue(); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestASinksLimitsAreKept(t *testing.T) {
	k := &limited{}
	k.answer = func(_ int, b *sink.Batch) error {
		if n := len(b.AppendRequest(nil)); n > 5000 {
			t.Errorf("a request of %d bytes for a sink that takes 5000", n)
		}
		return nil
	}
	s := newStream(t, k)
	p := newProducer(s)
	for range 200 {
		p.put(infoSeverity, strings.Repeat("x", 100))
	}
	flush(t, s)
	if got := s.cfg.maxRecord; got != 3000 {
		t.Errorf("largest record is %d, want the sink's 3000", got)
	}
	first := s.routes[0].targets[0]
	if got := first.timeout; got != 7*time.Second {
		t.Errorf("attempt time-out is %v, want the sink's 7s", got)
	}
	if first.slots.TryAcquire(3) || !first.slots.TryAcquire(2) {
		t.Error("got more or fewer than 2 exports in flight, want the sink's 2")
	}
	first.slots.Release(2)
}

func TestASealerThatPanicsShowsNothing(t *testing.T) {
	s := &sealer{} // without a masker
	out := s.AppendRecord([]byte("before"), []byte("secret"))
	if want := string(otlp.AppendStringValue([]byte("before"), otlp.TagRecordBody, mask.MarkerMalformed)); string(out) != want {
		t.Errorf("got %q, want %q", out, want)
	}
}

type limited struct{ recorder }

func (*limited) Limits() sink.Limits {
	return sink.Limits{MaxBatchBytes: 5000, MaxRecordBytes: 3000, MaxInFlight: 2, Timeout: 7 * time.Second}
}

// At a steady state a record costs no memory: ring, pages and scratch are reused.
func TestASteadyFlowAllocatesNothingPerRecord(t *testing.T) {
	s := newStream(t, new(counting), WithLinger(time.Millisecond))
	p := newProducer(s)
	rec := encode(infoSeverity, strings.Repeat("x", 200))
	m := Meta{Observed: 1, Severity: infoSeverity}
	const n = 5000
	round := func() {
		for range n {
			p.src.Put(&p.hint, m, rec)
		}
		flush(t, s)
	}
	for range 5 {
		round()
	}
	perRound := testing.AllocsPerRun(10, round)
	if perRecord := perRound / n; perRecord > 0.02 {
		t.Errorf("got %.3f allocations per record (%.0f in %d), want almost none", perRecord, perRound, n)
	}
}

// counting is a sink that accepts everything.
type counting struct{}

func (counting) Export(context.Context, *sink.Batch) error { return nil }
func (counting) Shutdown(context.Context) error            { return nil }

func TestARecordThatCannotBeReadIsReplacedAndCounted(t *testing.T) {
	var d decoder
	k := recorder{answer: d.answer}
	s := newStream(t, &k)
	p := newProducer(s)
	p.src.Put(&p.hint, Meta{Severity: infoSeverity}, []byte("secret\xff\xff"))
	flush(t, s)
	if len(d.records) != 1 || strings.Contains(d.records[0].String(), "secret") || s.Stats().Malformed != 1 {
		t.Errorf("got %v and %d malformed, want a closed record and 1", d.records, s.Stats().Malformed)
	}
}
