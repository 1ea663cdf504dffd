// Peers sends this library and others of its kind through the same mishaps, and prints
// how many records each has delivered.
//
//	cd internal/bench/peers && go run .
//
// The peers are the OpenTelemetry Go SDK (otelslog, BatchProcessor, otlploghttp), the
// slog handlers of axiom-go, sentry-go and slog-loki, and zerolog with a diode in front
// of a writer that sends each line by itself, for zerolog has no sender. All have the
// configuration that they come with; this library has a crash ring besides, which is
// one option.
//
// The mishaps: an endpoint that is bad for the first ten seconds, while 30,000 records
// are logged at 2,000 a second, by answering 503 or 500, by not answering, or by not
// being there; a program that ends while its endpoint is down, and starts again when it
// is up; one record of 100 KiB among 400 for an endpoint that takes requests of 96 KiB;
// one record among 400 that the endpoint finds invalid; and kill -9 while the endpoint
// is down, followed by a new start.
//
// Each peer runs in a process of its own against a server of its own, which looks
// for the names of records in whatever it receives and so understands all of their
// protocols. A log call that takes longer than a second, and a close that does not
// end, are noted in the table.
package main
