package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
)

func main() {
	rounds := flag.Int("rounds", 5, "interleaved rounds")
	records := flag.Int("records", 300_000, "records of a round on the way to a Collector")
	rate := flag.Int("rate", 50_000, "records a second on the way to a Collector")
	what := flag.String("only", "", "hotpath, endtoend or outage; all if empty")
	child := flag.String("child", "", "")
	flag.Parse()
	if err := run(*what, *child, *rounds, *records, *rate); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(what, child string, rounds, records, rate int) error {
	if child != "" {
		var j job
		if err := json.Unmarshal([]byte(child), &j); err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(j.run())
	}
	fmt.Printf("%s, %s/%s, %d processors\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	for _, part := range []struct {
		name string
		run  func() error
	}{
		{"hotpath", func() error { return hotPath(rounds) }},
		{"endtoend", func() error { return endToEnd(rounds, records, rate) }},
		{"outage", throughOutage},
	} {
		if what != "" && what != part.name {
			continue
		}
		if err := part.run(); err != nil {
			return err
		}
	}
	return nil
}
