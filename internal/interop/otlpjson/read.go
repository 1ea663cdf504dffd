package otlpjson

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"sync"
	"unicode/utf8"
)

// Decode decodes one line.
func Decode(line []byte) (*Data, error) {
	if !utf8.Valid(line) {
		return nil, errors.New("otlpjson: text that is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	var data Data
	if err := d.Decode(&data); err != nil {
		return nil, fmt.Errorf("otlpjson: %w", err)
	}
	if rest, err := io.ReadAll(d.Buffered()); err != nil || len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("otlpjson: more than one value in a line")
	}
	if err := data.check(); err != nil {
		return nil, err
	}
	return &data, nil
}

// ReadFile decodes the lines of the file at path and passes each to visit, from
// several goroutines at once and in no order. A file that does not exist holds
// no lines. A last line without an end of line is what a killed Collector leaves
// behind: it is ignored unless it is whole.
func ReadFile(path string, visit func(*Data)) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("otlpjson: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	if err := read(f, visit); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// read is ReadFile for an open file.
func read(r io.Reader, visit func(*Data)) error {
	workers := runtime.GOMAXPROCS(0)
	lines := make(chan []byte, workers)
	errs := make(chan error, workers+1)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			var first error
			for line := range lines {
				data, err := Decode(line)
				if err != nil {
					// The channel is still emptied, or the reader would hang.
					first = errors.Join(first, err)
					continue
				}
				visit(data)
			}
			errs <- first
		})
	}
	errs <- split(r, lines)
	close(lines)
	wg.Wait()
	close(errs)
	var all error
	for err := range errs {
		all = errors.Join(all, err)
	}
	return all
}

// split sends the lines of r, each a slice of its own.
func split(r io.Reader, lines chan<- []byte) error {
	b := bufio.NewReaderSize(r, 1<<20)
	for {
		line, err := b.ReadBytes('\n')
		torn := err == io.EOF
		if err != nil && !torn {
			return fmt.Errorf("otlpjson: %w", err)
		}
		if len(line) > 0 && (!torn || json.Valid(line)) {
			lines <- line
		}
		if torn {
			return nil
		}
	}
}
