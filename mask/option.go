package mask

import (
	"errors"
	"fmt"

	"github.com/logstream-go/logstream/internal/keyname"
)

// Option changes what New builds. Options come from this package only.
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// config is what the options ask for, in their order.
type config struct {
	keys  []string
	allow []string
}

// WithKeys adds names to the built-in list of keys whose values are redacted.
// A name matches like a built-in one: by words, in any notation, anywhere in a
// key, so that "tenant_secret" also covers "oldTenantSecret". Numbers are
// redacted too when the name is at the end of the key; booleans never are. A
// name that is on the built-in list already gets these wider rules. Default:
// the built-in list alone. A name without a letter is an error of New.
// Repeated uses add up.
func WithKeys(keys ...string) Option {
	return optionFunc(func(c *config) { c.keys = append(c.keys, keys...) })
}

// WithAllowKeys exempts keys from the key rule: their values leave the process
// as they are. Each is compared with a whole key, in any notation and without
// its digits: "csrf_mode" exempts "csrfMode" and nothing longer. Maps under an
// exempt key are still walked, and the keys inside them decided. Default:
// none. A key without a letter, and one that WithKeys names too, are errors of
// New. Repeated uses add up.
func WithAllowKeys(keys ...string) Option {
	return optionFunc(func(c *config) { c.allow = append(c.allow, keys...) })
}

// rule builds the key rule, and reports every option that cannot be obeyed.
func (c *config) rule() (*keyname.Rule, error) {
	r := keyname.New(0)
	var errs []error
	own := map[string]string{}
	for _, key := range c.keys {
		if !r.Add(key, 0) {
			errs = append(errs, fmt.Errorf("mask: WithKeys: %q has no letter", key))
			continue
		}
		own[keyname.Words(key)] = key
	}
	for _, key := range c.allow {
		if !r.Allow(key) {
			errs = append(errs, fmt.Errorf("mask: WithAllowKeys: %q has no letter", key))
			continue
		}
		if other, ok := own[keyname.Words(key)]; ok {
			errs = append(errs, fmt.Errorf("mask: WithAllowKeys: %q is the same key as %q of WithKeys", key, other))
		}
	}
	return r, errors.Join(errs...)
}
