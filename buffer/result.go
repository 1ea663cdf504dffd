package buffer

import "fmt"

// A Result says what became of a record.
type Result uint8

const (
	// OK: the record is published.
	OK Result = iota
	// Full: no shard had room for it. Every shard was seen full; or some were, and
	// the rest stayed owned by others for as long as Put waits.
	Full
	// Contention: every shard stayed owned by others for as long as Put waits.
	Contention
	// TooLarge: the record is larger than Config.MaxRecord.
	TooLarge
	// Closed: Close was called.
	Closed
)

var resultNames = [...]string{"ok", "full", "contention", "too large", "closed"}

// String returns the name of r in lower case.
func (r Result) String() string {
	if int(r) < len(resultNames) {
		return resultNames[r]
	}
	return fmt.Sprintf("Result(%d)", uint8(r))
}
