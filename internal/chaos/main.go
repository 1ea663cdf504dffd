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
	length := flag.Duration("for", 6*time.Second, "how long the faults of a run last, or the soak")
	soaks := flag.Bool("soak", false, "measure what one program holds, through cycles of faults")
	cycle := flag.Duration("cycle", time.Minute, "of the soak")
	growth := flag.Float64("growth", 1.05, "how many times the third cycle's resources a later one may hold")
	seed := flag.Uint64("seed", rand.Uint64(), "of the first run; the next ones count up")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if *soaks {
		fmt.Printf("seed %d\n", *seed)
		exit((&soak{run{seed: *seed, length: *length}, *cycle, *growth, os.Stdout}).do(ctx))
	}
	exit(runs(ctx, os.Stdout, *n, *seed, *length))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
	os.Exit(0)
}
