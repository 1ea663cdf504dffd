package collector

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
)

// readyMark is part of the line that the Collector logs once every component has
// started.
const readyMark = "Everything is ready"

// keptLines is how much of the Collector's log an error shows.
const keptLines = 20

// A process is one run of the program.
type process struct {
	cmd    *exec.Cmd
	ready  chan struct{} // closed by watch when the log holds readyMark
	exited chan struct{} // closed by watch when the process is gone
	err    error         // of Wait; valid once exited is closed

	mu    sync.Mutex // guards lines
	lines []string   // the last ones of the log
}

// startProcess starts cmd and the goroutine that watches it.
func startProcess(cmd *exec.Cmd) (*process, error) {
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, fmt.Errorf("collector: %w", err)
	}
	// Nothing is ever written to it. It ends when this process does, in whatever
	// way, and the program ends with it.
	if _, err := cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("collector: %w", err)
	}
	p := &process{cmd: cmd, ready: make(chan struct{}), exited: make(chan struct{})}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("collector: %w", err)
	}
	go p.watch(stderr)
	return p, nil
}

// watch reads the log until the process closes it, then reaps the process. It
// alone closes ready and exited.
func (p *process) watch(log io.Reader) {
	defer close(p.exited)
	ready := false
	lines := bufio.NewReaderSize(log, 64<<10)
	for {
		line, err := lines.ReadSlice('\n')
		if !ready && bytes.Contains(line, []byte(readyMark)) {
			ready = true
			close(p.ready)
		}
		p.keep(string(line))
		// A line longer than the buffer arrives in pieces.
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			break
		}
	}
	p.err = p.cmd.Wait()
}

// keep remembers a line of the log and forgets the oldest.
func (p *process) keep(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.lines) == keptLines {
		p.lines = append(p.lines[:0], p.lines[1:]...)
	}
	p.lines = append(p.lines, line)
}

// log returns the last lines of the log.
func (p *process) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "")
}

// kill ends the process at once and waits until it is gone.
func (p *process) kill() {
	// The only error is that it is gone already.
	_ = p.cmd.Process.Kill()
	<-p.exited
}
