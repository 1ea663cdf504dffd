package keyname

import "testing"

// listForTest returns the words of w, separated by spaces.
func (w *words) listForTest() string { return string(w.spaced(nil)) }

func TestWordsAreCutFromKeys(t *testing.T) {
	tests := []struct {
		name, key, want string
	}{
		{"one word", "password", "password"},
		{"nothing", "", ""},
		{"no letter", "_-.42 7", ""},
		{"underscores", "db_user_name", "db user name"},
		{"repeated separators", "__db--user..", "db user"},
		{"dashes", "x-api-key", "x api key"},
		{"dots", "http.request.header.cookie", "http request header cookie"},
		{"slashes", "vault/secret/key", "vault secret key"},
		{"spaces", "card number", "card number"},
		{"brackets", "user[password]", "user password"},
		{"colons", "aws:secret:key", "aws secret key"},
		{"any other sign", "a=b&c%d", "a b c d"},
		{"camelCase", "userName", "user name"},
		{"PascalCase", "UserName", "user name"},
		{"a run of capitals ends before its last one", "HTTPServerName", "http server name"},
		{"a run of capitals at the end", "userSSN", "user ssn"},
		{"a run of capitals alone", "APIKEY", "apikey"},
		{"plural of a run of capitals", "sessionIDs", "session id"},
		{"plural of a run of capitals in the middle", "userIDsSeen", "user id seen"},
		{"a capital after each letter", "aBcD", "a bc d"},
		{"digits at the end", "cvv2", "cvv"},
		{"digits in the middle", "user_password_2_old", "user password old"},
		{"digits at the begin", "2fa", "fa"},
		{"digits between letters", "oauth2Token", "oauth token"},
		{"a version", "api-key-v2", "api key"},
		{"a version in camelCase", "apiKeyV12", "api key"},
		{"a v that is no version", "v_key", "v key"},
		{"plural", "api_keys", "api key"},
		{"plural in the middle", "credentials.user", "credential user"},
		{"a double s is no plural", "access_pass", "access pass"},
		{"three letters are no plural", "dns_has", "dns has"},
		{"ids is a plural", "tax_ids", "tax id"},
		{"other scripts", "Пароль_Базы", "пароль базы"},
		{"camelCase of other scripts", "парольБазы", "пароль базы"},
		{"title case begins a word", "xǅy", "x ǆy"},
		{"letters without case", "密码_key", "密码 key"},
		{"combining marks stay in the word", "contrase\u006e\u0303a", "contrase\u006e\u0303a"},
		{"other digits", "pin٤٢x", "pin x"},
		{"full-width letters", "ＰａｓｓWord", "pass word"},
		{"zero-width characters do not separate", "pass\u200bwo\u00adrd", "password"},
		{"zero-width characters do not hide a capital", "api\u200bKey", "api key"},
		{"zero-width characters in a run of capitals", "HTTP\u200bServer", "http server"},
		{"other spaces separate", "card\u00a0number", "card number"},
		{"invalid UTF-8 separates", "pass\xffword", "pass word"},
		{"the replacement character separates", "pass\ufffdword", "pass word"},
		{"NUL separates", "a\x00b", "a b"},
	}
	var w words
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w.split([]byte(tt.key), 0)
			if got := w.listForTest(); got != tt.want {
				t.Errorf("words of %q: got %q, want %q", tt.key, got, tt.want)
			}
			if w.cut != 0 {
				t.Errorf("cut: got %d, want 0", w.cut)
			}
		})
	}
}

func TestWordsEndAtTheCut(t *testing.T) {
	tests := []struct {
		name, parent, key, want string
		cut                     int
	}{
		{"inside what would be a word", "pass", "word", "pass word", 1},
		{"between words", "api_", "key", "api key", 1},
		{"no camelCase over the cut", "HTTP", "server", "http server", 1},
		{"a parent without letters", "__", "key", "key", 0},
		{"a key without letters", "api", "7", "api", 1},
		{"in the middle of a character", "a\xd0", "\xb1b", "aб b", 1},
	}
	var w words
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w.split([]byte(tt.parent+tt.key), len(tt.parent))
			if got := w.listForTest(); got != tt.want {
				t.Errorf("words: got %q, want %q", got, tt.want)
			}
			if w.cut != tt.cut {
				t.Errorf("cut: got %d, want %d", w.cut, tt.cut)
			}
		})
	}
}
