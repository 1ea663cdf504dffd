package stream

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/sink"
)

// BenchmarkRoutes measures what a record costs from the ring to the sink, with one
// route and with a further one that takes 3 of 100 records. With -cpu 1 the time is
// the processor's.
func BenchmarkRoutes(b *testing.B) {
	encoded := sink.Func(func(_ context.Context, b *sink.Batch) error {
		p, err := b.Payload("otlp", func(dst []byte) ([]byte, error) { return b.AppendRequest(dst), nil })
		if err == nil {
			p.Release()
		}
		return err
	})
	for _, bb := range []struct {
		name string
		opts []Option
	}{
		{"one", nil},
		{"and one by level", []Option{WithRoute("severe", encoded, WithRouteLevel(slog.LevelWarn))}},
		{"and one by a function", []Option{WithRoute("some", encoded, WithFilter(func(r sink.Record) bool { return r.SeverityNumber() >= 13 }))}},
		{"and one that takes everything", []Option{WithRoute("all", encoded)}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			s, err := New(encoded, append(bb.opts, WithOverflow(Block(time.Minute)))...)
			if err != nil {
				b.Fatal(err)
			}
			p := newProducer(s)
			recs := make([][]byte, 100)
			metas := make([]Meta, len(recs))
			for i := range recs {
				severity := uint8(infoSeverity)
				switch {
				case i%50 == 1:
					severity = warnSeverity
				case i == 0:
					severity = errorSeverity
				}
				rec := otlp.AppendTime(nil, uint64(time.Now().UnixNano()))
				rec = otlp.AppendSeverity(rec, severity, levelOf(severity).String())
				rec = otlp.AppendStringValue(rec, otlp.TagRecordBody, "request completed")
				rec = otlp.AppendString(rec, otlp.TagRecordAttribute, "http.request.method", "GET")
				rec = otlp.AppendString(rec, otlp.TagRecordAttribute, "url.path", "/v1/orders/12345")
				rec = otlp.AppendInt(rec, otlp.TagRecordAttribute, "http.response.status_code", 200)
				rec = otlp.AppendInt(rec, otlp.TagRecordAttribute, "duration", 1234567)
				rec = otlp.AppendString(rec, otlp.TagRecordAttribute, "user.id", "u-8412")
				rec = otlp.AppendObservedTime(rec, uint64(time.Now().UnixNano()))
				recs[i], metas[i] = rec, Meta{Observed: time.Now().UnixNano(), Severity: severity}
			}
			b.SetBytes(int64(len(recs[1])))
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				p.src.Put(&p.hint, metas[i], recs[i])
				if i++; i == len(recs) {
					i = 0
				}
			}
			if err := s.Shutdown(context.Background()); err != nil {
				b.Fatal(err)
			}
			if st := s.Stats(); st.Check() != nil || st.Routes[0].DroppedTotal() > 0 {
				b.Fatal(st)
			}
		})
	}
}
