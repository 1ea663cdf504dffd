//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// A process is a program that logs.
type process struct {
	spec  spec
	board *board
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   strings.Builder
	err   strings.Builder
	done  chan struct{} // closed when it has ended
}

// start starts a program.
func start(ctx context.Context, c spec) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	arg, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	b, err := openBoard(c.Dir, c.Process)
	if err != nil {
		return nil, err
	}
	p := &process{spec: c, board: b, done: make(chan struct{})}
	begin := func(attr *syscall.SysProcAttr) (err error) {
		p.cmd = exec.CommandContext(ctx, self, childArg, string(arg))
		p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.err
		p.cmd.SysProcAttr = attr
		if p.in, err = p.cmd.StdinPipe(); err != nil {
			return err
		}
		return p.cmd.Start()
	}
	if c.Full {
		err = begin(mounts)
	}
	if !c.Full || err != nil {
		err = begin(nil)
	}
	if err != nil {
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait() // ProcessState has the outcome
		close(p.done)
	}()
	return p, nil
}

// kill ends the process with SIGKILL. It is an error if it has ended before.
func (p *process) kill() error {
	_ = p.cmd.Process.Kill() // ended is what the next lines find
	<-p.done
	if st, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || st.Signal() != syscall.SIGKILL {
		return p.failure("ended by itself")
	}
	return nil
}

// end lets the process shut its stream down and returns what it says.
func (p *process) end() (report, error) {
	_ = p.in.Close()
	<-p.done
	var r report
	if !p.cmd.ProcessState.Success() {
		return r, p.failure("failed")
	}
	if err := json.Unmarshal([]byte(p.out.String()), &r); err != nil {
		return r, p.failure("reports " + p.out.String())
	}
	if r.Error != "" {
		return r, errors.New("its Shutdown: " + r.Error)
	}
	return r, nil
}

func (p *process) failure(what string) error {
	said := p.err.String()
	return fmt.Errorf("process %d %s: %v: %s", p.spec.Process, what, p.cmd.ProcessState, said[:min(len(said), 4000)])
}
