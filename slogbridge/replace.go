package slogbridge

import (
	"log/slog"

	"github.com/logstream-go/logstream/internal/attrs"
	"github.com/logstream-go/logstream/internal/otlp"
	"github.com/logstream-go/logstream/stream"
)

// builtins are what a record has besides its attributes, after WithReplaceAttr.
type builtins struct {
	unix   uint64
	number uint8
	text   string
	body   slog.Attr
	source *slog.Source
	others []slog.Attr // became attributes
}

// replaceBuiltins passes the built-in attributes of r to the function of
// WithReplaceAttr, in slog's order.
func (s *scratch) replaceBuiltins(h *Handler, r *slog.Record) builtins {
	call := func(a slog.Attr) slog.Attr {
		a = s.enc.ReplaceIn(nil, a)
		a.Value = attrs.Resolve(a.Value)
		return a
	}
	b := builtins{unix: unixNano(r.Time), number: severityNumber(r.Level), text: severityText(r.Level)}
	if !r.Time.IsZero() {
		a := call(slog.Time(slog.TimeKey, r.Time.Round(0)))
		switch {
		case isZero(a):
			b.unix = 0
		case a.Value.Kind() == slog.KindTime:
			b.unix = unixNano(a.Value.Time())
		default:
			b.others = append(b.others, a)
		}
	}
	b.replaceLevel(call(slog.Any(slog.LevelKey, r.Level)))
	if h.cfg.source && r.PC != 0 {
		b.replaceSource(call(slog.Any(slog.SourceKey, sourceOf(r.PC))))
	}
	b.body = call(slog.String(slog.MessageKey, r.Message))
	return b
}

func (b *builtins) replaceLevel(a slog.Attr) {
	if isZero(a) {
		b.number, b.text = 0, ""
		return
	}
	switch a.Value.Kind() {
	case slog.KindString:
		b.text = a.Value.String()
		return
	case slog.KindAny:
		if l, ok := levelOf(a.Value.Any()); ok {
			b.number, b.text = severityNumber(l), severityText(l)
			return
		}
	}
	b.others = append(b.others, a)
}

func (b *builtins) replaceSource(a slog.Attr) {
	switch src, ok := a.Value.Any().(*slog.Source); {
	case isZero(a), ok && src == nil:
	case ok:
		b.source = src
	default:
		b.others = append(b.others, a)
	}
}

// isZero reports whether a is the zero Attr, which removes an attribute.
func isZero(a slog.Attr) bool {
	return a.Key == "" && a.Value.Kind() == slog.KindAny && a.Value.Any() == nil
}

// levelOf returns the level that x stands for, if it does.
func levelOf(x any) (l slog.Level, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	leveler, ok := x.(slog.Leveler)
	if ok {
		l = leveler.Level()
	}
	return l, ok
}

// appendReplaced appends the beginning of r up to the first attributes, as
// WithReplaceAttr wants it. start is where the attributes start.
func (s *scratch) appendReplaced(dst []byte, h *Handler, r slog.Record, m stream.Meta) (_ []byte, start int, _ stream.Meta) {
	s.enc.Replace, s.enc.Groups, s.enc.Types = h.cfg.replace, nil, h.types
	s.enc.Reset(h.maxEncoded(), 0)
	b := s.replaceBuiltins(h, &r)

	dst = otlp.AppendTime(dst, b.unix)
	dst = otlp.AppendSeverity(dst, b.number, b.text)
	if m.Severity = b.number; m.Severity == 0 {
		// The record does not show its level, but the stream must not take an
		// error for something unimportant.
		m.Severity = severityNumber(r.Level)
	}
	if !isZero(b.body) {
		dst = s.enc.AppendValue(dst, otlp.TagRecordBody, b.body.Value)
	}
	start = len(dst)
	if b.source != nil {
		dst = encodeSource(dst, b.source)
	}
	s.enc.Level = attrs.Level{Tag: otlp.TagRecordAttribute, Start: start}
	for _, a := range b.others {
		// They have passed the function already, unless they are groups.
		if s.enc.Replace = nil; a.Value.Kind() == slog.KindGroup {
			s.enc.Replace = h.cfg.replace
		}
		dst = s.enc.Append(dst, a)
		m.Flags = stream.FlagNormalize // the key was not compared with those of WithAttrs
	}
	s.enc.Replace, s.enc.Groups = h.cfg.replace, append(s.groups[:0], h.groups...)
	return dst, start, m
}
