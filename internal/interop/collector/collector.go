package collector

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
)

// A Collector is a place where an OpenTelemetry Collector is run: two ports and
// a directory. It runs at most one process at a time. Its methods must not be
// called concurrently, the endpoints excepted.
type Collector struct {
	dir      string
	exporter Exporter
	tls      *TLS   // nil is plain text
	tail     string // the files that an agent tails
	upstream string // where it sends to
	grpcPort int
	httpPort int

	files []string // one for each start
	proc  *process // nil while nothing runs
}

// New chooses ports and returns a Collector that is not running. dir must exist;
// configurations and received records are written to it.
func New(dir string, opts ...Option) (*Collector, error) {
	c := &Collector{dir: dir, exporter: File}
	for _, o := range opts {
		o.apply(c)
	}
	switch {
	case c.tail != "" && c.exporter != forward:
		return nil, fmt.Errorf("collector: WithTail and WithExporter(%q): it can do one of them", c.exporter)
	case c.tail == "" && !slices.Contains([]Exporter{File, Nop, Debug}, c.exporter):
		return nil, fmt.Errorf("collector: WithExporter: unknown exporter %q", c.exporter)
	}
	var err error
	if c.grpcPort, err = freePort(); err != nil {
		return nil, err
	}
	if c.httpPort, err = freePort(c.grpcPort); err != nil {
		return nil, err
	}
	return c, nil
}

// GRPCEndpoint returns the URL for OTLP over gRPC.
func (c *Collector) GRPCEndpoint() string { return c.scheme() + address(c.grpcPort) }

// HTTPEndpoint returns the base URL for OTLP over HTTP; v1/logs is below it.
func (c *Collector) HTTPEndpoint() string { return c.scheme() + address(c.httpPort) }

// PID returns the number of the process that runs, or 0.
func (c *Collector) PID() int {
	if c.proc == nil {
		return 0
	}
	return c.proc.cmd.Process.Pid
}

func (c *Collector) scheme() string {
	if c.tls != nil {
		return "https://"
	}
	return "http://"
}

// Files returns the files that the File exporter has written to, one for each
// start, oldest first. A file does not exist if nothing was received. The last
// line of a file may be torn if Kill ended it.
func (c *Collector) Files() []string { return slices.Clone(c.files) }

// Start builds the Collector if needed, starts it and returns once it accepts
// connections on both ports. If it does not come up, or ctx ends before it does,
// the process is gone when Start returns, and the error holds the last lines of
// its log. ctx matters until Start returns, not after.
func (c *Collector) Start(ctx context.Context) error {
	if c.proc != nil {
		return errors.New("collector: it is already running")
	}
	program, err := Build(ctx)
	if err != nil {
		return err
	}
	n := len(c.files) + 1
	path := filepath.Join(c.dir, fmt.Sprintf("records-%d.jsonl", n))
	config := filepath.Join(c.dir, fmt.Sprintf("config-%d.yaml", n))
	if err := os.WriteFile(config, []byte(c.config(path)), 0o600); err != nil {
		return fmt.Errorf("collector: %w", err)
	}
	p, err := startProcess(exec.CommandContext(context.WithoutCancel(ctx), program, "--config", config))
	if err != nil {
		return err
	}
	if err := c.await(ctx, p); err != nil {
		p.kill()
		return fmt.Errorf("collector: it did not start: %w\n%s", err, p.log())
	}
	c.proc = p
	c.files = append(c.files, path)
	return nil
}

// await returns nil when p says that it is ready and both ports answer.
func (c *Collector) await(ctx context.Context, p *process) error {
	select {
	case <-p.ready:
	case <-p.exited:
		return fmt.Errorf("it exited: %w", p.err)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	var d net.Dialer
	for _, port := range []int{c.grpcPort, c.httpPort} {
		conn, err := d.DialContext(ctx, "tcp", address(port))
		if err != nil {
			return err
		}
		if err := conn.Close(); err != nil {
			return err
		}
	}
	return nil
}

// Stop ends the process with SIGTERM and waits until it has answered the
// requests in flight, written its file and exited. If ctx ends first, the process
// is killed and the context's error returned. It is an error if the Collector
// reports failure; if none runs, Stop does nothing.
func (c *Collector) Stop(ctx context.Context) error {
	p := c.proc
	if p == nil {
		return nil
	}
	c.proc = nil
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.kill()
		return fmt.Errorf("collector: %w", err)
	}
	select {
	case <-p.exited:
	case <-ctx.Done():
		p.kill()
		return fmt.Errorf("collector: it did not stop: %w\n%s", context.Cause(ctx), p.log())
	}
	if p.err != nil {
		return fmt.Errorf("collector: it failed: %w\n%s", p.err, p.log())
	}
	return nil
}

// Kill ends the process with SIGKILL and waits until it is gone. If none runs,
// Kill does nothing.
func (c *Collector) Kill() {
	if c.proc != nil {
		c.proc.kill()
		c.proc = nil
	}
}
