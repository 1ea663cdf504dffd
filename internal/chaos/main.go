//go:build linux

package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"time"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == childArg {
		exit(childMain(os.Args[2]))
	}
	n := flag.Int("runs", 1, "how many runs of each kind")
	length := flag.Duration("for", 6*time.Second, "how long the faults of a run last")
	seed := flag.Uint64("seed", rand.Uint64(), "of the first run; the next ones count up")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	exit(runs(ctx, os.Stdout, *n, *seed, *length))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
	os.Exit(0)
}
