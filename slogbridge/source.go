package slogbridge

import (
	"log/slog"
	"runtime"
	"sync/atomic"

	"github.com/logstream-go/logstream/internal/attrs"
	"github.com/logstream-go/logstream/internal/otlp"
)

// Attributes that OpenTelemetry's conventions define for a place in the code.
const (
	keyFunction = "code.function.name"
	keyFile     = "code.file.path"
	keyLine     = "code.line.number"
)

// sourceLevel tells the encoder that these keys are taken.
var sourceLevel = attrs.Level{
	Tag:   otlp.TagRecordAttribute,
	Keys:  attrs.KeyBits(keyFunction) | attrs.KeyBits(keyFile) | attrs.KeyBits(keyLine),
	Count: 3,
}

// The attributes of a program counter never change, so they are encoded once. The
// cache is a hash table with a fixed number of slots; one that is taken stays so,
// which bounds the memory and needs no lock. A program with more call sites than
// that encodes the others anew each time.
const (
	sourceSlots  = 1 << 12
	sourceProbes = 8
)

var sources [sourceSlots]atomic.Pointer[sourceEntry]

type sourceEntry struct {
	pc      uintptr
	encoded []byte
}

// appendSource appends the attributes of the call site pc, or nothing if there is
// none.
func appendSource(b []byte, pc uintptr) []byte {
	if pc == 0 {
		return b
	}
	slot := uint32(uint64(pc)*0x9e3779b97f4a7c15>>32) % sourceSlots
	for range sourceProbes {
		e := sources[slot].Load()
		if e == nil {
			e = &sourceEntry{pc, encodeSource(nil, sourceOf(pc))}
			sources[slot].CompareAndSwap(nil, e) // another call site may win; e is right in any case
			return append(b, e.encoded...)
		}
		if e.pc == pc {
			return append(b, e.encoded...)
		}
		slot = (slot + 1) % sourceSlots
	}
	return encodeSource(b, sourceOf(pc))
}

// sourceOf returns the place of the call site pc.
func sourceOf(pc uintptr) *slog.Source {
	f, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	return &slog.Source{Function: f.Function, File: f.File, Line: f.Line}
}

// encodeSource appends what is known of s.
func encodeSource(b []byte, s *slog.Source) []byte {
	if s.Function != "" {
		b = otlp.AppendString(b, otlp.TagRecordAttribute, keyFunction, s.Function)
	}
	if s.File != "" {
		b = otlp.AppendString(b, otlp.TagRecordAttribute, keyFile, s.File)
	}
	if s.Line != 0 {
		b = otlp.AppendInt(b, otlp.TagRecordAttribute, keyLine, int64(s.Line))
	}
	return b
}

// isSource reports whether key is that of an attribute of WithSource.
func isSource(key string) bool {
	return key == keyFunction || key == keyFile || key == keyLine
}

// hasSource reports whether an attribute of WithSource is among the encoded ones.
func hasSource(encoded []byte) bool {
	return attrs.HasKey(encoded, keyFunction) || attrs.HasKey(encoded, keyFile) || attrs.HasKey(encoded, keyLine)
}
