package main

import (
	"fmt"
	"io"
	"strings"
)

// A printer shows a person what is going on.
type printer struct{ out io.Writer }

func (p *printer) printf(format string, args ...any) { fmt.Fprintf(p.out, format, args...) }

func (p *printer) header(c config, dir, where string) {
	p.printf("A program logs %d records a second and is killed with SIGKILL, %d times.\n", c.rate, c.kills)
	p.printf("Its records are in a crash ring, %s (%s).\n\n", dir, where)
	p.printf("%8s %10s %10s %10s %10s %10s\n", "kill", "endpoint", "taken", "arrived", "in ring", "repeated")
}

// row prints the sums after a kill, or, for number 0, after the last process.
func (p *printer) row(number int, down bool, s sum) {
	name, endpoint := fmt.Sprint(number), "slow"
	if down {
		endpoint = "down"
	}
	if number == 0 {
		name, endpoint = "none", "up"
	}
	p.printf("%8s %10s %10d %10d %10d %10d\n", name, endpoint, s.taken, s.arrived, s.missing, s.repeated)
}

func (p *printer) summary(c config, s sum) {
	line := func(name string, n int, what string) {
		p.printf("%s\n", strings.TrimRight(fmt.Sprintf("  %-10s %8d  %s", name, n, what), " "))
	}
	p.printf("\nSummary\n\n")
	line("kills", c.kills, "of processes that were logging")
	line("taken", s.taken, "records whose log call had returned")
	line("arrived", s.arrived, "different records, those included whose call was cut off")
	line("lost", s.missing, "")
	line("invented", s.invented, "")
	line("repeated", s.repeated, "were in flight at a kill; a record keeps its identity, see stream.WithRecordUID")
	p.printf("\n")
}
