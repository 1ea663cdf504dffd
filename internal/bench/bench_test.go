package main

import (
	"testing"
	"time"
)

// BenchmarkLogCall is the hot path as go test measures it, with all that follows in the
// process up to an exporter that does nothing; use -cpu 1,2,4,8.
func BenchmarkLogCall(b *testing.B) {
	for _, name := range append([]string{"keys only", "unmasked"}, rivals...) {
		b.Run(name, func(b *testing.B) {
			c, err := open(name, job{}.target())
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i++ {
					c.log(i)
				}
			})
			if _, err := c.finish(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// The short form of the outage: nothing is lost.
func TestAnOutageLosesNothing(t *testing.T) {
	for _, o := range outages(time.Second, 3000) {
		r, err := o.run()
		if err != nil {
			t.Fatal(err)
		}
		// OTLP does not let a client repeat what was answered with 500.
		if r.different+int(r.rejected) != r.logged || r.dropped != 0 || r.rejected > 0 && o.name != "HTTP: 500" {
			t.Errorf("%s: got %+v, want every record", o.name, r)
		}
	}
}
