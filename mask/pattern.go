package mask

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"

	"github.com/logstream-go/logstream/internal/detect"
)

// WithPattern adds a detector of one's own: what expr, a regular expression in Go's
// syntax, matches is masked under name, which stands in the markers: 1 to 32 letters,
// digits, _ and -. If expr has a group in parentheses, that group alone is masked.
//
// Each match must have some text in it that expr spells out, such as the E of
// `\bE\d{7}\b`: expressions run only over texts that hold it, which costs little for
// all others. Without one, and if expr matches nothing at all or the marker, New
// returns an error. Default: none. Repeated uses add up, to 224.
func WithPattern(name, expr string, a Action) Option {
	return optionFunc(func(c *config) {
		c.patterns = append(c.patterns, patternOption{name, expr, a, compilePattern})
	})
}

// pattern is a matcher by a regular expression.
type pattern struct {
	expr    *regexp.Regexp
	literal []byte // In every match.
	fold    bool   // In any case, and then in small letters.
}

// compilePattern makes a pattern of expr.
func compilePattern(expr string) (matcher, error) {
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, err
	}
	p := &pattern{}
	if p.expr, err = regexp.Compile(expr); err != nil {
		return nil, err
	}
	text, fold := required(tree)
	if text == "" {
		return nil, fmt.Errorf("%q spells out no text that is in every match", expr)
	}
	if p.expr.MatchString("") {
		return nil, errors.New("it matches the empty text")
	}
	p.literal, p.fold = []byte(text), fold
	return p, nil
}

// required returns the longest text that is in every match of re, and whether in
// any case.
func required(re *syntax.Regexp) (text string, fold bool) {
	switch re.Op {
	case syntax.OpLiteral:
		if fold = re.Flags&syntax.FoldCase != 0; fold {
			return strings.ToLower(string(re.Rune)), true
		}
		return string(re.Rune), false
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if t, f := required(sub); len(t) > len(text) {
				text, fold = t, f
			}
		}
	}
	return text, fold
}

// find implements matcher.
func (p *pattern) find(dst []detect.Finding, text []byte, id detect.ID) []detect.Finding {
	if !p.mayMatch(text) {
		return dst
	}
	group := min(1, p.expr.NumSubexp())
	for _, at := range p.expr.FindAllSubmatchIndex(text, -1) {
		if start, end := at[2*group], at[2*group+1]; start >= 0 && start < end {
			dst = append(dst, detect.Finding{Start: start, End: end, ID: id})
		}
	}
	return dst
}

// mayMatch reports whether the literal of p is in text.
func (p *pattern) mayMatch(text []byte) bool {
	if !p.fold {
		return bytes.Contains(text, p.literal)
	}
	for i, c := range text {
		if c >= utf8.RuneSelf {
			return true // Letters that only Unicode takes for the same are not looked for.
		}
		if c|0x20 == p.literal[0]|0x20 && len(text)-i >= len(p.literal) && bytes.EqualFold(text[i:i+len(p.literal)], p.literal) {
			return true
		}
	}
	return false
}
