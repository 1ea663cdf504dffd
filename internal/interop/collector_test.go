package interop

import (
	"strings"
	"testing"
	"time"

	"github.com/logstream-go/logstream/internal/interop/workload"
	"github.com/logstream-go/logstream/mask"
	"github.com/logstream-go/logstream/sink/otlpgrpc"
	"github.com/logstream-go/logstream/stream"
)

// The seed of every workload. Another one gives other records.
const seed = 20261122

// check compares what c wrote with what w has logged and logs the result.
func check(t *testing.T, w *workload.Workload, files []string) Report {
	t.Helper()
	report, err := Compare(w, resource(t), files...)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(report)
	if report.Differences+report.Missing+report.Unknown > 0 {
		t.Errorf("got %d differences, %d missing, %d unknown, want none",
			report.Differences, report.Missing, report.Unknown)
	}
	return report
}

func TestCollectorReceivesWhatWasLogged(t *testing.T) {
	for _, c := range []struct {
		name        string
		compression otlpgrpc.Compression
	}{
		{"gzip", otlpgrpc.GzipCompression},
		{"uncompressed", otlpgrpc.NoCompression},
	} {
		t.Run(c.name, func(t *testing.T) {
			col := newCollector(t)
			start(t, col)
			p := newPipe(t, col, c.compression)
			w := workload.New(seed, records(t), p.handler)
			began := time.Now()
			p.log(t, w)
			p.shutdown(t)
			took := time.Since(began)
			p.delivered(t, w.Len())
			stop(t, col)
			route := p.stream.Stats().Routes[0]
			t.Logf("delivered %d records in %v, %d requests of %d bytes in all",
				route.Delivered, took.Round(time.Millisecond), route.Requests, route.Bytes)
			if report := check(t, w, col.Files()); report.Duplicates > 0 {
				t.Errorf("got %d duplicates, want none without a failure", report.Duplicates)
			}
		})
	}
}

// Without masking the same records differ, in their secrets and in nothing else.
func TestComparisonFindsWhatTheCollectorReceivedInstead(t *testing.T) {
	col := newCollector(t)
	start(t, col)
	p := newPipe(t, col, otlpgrpc.GzipCompression, stream.WithMask(mask.None()))
	w := workload.New(seed, 1000, p.handler)
	p.log(t, w)
	p.shutdown(t)
	stop(t, col)
	report, err := Compare(w, resource(t), col.Files()...)
	if err != nil {
		t.Fatal(err)
	}
	if report.Differences == 0 || report.Missing > 0 || report.Unknown > 0 {
		t.Errorf("got %s, want differences only", report)
	}
	for _, e := range report.Examples {
		if !strings.Contains(e, "want string \"[REDACTED:key]\"") && !strings.Contains(e, "want \"[REDACTED:key]\"") {
			t.Errorf("got another difference: %s", e)
		}
	}
}
