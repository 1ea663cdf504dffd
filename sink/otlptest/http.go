package otlptest

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
)

// httpTransport serves OTLP/HTTP on one listener, from newHTTP to stop: HTTP/1.1
// and HTTP/2, protobuf and JSON.
type httpTransport struct {
	srv     *Server
	server  *http.Server
	decoder *decoder
	cancel  context.CancelFunc // ends every request
	done    chan struct{}      // closed when Serve returned
	err     error              // of Serve; read after done

	mu      sync.Mutex // guards the following, with every Add of running
	stopped bool
	running sync.WaitGroup // connections and requests
}

// newHTTP serves on l until stop.
func newHTTP(srv *Server, l net.Listener) (*httpTransport, error) {
	d, err := newDecoder(srv.cfg)
	if err != nil {
		return nil, err
	}
	base, cancel := context.WithCancel(context.Background())
	t := &httpTransport{srv: srv, decoder: d, cancel: cancel, done: make(chan struct{})}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	t.server = &http.Server{
		Handler:     http.HandlerFunc(t.handle),
		Protocols:   protocols,
		BaseContext: func(net.Listener) context.Context { return base },
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, c)
		},
		ConnState: t.connState,
		// What it would say about broken connections is what tests cause.
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	if srv.cfg.tls != nil {
		t.server.TLSConfig = srv.cfg.tls.Clone() // the server adds HTTP/2 to it
	}
	go t.serve(l)
	return t, nil
}

// serve accepts connections until stop.
func (t *httpTransport) serve(l net.Listener) {
	defer close(t.done)
	var err error
	if t.server.TLSConfig != nil {
		err = t.server.ServeTLS(listener{l}, "", "")
	} else {
		err = t.server.Serve(listener{l})
	}
	if !errors.Is(err, http.ErrServerClosed) {
		t.err = err
	}
}

// stop closes the listener and all connections and returns once nothing of the
// transport runs any more.
func (t *httpTransport) stop() error {
	t.cancel()
	err := t.server.Close()
	<-t.done
	// Serve can have taken a connection into its list after Close went through
	// it. Nobody adds to the list any more.
	_ = t.server.Close()
	t.mu.Lock()
	t.stopped = true
	t.mu.Unlock()
	t.running.Wait()
	t.decoder.close()
	return errors.Join(err, t.err)
}

// connState counts connections. The server calls it with StateNew from serve,
// before it starts the goroutine of a connection, and with StateClosed at the end
// of that.
func (t *httpTransport) connState(_ net.Conn, s http.ConnState) {
	switch s {
	case http.StateNew:
		t.running.Add(1)
	case http.StateClosed:
		t.running.Done()
	}
}

// enter counts a request, which calls t.running.Done at its end. Over HTTP/2 a
// request can begin after its connection has ended.
func (t *httpTransport) enter() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stopped {
		return false
	}
	t.running.Add(1)
	return true
}

// connKey is the context key of a request's net.Conn.
type connKey struct{}

// connOf returns the connection that r came over, below TLS.
func connOf(r *http.Request) *conn {
	c, _ := r.Context().Value(connKey{}).(net.Conn)
	if c == nil {
		return nil
	}
	a, ok := c.RemoteAddr().(*peerAddr)
	if !ok {
		return nil
	}
	return a.conn
}

// The protocols as OTEL_EXPORTER_OTLP_PROTOCOL names them.
const (
	protocolGRPC     = "grpc"
	protocolProtobuf = "http/protobuf"
	protocolJSON     = "http/json"
)

// httpExchange is an exchange over HTTP.
type httpExchange struct {
	*exchange
	w    http.ResponseWriter
	r    *http.Request
	conn *conn
}

// handle is the way of one request.
func (t *httpTransport) handle(w http.ResponseWriter, r *http.Request) {
	if !t.enter() {
		return
	}
	defer t.running.Done()
	x := &httpExchange{w: w, r: r, conn: connOf(r)}
	a, ok := t.mismatch(r)
	if ok {
		x.exchange = t.srv.begin()
	} else {
		x.exchange = t.srv.pass()
	}
	x.malformed = codes.InvalidArgument
	x.peer = r.RemoteAddr
	x.path = r.URL.EscapedPath()
	x.compression = strings.ToLower(r.Header.Get("Content-Encoding"))
	x.protocol = protocolProtobuf
	if contentType(r.Header.Get("Content-Type")) == typeJSON {
		x.protocol = protocolJSON
		x.decode = decodeJSON
	}
	if t.srv.store.requests.keep {
		x.header = headerOf(r)
	}
	if !ok {
		x.reply(x.fail(a))
		return
	}
	if x.conn != nil && x.fault.cutsEarly() {
		x.fail(x.fault.answerTo(reset)) // before the client can know
		x.conn.cut()
		return
	}
	body, a, ok := t.read(x)
	if !ok {
		x.reply(x.fail(a))
		return
	}
	x.reply(x.body(r.Context(), body))
}

