package workload

import (
	"fmt"
	"log/slog"
	"time"
)

// Types as applications have them, one for each way in which a type can decide
// how it is shown.
type (
	environment string
	retries     int
	ratio       float32
	enabled     bool
	counters    map[string]int
	names       []string
)

// A phase is a number with a name.
type phase int

func (p phase) String() string { return [...]string{"waiting", "running", "done"}[p] }

// A pointed has its String on the pointer.
type pointed struct{ n int }

func (p *pointed) String() string { return fmt.Sprintf("pointed %d", p.n) }

// A coordinate has a text form.
type coordinate struct{ x, y int }

func (c coordinate) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%d;%d", c.x, c.y), nil }

// String must not be used: a text form comes first.
func (c coordinate) String() string { return "wrong" }

// A polygon has a JSON form.
type polygon struct{ sides int }

func (p polygon) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, `{"sides":%d,"closed":true,"angle":1.5,"name":null,"points":["a",[1,-2],{}]}`, p.sides), nil
}

// String must not be used: a JSON form comes first.
func (p polygon) String() string { return "wrong" }

// A uuid is text although it is an array.
type uuid [16]byte

func (u uuid) String() string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// A lazy value is known when it is asked for.
type lazy struct{ v slog.Value }

func (l lazy) LogValue() slog.Value { return l.v }

// A base is embedded.
type base struct {
	Region string `json:"region"`
	Zone   int
}

// An order is a structure with the usual tags.
type order struct {
	base
	ID      string            `json:"order_ref"`
	Total   float64           `json:"total"`
	Comment string            `json:"comment,omitempty"`
	Hidden  string            `json:"-"`
	Lines   []line            `json:"lines"`
	Next    *order            `json:"next"`
	Labels  map[string]string `json:"labels,omitempty"`
	Plain   uint16
	private int
}

// A line is a part of an order.
type line struct {
	Article string `json:"article"`
	Count   int    `json:"count"`
}

// A notFound is an error that is a pointer.
type notFound struct{ what string }

func (e *notFound) Error() string { return e.what + " not found" }

// A badInput is an error that is a value.
type badInput string

func (e badInput) Error() string { return "bad input: " + string(e) }

// A classified error names its own type.
type classified struct{ class string }

func (e classified) Error() string     { return "classified" }
func (e classified) ErrorType() string { return e.class }

// A careless type has methods that fail.
type careless struct{}

func (careless) String() string { panic("careless") }

// An unprintable type refuses to be text.
type unprintable struct{}

func (unprintable) MarshalText() ([]byte, error) { return nil, badInput("no text") }

// A faithless value panics when it is asked for.
type faithless struct{}

func (faithless) LogValue() slog.Value { panic("faithless") }

// A stamp is a time by another name, and without its methods.
type stamp time.Time
