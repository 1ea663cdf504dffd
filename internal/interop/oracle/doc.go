// Package oracle compares this module with the OpenTelemetry Go SDK: the same
// log calls go through otelslog, BatchProcessor and otlploggrpc, and through
// slogbridge, stream and the sinks, to receivers of the same kind. What arrives must be
// equal, but for differences that have a name, a predicate and a reason; a
// difference without one fails the test, and so does a name that nothing has
// needed. DESIGN.md lists them.
//
// The other half of the tests takes the SDK's exporters as sinks: what otlploggrpc,
// otlploghttp and stdoutlog send through sink/otelexporter must be exactly what
// sink/otlpgrpc sends of the same batch.
package oracle
