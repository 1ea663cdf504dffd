package main

import "context"

// garbage measures what a process allocates for each export once it is warm: all that
// happens between the log call and the answer.
func garbage(ctx context.Context, r *report, sz size) error {
	col, stop, err := startCollector(ctx)
	if err != nil {
		return err
	}
	defer stop()
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
			j := job{Contender: x.contender, Endpoint: endpoint(col, x.contender), Gzip: x.gzip, Records: sz.records, Warm: sz.records}
			res, err := lossless(j)
			if err != nil {
				return err
			}
			request.add(x.name, float64(res.Bytes)/1024/float64(max(1, res.Requests)))
			record.add(x.name, float64(res.Bytes)/float64(sz.records))
		}
	}
	r.title("Garbage of a warm process, all between log call and answer")
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
