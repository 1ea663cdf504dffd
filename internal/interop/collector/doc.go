// Package collector runs a real OpenTelemetry Collector for tests and
// benchmarks: it builds the command in otelcol, writes a configuration, starts
// the process on free loopback ports and stops it again.
//
//	c, err := collector.New(t.TempDir())
//	if err != nil { ... }
//	err = c.Start(ctx)   // ready when it returns
//	... send to c.GRPCEndpoint() or c.HTTPEndpoint() ...
//	err = c.Stop(ctx)    // SIGTERM; everything it took is in c.Files()
//
// # Restarts
//
// The ports are chosen by New and stay the same, so a Collector can be addressed
// before it runs, and after Stop or Kill it can be started again. Every start
// writes a file of its own: Kill may tear the last line of a file, and what is
// written later must not continue that line.
//
// # What an acknowledgement is worth
//
// The pipeline is receiver, file exporter, with no batch processor and no
// sending queue between them, and the file exporter is configured to write
// without a buffer. The Collector therefore answers a request after write(2) has
// returned for its records: an acknowledged record survives Stop and also Kill.
package collector
