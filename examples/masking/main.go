// Command masking shows log lines as a program writes them, and what of them leaves
// the process: with the default rules, and with some of one's own.
//
//	go run ./examples/masking
package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/logstream-go/logstream/mask"
)

// lines are what programs log on a bad day. Nothing in them is real.
var lines = []string{
	"request done in 12ms, 200 OK",
	"dial postgres://app:hunter2@db:5432/shop: connection refused",
	"charge of card 4111 1111 1111 1111 declined",
	`payload {"user":"bob","password":"hun\"ter2","amount":12}`,
	"clone failed: token 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 rejected",
	"Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.c2lnbmF0dXJl",
	"exec: mysqldump --user=root --password hunter2 shop",
	"config &{User:bob Password:hunter2 Retries:3}",
	"refund to GB82 WEST 1234 5698 7654 32 for bob@example.com, staff E1234567",
}

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(out io.Writer) error {
	standard, err := mask.New()
	if err != nil {
		return err
	}
	own, err := mask.New(
		mask.WithProfile(mask.GDPR, mask.PCI),
		mask.WithDetector(mask.PAN, mask.Partial(6, 4)),
		mask.WithDetector(mask.Email, mask.Hash),
		mask.WithHashKey("2026a", []byte("from a vault, not from the code")),
		mask.WithPattern("staff", `\bE\d{7}\b`, mask.Redact),
	)
	if err != nil {
		return err
	}
	for _, l := range lines {
		masked := standard.Mask(l)
		fmt.Fprintf(out, "  logged   %s\n", l)
		fmt.Fprintf(out, "  default  %s\n", masked)
		if text := own.Mask(l); text != masked {
			fmt.Fprintf(out, "  own      %s\n", text)
		}
		if why := explain(standard, l); why != "" {
			fmt.Fprintf(out, "  because  %s\n", why)
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintf(out, "found by default: %v\n", standard.Counts())
	return nil
}

// explain tells what was masked in text, and where.
func explain(m *mask.Masker, text string) string {
	var list []string
	for _, f := range m.Explain(text) {
		list = append(list, fmt.Sprintf("%s at %d to %d", f.Detector, f.Start, f.End))
	}
	return strings.Join(list, ", ")
}
