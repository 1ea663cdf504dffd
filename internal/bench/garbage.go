package main

import (
	"context"
	"time"
)

// garbage measures what a process allocates for each export once it is warm, at a
// steady rate: all that happens between the log call and the answer.
func garbage(ctx context.Context, r *report, sz size) error {
	col, stop, err := startCollector(ctx)
	if err != nil {
		return err
	}
	defer stop()
	const rate = 20_000 // that the SDK keeps up with
	settings := []struct {
		name, contender string
		gzip            bool
		must            float64 // KiB
	}{
		{"logstream over HTTP, gzip", "OTLP/HTTP", true, 16},
		{"logstream over HTTP, uncompressed", "OTLP/HTTP", false, 16},
		{"logstream over gRPC, gzip", "logstream", true, 128},
		{"logstream over gRPC, uncompressed", "logstream", false, 16},
		{"otelslog, gzip", "otelslog", true, 0},
		{"otelslog, uncompressed", "otelslog", false, 0},
	}
	request, record := series{}, series{}
	for range min(sz.rounds, 3) { // hardly anything in it is chance
		for _, x := range settings {
			j := job{Contender: x.contender, Endpoint: endpoint(col, x.contender), Gzip: x.gzip, Records: rate * int(min(sz.time, 3*time.Second)/time.Second), Warm: 4 * rate, Rate: rate}
			res, err := lossless(j)
			if err != nil {
				return err
			}
			request.add(x.name, float64(res.Bytes)/1024/float64(max(1, res.Requests)))
			record.add(x.name, float64(res.Bytes)/float64(j.Records))
		}
	}
	r.title("Garbage of a warm process at %d records/s, all between log call and answer", rate)
	var rows [][]string
	for _, x := range settings {
		rows = append(rows, []string{x.name, request.of(x.name).cell(0), record.of(x.name).cell(1)})
		if x.must > 0 {
			r.goal(goal{what: "garbage per export: " + x.name, got: request.of(x.name), digits: 0, unit: " KiB", must: x.must})
		}
	}
	r.table([]string{"", "KiB per request", "bytes per record"}, rows)
	return nil
}
