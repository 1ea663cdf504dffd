package main

import "fmt"

// A goal is a figure that this project has set itself, and what was measured.
type goal struct {
	what   string
	got    sample
	digits int
	unit   string
	must   float64
	aim    float64 // better than must; 0 if there is none
	least  bool    // got must be must at least, and not at most
}

// reaches reports whether the median is at least as good as limit.
func (g goal) reaches(limit float64) bool {
	if g.least {
		return g.got.median() >= limit
	}
	return g.got.median() <= limit
}

// verdict says how far the goal was reached.
func (g goal) verdict() string {
	switch {
	case !g.reaches(g.must):
		return "**no**"
	case g.aim != 0 && g.reaches(g.aim):
		return "yes, the aim too"
	}
	return "yes"
}

// row is the goal's in the table.
func (g goal) row() []string {
	sign := "at most"
	if g.least {
		sign = "at least"
	}
	limit := fmt.Sprintf("%s %.*f%s", sign, g.digits, g.must, g.unit)
	if g.aim != 0 {
		limit += fmt.Sprintf(" (aim %.*f)", g.digits, g.aim)
	}
	return []string{g.what, g.got.cell(g.digits) + g.unit, limit, g.verdict()}
}
