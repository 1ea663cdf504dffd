// Package interop compares what was logged with what a real OpenTelemetry
// Collector received. The parts are
//
//   - collector: builds and runs the Collector,
//   - otlpjson: reads the files that it writes,
//   - workload: makes records of every kind and knows what must arrive,
//   - this package: compares the two, record by record and field by field,
//   - oracle: compares with what the OpenTelemetry SDK sends.
//
// It is a module of its own, so that users of logstream never see what it needs.
package interop
