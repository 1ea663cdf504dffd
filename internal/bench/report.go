package main

import (
	"fmt"
	"io"
	"strings"
)

// A report is written as Markdown while the measurements go on, and ends with the
// goals.
type report struct {
	w     io.Writer
	short bool // nothing can be judged by it
	goals []goal
	bars  []panel // of the chart
	facts []fact  // for newcomers
}

// title begins a section. Who reads the report sees where it was cut off if it
// could not be written.
func (r *report) title(format string, args ...any) {
	_, _ = fmt.Fprintf(r.w, "\n### %s\n\n", fmt.Sprintf(format, args...))
}

func (r *report) text(format string, args ...any) {
	_, _ = fmt.Fprintf(r.w, "%s\n", fmt.Sprintf(format, args...))
}

// table writes rows below a head. All columns but the first hold figures.
func (r *report) table(head []string, rows [][]string) {
	r.line(head)
	_, _ = fmt.Fprintf(r.w, "|---|%s\n", strings.Repeat("---:|", len(head)-1))
	for _, row := range rows {
		r.line(row)
	}
}

func (r *report) line(cells []string) {
	_, _ = fmt.Fprintf(r.w, "| %s |\n", strings.Join(cells, " | "))
}

// goal notes a goal for the end.
func (r *report) goal(g goal) { r.goals = append(r.goals, g) }

// chart notes a panel for the chart.
func (r *report) chart(p panel) { r.bars = append(r.bars, p) }

// finish writes the goals.
func (r *report) finish() {
	if len(r.goals) == 0 {
		return
	}
	if r.short {
		r.text("\nA short run shows that it works. Its figures say nothing of the goals.")
		return
	}
	r.title("Goals")
	rows := make([][]string, len(r.goals))
	missed := 0
	for i, g := range r.goals {
		rows[i] = g.row()
		if !g.reaches(g.must) {
			missed++
		}
	}
	r.table([]string{"what", "measured, median (least to greatest)", "goal", "met"}, rows)
	r.text("\n%d of %d goals are met.", len(r.goals)-missed, len(r.goals))
}
