package otlptest

import (
	"context"
	"net"
	"sync"
)

// A Server is an OTLP receiver. All methods may be called concurrently.
type Server struct {
	cfg    config // immutable
	place  place
	store  *store
	script script

	mu        sync.Mutex     // guards the following; held while the transport starts or stops
	transport *grpcTransport // nil while stopped
	closed    bool
}

// New starts a receiver that listens, by default on a free TCP port of
// 127.0.0.1, and accepts everything. It returns every problem of its options at
// once. The caller closes it.
func New(opts ...Option) (*Server, error) {
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, store: newStore(!cfg.discard)}
	l, err := s.place.open(cfg)
	if err != nil {
		return nil, err
	}
	s.transport = newGRPC(s, l)
	return s, nil
}

// Endpoint returns what OTEL_EXPORTER_OTLP_ENDPOINT takes: "http://host:port",
// with TLS "https://host:port", or "unix:///path". In memory it is an address
// that only Dialer reaches. It stays the same across Stop and Restart.
func (s *Server) Endpoint() string {
	if s.cfg.unixPath != "" {
		return "unix://" + s.place.address
	}
	scheme := "http://"
	if s.cfg.tls != nil {
		scheme = "https://"
	}
	return scheme + s.place.address
}

// Dialer returns a function that connects to the receiver whatever address it
// is given, as grpc.WithContextDialer takes it. In memory it is the only way
// in. While the receiver is stopped, the connection is refused.
func (s *Server) Dialer() func(ctx context.Context, addr string) (net.Conn, error) {
	return s.place.dial
}

// Wait blocks until n records were kept in all since New or Reset, and returns
// all there are by then, in the order kept: n or more. When ctx ends or the
// receiver is closed before that, it returns what there is and an error that
// says how many came and wraps the cause of ctx or ErrClosed. The slice is
// shared and must not be changed; with WithDiscard it is nil.
func (s *Server) Wait(ctx context.Context, n int) ([]Record, error) {
	return s.store.records.wait(ctx, n)
}

// WaitRequests is Wait for requests, which count whatever their answer was. A
// request counts once it was read, or failed to be read, and before it is
// answered.
func (s *Server) WaitRequests(ctx context.Context, n int) ([]Request, error) {
	return s.store.requests.wait(ctx, n)
}

// Records returns the records kept so far, in the order kept. The slice is
// shared and must not be changed.
func (s *Server) Records() []Record { return s.store.records.snapshot() }

// Requests returns the requests so far, in the order in which they had been
// read. The slice is shared and must not be changed.
func (s *Server) Requests() []Request { return s.store.requests.snapshot() }

// Count returns how many records were kept, with WithDiscard counted.
func (s *Server) Count() int { return s.store.records.len() }

// Stats returns the sums so far. Its fields are read one after the other, so
// that under load they can differ by a request.
func (s *Server) Stats() Stats { return s.store.stats() }

// Script appends faults to the script. Each request consumes one, in the order
// in which the headers of requests arrive, unless Times or For says otherwise;
// when none is left, the standing fault counts again.
func (s *Server) Script(faults ...Fault) { s.script.push(faults) }

// SetFault replaces the standing fault, which every request meets that the
// script leaves over. It lasts until SetFault or ClearFault, or as long as its
// Times or For says.
func (s *Server) SetFault(f Fault) { s.script.stand(f) }

// ClearFault makes the receiver healthy for requests to come: it forgets the
// standing fault and what is left of the script. Requests that already hang or
// wait are not released.
func (s *Server) ClearFault() { s.script.clear() }

// Reset makes the receiver as new: it forgets records, requests, sums and
// faults. Slices returned before stay valid. A Wait in progress waits for n
// records from now on.
func (s *Server) Reset() {
	s.script.clear()
	s.store.reset()
}

// Stop takes the receiver off the network: it closes the listener and cuts all
// connections with the requests on them, so that clients are refused until
// Restart. What was received and the faults stay. It returns when no request is
// in progress any more, and does nothing when the receiver is stopped already.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopLocked()
}

func (s *Server) stopLocked() error {
	if s.transport == nil {
		return nil
	}
	err := s.transport.stop()
	s.transport = nil
	return err
}

// Restart stops the receiver, if it runs, and listens again on the same
// address. It fails with ErrClosed after Close, and when another process has
// taken the port meanwhile.
func (s *Server) Restart() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if err := s.stopLocked(); err != nil {
		return err
	}
	l, err := s.place.reopen()
	if err != nil {
		return err
	}
	s.transport = newGRPC(s, l)
	return nil
}

// Close stops the receiver for good and releases everyone who waits, with
// ErrClosed. What was received stays readable. After it returned nothing of the
// receiver runs. Closing again does nothing. The error is one of the listener.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	err := s.stopLocked()
	s.store.close()
	return err
}
