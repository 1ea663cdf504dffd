package mask

import (
	"strings"
	"testing"

	"github.com/logstream-go/logstream/internal/keyname"
)

func TestOptionsChangeWhatIsMasked(t *testing.T) {
	tests := []struct {
		name string
		opt  Option
		key  string
		want keyname.Verdict
	}{
		{"a further key", WithKeys("tenant_ref"), "tenant_ref", keyname.MasksText | keyname.MasksNumbers},
		{"a further key in other notation", WithKeys("x-internal-code"), "XInternalCode", keyname.MasksText | keyname.MasksNumbers},
		{"a further key among other words", WithKeys("tenant_ref"), "oldTenantRef.hash", keyname.MasksText | keyname.MasksNumbers},
		{"numbers only at the end", WithKeys("tenant_ref"), "tenant_ref_extra", keyname.MasksText},
		{"a further key that is described", WithKeys("tenant_ref"), "tenant_ref_type", 0},
		{"a further key that ends like a description", WithKeys("employee_name"), "employee_name", keyname.MasksText | keyname.MasksNumbers},
		{"a part of a further key", WithKeys("tenant_ref"), "tenant", 0},
		{"a further key of one word", WithKeys("salary"), "salary", keyname.MasksText | keyname.MasksNumbers},
		{"a further key of one word, plural", WithKeys("salary"), "salarys", keyname.MasksText | keyname.MasksNumbers},
		{"a further key inside another word", WithKeys("rank"), "frank", 0},
		{"a further key of one word over two", WithKeys("rank"), "r_ank", 0},
		{"a further key of many words", WithKeys("a_b_c_d_e_f_g"), "x_a_b_c_d_e_f_g", keyname.MasksText | keyname.MasksNumbers},
		{"a built-in key gets the wider rules", WithKeys("api_key"), "api_key", keyname.MasksText | keyname.MasksNumbers},
		{"a further key in another script", WithKeys("пароль"), "Пароль", keyname.MasksText | keyname.MasksNumbers},
		{"several further keys", WithKeys("aaa", "bbb"), "bbb", keyname.MasksText | keyname.MasksNumbers},
		{"an exempt key", WithAllowKeys("csrf_mode"), "csrfMode", 0},
		{"an exempt key with digits", WithAllowKeys("csrf_mode"), "csrf_mode_2", 0},
		{"a longer key than the exempt one", WithAllowKeys("csrf_mode"), "csrf_mode_old", keyname.MasksText},
		{"a shorter key than the exempt one", WithAllowKeys("csrf_mode"), "csrf", keyname.MasksText},
		{"the exempt key inside a longer one", WithAllowKeys("password"), "db_password", keyname.MasksText | keyname.MasksNumbers},
		{"an exempt key beside others", WithAllowKeys("csrf_mode"), "password", keyname.MasksText | keyname.MasksNumbers},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newForTest(t, tt.opt)
			if got := m.decideForTest("", tt.key); got != tt.want {
				t.Errorf("%s: got %b, want %b", tt.key, got, tt.want)
			}
		})
	}
}

func TestOptionsAddUp(t *testing.T) {
	m := newForTest(t, WithKeys("aaa"), WithKeys("bbb"), WithAllowKeys("password"), WithAllowKeys("secret"))
	for key, want := range map[string]keyname.Verdict{
		"aaa": keyname.MasksText | keyname.MasksNumbers, "bbb": keyname.MasksText | keyname.MasksNumbers, "password": 0, "secret": 0,
	} {
		if got := m.decideForTest("", key); got != want {
			t.Errorf("%s: got %b, want %b", key, got, want)
		}
	}
}

func TestNewReportsEveryProblem(t *testing.T) {
	m, err := New(WithKeys("", "fine", "42"), WithAllowKeys("_._"), WithAllowKeys("FINE", "other"))
	if m != nil || err == nil {
		t.Fatalf("got %v, %v, want no Masker and an error", m, err)
	}
	want := []string{
		`mask: WithKeys: "" has no letter`,
		`mask: WithKeys: "42" has no letter`,
		`mask: WithAllowKeys: "_._" has no letter`,
		`mask: WithAllowKeys: "FINE" is the same key as "fine" of WithKeys`,
	}
	if got := strings.Split(err.Error(), "\n"); strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWithoutOptionsThereIsNoError(t *testing.T) {
	for _, opts := range [][]Option{nil, {nil}, {WithKeys()}, {WithAllowKeys()}} {
		if _, err := New(opts...); err != nil {
			t.Errorf("got %v, want nil", err)
		}
	}
}
