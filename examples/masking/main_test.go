package main

import (
	"strings"
	"testing"
)

func TestOnlyTheLoggedLinesShowSecrets(t *testing.T) {
	var out strings.Builder
	if err := run(&out); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "  logged") {
			continue
		}
		for _, secret := range []string{"hunter2", "hun\\\"ter2", "1111 1111", "cat9ag49", "eyJzdWIi", "5698 7654"} {
			if strings.Contains(line, secret) {
				t.Errorf("%q is left in %q", secret, line)
			}
		}
	}
	for _, want := range []string{"default  request done in 12ms, 200 OK", "card 411111******1111 declined", "[HASH:email:2026a:", "[REDACTED:staff]", "because  url-userinfo at 20 to 27"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}
