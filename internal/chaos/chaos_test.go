//go:build linux

package main

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/logstream-go/logstream/sink/otlphttp"
	"github.com/logstream-go/logstream/sink/otlptest"
	"github.com/logstream-go/logstream/slogbridge"
	"github.com/logstream-go/logstream/stream"
)

// The programs of the tests are the test's own program.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == childArg {
		exit(childMain(os.Args[2]))
	}
	os.Exit(m.Run())
}

func TestARunOfEachKindLosesNothingUnseen(t *testing.T) {
	var out strings.Builder
	if err := runs(t.Context(), &out, 1, uint64(time.Now().UnixNano()), 1500*time.Millisecond); err != nil {
		t.Errorf("%v:\n%s", err, out.String())
	}
	t.Log(out.String())
}

func TestTheOracleTells(t *testing.T) {
	board, err := openBoard(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer board.close()
	board.took(3, 2)
	ps := []*process{{spec: spec{Process: 0}, board: board}}
	first, second, third, fourth := id{0, 3, 1}, id{0, 3, 2}, id{0, 3, 3}, id{0, 3, 4}
	for _, c := range []struct {
		name    string
		arrived map[id]int
		dropped uint64
		want    string
	}{
		{"all is well", map[id]int{first: 1, second: 1}, 0, ""},
		{"a call that was cut off", map[id]int{first: 1, second: 1, third: 1}, 0, ""},
		{"a loss", map[id]int{second: 1}, 0, "1 records are lost"},
		{"a loss that is counted", map[id]int{second: 1}, 1, ""},
		{"an invention", map[id]int{first: 1, second: 1, fourth: 1}, 0, "nobody logged {0 3 4}"},
		{"a process that never was", map[id]int{first: 1, second: 1, {7, 0, 1}: 1}, 0, "nobody logged {7 0 1}"},
		{"a repetition without a reason", map[id]int{first: 1, second: 2}, 0, "1 records arrived again, want at most 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv, err := otlptest.New(otlptest.WithInMemory())
			if err != nil {
				t.Fatal(err)
			}
			defer srv.Close()
			o := newOracle(srv)
			o.arrived = c.arrived
			err = o.judge(ps, c.dropped, 0, 0)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// deliver logs records to a receiver and returns them as they arrived.
func deliver(t *testing.T, n int, log func(*slog.Logger)) (*otlptest.Server, []otlptest.Record) {
	t.Helper()
	srv, err := otlptest.New(otlptest.WithMessages())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	srv.SetFault(otlptest.RejectIf(isPoison))
	exp, err := otlphttp.New(otlphttp.WithEndpoint(srv.HTTPEndpoint()))
	if err != nil {
		t.Fatal(err)
	}
	s, err := stream.New(exp, stream.WithResource(slog.Int("chaos.process", 5)), stream.WithErrorHandler(func(error) {}))
	if err != nil {
		t.Fatal(err)
	}
	log(slog.New(slogbridge.NewHandler(s, slogbridge.WithLevel(slog.LevelDebug))))
	if err := s.Shutdown(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	records := srv.Records()
	if len(records) != n {
		t.Fatalf("got %d records, want %d", len(records), n)
	}
	return srv, records
}

func TestReadKnowsARecordAndEveryChangeOfIt(t *testing.T) {
	n := id{5, 2, 150}
	_, records := deliver(t, 1, n.log)
	if got, err := read(&records[0]); got != n || err != nil {
		t.Fatalf("got %v and %v, want %v", got, err, n)
	}
	for name, change := range map[string]func(*otlptest.Record){
		"another text": func(r *otlptest.Record) { r.Body = "hello" },
		"a letter":     func(r *otlptest.Record) { r.Body = r.Body.(string) + "a" },
		"no body":      func(r *otlptest.Record) { r.Body = nil },
		"a level":      func(r *otlptest.Record) { r.SeverityText = "DEBUG" },
		"an attribute": func(r *otlptest.Record) {
			r.Attributes = map[string]any{"producer": int64(2), "i": int64(151), "poison": false}
		},
		"one too many":    func(r *otlptest.Record) { r.Ordered = append(r.Ordered, r.Ordered[0]) },
		"its resource":    func(r *otlptest.Record) { r.Resource = &otlptest.Resource{} },
		"no attribute":    func(r *otlptest.Record) { r.Attributes, r.Ordered = nil, nil },
		"of another call": func(r *otlptest.Record) { r.Body = id{5, 2, 151}.text() },
	} {
		t.Run(name, func(t *testing.T) {
			r := records[0]
			change(&r)
			if _, err := read(&r); err == nil {
				t.Errorf("got no error for %+v", r)
			}
		})
	}
}

func TestRefusalsNameThePoisonAlone(t *testing.T) {
	srv, _ := deliver(t, 2, func(l *slog.Logger) {
		for _, i := range []int{poisonEvery - 1, poisonEvery, poisonEvery + 1} {
			id{5, 0, i}.log(l)
		}
	})
	r := newOracle(srv).refusals()
	if poison := (id{5, 0, poisonEvery}); len(r.alone) != 1 || !r.alone[poison] || !r.together[poison] || len(r.partly) != 0 {
		t.Errorf("got %+v, want %v alone", r, poison)
	}
}

func TestRefusalsNameTheLastRecordsOfAPartialSuccess(t *testing.T) {
	srv, err := otlptest.New(otlptest.WithMessages())
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	srv.SetFault(otlptest.PartialSuccess(1, "one is bad"))
	exp, err := otlphttp.New(otlphttp.WithEndpoint(srv.HTTPEndpoint()))
	if err != nil {
		t.Fatal(err)
	}
	s, err := stream.New(exp, stream.WithLinger(time.Minute), stream.WithErrorHandler(func(error) {}))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slogbridge.NewHandler(s))
	id{5, 0, 1}.log(log)
	id{5, 0, 2}.log(log)
	if err := s.Shutdown(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	r := newOracle(srv).refusals()
	if last := (id{5, 0, 2}); len(r.partly) != 1 || !r.partly[last] || len(r.alone)+len(r.together) != 0 {
		t.Errorf("got %+v, want %v in a partial success", r, last)
	}
}

func TestASoakComparesCycles(t *testing.T) {
	var out strings.Builder
	s := soak{run{seed: 1, length: 2 * time.Second}, 400 * time.Millisecond, 3, &out}
	if err := s.do(t.Context()); err != nil {
		t.Errorf("%v:\n%s", err, out.String())
	}
	if n := strings.Count(out.String(), "MB resident"); n != 5 {
		t.Errorf("got %d cycles, want 5:\n%s", n, out.String())
	}
	s.length = s.cycle
	if err := s.do(t.Context()); err == nil {
		t.Error("got no error for a soak without a cycle to compare")
	}
}

func TestUsageTellsGrowth(t *testing.T) {
	base := usage{memory: 100, descriptors: 20, goroutines: 40, disk: 0}
	for _, c := range []struct {
		name string
		u    usage
		want int
	}{
		{"as before", base, 0},
		{"less", usage{memory: 1}, 0},
		{"just within", usage{105, 26, 47, 0}, 0},
		{"memory", usage{106, 20, 40, 0}, 1},
		{"all", usage{106, 27, 48, 1}, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			if errs := c.u.within(base, 1.05); len(errs) != c.want {
				t.Errorf("got %v, want %d findings", errs, c.want)
			}
		})
	}
}

func TestSpanHasTheLeastAndTheMean(t *testing.T) {
	var s span
	for _, u := range []usage{{5, 10, 3, 8}, {3, 14, 3, 4}, {4, 12, 6, 6}} {
		s.add(u)
	}
	if got, want := s.least, (usage{3, 10, 3, 4}); got != want {
		t.Errorf("least: got %v, want %v", got, want)
	}
	if got, want := s.mean(), (usage{4, 12, 4, 6}); got != want {
		t.Errorf("mean: got %v, want %v", got, want)
	}
}

func TestOccupiedCountsWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/file", make([]byte, 100_000), 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := occupied(dir); n < 100_000 || n > 200_000 || err != nil {
		t.Errorf("got %d and %v, want 100,000 or a little more", n, err)
	}
	if n, err := occupied(dir + "/none"); n != 0 || err != nil {
		t.Errorf("got %d and %v for a directory that is not there yet, want 0", n, err)
	}
}
