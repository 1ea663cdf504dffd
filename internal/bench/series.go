package main

import (
	"fmt"
	"slices"
)

// A series holds what was measured in round after round, by name.
type series map[string][]float64

func (s series) add(name string, v float64) { s[name] = append(s[name], v) }

// of returns the sample of a name.
func (s series) of(name string) sample { return s[name] }

// A sample is one value a round.
type sample []float64

// median returns the middle value, the lower one of two, and 0 of none.
func (s sample) median() float64 {
	if len(s) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(s))[(len(s)-1)/2]
}

// spread returns the least and the greatest value.
func (s sample) spread(digits int) string {
	if len(s) == 0 {
		return ""
	}
	return fmt.Sprintf("%.*f to %.*f", digits, slices.Min(s), digits, slices.Max(s))
}

// cell returns the median, with the spread if there were rounds enough for one.
func (s sample) cell(digits int) string {
	if len(s) < 2 {
		return fmt.Sprintf("%.*f", digits, s.median())
	}
	return fmt.Sprintf("%.*f (%s)", digits, s.median(), s.spread(digits))
}

// with returns f of the values of s and t, round by round. A noisy neighbour who
// was there for a whole round does not change a ratio much.
func (s sample) with(t sample, f func(a, b float64) float64) sample {
	var out sample
	for i := range min(len(s), len(t)) {
		out = append(out, f(s[i], t[i]))
	}
	return out
}

// per returns s divided by t, round by round.
func (s sample) per(t sample) sample {
	return s.with(t, func(a, b float64) float64 { return a / b })
}

// above returns s less t, round by round.
func (s sample) above(t sample) sample {
	return s.with(t, func(a, b float64) float64 { return a - b })
}
