package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"time"
)

// A child is a process that logs.
type child struct {
	cmd   *exec.Cmd
	stop  func() error  // ends its standard input
	first chan struct{} // closed when it has logged a record, or ended
	done  chan struct{} // closed when its pipe has ended
}

// start starts a child and reads what it says until the end.
func (t *tally) start(ctx context.Context, process int, c config, endpoint, dir string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, childArg, strconv.Itoa(process), strconv.Itoa(c.rate), endpoint, dir)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	k := &child{cmd, in.Close, make(chan struct{}), make(chan struct{})}
	go func() {
		defer close(k.done)
		told := sync.OnceFunc(func() { close(k.first) })
		defer told()
		for lines := bufio.NewScanner(out); lines.Scan(); told() {
			var worker, order int
			if _, err := fmt.Sscanf(lines.Text(), "%d %d", &worker, &order); err != nil {
				continue
			}
			t.mu.Lock()
			t.taken[place{process, worker}] = order
			t.mu.Unlock()
		}
	}()
	return k, nil
}

// killOne runs a child and kills it at a random moment after its first record.
func (t *tally) killOne(ctx context.Context, process int, c config, endpoint, dir string) error {
	k, err := t.start(ctx, process, c, endpoint, dir)
	if err != nil {
		return err
	}
	<-k.first
	select {
	case <-time.After(c.life()):
	case <-k.done: // it has ended by itself, which Kill notices
	case <-ctx.Done():
	}
	killed := k.cmd.Process.Kill() // SIGKILL, which no program can catch
	<-k.done
	err = k.cmd.Wait()
	if killed != nil && ctx.Err() == nil {
		return fmt.Errorf("process %d ended by itself: %w", process, errors.Join(killed, err))
	}
	return nil
}

// letOneEnd runs a child until everything has arrived, for at most 8 s, and ends it.
func (t *tally) letOneEnd(ctx context.Context, process int, c config, endpoint, dir string) error {
	k, err := t.start(ctx, process, c, endpoint, dir)
	if err != nil {
		return err
	}
	<-k.first
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(8 * time.Second)
	for waiting := true; waiting; {
		select {
		case <-tick.C:
			// It goes on logging: what is missing from it is on its way.
			waiting = t.missingBefore(process) > 0
		case <-limit:
			waiting = false
		case <-k.done:
			waiting = false
		}
	}
	_ = k.stop()
	<-k.done
	return k.cmd.Wait()
}
