package interop

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/logstream-go/logstream/internal/interop/workload"
	"github.com/logstream-go/logstream/mask"
	"github.com/logstream-go/logstream/sink/sinktest"
	"github.com/logstream-go/logstream/stream"
)

// The seed of every workload. Another one gives other records.
const seed = 20261122

// check compares what c wrote with what w has logged and logs the result, after
// what is said before it.
func check(t *testing.T, before string, w *workload.Workload, files []string) Report {
	t.Helper()
	report, err := Compare(w, resource(t), files...)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(before + report.String())
	if report.Differences+report.Missing+report.Unknown > 0 {
		t.Errorf("got %d differences, %d missing, %d unknown, want none",
			report.Differences, report.Missing, report.Unknown)
	}
	return report
}

// Every path is one that a program takes: certificates come from the environment,
// compression from an option.
func TestCollectorReceivesWhatWasLogged(t *testing.T) {
	files := newCertificates(t)
	for _, way := range paths() {
		t.Run(way.String(), func(t *testing.T) {
			way.environment(t, files)
			col := way.collector(t, files)
			start(t, col)
			p := newPipe(t, way.sink(t, col), stream.WithErrorHandler(func(err error) {
				t.Errorf("without a failure the stream says: %v", err)
			}))
			w := workload.New(seed, records(t), p.handler)
			began := time.Now()
			p.log(t, w)
			p.shutdown(t)
			took := time.Since(began)
			p.delivered(t, w.Len())
			stop(t, col)
			route := p.stream.Stats().Routes[0]
			if small := route.Sent < route.Bytes/2; small != (way.compression != "none") {
				t.Errorf("got %d bytes sent of %d", route.Sent, route.Bytes)
			}
			said := fmt.Sprintf("%-16s %5.1f s, %d requests, %3d MB as %3d MB; ", way, took.Seconds(), route.Requests, route.Bytes/1e6, route.Sent/1e6)
			if report := check(t, said, w, col.Files()); report.Duplicates > 0 {
				t.Errorf("got %d duplicates, want none without a failure", report.Duplicates)
			}
		})
	}
}

// What the paths with mTLS prove depends on it.
func TestACollectorThatAsksForACertificateTakesNothingWithoutOne(t *testing.T) {
	files := newCertificates(t)
	col := path{"", "", "mtls"}.collector(t, files)
	start(t, col)
	for _, transport := range []string{"grpc", "http"} {
		t.Run(transport, func(t *testing.T) {
			path{"", "", "tls"}.environment(t, files)
			k := path{transport, "gzip", "tls"}.sink(t, col)
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			defer cancel()
			if err := k.Export(ctx, sinktest.FromEncoded(t, nil).Batch); err == nil {
				t.Error("got no error")
			}
			if err := k.Shutdown(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	stop(t, col)
}

// Without masking the same records differ, in their secrets and in nothing else.
func TestComparisonFindsWhatTheCollectorReceivedInstead(t *testing.T) {
	col := newCollector(t)
	start(t, col)
	p := newPipe(t, plainText.sink(t, col), stream.WithMask(mask.None()))
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
