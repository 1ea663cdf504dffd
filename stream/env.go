package stream

import (
	"fmt"
	"os"
	"strconv"
)

// fromEnv reads the limits of OpenTelemetry's specification. The record's own
// variable wins over the general one; an empty one counts as unset.
func (c *config) fromEnv() error {
	for _, name := range []string{"OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT"} {
		v := os.Getenv(name)
		if v == "" {
			continue
		}
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 {
			return fmt.Errorf("stream: %s=%q is not a number from 0", name, v)
		}
		c.maxAttributes = n
		break
	}
	return nil
}
