// Bench measures what a log record costs: here, and with the OpenTelemetry Go SDK,
// in one run on one machine.
//
//	cd internal/bench && go run .
//
// Three things are measured. The hot path is the time of a log call with five
// attributes, on one processor: with a handler that does nothing (the floor, which
// is log/slog itself), with this library, and with otelslog and a BatchProcessor;
// the exporters do nothing. The way to a real OpenTelemetry Collector is the
// processor time that a program spends for each record it has delivered, gzip on:
// a child process logs 300,000 records, in one burst or at a fixed rate, flushes,
// and reports getrusage of itself; one that logs to the floor handler is the base. The outage is a
// receiver that is bad for ten seconds while 2,000 records a second are logged.
//
// Rounds are interleaved, so that a noisy neighbour hits everybody. Printed are
// medians over the rounds, with the least and the greatest, and ratios of medians:
// the absolute numbers say little about another machine.
package main
