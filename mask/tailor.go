package mask

import (
	"errors"
	"slices"
	"strings"

	"github.com/logstream-go/logstream/internal/attrs"
	"github.com/logstream-go/logstream/internal/detect"
	"github.com/logstream-go/logstream/internal/keyname"
)

// maxRules is how many detectors and patterns there can be.
const maxRules = 256

// tailored is the tailor of all options.
type tailored struct{}

func (tailored) rules(c *config, m *Masker, fail func(string, ...any)) {
	c.checkSimple(fail)
	c.checkPCI(fail)
	c.addRules(m, fail)
	c.addTypes(m, fail)
}

func (tailored) keys(c *config, m *Masker, fail func(string, ...any)) []string {
	return c.addKeys(m, fail)
}

func (tailored) markers(c *config, m *Masker, fail func(string, ...any)) { c.checkMarkers(m, fail) }

func (tailored) act(m *Masker, a Action, name string, value []byte, marker string) string {
	switch a.kind() {
	case Hash:
		return string(m.hashKeys[len(m.hashKeys)-1].appendHash(nil, name, value))
	case actionPartial:
		if out, ok := appendPartial(nil, a, name, value); ok {
			return string(out)
		}
	}
	return marker
}

func (t tailored) keyed(m *Masker, a Action, value []byte) string {
	return t.whole(m, &m.rules[detect.Key], a, value)
}

// whole returns what a leaves of value, all of which is masked by rule r: for its key,
// its type or its struct tag.
func (tailored) whole(m *Masker, r *rule, a Action, value []byte) string {
	pan := &m.rules[detect.PAN]
	if r.isMarker(value) || isHash(m.hashKeys, r.name, value) || isPartial(a, r.name, value) || isPartial(a, pan.name, value) {
		return string(value)
	}
	f := m.engine.Find(nil, value)
	if holdsSensitive(f) {
		return r.marker
	}
	switch i := slices.IndexFunc(f, func(f detect.Finding) bool { return f.ID == detect.PAN }); {
	case i < 0:
	// A hash and a part of one number can be put together.
	case a.kind() != pan.action.kind() && pan.action != Redact && pan.action != Drop, a == Hash && pan.action != Hash && m.showsParts:
		return r.marker
	case a.kind() == actionPartial && len(f) == 1 && f[0].End-f[0].Start == len(value):
		return m.acted(a, pan.name, value, r.marker)
	}
	return m.acted(a, r.name, value, r.marker)
}

// holdsSensitive reports whether something was found that nobody may keep.
func holdsSensitive(found []detect.Finding) bool {
	return slices.ContainsFunc(found, func(f detect.Finding) bool { return sensitive.Has(f.ID) })
}

// ofType returns nil if there is no WithType and no WithTag.
func (tailored) ofType(m *Masker) attrs.TypeMask {
	if len(m.types)+len(m.tags) == 0 {
		return nil
	}
	return m.maskType
}

// checkSimple checks the options that depend on no other.
func (c *config) checkSimple(fail func(string, ...any)) {
	for _, p := range c.profiles {
		if p < GDPR || p > Strict {
			fail("WithProfile: there is no profile %d", p)
		}
	}
	for _, d := range c.without {
		switch {
		case !d.exists():
			fail("WithoutDetector: there is no detector %d", d)
		case slices.Contains(c.profiles, PCI) && (d == PAN || d == Track || d == CVV):
			fail("WithoutDetector(%v): the profile PCI needs it", d)
		}
	}
	for i, k := range c.hashKeys {
		switch {
		case len(k.id) == 0 || len(k.id) > maxKeyID || !plainWord([]byte(k.id)):
			fail("WithHashKey: the name %q is not 1 to %d letters, digits, _ and -", k.id, maxKeyID)
		case slices.ContainsFunc(c.hashKeys[:i], func(o hashKey) bool { return o.id == k.id }):
			fail("WithHashKey: the name %q is used twice", k.id)
		}
		if len(k.key) < minHashKey {
			fail("WithHashKey(%q): a key of %d bytes is shorter than %d", k.id, len(k.key), minHashKey)
		}
	}
	if l := c.limits; l.Depth < 1 || l.Depth > defaultLimits.Depth {
		fail("WithLimits: Depth %d is not from 1 to %d", l.Depth, defaultLimits.Depth)
	}
	if l := c.limits; l.Bytes < 1024 || l.Bytes > 1<<30 {
		fail("WithLimits: Bytes %d is not from 1024 to %d", l.Bytes, 1<<30)
	}
}

// checkAction checks what an option wants to be done.
func (c *config) checkAction(a Action) error {
	if err := a.check(); err != nil {
		return err
	}
	if a == Hash && len(c.hashKeys) == 0 {
		return errors.New("hash needs a key; see WithHashKey")
	}
	return nil
}

