package otelexporter

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/logstream-go/logstream/sink"
)

// ErrClosed is returned by Export after Shutdown.
var ErrClosed = errors.New("otelexporter: the sink is shut down")

// A Sink exports batches through an exporter of the OpenTelemetry SDK. Its methods
// may be called concurrently; the exporter gets one Export at a time.
type Sink struct {
	// Immutable.
	exporter   sdklog.Exporter
	classifier func(error) *sink.Error // nil without the option

	closed atomic.Bool

	// slot holds a token while an Export runs, which owns the builder.
	slot    chan struct{}
	builder builder
}

var (
	_ sink.Sink    = (*Sink)(nil)
	_ sink.Limiter = (*Sink)(nil)
)

// New returns a Sink that exports through exp and shuts it down in the end. It
// does no I/O. A nil exporter or option is an error.
//
// What exp returns becomes an outcome by the first of these rules that fits:
//
//   - nil means that every record was accepted, as does a partial success of OTLP
//     that rejects no record;
//   - what the function of [WithClassifier] says;
//   - a partial success rejects the number of records that it names;
//   - [sdklog.ErrExporterShutdown], when somebody else has shut exp down, is of
//     kind [sink.Refused];
//   - after the end of the context, kind [sink.Retry];
//   - a value that has no JSON form (a NaN in stdoutlog) is of kind [sink.Invalid],
//     and so costs one record;
//   - the words of otlploggrpc and otlploghttp for a status, or for a request above
//     their limit, are classified as OTLP has it: retryable, after the time in a
//     RetryInfo, about the client, too large, or about the data;
//   - every other error is of kind [sink.Retry].
func New(exp sdklog.Exporter, opts ...Option) (*Sink, error) {
	var c config
	var errs []error
	if exp == nil {
		errs = append(errs, errors.New("otelexporter: the exporter is nil"))
	}
	for i, o := range opts {
		if o == nil {
			errs = append(errs, fmt.Errorf("otelexporter: option %d is nil", i+1))
			continue
		}
		o.apply(&c)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &Sink{exporter: exp, classifier: c.classifier, slot: make(chan struct{}, 1)}, nil
}

// Export makes one call to the exporter's Export, which it waits for its turn to
// do; ctx bounds both. An empty batch is not exported. Its error is a
// [*sink.Error], except [ErrClosed] after Shutdown.
func (s *Sink) Export(ctx context.Context, b *sink.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	select {
	case s.slot <- struct{}{}:
	case <-ctx.Done():
		return &sink.Error{Err: fmt.Errorf("otelexporter: another export is running: %w", context.Cause(ctx))}
	}
	defer func() { <-s.slot }()

	if s.closed.Load() {
		return ErrClosed
	}
	if ctx.Err() != nil {
		return &sink.Error{Err: fmt.Errorf("otelexporter: %w", context.Cause(ctx))}
	}
	records := s.builder.build(b)
	defer s.builder.release()
	if err := s.exporter.Export(ctx, records); err != nil {
		return s.outcome(ctx, err, b.Len())
	}
	return nil
}

// Limits tells the stream that one export may run at a time.
func (s *Sink) Limits() sink.Limits { return sink.Limits{MaxInFlight: 1} }

// Shutdown lets the exporter send what it still holds and shuts it down, as the
// SDK does, within the deadline of ctx. Export returns [ErrClosed] from then on.
// It waits for an Export that is running; if that outlasts ctx, the exporter is
// shut down when it has returned, in the background. A second call does nothing.
func (s *Sink) Shutdown(ctx context.Context) error {
	if s.closed.Swap(true) {
		return nil
	}
	select {
	case s.slot <- struct{}{}:
		return s.stop(ctx)
	default:
	}
	// Exporters of OTLP hold a lock during Export, and would wait for it
	// however little time is left.
	select {
	case s.slot <- struct{}{}:
		return s.stop(ctx)
	case <-ctx.Done():
		go func() {
			s.slot <- struct{}{}
			_ = s.stop(ctx) // nobody is left to hear of it
		}()
		return fmt.Errorf("otelexporter: an export is running: %w", context.Cause(ctx))
	}
}

// stop shuts the exporter down and gives the slot back.
func (s *Sink) stop(ctx context.Context) error {
	defer func() { <-s.slot }()
	// The SDK shuts an exporter down even if it could not flush.
	err := errors.Join(s.exporter.ForceFlush(ctx), s.exporter.Shutdown(ctx))
	if err != nil {
		return fmt.Errorf("otelexporter: %w", bounded(err))
	}
	return nil
}
