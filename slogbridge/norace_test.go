//go:build !race

package slogbridge

// raceEnabled says that the race detector runs, under which sync.Pool drops what
// it was given at random.
const raceEnabled = false
