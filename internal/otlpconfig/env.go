package otlpconfig

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"
)

// envPrefix begins the name of every variable. It also tells a value that the
// environment chose from one that an option did.
const envPrefix = "OTEL_EXPORTER_OTLP_"

// levels are the prefixes of the variables, the one that wins first.
var levels = [...]string{envPrefix + "LOGS_", envPrefix}

// lookup returns the environment's value of what name is the last part of.
func lookup(name string) Setting[string] {
	for _, level := range levels {
		if s := getenv(level + name); s.IsSet() {
			return s
		}
	}
	return Setting[string]{}
}

// getenv returns the value of one variable. Empty is not set.
func getenv(name string) Setting[string] {
	if v := strings.TrimSpace(os.Getenv(name)); v != "" {
		return Setting[string]{v, name}
	}
	return Setting[string]{}
}

// resolve returns option if it is set, else the environment's value as parse
// reads it. With an error, which parse has to make presentable, the setting is
// not set.
func resolve[T any](option Setting[T], name string, parse func(string) (T, error)) (Setting[T], error) {
	if option.IsSet() {
		return option, nil
	}
	env := lookup(name)
	if !env.IsSet() {
		return option, nil
	}
	v, err := parse(env.Value)
	if err != nil {
		return option, fmt.Errorf("%s: %w", env.From, err)
	}
	return Setting[T]{v, env.From}, nil
}

// parseInsecure reads a boolean. The specification would have anything but
// "true" mean false; a typing error must not decide about encryption.
func parseInsecure(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither true nor false", s)
}

// parseCompression reads the name of an encoding, in any case as the
// specification asks for enumerations. zstd is none of the specification's, and
// only an option can bring it: a variable links nothing.
func parseCompression(s string) (Compression, error) {
	switch strings.ToLower(s) {
	case "gzip":
		return Gzip, nil
	case "none":
		return None, nil
	case "zstd":
		return Gzip, fmt.Errorf("%q needs the program's help, the option WithCompressor(zstdc.New()); without it there are gzip and none", s)
	}
	return Gzip, fmt.Errorf("%q is not a known compression; there are gzip and none", s)
}

// parseTimeout reads milliseconds, the unit of all durations in these variables.
func parseTimeout(s string) (time.Duration, error) {
	const most = math.MaxInt64 / int64(time.Millisecond)
	ms, err := strconv.ParseInt(s, 10, 64)
	if err != nil || ms < 0 || ms > most {
		return 0, fmt.Errorf("%q is not a number of milliseconds from 0, no limit, to %d", s, most)
	}
	return time.Duration(ms) * time.Millisecond, nil
}
