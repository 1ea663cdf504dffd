package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"time"
)

// A job is what the process of a peer does.
type job struct {
	Peer     string
	Endpoint string
	Dir      string

	Records int
	Rate    int           // a second; 0 is as fast as it goes
	Poison  string        // in the message of the middle record
	Large   int           // bytes that the middle record has besides
	Give    time.Duration // for the log calls
	Settle  time.Duration // between the last record and the close
	Close   time.Duration // for the close
	Stay    bool          // after the last record, to be killed
}

// A word is what it says, once after the last record and once after the close.
type word struct {
	Logged  int           // records whose log call has returned
	Worst   time.Duration // of a log call
	Blocked bool          // a log call has not returned in time

	Closed bool          // the second word
	Took   time.Duration // the close
	Error  string        // of the close
}

// childMain does the job.
func childMain(arg string) error {
	var j job
	if err := json.Unmarshal([]byte(arg), &j); err != nil {
		return err
	}
	p, err := open(j.Peer, j.Endpoint, j.Dir)
	if err != nil {
		return err
	}
	say := json.NewEncoder(os.Stdout)
	if err := say.Encode(j.log(p)); err != nil {
		return err
	}
	if j.Stay {
		_, err := io.Copy(io.Discard, os.Stdin)
		return err
	}
	pause(j.Settle)
	start := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), j.Close)
	defer cancel()
	closed := make(chan error, 1)
	go func() { closed <- p.close(ctx) }()
	w := word{Closed: true}
	select {
	case err := <-closed:
		if err != nil {
			w.Error = err.Error()
		}
	case <-time.After(j.Close + 2*time.Second):
		w.Error = "does not end"
	}
	w.Took = time.Since(start)
	return say.Encode(w)
}

// log logs the job's records, for as long as there is time.
func (j job) log(p *peer) word {
	words := make(chan word, j.Records+1)
	go func() {
		defer close(words)
		var w word
		start := time.Now()
		for i := range j.Records {
			if j.Rate > 0 {
				pause(time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(j.Rate))))
			}
			text, user := fmt.Sprintf("record-%06d", i), "user-42"
			if i == j.Records/2 {
				text += j.Poison
				user += filler(j.Large)
			}
			call := time.Now()
			p.log(text, user)
			w.Worst = max(w.Worst, time.Since(call))
			w.Logged++
			words <- w
		}
	}()
	var last word
	limit := time.After(j.Give)
	for {
		select {
		case w, ok := <-words:
			if !ok {
				return last
			}
			last = w
		case <-limit:
			last.Blocked = true
			return last
		}
	}
}

// filler returns n random letters, which do not compress to nothing.
func filler(n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(byte('a' + rand.IntN(26)))
	}
	return b.String()
}

// pause waits, unless it is for less than what a timer is good for.
func pause(d time.Duration) {
	if d > time.Millisecond {
		<-time.After(d)
	}
}
