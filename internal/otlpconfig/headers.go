package otlpconfig

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// parseHeaders reads the list of a HEADERS variable, such as "k1=v1,k2=v2". Its
// errors say where in the list something is wrong and show neither values nor
// what might be one.
func parseHeaders(s string) (map[string]string, error) {
	headers := make(map[string]string)
	var errs []error
	n := 0
	for pair := range strings.SplitSeq(s, ",") {
		n++
		if strings.TrimSpace(pair) == "" {
			continue // a trailing comma says nothing
		}
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			errs = append(errs, fmt.Errorf("entry %d has no =; entries are key=value with a comma between", n))
			continue
		}
		key = strings.ToLower(strings.TrimSpace(key))
		value, err := url.PathUnescape(value)
		if err != nil {
			errs = append(errs, fmt.Errorf("the value of entry %d has a %% that no two hexadecimal digits follow; write %%25 for %%", n))
			continue
		}
		if _, ok := headers[key]; ok {
			errs = append(errs, fmt.Errorf("entry %d names a key that an earlier one has", n))
			continue
		}
		headers[key] = strings.TrimSpace(value)
	}
	return headers, errors.Join(errs...)
}

// checkHeaders returns the headers with their keys in lower case, or what is
// wrong with them for every transport. Keys that end in -bin carry any bytes: gRPC
// sends them in base64.
func checkHeaders(h Setting[map[string]string]) (map[string]string, error) {
	if len(h.Value) == 0 {
		return nil, nil
	}
	out := make(map[string]string, len(h.Value))
	var errs []error
	for _, key := range sortedKeys(h.Value) {
		value, lower := h.Value[key], strings.ToLower(key)
		switch _, twice := out[lower]; {
		case key == "" || strings.ContainsFunc(key, notToken):
			// The key is not shown: a pair that was split at the wrong place
			// may have put a credential there.
			errs = append(errs, fmt.Errorf("%s: a key has a character that header names cannot have", h.From))
		case twice:
			errs = append(errs, fmt.Errorf("%s: %s is there twice, in different case", h.From, lower))
		case !strings.HasSuffix(lower, "-bin") && strings.ContainsFunc(value, notPrintable):
			errs = append(errs, fmt.Errorf("%s: the value of %s has a character that is not printable ASCII", h.From, lower))
		}
		out[lower] = value
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return out, nil
}

// sortedKeys makes the order of errors the same every time.
func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// notToken reports whether r cannot stand in a header name (RFC 7230).
func notToken(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return false
	}
	return !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

// notPrintable reports whether r cannot stand in a header value. HTTP would take a
// tab and bytes above ASCII; gRPC takes neither.
func notPrintable(r rune) bool { return r < ' ' || r > '~' }
