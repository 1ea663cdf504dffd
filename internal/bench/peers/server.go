package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// A mood says how a server treats requests.
type mood int

const (
	well    mood = iota
	hanging      // takes requests and does not answer
	gone         // nobody listens

	// Any other mood is an HTTP status.
)

// largest is how many bytes a request may have, uncompressed, where the size counts.
const largest = 96 << 10

// A server takes whatever is posted to it, and finds the records in it by their names.
type server struct {
	// Immutable.
	address string
	limited bool   // requests of more than largest are answered with 413
	poison  []byte // requests that contain it are answered with 400; nil for none

	mu      sync.Mutex // guards the following
	mood    mood
	seen    map[int]int
	changed time.Time // when a record last came that had not been there
	http    *http.Server
	freed   chan struct{} // closed when the hanging requests are let go
}

// newServer returns the server of a mishap.
func newServer(m mishap) (*server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{address: l.Addr().String(), limited: m.limited, mood: m.mood, seen: map[int]int{}, freed: make(chan struct{})}
	if m.poison != "" {
		s.poison = []byte(m.poison)
	}
	if m.mood == gone {
		return s, l.Close()
	}
	s.serve(l)
	return s, nil
}

func (s *server) endpoint() string { return "http://" + s.address }

func (s *server) serve(l net.Listener) {
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	go func() { _ = s.http.Serve(l) }() // it returns when it is closed
}

// recover makes the server well.
func (s *server) recover() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.mood
	s.mood = well
	if was == hanging {
		close(s.freed)
	}
	if s.http != nil {
		return nil
	}
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		return err
	}
	s.serve(l)
	return nil
}

func (s *server) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http == nil {
		return nil
	}
	return s.http.Close()
}

// count returns how many different records have arrived, how many came again, and
// since when none has come.
func (s *server) count() (different, repeated int, quiet time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.seen {
		repeated += n - 1
	}
	return len(s.seen), repeated, time.Since(s.changed)
}

// recordName is how a record is called in every protocol: it is part of its message.
var recordName = regexp.MustCompile(`record-(\d{6})`)

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := decode(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	m := s.mood
	s.mu.Unlock()
	switch {
	case m == hanging:
		select {
		case <-r.Context().Done():
		case <-s.freed:
		}
		panic(http.ErrAbortHandler) // the client gets no answer to this one
	case m > gone:
		w.WriteHeader(int(m))
		return
	case s.limited && len(body) > largest:
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	case s.poison != nil && bytes.Contains(body, s.poison):
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, found := range recordName.FindAllSubmatch(body, -1) {
		n, _ := strconv.Atoi(string(found[1])) // it has digits only
		if s.seen[n]++; s.seen[n] == 1 {
			s.changed = time.Now()
		}
	}
	if r.Header.Get("Content-Type") == "application/x-protobuf" {
		w.Header().Set("Content-Type", "application/x-protobuf") // an empty answer is a full success
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, "{}")
}

// decode reads a request and undoes its compression. Loki's is snappy, and is not
// named in a header.
func decode(r *http.Request) ([]byte, error) {
	var in io.Reader = r.Body
	switch r.Header.Get("Content-Encoding") {
	case "gzip":
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, err
		}
		in = z
	case "zstd":
		z, err := zstd.NewReader(in)
		if err != nil {
			return nil, err
		}
		defer z.Close()
		in = z
	}
	body, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	if plain, err := snappy.Decode(nil, body); err == nil && r.URL.Path == "/loki/api/v1/push" {
		return plain, nil
	}
	return body, nil
}
