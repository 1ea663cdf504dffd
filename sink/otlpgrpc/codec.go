package otlpgrpc

import (
	"bytes"
	"fmt"

	"google.golang.org/grpc/mem"

	"github.com/logstream-go/logstream/sink"
)

// codec hands ready bytes to gRPC and takes the answer's bytes. Both the request
// and the reply of a call are the *call itself.
type codec struct{}

// Marshal returns the request's bytes in a buffer that keeps them alive.
func (codec) Marshal(v any) (mem.BufferSlice, error) {
	c, ok := v.(*call)
	if !ok {
		return nil, fmt.Errorf("otlpgrpc: cannot send a %T", v)
	}
	return mem.BufferSlice{leased(c.request)}, nil
}

// Unmarshal copies the answer. gRPC has bounded its size, uncompressed too.
func (codec) Unmarshal(data mem.BufferSlice, v any) error {
	c, ok := v.(*call)
	if !ok {
		return fmt.Errorf("otlpgrpc: cannot receive a %T", v)
	}
	c.reply = data.Materialize()
	return nil
}

// Name returns the content subtype. What the bytes are is protobuf.
func (codec) Name() string { return "proto" }

// leased returns p's bytes as a buffer of gRPC that holds a reference to p until
// gRPC frees it. gRPC counts references of its own: the stream's queue, its
// replay buffer and Marshal's caller each have one.
func leased(p *sink.Payload) mem.Buffer {
	b := p.Bytes()
	if mem.IsBelowBufferPoolingThreshold(cap(b)) {
		// gRPC does not call the pool for a buffer this small, so nobody would
		// say when it is free. It gets a copy.
		return mem.SliceBuffer(bytes.Clone(b))
	}
	p.Retain()
	return mem.NewBuffer(&b, (*lease)(p))
}

// A lease is a reference to a payload in the shape of the pool that gRPC gives
// a buffer back to.
type lease sink.Payload

// Put releases the reference. The slice is the payload's own.
func (l *lease) Put(*[]byte) { (*sink.Payload)(l).Release() }

// Get is the other half of a pool. gRPC asks the connection's pool for new
// buffers and not the one of a message.
func (l *lease) Get(n int) *[]byte {
	b := make([]byte, n)
	return &b
}
