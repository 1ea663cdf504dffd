//go:build unix

package main

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/logstream-go/logstream/sink/otlptest"
)

// The service of the tests is the test's own program.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == "-panic" || os.Args[1] == "-panic=false") {
		main()
		return
	}
	os.Exit(m.Run())
}

// service starts the service against a receiver.
func service(t *testing.T, arg string) (*exec.Cmd, *otlptest.Server, *strings.Builder) {
	t.Helper()
	receiver, err := otlptest.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { receiver.Close() })
	cmd := exec.CommandContext(t.Context(), os.Args[0], arg)
	cmd.Env = append(os.Environ(), "OTEL_EXPORTER_OTLP_ENDPOINT="+receiver.HTTPEndpoint())
	said := new(strings.Builder)
	cmd.Stderr = said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, receiver, said
}

// check compares what arrived: the first words, the requests without a hole, the last
// words. Their order is not promised; an ERROR goes first.
func check(t *testing.T, arrived []otlptest.Record, last string) {
	t.Helper()
	said := make(map[any]int)
	requests := make(map[any]bool)
	for _, r := range arrived {
		said[r.Body]++
		if r.Body == "request served" {
			requests[r.Attributes["n"]] = true
		}
	}
	n := said["request served"]
	if n == 0 || said["service started"] != 1 || said[last] != 1 || len(arrived) != n+2 {
		t.Errorf("got %v, want some requests, the start and %q", said, last)
	}
	for i := range n {
		if !requests[int64(i+1)] {
			t.Errorf("request %d of %d is missing", i+1, n)
		}
	}
}

func TestServiceDeliversItsLastRecordsAfterSIGTERM(t *testing.T) {
	for _, sig := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		t.Run(sig.String(), func(t *testing.T) {
			cmd, receiver, said := service(t, "-panic=false")
			if _, err := receiver.Wait(t.Context(), 10); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("got %v and %q, want exit status 0", err, said)
			}
			check(t, receiver.Records(), "service stopped")
		})
	}
}

func TestServiceDeliversWhatLedToAPanic(t *testing.T) {
	cmd, receiver, said := service(t, "-panic")
	if err := cmd.Wait(); err == nil || !strings.Contains(said.String(), "something is wrong") {
		t.Errorf("got %v and %q, want the panic", err, said)
	}
	check(t, receiver.Records(), "about to panic")
}
