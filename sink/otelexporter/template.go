package otelexporter

import (
	"context"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/logstream-go/logstream/sink"
)

// unlimited is the SDK's word for a limit that does not apply.
const unlimited = -1

// maxTemplates bounds the table. A program has a handful of scopes, and records
// with dropped attributes mostly have the same number of others.
const maxTemplates = 1 << 10

// templates holds a record of the SDK for each origin. The SDK has no way to
// make a record with a resource and a scope but to log it, and its test helper that
// has one says not to use it in production. So one record is logged for each
// origin, through a provider that does nothing else, and its clones are filled.
type templates struct {
	last    templateKey // of the neighbour, which mostly is the same
	current *sdklog.Record
	records map[templateKey]*sdklog.Record
}

// A templateKey is what setters of a record cannot change.
type templateKey struct {
	origin sink.Origin
	limit  int // of the number of attributes
}

// get returns the record to clone, which has no attributes.
func (t *templates) get(o sink.Origin, limit int) *sdklog.Record {
	key := templateKey{o, limit}
	if t.current != nil && t.last == key {
		return t.current
	}
	r := t.records[key]
	if r == nil {
		r = newTemplate(o, limit)
		if t.records == nil || len(t.records) == maxTemplates {
			t.records = make(map[templateKey]*sdklog.Record)
		}
		t.records[key] = r
	}
	t.last, t.current = key, r
	return r
}

// newTemplate logs an empty record and returns it as processors see it. What the
// SDK would do to a record, the stream has done, by its own limits.
func newTemplate(o sink.Origin, limit int) *sdklog.Record {
	res := resource.NewWithAttributes(o.ResourceSchemaURL(), keyValues(o.Resource())...)
	var seen capture
	provider := sdklog.NewLoggerProvider(
		sdklog.WithProcessor(&seen),
		sdklog.WithResource(res),
		sdklog.WithAttributeCountLimit(limit),
		sdklog.WithAttributeValueLengthLimit(unlimited),
		sdklog.WithAttributeValueDepthLimit(unlimited),
		sdklog.WithAllowKeyDuplication(), // there are none to look for
	)
	provider.Logger(o.ScopeName(),
		log.WithInstrumentationVersion(o.ScopeVersion()),
		log.WithSchemaURL(o.ScopeSchemaURL()),
		log.WithInstrumentationAttributes(keyValues(o.ScopeAttributes())...),
	).Emit(context.Background(), log.Record{})

	// WithResource has merged in what OTEL_RESOURCE_ATTRIBUTES says, as it stands
	// there and with a schema URL. The stream has done the same before and then
	// masked it, so that only its resource may leave. The merged one is known to
	// nobody else yet.
	*seen.record.Resource() = *res
	return &seen.record
}

// capture is a processor that keeps the last record.
type capture struct{ record sdklog.Record }

// OnEmit implements [sdklog.Processor].
func (c *capture) OnEmit(_ context.Context, r *sdklog.Record) error {
	c.record = r.Clone()
	return nil
}

// Enabled implements [sdklog.Processor].
func (*capture) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }

// Shutdown implements [sdklog.Processor].
func (*capture) Shutdown(context.Context) error { return nil }

// ForceFlush implements [sdklog.Processor].
func (*capture) ForceFlush(context.Context) error { return nil }
