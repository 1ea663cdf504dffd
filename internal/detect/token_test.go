package detect

import (
	"strings"
	"testing"
)

// sample returns a credential with the prefix of p and n characters behind it.
func sample(p *prefixed, n int) string {
	alphabet := "0Aa1Bb2Cc3Dd4Ee5Ff6Gg7Hh8Ii9Jj"
	switch p.first {
	case digits:
		alphabet = "1234567890"
	case hexes:
		alphabet = "0a1b2c3d4e5f"
	case base32s, uppers | digits, uppers | digits | dashes:
		alphabet = "2A3B4C5D6E7F"
	}
	body := strings.Repeat(alphabet, n/len(alphabet)+1)[:n]
	if p.has(dotted) {
		body = body[:p.min] + "." + body[p.min:]
	}
	return p.prefix + body
}

func TestEveryPrefixIsMaskedUpToTheDelimiter(t *testing.T) {
	e := engine(Default())
	for i := range tokenTable {
		p := &tokenTable[i]
		for _, extra := range []int{1, 20, 300} {
			token := sample(p, int(p.min)+extra)
			kept := ""
			if p.has(path) {
				kept = p.prefix
			}
			for _, around := range []struct{ left, right string }{
				{"", ""},
				{"got ", " today"},
				{`{"v":"`, `"}`},
				{`line\n`, `\nline`},
				{"x=%3D", "&y=1"},
				{"(", "), then"},
				{"at ", "."},
				{"\t", "\n"},
				{"\x1b[31m", "\x1b[0m"},
				{`\u001b[38;5;196m`, `\u001b[0m`},
				{`\x1b[1;31m`, `\x1b[m`},
				{`\x0a`, `\x0a`},
			} {
				text := around.left + token + around.right
				got := masked(e, text)
				body := token[len(kept):]
				if strings.Contains(got, body[:len(body)/2]) || strings.Contains(got, body[len(body)/2:]) {
					t.Errorf("%q: got %q, want no half of the credential", text, got)
				}
				if kept != "" && !strings.Contains(got, kept) {
					t.Errorf("%q: got %q, want the public part %q", text, got, kept)
				}
			}
		}
	}
}

func TestPrefixesAloneStay(t *testing.T) {
	e := engine(Default())
	for i := range tokenTable {
		checkClean(t, e, []string{"the prefix " + tokenTable[i].prefix + " of tokens", tokenTable[i].prefix + "..."})
	}
	checkClean(t, e, []string{
		"ganglia-monitor-core-0123456789", "npm_config_registry_url_is_long_enough_here", "risk-assessment-2024-report-final", "path/to/somewhere01.go",
		"hf_hub_download failed after 3 attempts here", "SG.UTF-8", "API-GATEWAY-EU-WEST-1-PRODUCTION-2", "key-value-store-0123456789abcdef",
		"xoxo from the team", "secret_santa_list_2024_december_party_names_and", "s3://bucket/AKIA", "the sk-learn version 1.2.3",
		"ZXlKaGJHY2lPaUpJVXpJMU5pSjk=", "dp.st.", "dp.st.dev.", "dp.st.release-2024.candidate",
	})
}

func TestCredentialsGoWithTheirTails(t *testing.T) {
	check(t, engine(Default()), []masking{
		{"token ghp_abcdefghij0123456789ABCDEFGHIJ012345 rejected", "token [github] rejected"},
		{"ghs_12345_eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxIn0.c2ln-_c2ln!", "[github]!"},
		{"glpat-bzoxCnU6MTIzNDUBVE0E_Ij2.0wzium11m, done", "[gitlab], done"},
		{"with xoxb-1234567890-1234567890-AbCdEfGh: failed", "with [slack]: failed"},
		{"d=xoxd-abc%2Bdef%2Fghi%3D; path=/", "d=[slack]; path=/"},
		{"post https://hooks.slack.com/services/T0AAAAAA0/B0AAAAAA0/abcdefghijklmnop: 404", "post https://hooks.slack.com/services/[slack]: 404"},
		{"AKIAABCDEFGHIJKLMNOP/20260101/us-east-1/s3/aws4_request", "[aws]/20260101/us-east-1/s3/aws4_request"},
		{"sk-proj-abc123def456ghi789jklT3BlbkFJabc123def456ghi789", "[ai]"},
		{"sk-abcdefghij0123456789T3BlbkFJabcdefghij0123456789", "[ai]"},
		{"bot 123456789:AAabcdefghijklmnopqrstuvwxyz01234567 polling", "bot [token] polling"},
		{"0123456789abcdef0123456789abcdef-us19", "[token]"},
		{"abcdefghij0123.atlasv1." + strings.Repeat("aB3", 22), "[token]"},
		{"pat0123456789abCD." + strings.Repeat("0f", 32) + " read", "[token] read"},
		{"abc8Q~" + strings.Repeat("x_.~", 8), "[azure]"},
		{"%20123456789:AAabcdefghijklmnopqrstuvwxyz01234567", "%20[token]"},
		{"dp.st.dev_eu." + strings.Repeat("aB3", 14) + " and dp.st." + strings.Repeat("aB3", 14) + ".", "[token] and [token]."},
		{"gloas-" + strings.Repeat("xY9z", 16), "[gitlab]"},
		{"sgp_local_" + strings.Repeat("0f", 20), "[token]"},
		{"token: ZXlKaGJHY2lPaUpJVXpJMU5pSjkuZXlKemRXSWlPaUppYjJJaWZRLmMybG5ibUYwZFhKbA==", "token: [jwt]"},
		{"AGE-SECRET-KEY-1" + strings.Repeat("QPZRY9X8GF", 6)[:58], "[private-key]"},
		{"https://discord.com/api/webhooks/123456789012345678/abcDEF-123_xyz", "https://discord.com/api/webhooks/[token]"},
	})
}

func TestDetectorsThatAreOffFindNothing(t *testing.T) {
	checkClean(t, engine(Default()&^Of(GitHub, Slack, PAN, JWT, URLUser, Key)), []string{
		"ghp_abcdefghij0123456789ABCDEFGHIJ012345", "xoxb-1234567890-1234567890-AbCdEfGh", "4111111111111111", "redis://:hunter2@cache:6379", "password=hunter2",
		"eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0NTY3ODkwIn0.",
	})
}
