// Bench measures what a log record costs: here, with the OpenTelemetry Go SDK, and
// with the loggers of the field, in one run on one machine.
//
//	cd internal/bench && go run .                               all of it, 20 minutes
//	go run . -chart chart.svg -readme ../../README.md           and the README's table and chart
//	go run . -short                                             one small round of all
//	go run . -only hotpath,steady -rounds 3                     some of it
//
// The report is Markdown on standard output and ends with a table of goals, which
// says of each whether it is met. Its parts are
//
//   - hotpath: a log call with five attributes, on one processor, into nothing; the
//     floor is a handler that does nothing, so log/slog itself
//   - masking: what it adds to that
//   - parallel: the same from 1, 2, 4 and 8 goroutines
//   - endtoend: the processor time of a program for each record delivered to a real
//     OpenTelemetry Collector, its peak memory and the bytes on the wire, in a burst
//   - steady: the same at 50,000 records a second
//   - agent: the same into the benchmark's own receiver, and how old records are when they arrive,
//     beside a program that writes a file, and a Collector that tails it
//   - throughput: how fast a burst is delivered without loss
//   - garbage: what is allocated for each export
//   - latency: from the log call to the receiver
//   - calls: the slowest log calls, while the sink is well and while it hangs
//   - rates, attributes, routes: how the cost grows
//   - idle: wake-ups and memory of a stream that has nothing to do
//   - storage: the ring and the spool alone
//   - size: of programs
//   - outage: what arrives through ten bad seconds
//
// Each measurement runs in a child process of its own, which reports its own
// processor time. Rounds are interleaved, so that a noisy neighbour hits everybody, and
// ratios are taken round by round. Printed are medians over the rounds, with the least
// and the greatest: the absolute numbers say little about another machine.
package main
