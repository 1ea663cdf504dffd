package stream

import (
	"errors"
	"fmt"
	"os"
	"strconv"
)

// fromEnv reads the limits of OpenTelemetry's specification.
func (c *config) fromEnv() error {
	return errors.Join(
		// None at all is a limit of attributes.
		limitFromEnv(&c.maxAttributes, 0, "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT"),
		// By the specification a length of 0 leaves nothing of any text, while
		// to otlp.Limits it is no limit. It is refused rather than misread.
		limitFromEnv(&c.maxValueLength, 1, "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"),
	)
}

// limitFromEnv sets limit to the first of the variables that is set: the
// record's own stands before the general one. An empty one counts as unset.
func limitFromEnv(limit *int, least int, names ...string) error {
	for _, name := range names {
		v := os.Getenv(name)
		if v == "" {
			continue
		}
		n, err := strconv.Atoi(v)
		if err != nil || n < least {
			return fmt.Errorf("stream: %s=%q is not a number from %d", name, v, least)
		}
		*limit = n
		break
	}
	return nil
}
