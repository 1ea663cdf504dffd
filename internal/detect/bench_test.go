package detect

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// cleanLines returns lines of ordinary logs in which nothing is found.
func cleanLines(e *Engine, n int) (lines [][]byte, size int64) {
	l := logs{rand.New(rand.NewPCG(3, 4))}
	for len(lines) < n {
		if line := []byte(l.line()); len(e.Find(nil, line)) == 0 {
			lines = append(lines, line)
			size += int64(len(line))
		}
	}
	return lines, size
}

// cleanValues returns what stands in the attributes of such logs, and messages.
func cleanValues(e *Engine, n int) (values [][]byte, size int64) {
	l := logs{rand.New(rand.NewPCG(5, 6))}
	for len(values) < n {
		v := []byte(l.of(l.message(), l.path(), l.agent(), l.pod(), l.ip(), l.uuid(), l.hex(16), l.service(), "GET", "eu-central-1", l.message()))
		if len(e.Find(nil, v)) == 0 {
			values = append(values, v)
			size += int64(len(v))
		}
	}
	return values, size
}

func benchmarkFind(b *testing.B, e *Engine, texts [][]byte, size int64) {
	b.SetBytes(size)
	b.ReportAllocs()
	var found []Finding
	for b.Loop() {
		for _, t := range texts {
			if found = e.Find(found[:0], t); len(found) > 0 {
				b.Fatal(string(t))
			}
		}
	}
}

func BenchmarkFind(b *testing.B) {
	for _, set := range []struct {
		name string
		set  Set
	}{{"default", Default()}, {"personal", Default() | Of(Email, Phone, NationalID)}} {
		e := engine(set.set)
		lines, size := cleanLines(e, 1000)
		b.Run(set.name+"/lines", func(b *testing.B) { benchmarkFind(b, e, lines, size) })
		values, size := cleanValues(e, 1000)
		b.Run(set.name+"/values", func(b *testing.B) { benchmarkFind(b, e, values, size) })
	}
}

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		engine(Default())
	}
}

// rules returns the default rules as one writes them with package regexp.
func rules() []*regexp.Regexp {
	var list []*regexp.Regexp
	add := func(expr string) { list = append(list, regexp.MustCompile(expr)) }
	class := func(set charset) string {
		switch set {
		case digits:
			return "[0-9]"
		case hexes:
			return "[0-9a-fA-F]"
		case base32s:
			return "[A-Z2-7]"
		case alnums:
			return "[0-9A-Za-z]"
		}
		return "[0-9A-Za-z_-]"
	}
	for _, p := range tokenTable {
		expr := regexp.QuoteMeta(p.prefix) + strings.Repeat(class(p.first), int(p.min)) + `[0-9A-Za-z_.-]*`
		if p.has(bound) {
			expr = `\b` + expr
		}
		add(expr)
	}
	add(`eyJ[0-9A-Za-z_-]{5,}\.[0-9A-Za-z_.=+/-]{4,}`)
	add(`-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(-----END|\z)`)
	add(`://[^\s/?#"']*:[^\s/?#"']*@`)
	add(`[^\s"']*:[^\s"']*@(tcp|unix)\(`)
	add(`\b[0-9]{12,19}\b`)
	add(`\b[0-9]{4}[ .-][0-9]{4}[ .-][0-9]{4}[ .-][0-9]{4}\b`)
	add(`\b[0-9]{3}[ .-][0-9]{2}[ .-][0-9]{4}\b`)
	add(`\b[A-Za-z]{2}[0-9]{2}([ -]?[0-9A-Za-z]{4}){2,7}([ -]?[0-9A-Za-z]{1,4})?\b`)
	add(`(?i)(pass(wor)?d|pwd|secret|api_?key|access_?key|private_?key|credential|authorization|cookie|session_?id|csrf|ssn|cvv|pin)["']?\s*(=|:|=>|:=)\s*["']?[^\s"',;&]+`)
	add(`(?i)[?&](token|sig|signature|code|key|auth|session)=[^\s&]{6,}`)
	add(`(?i)--[a-z-]*(password|token|secret|key)[ =]\S+`)
	return list
}

// BenchmarkRegexps is what the same rules cost one after the other.
func BenchmarkRegexps(b *testing.B) {
	list := rules()
	lines, _ := cleanLines(engine(Default()), 50)
	var size int64
	for _, l := range lines {
		size += int64(len(l))
	}
	b.SetBytes(size)
	for b.Loop() {
		for _, t := range lines {
			for _, r := range list {
				r.Find(t)
			}
		}
	}
}
