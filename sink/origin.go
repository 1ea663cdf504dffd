package sink

import (
	"iter"

	"github.com/logstream-go/logstream/internal/block"
	"github.com/logstream-go/logstream/internal/otlp"
)

// An Origin is what a number of records share: the resource and the scope. It
// is comparable; within one stream, equal origins are the same. Unlike a Record it
// never changes and is not bound to its batch. The zero Origin has neither
// resource nor scope.
type Origin struct{ o *block.Origin }

// Fields of OTLP's InstrumentationScope.
const (
	scopeName    = 1
	scopeVersion = 2
)

// Resource iterates over the attributes of the resource in order.
func (o Origin) Resource() iter.Seq2[string, Value] {
	if o.o == nil {
		return func(func(string, Value) bool) {}
	}
	return attributes(o.o.Resource, otlp.TagResourceAttribute)
}

// ResourceSchemaURL returns the schema URL of the resource, or "".
func (o Origin) ResourceSchemaURL() string {
	if o.o == nil {
		return ""
	}
	return o.o.ResourceSchemaURL
}

// ScopeName returns the name of the scope, or "".
func (o Origin) ScopeName() string { return o.scope(scopeName) }

// ScopeVersion returns the version of the scope, or "".
func (o Origin) ScopeVersion() string { return o.scope(scopeVersion) }

// ScopeAttributes iterates over the attributes of the scope in order.
func (o Origin) ScopeAttributes() iter.Seq2[string, Value] {
	if o.o == nil {
		return func(func(string, Value) bool) {}
	}
	return attributes(o.o.Scope, otlp.TagScopeAttribute)
}

// ScopeSchemaURL returns the schema URL of the scope and its records, or "".
func (o Origin) ScopeSchemaURL() string {
	if o.o == nil {
		return ""
	}
	return o.o.ScopeSchemaURL
}

// scope returns a text field of the scope. Of several, the last one counts.
func (o Origin) scope(num uint32) string {
	text := ""
	if o.o == nil {
		return text
	}
	for f := range fields(o.o.Scope) {
		if f.Num == num && f.Type == otlp.Bytes {
			text = string(f.Data)
		}
	}
	return text
}

// attributes iterates over the attributes in a Resource or an
// InstrumentationScope, whose tag differs.
func attributes(msg []byte, tag byte) iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for f := range fields(msg) {
			if f.Num != uint32(tag>>3) || f.Type != otlp.Bytes {
				continue
			}
			kv, err := otlp.ParseKeyValue(f.Data)
			if err != nil || !yield(string(kv.Key), Value{kv.Value}) {
				return
			}
		}
	}
}

// fields iterates over the fields of a message. What does not parse ends it.
func fields(msg []byte) iter.Seq[otlp.Field] {
	return func(yield func(otlp.Field) bool) {
		for len(msg) > 0 {
			f, rest, err := otlp.Next(msg)
			if err != nil || !yield(f) {
				return
			}
			msg = rest
		}
	}
}
