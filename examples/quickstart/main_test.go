package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestQuickstartDeliversEverythingAndNoSecret(t *testing.T) {
	var out bytes.Buffer
	err := run(t.Context(), &out, config{
		duration: 600 * time.Millisecond,
		rate:     2000,
		burst:    2000,
		linger:   10 * time.Millisecond,
	})
	if err != nil {
		t.Errorf("run: %v", err)
	}
	text := out.String()
	for _, want := range []string{
		"request served", "payment failed", "login failed", "webhook sent", "product indexed",
		"card_number: [REDACTED:key]", "Authorization: [REDACTED:key]", "api_key: [REDACTED:key]", "[REDACTED:key]",
		"accepted", "delivered", "on the wire", "p50", "0 found in what arrived",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("output lacks %q:\n%s", want, text)
		}
	}
	for _, secret := range newShop(nil).secrets {
		if strings.Contains(text, secret) {
			t.Errorf("output shows the secret %q", secret)
		}
	}
}

func TestQuickstartReportsAnEndpointThatIsNotThere(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), &out, config{endpoint: "ftp://nowhere", duration: time.Millisecond}); err == nil {
		t.Errorf("got no error for a wrong endpoint:\n%s", out.String())
	}
}
