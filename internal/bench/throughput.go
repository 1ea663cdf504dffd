package main

import (
	"context"
	"fmt"
)

// throughput measures how fast a burst is delivered, over a connection that is there, into a
// receiver that takes it, counts it, when all is over if it has to unpack it, and discards it.
func throughput(_ context.Context, r *report, sz size) error {
	to, err := newReceiver(false)
	if err != nil {
		return err
	}
	defer func() { _ = to.close() }()
	rate := series{}
	names := []string{"logstream", "otelslog"}
	for range sz.rounds {
		for _, zip := range []bool{true, false} {
			for _, name := range names {
				j := job{Contender: name, Endpoint: to.endpoint, Gzip: zip, Records: sz.records, Warm: sz.records / 3}
				res, err := lossless(j)
				if err != nil {
					return err
				}
				got, err := to.reset()
				if err != nil {
					return err
				}
				if n := j.Warm + j.Records; got.records != n {
					return fmt.Errorf("bench: of %s %d of %d records arrived", name, got.records, n)
				}
				rate.add(fmt.Sprint(name, zip), float64(sz.records)/res.Wall.Seconds())
			}
		}
	}
	r.title("Records/s delivered without loss, into a receiver that counts and discards")
	var rows [][]string
	for _, name := range names {
		rows = append(rows, []string{name, rate.of(name + "true").cell(0), rate.of(name + "false").cell(0)})
	}
	r.table([]string{"", "gzip", "uncompressed"}, rows)
	r.goal(goal{what: "loss-free records/s, gzip: ours", got: rate.of("logstreamtrue").per(rate.of("otelslogtrue")), digits: 1, unit: " times the SDK's", must: 10, least: true})
	r.fact("records a second without loss, into a receiver that counts and discards, gzip", rate.of("logstreamtrue").per(rate.of("otelslogtrue")).cell(1), "1")
	r.fact("the same, uncompressed", rate.of("logstreamfalse").per(rate.of("otelslogfalse")).cell(1), "1")
	r.goal(goal{what: "the same, uncompressed", got: rate.of("logstreamfalse").per(rate.of("otelslogfalse")), digits: 1, unit: " times the SDK's", must: 10, least: true})
	return nil
}
