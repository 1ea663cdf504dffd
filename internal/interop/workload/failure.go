package workload

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/logstream-go/logstream/internal/interop/otlpjson"
)

// packagePath is how the type of a value, not of a pointer, is qualified.
const packagePath = "github.com/logstream-go/logstream/internal/interop/workload"

// failure is an error. It keeps its key, and its record says what it was.
func failure(r *rand.Rand) sample {
	what := text(r)
	err, typ := error(nil), ""
	switch r.IntN(6) {
	case 0:
		err, typ = errors.New(what), "*errors.errorString"
	case 1:
		// What fmt wraps with a single %w keeps its type.
		err, typ = fmt.Errorf("%s: %w", ascii(r, 5), &notFound{what}), "*workload.notFound"
	case 2:
		err, typ = badInput(what), packagePath+".badInput"
	case 3:
		err, typ = classified{"quota_exceeded"}, "quota_exceeded"
	case 4:
		err, typ = errors.Join(errors.New(what), badInput("x")), "*errors.joinError"
	case 5:
		err, typ = fmt.Errorf("%w and %w", errors.New(what), badInput("y")), "*fmt.wrapErrors"
	}
	s := of(err, otlpjson.StringOf(err.Error()))
	s.raised = &exception{typ, err.Error()}
	return s
}
