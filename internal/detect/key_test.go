package detect

import "testing"

func TestKeysInTexts(t *testing.T) {
	check(t, engine(Default()), []masking{
		{"password=hunter2pw", "password=[key]"},
		{"PASSWORD : hunter2pw", "PASSWORD : [key]"},
		{"password => hunter2pw", "password => [key]"},
		{"password := hunter2pw", "password := [key]"},
		{"db.password=hunter2pw next", "db.password=[key] next"},
		{"user_password='hunter 2 pw' x", "user_password='[key]' x"},
		{"config['password'] = \"hunter2\"", "config['password'] = \"[key]\""},
		{"API key: 8f14e45fceea", "API key: [key]"},
		{"the access token = 8f14e45fceea", "the access token = [key]"},
		{"Card number: 12345678901", "Card number: [key]"},
		{"X-Api-Key: 8f14e45fceea167a", "X-Api-Key: [key]"},
		{"PGPASSWORD=hunter2 psql", "PGPASSWORD=[key] psql"},
		{"aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "aws_secret_access_key = [key]"},
		{"AccountName=a;AccountKey=abcdef+/==;EndpointSuffix=x", "AccountName=a;AccountKey=[key];EndpointSuffix=x"},
		{"cvv=123 pin: 4711", "cvv=[cvv] pin: [key]"},
		{"<password>hunter2</password>", "<password>[key]</password>"},
		{`<add key="password" value="hunter2"/>`, `<add key="password" value="[key]"/>`},
		{`{"name":"DB_PASSWORD","value":"hunter2"}`, `{"name":"DB_PASSWORD","value":"[key]"}`},
		{"client_secret%3Dhunter2%26grant_type%3Dx", "client_secret%3D[key]%26grant_type%3Dx"},
		{`\npassword=hunter2\nuser=bob`, `\npassword=[key]\nuser=bob`},
		{"pass\u200bword=hunter2", "pass\u200bword=[key]"},
		{"ｐａｓｓｗｏｒｄ＝hunter2", "ｐａｓｓｗｏｒｄ＝[key]"},
		{"x-functions-key: aB3dE5fG7hI9jK1lM3nO5", "x-functions-key: [key]"},
		{"npm_token: abcdefghij0123456789", "npm_token: [key]"},
	})
}

func TestKeysInStructures(t *testing.T) {
	check(t, engine(Default()), []masking{
		{`{"credentials":{"u":"a"}}x and {"pin":1234};`, `{"credentials":[key]}x and {"pin":[key]};`},
		{"\x1b[31mcvv=123\x1b[0m \x1b[1;36mpin\x1b[0m \x1b[36mpin=\x1b[0m1234", "\x1b[31mcvv=[cvv]\x1b[0m \x1b[1;36mpin\x1b[0m \x1b[36mpin=\x1b[0m[key]"},
		{"\x1b[36mpassword\x1b[0m=\x1b[32mhunter2\x1b[0m x", "\x1b[36mpassword\x1b[0m=\x1b[32m[key]\x1b[0m x"},
		{`{"log":"\u001b[36mpassword=\u001b[0mhunter2\u001b[0m"}`, `{"log":"\u001b[36mpassword=\u001b[0m[key]\u001b[0m"}`},
		{`{"user":"a","password":"hun\"ter2pw"}`, `{"user":"a","password":"[key]"}`},
		{`{\"password\":\"hunter2pw\",\"x\":1}`, `{\"password\":\"[key]\",\"x\":1}`},
		{`{\"password\":\"hun\\\"ter2\",\"x\":1}`, `{\"password\":\"[key]\",\"x\":1}`},
		{`"{\\\"password\\\":\\\"hunter2\\\"}"`, `"{\\\"password\\\":\\\"[key]\\\"}"`},
		{`{"password": "cut off here`, `{"password": "[key]`},
		{"{\"password\": \"cut off\nnext line", "{\"password\": \"[key]\nnext line"},
		{`{"pin":1234,"x":1}`, `{"pin":[key],"x":1}`},
		{`{"secret":{"a":"b","c":["d"]},"x":1}`, `{"secret":[key],"x":1}`},
		{`{"api_keys":["a1","b2"],"x":1}`, `{"api_keys":[[key]],"x":1}`},
		{"&{User:bob Password:hunter2pw Age:3}", "&{User:bob Password:[key] Age:3}"},
		{"{User:bob Password:hunter2pw}", "{User:bob Password:[key]}"},
		{`main.Cfg{User:"bob", Password:"hunter2pw"}`, `main.Cfg{User:"bob", Password:"[key]"}`},
		{"map[password:hunter2pw user:bob]", "map[password:[key] user:bob]"},
		{"map[a:1 secret:x]", "map[a:1 secret:[key]]"},
		{"password=a,b,c user=d", "password=[key] user=d"},
		{"password=a,user=d", "password=[key],user=d"},
		{"Driver={ODBC};Uid=app;Pwd={hunt;er2};X=1", "Driver={ODBC};Uid=app;Pwd={[key]};X=1"},
		{"host=db password='hunt\\'er2 pw' dbname=x", "host=db password='[key]' dbname=x"},
	})
}

func TestKeysWithoutASecret(t *testing.T) {
	checkClean(t, engine(Default()), []string{
		"token expired", "password changed for user bob", "invalid password", "auth: ok", "key: user:42", "secret santa", "password must be at least 8 chars", "token_count=512",
		"max_tokens: 4096", "tokens=17", "author=bob", "the secret is out", "passed=12 failed=0", "cookie policy accepted", "session started", "bypass=true", "password_changed_at=2026-01-01",
		"has_password=true", "keyboard=us", "authority=example.com", "token_type=bearer", "password=", "password: ", "password=null", "password=\"\"", "password=<nil>", "password=********",
		"password=[REDACTED]", "password=${DB_PASSWORD}", "password={{ .Values.pw }}", "password=%s", "pin_mode=auto", "credentials: loaded from file", "password: must not be empty",
		"c.e.SecretController : done", "BadCredentialsException: Bad credentials", "std::password::verify", "span=3 panel=4 pinned=5", "pan=12.5", "secrets: 5", "cancel token: 17",
		"cache_key=orders:4bf92f35-77b3-4da6-a3ce-929d0e0e4736", "key=LibraryWebpageUploadRowStatus", "next_page_token=CAUQAAoKZW0123456789abcdef", "token=4bf92f3577b34da6a3ce929d0e0e4736", "password]", "password\"", "-password-", "card [REDACTED:pan:****1111]",
	})
}

func TestFlagsAndCommands(t *testing.T) {
	check(t, engine(Default()), []masking{
		{"--password hunter2 --user bob", "--password [flag] --user bob"},
		{"--password=hunter2 x", "--password=[key] x"},
		{"tool -token abcdef -v", "tool -token [flag] -v"},
		{`["tool","--api-key","8f14e45f","-v"]`, `["tool","--api-key","[flag]","-v"]`},
		{"mysql -u root -phunter2 -h db", "mysql -u root -p[flag] -h db"},
		{"sshpass -p hunter2 ssh x", "sshpass -p [flag] ssh x"},
		{"curl -u bob:hunter2 https://x", "curl -u bob:[flag] https://x"},
		{"redis-cli -a hunter2 ping", "redis-cli -a [flag] ping"},
		{`ran\n--password hunter2\nmysql -phunter2`, `ran\n--password [flag]\nmysql -p[flag]`},
		{"\x1b[38;5;196m--password hunter2\x1b[0m", "\x1b[38;5;196m--password [flag]\x1b[0m"},
	})
	checkClean(t, engine(Default()), []string{"unknown flag: --password", "--password is required", "--password -v", "mysql -p -u root", "curl -u bob x", "mysql | tee -px", "mysqlx -phunter2", "-- password changed"})
}

func TestKeyHintsCoverAllNames(t *testing.T) {
	e := engine(Default())
	for _, name := range []string{
		"secret", "client_secret", "api_key", "apiKey", "access-key", "secret.key", "privatekey", "signing_key", "encryption_key", "master_key", "account_key", "shared_access_key",
		"authorization", "proxy_authorization", "auth_token", "access_token", "refresh_token", "id_token", "api_token", "oauth_token", "security_token", "session_token",
		"session_key", "session_id", "sessionid", "access_key_id", "private_token", "vault_token", "csrf", "csrfmiddlewaretoken", "xsrf", "cookie", "set_cookie", "credential", "credentials",
		"pass_phrase", "passphrase", "connection_string", "password", "pass_word", "passwd", "pass_code", "card_number", "card_no", "cc_number", "ssn", "social_security",
		"account_number", "account_no", "bearer", "jwt", "dsn", "iban", "kube_config", "kubeconfig", "web_hook_url", "webhook_url", "totp", "mfa_code", "cvv", "cvc", "tax_id", "routing_number",
		"passport", "driver_license", "driver_licence", "pass", "sid", "cid", "pw", "pwd", "psw", "pin", "pan", "otp", "userPin", "dbPw", "db_pw", "cvv2", "card_cvc", "pin_code", "mysql_pwd", "PGPASSWORD",
		"OTP", "connect.sid", "userSSN", "pw_hash",
	} {
		for _, text := range []string{name + "=41zyxw987v21", `{"` + name + `":"41zyxw987v21"}`, name + ": 41zyxw987v21"} {
			if got := masked(e, text); got == text {
				t.Errorf("%q: got it unchanged, want its value masked", text)
			}
		}
	}
}

func TestHintsOfTheUser(t *testing.T) {
	decide := func(key []byte) (bool, bool) { return string(key) == "tenant_seal", true }
	e := New(Config{Detectors: Default(), Key: decide, KeyHints: []string{"seal"}})
	check(t, e, []masking{{"tenant_seal=abc x", "tenant_seal=[key] x"}, {"tenant_seal=12", "tenant_seal=[key]"}, {"seal=abc", "seal=abc"}})
	checkClean(t, New(Config{Detectors: Default()}), []string{"password=hunter2"})
}
