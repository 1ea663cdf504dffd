package otlptest

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
)

// A Server is an OTLP receiver. All methods may be called concurrently.
type Server struct {
	cfg       config // immutable
	place     place  // of gRPC
	httpPlace place
	store     *store
	script    script

	mu     sync.Mutex     // guards the following; held while the transports start or stop
	grpc   *grpcTransport // nil while stopped
	http   *httpTransport // nil while stopped
	closed bool
}

// New starts a receiver that listens, by default on free TCP ports of
// 127.0.0.1, one for gRPC and one for HTTP, and accepts everything. It returns
// every problem of its options at once. The caller closes it.
func New(opts ...Option) (*Server, error) {
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, store: newStore(!cfg.discard)}
	l, err := s.place.openGRPC(cfg)
	if err != nil {
		return nil, err
	}
	h, err := s.httpPlace.openHTTP(cfg)
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	if err := s.serveLocked(l, h); err != nil {
		return nil, err
	}
	return s, nil
}

// serveLocked starts the transports on the two listeners, which it closes if it
// fails.
func (s *Server) serveLocked(grpc, http net.Listener) error {
	h, err := newHTTP(s, http)
	if err != nil {
		_ = grpc.Close()
		_ = http.Close()
		return err
	}
	s.http = h
	s.grpc = newGRPC(s, grpc)
	return nil
}

// Endpoint returns what OTEL_EXPORTER_OTLP_ENDPOINT takes for gRPC:
// "http://host:port", with TLS "https://host:port", or "unix:///path". In memory
// it is an address that only Dialer reaches. It stays the same across Stop and
// Restart.
func (s *Server) Endpoint() string {
	if s.cfg.unixPath != "" {
		return "unix://" + s.place.address
	}
	return s.scheme() + s.place.address
}

// HTTPEndpoint returns what OTEL_EXPORTER_OTLP_ENDPOINT takes for HTTP:
// "http://host:port", with TLS "https://host:port", followed by what WithHTTPPath
// has in front of /v1/logs. In memory it is an address that only HTTPDialer
// reaches. It stays the same across Stop and Restart.
func (s *Server) HTTPEndpoint() string {
	return s.scheme() + s.httpPlace.address + strings.TrimSuffix(s.cfg.httpPath, "/v1/logs")
}

// HTTPURL returns the URL that takes requests over HTTP, which is what
// OTEL_EXPORTER_OTLP_LOGS_ENDPOINT takes.
func (s *Server) HTTPURL() string {
	return s.scheme() + s.httpPlace.address + s.cfg.httpPath
}

func (s *Server) scheme() string {
	if s.cfg.tls != nil {
		return "https://"
	}
	return "http://"
}

// Dialer returns a function that connects to the receiver's gRPC whatever
// address it is given, as grpc.WithContextDialer takes it. In memory it is the
// only way in. While the receiver is stopped, the connection is refused.
func (s *Server) Dialer() func(ctx context.Context, addr string) (net.Conn, error) {
	return s.place.dial
}

// HTTPDialer returns a function that connects to the receiver's HTTP whatever
// address it is given, as http.Transport.DialContext takes it. It is otherwise
// as Dialer.
func (s *Server) HTTPDialer() func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, _, addr string) (net.Conn, error) { return s.httpPlace.dial(ctx, addr) }
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
	if s.grpc == nil {
		return nil
	}
	// Each cuts its connections at once and then waits: neither for the other.
	stopped := make(chan error, 1)
	go func() { stopped <- s.http.stop() }()
	err := s.grpc.stop()
	err = errors.Join(err, <-stopped)
	s.grpc, s.http = nil, nil
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
	h, err := s.httpPlace.reopen()
	if err != nil {
		_ = l.Close()
		return err
	}
	return s.serveLocked(l, h)
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
