package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/protobuf/proto"

	"github.com/logstream-go/logstream/stream"
)

// read returns the dead letters of dir; the error is errDamaged if there are others that
// cannot be read.
func read(dir string) ([]stream.DeadLetter, error) {
	list, err := stream.ReadDeadLetters(dir)
	if err != nil {
		err = fmt.Errorf("%w: %w", errDamaged, err)
	}
	return list, err
}

// countLetters writes how many dead letters there are, and for which routes.
func countLetters(out io.Writer, dir string) error {
	list, err := read(dir)
	if len(list) > 0 {
		last := list[len(list)-1]
		fmt.Fprintf(out, "%d dead letters since %s, the last for route %q: %q\n", len(list), list[0].Time.UTC().Format(time.RFC3339), last.Route, last.Reason)
	}
	return err
}

// printLetters writes a line for each dead letter: when, for whom and why it was refused, and what
// it is.
func printLetters(out io.Writer, dir string) error {
	list, err := read(dir)
	if err == nil && len(list) == 0 {
		fmt.Fprintln(out, "no dead letters")
	}
	var errs []error
	for i := range list {
		d := &list[i]
		text, err := bodyOf(d.Request)
		if err != nil {
			errs = append(errs, fmt.Errorf("%w: letter %d: %w", errDamaged, i+1, err))
		}
		fmt.Fprintf(out, "%s  %s (%s)  %q  %q\n", d.Time.UTC().Format(time.RFC3339Nano), d.Route, d.Sink, d.Reason, text)
	}
	return errors.Join(append(errs, err)...)
}

// bodyOf returns the severity and the body of the record of a request.
func bodyOf(request []byte) (string, error) {
	var req collogspb.ExportLogsServiceRequest
	if err := proto.Unmarshal(request, &req); err != nil {
		return "", err
	}
	var texts []string
	for _, r := range req.GetResourceLogs() {
		for _, s := range r.GetScopeLogs() {
			for _, rec := range s.GetLogRecords() {
				texts = append(texts, strings.TrimSpace(rec.GetSeverityText()+" "+rec.GetBody().GetStringValue()))
			}
		}
	}
	return strings.Join(texts, "; "), nil
}