// addRules changes the rules of detectors, and adds those of patterns to m.
func (c *config) addRules(m *Masker, fail func(string, ...any)) {
	var seen [detect.NumIDs]struct{ hash, partial bool }
	for _, o := range c.detectors {
		switch err := c.checkAction(o.action); {
		case !o.detector.exists():
			fail("WithDetector: there is no detector %d", o.detector)
			continue
		case err != nil:
			fail("WithDetector(%v): %w", o.detector, err)
			continue
		case o.action == Keep:
			fail("WithDetector(%v): keep is for keys; WithoutDetector switches a detector off", o.detector)
			continue
		case sensitive.Has(detect.ID(o.detector)) && o.action != Redact && o.action != Drop:
			fail("WithDetector(%v): %v leaves something of what nobody may keep", o.detector, o.action)
			continue
		}
		m.rules[o.detector].action = o.action
		s := &seen[o.detector]
		s.hash = s.hash || o.action == Hash
		s.partial = s.partial || o.action.kind() == actionPartial
		if o.detector == PAN && s.hash && s.partial {
			fail("WithDetector(pan): a hash and a part of one number can be put together; choose one")
		}
	}
	for _, p := range c.patterns {
		if !plainWord([]byte(p.name)) || p.name == "" || len(p.name) > maxKeyID {
			fail("WithPattern: the name %q is not 1 to %d letters, digits, _ and -", p.name, maxKeyID)
		} else if slices.ContainsFunc(m.rules, func(r rule) bool { return r.name == p.name }) {
			fail("WithPattern(%q): the name is in use", p.name)
		}
		if err := c.checkAction(p.action); err != nil {
			fail("WithPattern(%q): %w", p.name, err)
		} else if p.action == Keep {
			fail("WithPattern(%q): keep is for keys", p.name)
		}
		match, err := p.compile(p.expr)
		if err != nil {
			fail("WithPattern(%q): %w", p.name, err)
			continue
		}
		m.patterns = append(m.patterns, match)
		m.rules = append(m.rules, c.newRule(p.name, p.action))
	}
	if c.controls != nil {
		m.patterns = append(m.patterns, c.controls)
	}
	if len(m.rules) > maxRules {
		fail("WithPattern: %d patterns are more than %d", len(c.patterns), maxRules-detect.NumIDs)
	}
}

// addKeys makes m's key rule. It returns words of the keys that it knows beyond
// the built-in ones, by which they are found in texts.
func (c *config) addKeys(m *Masker, fail func(string, ...any)) (hints []string) {
	builtin := m.rules[detect.Key].action
	m.keyActions = append(m.keyActions, builtin)
	for _, o := range c.keys {
		m.keyActions = insertAction(m.keyActions, o.action)
	}
	partial := func(a Action) bool { return a.kind() == actionPartial }
	m.showsParts = slices.ContainsFunc(m.keyActions, partial) ||
		slices.ContainsFunc(c.tags, func(o tagOption) bool { return partial(o.action) }) ||
		slices.ContainsFunc(c.types, func(o typeOption) bool { return partial(o.action) })
	rank := func(a Action) uint8 { return uint8(slices.Index(m.keyActions, a)) }
	m.rule = keyname.New(rank(builtin))
	if slices.Contains(c.profiles, Strict) {
		m.rule.AddWeak()
	}

	own := map[string]string{}
	for _, o := range c.keys {
		if err := c.checkAction(o.action); err != nil {
			fail("%s(%v): %w", o.option, o.action, err)
		}
		for _, key := range o.names {
			add := m.rule.Add
			if strings.Contains(key, "*") {
				add, m.maxPath = m.rule.AddPattern, maxPath
			}
			if !add(key, rank(o.action)) {
				fail("%s: %q has no letter", o.option, key)
				continue
			}
			own[keyname.Words(key)] = key
			hints = appendHint(hints, key)
		}
	}
	for _, key := range c.allow {
		if !m.rule.Allow(key) {
			fail("WithAllowKeys: %q has no letter", key)
		} else if other, ok := own[keyname.Words(key)]; ok {
			fail("WithAllowKeys: %q is the same key as %q of WithKeys", key, other)
		}
	}
	return hints
}

// insertAction adds a to a list that is sorted by strength, unless it is there.
func insertAction(list []Action, a Action) []Action {
	i := 0
	for i < len(list) && list[i].strength() <= a.strength() {
		if list[i] == a {
			return list
		}
		i++
	}
	return slices.Insert(list, i, a)
}

// minHint is the length of the shortest word by which a key is found in texts.
const minHint = 3

// appendHint appends the longest word of key, if it is long enough.
func appendHint(hints []string, key string) []string {
	longest := ""
	for w := range strings.FieldsSeq(keyname.Words(key)) {
		if len(w) > len(longest) {
			longest = w
		}
	}
	if len(longest) < minHint || slices.Contains(hints, longest) {
		return hints
	}
	return append(hints, longest)
}

// checkMarkers checks that no marker is masked again, alone or where a secret was.
func (c *config) checkMarkers(m *Masker, fail func(string, ...any)) {
	if len(c.marker) == 0 || len(c.marker) > 64 || strings.Count(c.marker, "%s") > 1 ||
		strings.Trim(strings.Replace(c.marker, "%s", "", 1), markerChars) != "" {
		fail("WithMarker(%q) is not 1 to 64 characters of letters, digits, %%s and %s", c.marker, markerSigns)
		return
	}
	if head, tail, ok := strings.Cut(c.marker, "%s"); ok && (head == "" || tail == "") {
		fail("WithMarker(%q) has nothing before or behind the name", c.marker)
		return
	}
	for _, r := range m.rules {
		for _, around := range [...][2]string{
			{"", ""}, {"password=", ""}, {"password=", " x"}, {`{"password":"`, `"}`}, {"password: ", ", x"}, {"Authorization: Bearer ", ""}, {"https://a:", "@host/"},
		} {
			text := around[0] + r.marker + around[1]
			for _, f := range m.Explain(text) {
				if around[0] != "" && text[f.Start:f.End] == r.marker {
					continue
				}
				if i := slices.IndexFunc(c.patterns, func(p patternOption) bool { return p.name == f.Detector }); i >= 0 {
					fail("WithPattern(%q): %q matches the marker %q", f.Detector, c.patterns[i].expr, r.marker)
				} else if c.marker == defaultMarker {
					continue // The engine knows it. A key of one's own may stand before it in these texts.
				} else {
					fail("WithMarker(%q): in %q a detector finds %q again", c.marker, text, f.Detector)
				}
				return
			}
		}
	}
}

// What a marker may be made of.
const (
	markerSigns = "[]<>(){}*_:.#-"
	markerChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + markerSigns
)
