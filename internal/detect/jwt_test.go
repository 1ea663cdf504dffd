package detect

import "testing"

func TestWebTokens(t *testing.T) {
	e := engine(Default())
	const head, body = "eyJhbGciOiJub25lIn0", "eyJzdWIiOiIxMjM0NTY3ODkwIn0"
	check(t, e, []masking{
		{head + "." + body + ".c2lnbmF0dXJl", "[jwt]"},
		{"unsigned " + head + "." + body + ".", "unsigned [jwt]."},
		{"cut " + head + "." + body[:9], "cut [jwt]"},
		{"five parts " + head + ".aaaa.bbbb.cccc.dddd end", "five parts [jwt] end"},
		{`{"t":"` + head + "." + body + `"}`, `{"t":"[jwt]"}`},
		{`out\n` + head + "." + body, `out\n[jwt]`},
		{"ewogICJhbGciOiAibm9uZSJ9." + body, "[jwt]"},
	})
	checkClean(t, e, []string{"eyes.wide.shut", "eyJhbGci", head, head + ".", "eyJ.eyJ.eyJ", "greyJacket.color"})
}

func TestPrivateKeys(t *testing.T) {
	e := engine(Default())
	const body = "MIIEpAIBAAKCAQEA0123456789abcdefghij"
	check(t, e, []masking{
		{"-----BEGIN RSA PRIVATE KEY-----\n" + body + "\n-----END RSA PRIVATE KEY-----\nafter", "[private-key]\nafter"},
		{`k "-----BEGIN PRIVATE KEY-----\n` + body + `\n-----END PRIVATE KEY-----\n", next`, `k "[private-key]\n", next`},
		{"-----BEGIN EC PRIVATE KEY----- " + body + " -----END EC PRIVATE KEY-----", "[private-key]"},
		{"cut -----BEGIN OPENSSH PRIVATE KEY-----\n" + body, "cut [private-key]"},
		{"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n" + body + "\n-----END PGP PRIVATE KEY BLOCK-----", "[private-key]"},
		{"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n" + body + "\n---- END SSH2 ENCRYPTED PRIVATE KEY ----", "[private-key]"},
		{"PuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: 1\n" + body, "[private-key]"},
		{"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n" + body, "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n[private-key]"},
	})
	checkClean(t, e, []string{
		"-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----\n" + body, "-----BEGIN of the log-----", "no PRIVATE KEY here",
	})
}
