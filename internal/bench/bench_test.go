package main

import (
	"log/slog"
	"testing"
	"time"
)

// BenchmarkLogCall is the hot path as go test measures it; use -cpu 1,2,4,8.
func BenchmarkLogCall(b *testing.B) {
	for _, name := range names {
		b.Run(name, func(b *testing.B) {
			c, err := open(name, "", false)
			if err != nil {
				b.Fatal(err)
			}
			w := newWorkload(slog.New(c.handler))
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i++ {
					w.record(i)
				}
			})
			if _, err := c.finish(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// Every contender must deliver the record that it is measured with.
func TestContendersDeliver(t *testing.T) {
	for _, name := range names[1:] {
		c, err := open(name, "", false)
		if err != nil {
			t.Fatal(err)
		}
		w := newWorkload(slog.New(c.handler))
		for i := range 100 {
			w.record(i)
		}
		if n, err := c.finish(); n != 100 || err != nil {
			t.Errorf("%s: delivered %d records and %v, want 100", name, n, err)
		}
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

func TestSeries(t *testing.T) {
	s := newSeries()
	for _, v := range []float64{5, 1, 9, 3} {
		s.add("x", v)
	}
	if m, sp := s.median("x"), s.spread("x", 0); m != 3 || sp != "(1 to 9)" {
		t.Errorf("got %v and %s, want 3 and (1 to 9)", m, sp)
	}
}
