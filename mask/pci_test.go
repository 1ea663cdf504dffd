package mask

import (
	"strings"
	"testing"
)

func TestPCIKeepsNoCheckNumbersAndTracks(t *testing.T) {
	pci := WithProfile(PCI)
	tests := []struct {
		name string
		opts []Option
		want string // of the error, lines with | between.
	}{
		{
			"keys that are kept",
			[]Option{pci, WithKeyAction(Keep, "cvv", "user", "card.CVC2"), WithKeyAction(Keep, "track2")},
			`mask: WithKeyAction(keep): "cvv" is a key of check numbers, which the profile PCI masks|` +
				`mask: WithKeyAction(keep): "card.CVC2" is a key of check numbers, which the profile PCI masks|` +
				`mask: WithKeyAction(keep): "track2" is a key of tracks, which the profile PCI masks`,
		},
		{
			"keys that are allowed, before the profile",
			[]Option{WithAllowKeys("cid", "csrf_mode", "trackData"), pci},
			`mask: WithAllowKeys: "cid" is a key of check numbers, which the profile PCI masks|` +
				`mask: WithAllowKeys: "trackData" is a key of tracks, which the profile PCI masks`,
		},
		{"patterns", []Option{pci, WithKeyAction(Keep, "*.cvv2*")}, `mask: WithKeyAction(keep): "*.cvv2*" is a key of check numbers, which the profile PCI masks`},
		{"several words", []Option{pci, WithAllowKeys("cardSecurityCode")}, `mask: WithAllowKeys: "cardSecurityCode" is a key of check numbers, which the profile PCI masks`},
		{"glued", []Option{pci, WithAllowKeys("cardcvv")}, `mask: WithAllowKeys: "cardcvv" is a key of check numbers, which the profile PCI masks`},
		{"other actions", []Option{pci, WithKeyAction(Drop, "cvv"), WithKeys("cvc")}, ""},
		{"other keys", []Option{pci, WithKeyAction(Keep, "track_id", "acid", "code"), WithAllowKeys("security", "tracking", "password")}, ""},
		{"no profile", []Option{WithKeyAction(Keep, "cvv"), WithAllowKeys("cid")}, ""},
		{"another profile", []Option{WithProfile(Strict), WithKeyAction(Keep, "cvv")}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if _, err := New(tt.opts...); err != nil {
				got = strings.ReplaceAll(err.Error(), "\n", "|")
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}
