package sink_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/logstream-go/logstream/internal/block"
	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/sink"
)

// originBatch returns a batch with one empty record of each origin.
func originBatch(t *testing.T, origins ...block.Origin) *sink.Batch {
	t.Helper()
	table := new(block.Origins)
	ids := make([]uint32, len(origins))
	for i, o := range origins {
		ids[i] = table.Add(o)
	}
	b := block.New(1<<12, table)
	for _, id := range ids {
		if !b.Append(block.Slot{Origin: id}, noMask{}, nil) {
			t.Fatal("no room")
		}
	}
	batch := new(block.Batch)
	batch.Add(b, 0, len(ids), len(ids), 1<<20)
	return sink.NewBatch(batch)
}

func texts(seq func(func(string, sink.Value) bool)) []string {
	var out []string
	for k, v := range seq {
		out = append(out, fmt.Sprintf("%s=%v", k, v))
	}
	return out
}

func TestAnOriginReadsWhatWasEncoded(t *testing.T) {
	resource := otlp.AppendString(nil, otlp.TagResourceAttribute, "service.name", "shop")
	resource = otlp.AppendInt(resource, otlp.TagResourceAttribute, "process.pid", 7)
	resource = otlp.AppendResourceDropped(resource, 3)
	scope := otlp.AppendScope(nil, "example.com/shop", "v1")
	scope = otlp.AppendBool(scope, otlp.TagScopeAttribute, "stable", true)

	for r := range originBatch(t, block.Origin{
		Resource: resource, ResourceSchemaURL: "https://a", Scope: scope, ScopeSchemaURL: "https://b",
	}).Records() {
		o := r.Origin()
		if got, want := texts(o.Resource()), []string{"service.name=shop", "process.pid=7"}; !slices.Equal(got, want) {
			t.Errorf("got resource %q, want %q", got, want)
		}
		if got, want := texts(o.ScopeAttributes()), []string{"stable=true"}; !slices.Equal(got, want) {
			t.Errorf("got scope attributes %q, want %q", got, want)
		}
		got := []string{o.ScopeName(), o.ScopeVersion(), o.ResourceSchemaURL(), o.ScopeSchemaURL()}
		if want := []string{"example.com/shop", "v1", "https://a", "https://b"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		for range o.Resource() {
			break // an iteration can stop
		}
	}
}

func TestOriginsAreEqualIfWhatTheyHoldIs(t *testing.T) {
	a := block.Origin{Scope: otlp.AppendScope(nil, "a", "")}
	b := block.Origin{Scope: otlp.AppendScope(nil, "b", "")}
	var got []sink.Origin
	for r := range originBatch(t, a, b, a).Records() {
		got = append(got, r.Origin())
	}
	if got[0] != got[2] || got[0] == got[1] {
		t.Errorf("got %v, want the first and the last to be equal and the second to differ", got)
	}
}

func TestAnOriginThatDoesNotParseReadsAsEmpty(t *testing.T) {
	garbage := []byte{0xff, 0xff}
	broken := []byte{otlp.TagResourceAttribute, 1, 0xff}
	origins := []sink.Origin{{}}
	for r := range originBatch(t, block.Origin{Resource: garbage, Scope: garbage}, block.Origin{Resource: broken}).Records() {
		origins = append(origins, r.Origin())
	}
	for i, o := range origins {
		if o.ScopeName() != "" || o.ScopeVersion() != "" || o.ResourceSchemaURL() != "" || o.ScopeSchemaURL() != "" {
			t.Errorf("origin %d: got %q %q from garbage", i, o.ScopeName(), o.ScopeVersion())
		}
		if got := append(texts(o.Resource()), texts(o.ScopeAttributes())...); got != nil {
			t.Errorf("origin %d: got attributes %q from garbage", i, got)
		}
	}
}
