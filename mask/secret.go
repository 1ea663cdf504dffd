package mask

import (
	"fmt"
	"io"
	"log/slog"
)

// secretText is what a Secret shows.
const secretText = "[REDACTED]"

// Secret holds a value that nothing prints: not fmt with any verb, not log/slog,
// not encoding/json, text, binary or gob. Only Reveal gives it away. It is for
// passwords and keys in configurations, which end up in logs as parts of something
// larger. The zero Secret holds the zero value. It may be copied, and used
// concurrently as far as T may.
type Secret[T any] struct {
	reveal func() T // A function, which nobody who reflects can look into.
}

// NewSecret returns a Secret that holds value.
func NewSecret[T any](value T) Secret[T] {
	return Secret[T]{func() T { return value }}
}

// Reveal returns the value.
func (s Secret[T]) Reveal() (value T) {
	if s.reveal != nil {
		value = s.reveal()
	}
	return value
}

// String returns "[REDACTED]".
func (s Secret[T]) String() string { return secretText }

// GoString returns "[REDACTED]".
func (s Secret[T]) GoString() string { return secretText }

// Format writes "[REDACTED]" for every verb.
func (s Secret[T]) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, secretText) }

// LogValue returns "[REDACTED]".
func (s Secret[T]) LogValue() slog.Value { return slog.StringValue(secretText) }

// MarshalJSON returns "[REDACTED]" as a JSON string.
func (s Secret[T]) MarshalJSON() ([]byte, error) { return []byte(`"` + secretText + `"`), nil }

// MarshalText returns "[REDACTED]".
func (s Secret[T]) MarshalText() ([]byte, error) { return []byte(secretText), nil }

// MarshalBinary returns "[REDACTED]".
func (s Secret[T]) MarshalBinary() ([]byte, error) { return []byte(secretText), nil }

// GobEncode returns "[REDACTED]".
func (s Secret[T]) GobEncode() ([]byte, error) { return []byte(secretText), nil }
