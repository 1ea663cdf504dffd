package slogbridge

import (
	"log/slog"

	"github.com/logstream-go/logstream/internal/otlp"
)

// LevelFatal is the level of OpenTelemetry's FATAL, for which slog has no name.
// Logging at it does not end the program.
const LevelFatal = slog.Level(12)

// The severity numbers of OTLP, and the level that is one less than the first:
// slog left gaps between its levels so that they match by an addition.
const (
	minSeverity = 1
	maxSeverity = 24
	severityOf0 = 9 // slog.LevelInfo
)

// severities are the encoded severity number and text of the levels -8 to 15.
var severities = func() (table [maxSeverity]string) {
	for i := range table {
		l := slog.Level(minSeverity + i - severityOf0)
		table[i] = string(otlp.AppendSeverity(nil, severityNumber(l), severityText(l)))
	}
	return table
}()

// appendSeverity appends number and text of l, and returns the number.
func appendSeverity(b []byte, l slog.Level) ([]byte, uint8) {
	if i := uint(l) + severityOf0 - minSeverity; i < maxSeverity {
		return append(b, severities[i]...), uint8(i) + minSeverity
	}
	n := severityNumber(l)
	return otlp.AppendSeverity(b, n, severityText(l)), n
}

// severityNumber returns l's number in OTLP; levels out of its range become the
// first or the last.
func severityNumber(l slog.Level) uint8 {
	l = min(max(l, minSeverity-severityOf0), maxSeverity-severityOf0)
	return uint8(l + severityOf0)
}

// severityText returns the name of l: one of OTLP's, or the one that slog gives
// it, such as INFO+2.
func severityText(l slog.Level) string {
	if l == LevelFatal {
		return "FATAL"
	}
	return l.String()
}
