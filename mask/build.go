package mask

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/logstream-go/logstream/internal/attrs"
	"github.com/logstream-go/logstream/internal/detect"
	"github.com/logstream-go/logstream/internal/keyname"
)

// A tailor does what options ask for. It is an interface, which every Option sets,
// so that a program without options links nothing of it.
type tailor interface {
	// rules checks the options that depend on no other, and changes the rules of m.
	rules(c *config, m *Masker, fail func(string, ...any))
	// keys makes the key rule of m. It returns words of the keys that m knows beyond
	// the built-in ones, by which they are found in texts.
	keys(c *config, m *Masker, fail func(string, ...any)) (hints []string)
	// markers checks that m does not mask its own markers.
	markers(c *config, m *Masker, fail func(string, ...any))

	// act is Masker.acted, keyed Masker.keyed and ofType Masker.TypeMask.
	act(m *Masker, a Action, name string, value []byte, marker string) string
	keyed(m *Masker, a Action, value []byte) string
	ofType(m *Masker) attrs.TypeMask
}

// build makes the Masker that the options ask for, or tells everything that is
// wrong with them.
func (c *config) build() (*Masker, error) {
	m := &Masker{
		tailor:   c.tailor,
		dryRun:   c.dryRun,
		controls: c.controls,
		hashKeys: c.hashKeys,
		limits:   c.limits,
		maxPath:  maxParent,
		frames:   newFrames(c.marker),
		cache:    newKeyCache(),
		bodies:   newKeyCache(),
	}
	for id := range detect.NumIDs {
		m.rules = append(m.rules, c.newRule(detect.ID(id).String(), Redact))
	}
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf("mask: "+format, args...)) }
	var hints []string
	if c.tailor != nil {
		c.tailor.rules(c, m, fail)
		hints = c.tailor.keys(c, m, fail)
	} else {
		m.keyActions, m.rule = []Action{Redact}, keyname.New(0)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	m.glances = len(m.patterns) == 0
	m.found = make([]atomic.Uint64, len(m.rules))
	conf := detect.Config{Detectors: c.set(), More: c.more, Key: m.keyInText, KeyHints: hints}
	for i := range conf.Rank {
		conf.Rank[i] = m.rules[i].action.strength()
	}
	m.engine = detect.New(conf)
	if c.tailor != nil {
		c.tailor.markers(c, m, fail)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return m, nil
}

// keyInText decides a key that stands in a text.
func (m *Masker) keyInText(key []byte) (text, number bool) {
	v := m.rule.Verdict(key, 0)
	if v&keyname.MasksText == 0 || m.keyActions[v.Rank()] == Keep {
		return false, false
	}
	return true, v&keyname.MasksNumbers != 0
}

// newRule returns the rule with a name, its marker made.
func (c *config) newRule(name string, a Action) rule {
	marker := strings.Replace(c.marker, "%s", name, 1)
	return rule{name: name, action: a, marker: marker, value: encodeValue(marker)}
}

// defaultMarker is the text of markers without WithMarker.
const defaultMarker = "[REDACTED:%s]"
