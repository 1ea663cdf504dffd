package main

import (
	"fmt"
	"slices"
)

// A series holds measurements by name.
type series map[string][]float64

func newSeries() series { return make(series) }

func (s series) add(name string, v float64) { s[name] = append(s[name], v) }

// median returns the middle value, the lower one of two.
func (s series) median(name string) float64 {
	v := slices.Sorted(slices.Values(s[name]))
	return v[(len(v)-1)/2]
}

// spread returns the least and the greatest value.
func (s series) spread(name string, digits int) string {
	return fmt.Sprintf("(%.*f to %.*f)", digits, slices.Min(s[name]), digits, slices.Max(s[name]))
}
