package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// A mishap is something that all peers go through.
type mishap struct {
	name    string
	mood    mood          // of the server at first
	bad     time.Duration // until it is well; 0: from the beginning, or until the program has ended if it starts again
	limited bool
	poison  string
	again   bool // the program is started again when the server is well
	job     job
}

// A fate is what became of a peer.
type fate struct {
	logged, delivered, repeated int
	notes                       []string
}

func (f fate) String() string {
	s := fmt.Sprintf("%d of %d", f.delivered, f.logged)
	if len(f.notes) > 0 {
		s += " (" + strings.Join(f.notes, ", ") + ")"
	}
	return s
}

// mishaps returns all of them. bad is how long an endpoint is bad, and rate the
// records a second that are logged for half as long again.
func mishaps(bad time.Duration, rate int) []mishap {
	outage := job{Records: int(bad.Seconds() * 1.5 * float64(rate)), Rate: rate, Give: 4 * bad, Settle: 2 * bad, Close: 2 * bad}
	few := job{Records: 400, Give: bad, Settle: bad / 2, Close: bad}
	end := job{Records: 1000, Rate: rate, Give: bad, Close: bad}
	killed := end
	killed.Stay = true
	poisoned, large := few, few
	poisoned.Poison, large.Large = "-POISON", 100<<10
	return []mishap{
		{name: fmt.Sprintf("%v of 503", bad), mood: 503, bad: bad, job: outage},
		{name: fmt.Sprintf("%v of 500", bad), mood: 500, bad: bad, job: outage},
		{name: fmt.Sprintf("%v without an answer", bad), mood: hanging, bad: bad, job: outage},
		{name: fmt.Sprintf("%v of refused connections", bad), mood: gone, bad: bad, job: outage},
		{name: "end while down, new start", mood: 503, again: true, job: end},
		{name: "one record of 100 KiB, limit 96 KiB", limited: true, job: large},
		{name: "one record answered with 400", poison: poisoned.Poison, job: poisoned},
		{name: "kill -9 while down, new start", mood: 503, again: true, job: killed},
	}
}

// befall sends a peer through the mishap.
func (m mishap) befall(ctx context.Context, name string) (f fate, err error) {
	srv, err := newServer(m)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, srv.close()) }()
	dir, err := scratch()
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if m.bad > 0 {
		recovering := make(chan error, 1)
		timer := time.AfterFunc(m.bad, func() { recovering <- srv.recover() })
		defer func() {
			if !timer.Stop() {
				err = errors.Join(err, <-recovering)
			}
		}()
	}

	j := m.job
	j.Peer, j.Endpoint, j.Dir = name, srv.endpoint(), dir
	words, err := j.spawn(ctx)
	if err != nil {
		return f, err
	}
	f.read(words, j)
	if m.again {
		if err := srv.recover(); err != nil {
			return f, err
		}
		next := job{Peer: name, Endpoint: j.Endpoint, Dir: dir, Give: time.Second, Settle: j.Give / 2, Close: j.Close}
		if _, err := next.spawn(ctx); err != nil {
			return f, err
		}
	}
	f.delivered, f.repeated, _ = srv.count()
	if f.repeated > 0 {
		f.notes = append(f.notes, fmt.Sprintf("%d repeated", f.repeated))
	}
	return f, nil
}

// read takes down what the process said.
func (f *fate) read(words []word, j job) {
	var ended bool
	for _, w := range words {
		if !w.Closed {
			f.logged = w.Logged
			if w.Worst > time.Second {
				f.notes = append(f.notes, fmt.Sprintf("a call took %.1f s", w.Worst.Seconds()))
			}
			if w.Blocked {
				f.notes = append(f.notes, fmt.Sprintf("a call blocks, after %d records", w.Logged))
				f.logged = j.Records
			}
			continue
		}
		ended = true
		switch {
		case w.Error == "does not end":
			f.notes = append(f.notes, "close does not end")
		case w.Error != "":
			f.notes = append(f.notes, fmt.Sprintf("close fails after %.1f s", w.Took.Seconds()))
		}
	}
	if !ended && !j.Stay {
		f.notes = append(f.notes, "the program crashes")
	}
}

// spawn does the job in a process of its own and returns its words. A process that
// stays is killed as soon as it has said one.
func (j job) spawn(ctx context.Context) ([]word, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	arg, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, j.Give+j.Settle+j.Close+10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, childArg, string(arg))
	if _, err := cmd.StdinPipe(); err != nil { // it stays open until the process has ended
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	var words []word
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var w word
		if json.Unmarshal(lines.Bytes(), &w) != nil {
			continue // some peers talk on standard output
		}
		words = append(words, w)
		if j.Stay {
			if err := cmd.Process.Kill(); err != nil {
				return nil, err
			}
		}
	}
	if err := cmd.Wait(); err != nil && len(words) == 0 {
		return nil, fmt.Errorf("peers: %s: %w", j.Peer, err)
	}
	return words, nil
}

// befallAll sends the peers through the mishap, side by side.
func (m mishap) befallAll(ctx context.Context, peers []string) ([]fate, error) {
	fates := make([]fate, len(peers))
	errs := make([]error, len(peers))
	var wg sync.WaitGroup
	for i, name := range peers {
		wg.Go(func() {
			var err error
			if fates[i], err = m.befall(ctx, name); err != nil {
				errs[i] = fmt.Errorf("%s, %s: %w", m.name, name, err)
			}
		})
	}
	wg.Wait()
	return fates, errors.Join(errs...)
}

// scratch makes a directory, in memory if there is such a file system.
func scratch() (string, error) {
	if dir, err := os.MkdirTemp("/dev/shm", "logstream-peers-"); err == nil {
		return dir, nil
	}
	return os.MkdirTemp("", "logstream-peers-")
}
