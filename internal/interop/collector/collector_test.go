package collector

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// oneRecord is an OTLP/JSON request.
const oneRecord = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"hello"}}]}]}]}`

func start(t *testing.T, opts ...Option) *Collector {
	t.Helper()
	c, err := New(t.TempDir(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Kill)
	return c
}

func post(t *testing.T, c *Collector) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.HTTPEndpoint()+"/v1/logs",
		strings.NewReader(oneRecord))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("got status %s, %s", resp.Status, answer)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestEveryExporterAcceptsRecords(t *testing.T) {
	for _, e := range []Exporter{File, Nop, Debug} {
		t.Run(string(e), func(t *testing.T) {
			c := start(t, WithExporter(e))
			post(t, c)
			if err := c.Stop(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAnAgentSendsOnWhatItTails(t *testing.T) {
	to := start(t)
	file := filepath.Join(t.TempDir(), "a.log")
	agent := start(t, WithTail(file, strings.TrimPrefix(to.GRPCEndpoint(), "http://")))
	if agent.PID() == 0 || agent.PID() == to.PID() {
		t.Errorf("got processes %d and %d, want two", agent.PID(), to.PID())
	}
	var line bytes.Buffer
	slog.New(slog.NewJSONHandler(&line, nil)).Warn("tailed", "n", 7)
	if err := os.WriteFile(file, line.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	post(t, agent)
	for deadline := time.Now().Add(time.Minute); ; {
		got, _ := os.ReadFile(to.Files()[0]) // it is not there at first
		if bytes.Contains(got, []byte("tailed")) && bytes.Contains(got, []byte("hello")) {
			for _, want := range []string{`"severityText":"WARN"`, `"timeUnixNano":"1`, `"body":{"stringValue":"tailed"},"attributes":[{"key":"n","value":{`} {
				if !bytes.Contains(got, []byte(want)) {
					t.Errorf("got %s, want %s", got, want)
				}
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("got %s after a minute, want what was tailed and what was received", got)
		}
		<-time.After(50 * time.Millisecond)
	}
	if err := agent.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAnAgentHasOneExporter(t *testing.T) {
	for _, opts := range [][]Option{{WithTail("/x", "127.0.0.1:1"), WithExporter(Nop)}, {WithExporter(forward)}} {
		if _, err := New(t.TempDir(), opts...); err == nil || !strings.Contains(err.Error(), "WithExporter") {
			t.Errorf("got %v, want an error that names WithExporter", err)
		}
	}
}

func TestAcknowledgedRecordIsInTheFileAfterKill(t *testing.T) {
	c := start(t)
	post(t, c)
	c.Kill()
	if got := bytes.Count(read(t, c.Files()[0]), []byte("hello")); got != 1 {
		t.Errorf("got %d records, want 1", got)
	}
}

func TestEachStartHasTheSamePortsAndAFileOfItsOwn(t *testing.T) {
	c := start(t)
	endpoint := c.HTTPEndpoint()
	post(t, c)
	if err := c.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	post(t, c)
	if err := c.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := c.HTTPEndpoint(); got != endpoint {
		t.Errorf("got %s after the restart, want %s", got, endpoint)
	}
	files := c.Files()
	if len(files) != 2 {
		t.Fatalf("got files %q, want 2", files)
	}
	for _, f := range files {
		if got := bytes.Count(read(t, f), []byte("\n")); got != 1 {
			t.Errorf("%s: got %d lines, want 1", f, got)
		}
	}
}

func TestWithTLSTheEndpointsAreHTTPS(t *testing.T) {
	c, err := New(t.TempDir(), WithTLS(TLS{Cert: "/no/such/cert", Key: "/no/such/key", ClientCA: "/no/such/ca"}))
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []string{c.GRPCEndpoint(), c.HTTPEndpoint()} {
		if !strings.HasPrefix(got, "https://127.0.0.1:") {
			t.Errorf("got %s, want https", got)
		}
	}
	config := c.config("/records")
	for _, want := range []string{`cert_file: "/no/such/cert"`, `key_file: "/no/such/key"`, `client_ca_file: "/no/such/ca"`} {
		if got := strings.Count(config, want); got != 2 {
			t.Errorf("got %q %d times, want it for both ports", want, got)
		}
	}
	if err := c.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "/no/such/") {
		c.Kill()
		t.Errorf("got %v, want the file that is missing", err)
	}
}

func TestStartReportsWhyTheCollectorDidNotComeUp(t *testing.T) {
	c, err := New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", address(c.grpcPort))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	err = c.Start(t.Context())
	if err == nil {
		c.Kill()
		t.Fatal("got no error with its port taken")
	}
	if !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("got %v, want the reason", err)
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	c, err := New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Start(ctx); err == nil {
		c.Kill()
		t.Error("got no error with a cancelled context")
	}
}

func TestTheCollectorEndsWithWhoeverStartedIt(t *testing.T) {
	program, err := Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(c.dir, "config.yaml")
	if err := os.WriteFile(path, []byte(c.config(filepath.Join(c.dir, "records"))), 0o600); err != nil {
		t.Fatal(err)
	}
	// The standard input of a process that is started without one is at its end.
	if out, err := exec.CommandContext(t.Context(), program, "--config", path).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestStartTwiceIsAnError(t *testing.T) {
	c := start(t)
	if err := c.Start(t.Context()); err == nil {
		t.Error("got no error")
	}
}

func TestStopAndKillOfNothingDoNothing(t *testing.T) {
	c, err := New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	c.Kill()
}

func TestNewRefusesAnUnknownExporter(t *testing.T) {
	if _, err := New(t.TempDir(), WithExporter("kafka")); err == nil {
		t.Error("got no error")
	}
}