// mismatch returns the answer to a request that is not one of OTLP at all, and
// ok when it is one. Such a request meets no fault.
func (t *httpTransport) mismatch(r *http.Request) (a answer, ok bool) {
	refuse := func(status int, message string) (answer, bool) {
		return answer{
			code: codeOfHTTP(status), message: "otlptest: " + message,
			http: &httpAnswer{status: status, body: "otlptest: " + message},
		}, false
	}
	switch {
	case r.URL.Path != t.srv.cfg.httpPath:
		return refuse(http.StatusNotFound, "no such path, logs go to "+t.srv.cfg.httpPath)
	case r.Method != http.MethodPost:
		return refuse(http.StatusMethodNotAllowed, "method not allowed, only POST is")
	}
	switch contentType(r.Header.Get("Content-Type")) {
	case typeProtobuf, typeJSON:
		return answer{}, true
	}
	return refuse(http.StatusUnsupportedMediaType, "unsupported Content-Type, it is "+typeProtobuf+" or "+typeJSON)
}

// read reads the request's body, slowly if the fault says so, and decompresses
// it. When that fails it returns what to answer.
func (t *httpTransport) read(x *httpExchange) (body []byte, a answer, ok bool) {
	if x.conn != nil && x.fault.rate > 0 {
		// A delay of the answer is no reason to read others slowly.
		defer x.conn.slowDown(x.fault.rate)()
	}
	// The bound holds for what is sent too: what does not shrink is hostile.
	wire, err := io.ReadAll(io.LimitReader(x.r.Body, int64(t.decoder.limit)+1))
	if err != nil {
		if err := x.r.Context().Err(); err != nil {
			return nil, contextAnswer(err), false
		}
		return nil, answer{code: codes.Canceled, message: "otlptest: cannot read the request: " + err.Error()}, false
	}
	x.wireSize = len(wire)
	if len(wire) <= t.decoder.limit {
		body, err = t.decoder.decode(x.compression, wire)
	} else {
		err = errTooLarge
	}
	switch {
	case err == nil:
		return body, answer{}, true
	case errors.Is(err, errTooLarge):
		return nil, answer{code: codes.ResourceExhausted, message: err.Error()}, false
	case errors.Is(err, errEncoding):
		return nil, answer{
			code: codes.Unimplemented, message: err.Error(),
			http: &httpAnswer{status: http.StatusUnsupportedMediaType, body: err.Error()},
		}, false
	}
	return nil, answer{code: codes.InvalidArgument, message: "otlptest: cannot decompress the request: " + err.Error()}, false
}

// reply sends a. The client can be gone by then, which nobody needs to know.
func (x *httpExchange) reply(a answer) {
	if a.cut {
		if x.conn != nil {
			x.conn.cut()
		}
		return
	}
	status, kind, body := a.overHTTP(x.protocol == protocolJSON)
	h := x.w.Header()
	h.Set("Content-Type", kind)
	if a.hasRetry {
		h.Set("Retry-After", retryAfterSeconds(a.retryAfter))
	}
	rate := 0
	if a.http != nil {
		rate = a.http.rate
		maps.Copy(h, a.http.header)
	}
	x.w.WriteHeader(status)
	if rate == 0 {
		_, _ = x.w.Write(body)
		return
	}
	drip(x.r.Context(), x.w, body, rate)
}

// drip writes body a byte at a time.
func drip(ctx context.Context, w http.ResponseWriter, body []byte, rate int) {
	flush := http.NewResponseController(w)
	for i := range body {
		if sleep(ctx, time.Second/time.Duration(rate)) != nil {
			return
		}
		if _, err := w.Write(body[i : i+1]); err != nil {
			return
		}
		if flush.Flush() != nil {
			return
		}
	}
}

// headerOf returns the headers of r as gRPC would: keys in lower case, the host
// as the authority.
func headerOf(r *http.Request) map[string][]string {
	h := make(map[string][]string, len(r.Header)+1)
	for k, v := range r.Header {
		h[strings.ToLower(k)] = v
	}
	h[":authority"] = []string{r.Host}
	return h
}
