package mask

import (
	"slices"
	"strings"

	"github.com/logstream-go/logstream/internal/keyname"
)

// What PCI DSS 3.3.1 lets nobody keep, by the words of its keys: cvv2 is "cvv", and
// track1 "track".
var (
	checkNumberKeys = [...]string{"cvv", "cvc", "cid", "csc", "cvn", "cav", "card verification", "card validation", "security code"}
	trackKeys       = [...]string{"track data", "magstripe", "mag stripe", "magnetic stripe"}
)

// checkPCI checks that no option lets keys pass which the profile PCI masks.
func (c *config) checkPCI(fail func(string, ...any)) {
	if !slices.Contains(c.profiles, PCI) {
		return
	}
	for _, o := range c.keys {
		if o.action != Keep {
			continue
		}
		for _, key := range o.names {
			if what := unkeepable(key); what != "" {
				fail("%s(%v): %q is a key of %s, which the profile PCI masks", o.option, o.action, key, what)
			}
		}
	}
	for _, key := range c.allow {
		if what := unkeepable(key); what != "" {
			fail("WithAllowKeys: %q is a key of %s, which the profile PCI masks", key, what)
		}
	}
}

// unkeepable returns what nobody may keep and stands under key, or "".
func unkeepable(key string) string {
	words := keyname.Words(key)
	names := func(list []string) bool {
		return slices.ContainsFunc(list, func(name string) bool { return strings.Contains(" "+words+" ", " "+name+" ") })
	}
	switch {
	case names(checkNumberKeys[:]), strings.Contains(words, "cvv"), strings.Contains(words, "cvc"):
		return "check numbers"
	case names(trackKeys[:]), words == "track":
		return "tracks"
	}
	return ""
}
