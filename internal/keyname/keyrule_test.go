package keyname

import (
	"strings"
	"testing"
)

// decideForTest decides key as a key inside parent, or alone when parent is "".
func (r *Rule) decideForTest(parent, key string) Verdict {
	v := r.Verdict([]byte(key), 0)
	if parent != "" && v&JoinsParent != 0 && v&MasksText == 0 {
		v = r.Verdict([]byte(parent+key), len(parent))
	}
	return v & (MasksText | MasksNumbers)
}

// keyCases holds keys by what is masked under them.
var keyCases = []struct {
	name string
	want Verdict
	keys string
}{
	{"names of passwords, in any notation, mask numbers too", MasksText | MasksNumbers, `
		password PASSWORD Password passwd pwd pw psw passcode passWord pass_word PassWord
		db_password DB_PASSWORD dbPassword db-password db.password user[password] newPassword
		mysql_pwd PGPASSWORD pgpassword dbpassword keystorepassword sslpassword
		spring.datasource.password password2 user_password_2 password_v2
		passwordConfirm password_confirmation password_hash passwordHash passwordhash
		password_old old_password passwords user.passwords pw_hash`},
	{"names that denote digits mask numbers too", MasksText | MasksNumbers, `
		pin PIN userPin card.pin pin_code otp otpCode totp cvv CVV2 cvc card_cvc mfa_code
		ssn user_ssn SSN userSSN social_security social_security_number pan card_pan pan_number
		card_number cardNumber cardnumber CARDNUMBER cc_number card_no account_number
		bank.account.number accountNo routing_number tax_id taxId passport passport_number
		driver_license drivers_license driverLicence`},
	{"names of secrets mask text", MasksText, `
		secret client_secret clientSecret app_secret appsecret secrets webhooksecret secret_answer
		api_key apikey apiKey APIKey API_KEY ApiKey api-key x-api-key X-Api-Key api.key api-key-v2 apiKeyV2 apikeyv2
		api_keys myapikey stripe_api_key_old access_key aws_access_key accessKey
		aws_access_key_id AWS_SECRET_ACCESS_KEY secret_key private_key privateKey
		signing_key encryption_key master_key storage_account_key shared_access_key SharedAccessKey
		authorization Authorization http.request.header.authorization proxy-authorization
		auth_token x-auth-token access_token accessToken accesstoken refresh_token id_token idToken
		oauth_token oauth2_token OAuth2Token api_token x-amz-security-token bearer bearer_token
		session_token session_key sessionid sessionId session_id session.id JSESSIONID sid connect.sid
		csrf csrf_token csrfmiddlewaretoken xsrf XSRF-TOKEN cookie cookies cookie_sid
		http.request.header.cookie set-cookie Set-Cookie Set-Cookie2 credential credentials
		credentials.user awscredentials aws.credentials connection_string ConnectionString
		connectionStrings.main db.dsn DSN sentry_dsn jwt jwt_token pass db_pass smtp.pass passphrase
		pass_phrase pass_2 cid iban customer_iban webhook_url webhookUrl private_token vault_token
		kubeconfig secret_id credential_id`},
	{"words that only contain a name stay", 0, `
		secretary author authors authority bypass passenger passage compass tokenizer tokenization
		keyboard keypad monkey pinned pinging spin pansy span panel company sidecar inside cider acid
		otpx cookiecutter discretion compassion passwordless dispassionate jwtx dsnx trespass
		passport_js_strategy ssnake accredit`},
	{"descriptions of secrets stay", 0, `
		password_changed_at passwordChangedAt password_reset password_policy password_length
		max_password_length password_min_length password_age password_expires password_expiry
		password_required password_enabled password_attempts has_password hasPassword
		is_password_set_enabled is_secret needs_password
		secret_name secretName secret_path secret_file secret_version k8s.secret.name secret_arn secret_ref
		cookie_name cookie_count cookie_domain cookie_consent cookie_max_age cookie_path
		access_token_type access_token_ttl refresh_token_expires access_token_expiry
		api_key_id apiKeyId signing_key_id private_key_file private_key_path credentials_file
		credential_type credentials_provider authorization_url authorization_status otp_enabled
		session_key_ttl jwt_algorithm card_number_length api_key_names tokens_used
		password_check_duration_ms password_hash_time connection_string_name`},
	{"short names count at the end only", 0, `
		pin_mode pinMode pin_to_top pins map_pins pan_zoom pans pass_through passThrough pass_rate
		sid_history sids cid_range otp_channel pw_dir psw_flags pwd_dir bearer_format jwt_issuer
		dsn_status iban_country passport_strategy cvv_result totp_issuer p_an s_id pi_n`},
	{"keys of ordinary records stay", 0, `
		token tokens token_type max_tokens gen_ai.usage.input_tokens gen_ai.usage.output_tokens
		key keys public_key primary_key partition_key cache_key idempotency_key key_id
		auth auth_method hash salt nonce signature id user_id user.id enduser.id msg message level time
		service.name service.version service.instance.id host.name host.id process.pid
		process.command_args thread.id http.request.method http.response.status_code url.path url.full
		url.query server.address client.address network.peer.address user_agent.original
		http.request.header.content-type http.request.header.x-request-id error.type
		exception.type exception.message exception.stacktrace code.function.name code.file.path
		code.line.number db.system.name db.namespace db.query.text messaging.message.id
		messaging.kafka.message.key feature_flag.key k8s.pod.name k8s.pod.uid container.id
		cloud.account.id cloud.region aws.request_id trace_id span_id telemetry.sdk.language
		aws.secretsmanager.secret.arn session.previous_id gen_ai.request.max_tokens
		db.client.connection.pool.name session_count sessions cards card account account_id number code string order_number
		phone_number accession access license routing_key connection security passed`},
	{"keys without letters stay", 0, `_ 42 1.2.3 --`},
}

func TestKeysAreDecidedByTheirWords(t *testing.T) {
	m := New(0)
	rows := 0
	for _, tt := range keyCases {
		t.Run(tt.name, func(t *testing.T) {
			for key := range strings.FieldsSeq(tt.keys) {
				rows++
				if got := m.decideForTest("", key); got != tt.want {
					t.Errorf("%s: got %b, want %b", key, got, tt.want)
				}
			}
		})
	}
	if rows < 150 {
		t.Errorf("rows: got %d, want at least 150", rows)
	}
}

func TestKeysOfAMapCompleteItsName(t *testing.T) {
	m := New(0)
	m.Allow("access.token")
	m.Allow("order.key")
	tests := []struct {
		name, parent, key string
		want              Verdict
	}{
		{"two words", "api", "key", MasksText},
		{"in other notation", "stripeAPI", "Key2", MasksText},
		{"numbers", "card", "number", MasksText | MasksNumbers},
		{"maps in an array", "cards", "number", MasksText | MasksNumbers},
		{"one word and two", "shared", "access_key_old", MasksText},
		{"two words and one", "shared_access", "key", MasksText},
		{"one word and two that only end a name together", "web", "hookURL", MasksText},
		{"a longer key", "session", "id_hash", MasksText},
		{"session.id", "user_session", "id", MasksText},
		{"social.security", "social", "security", MasksText | MasksNumbers},
		{"the rest describes", "api", "key_name", 0},
		{"the id of a key", "api", "key_id", 0},
		{"a question", "has_api", "key", 0},
		{"words in between", "api_server", "key", 0},
		{"the second half is not at the begin", "api", "server_key", 0},
		{"two ordinary keys", "user", "id", 0},
		{"the parent alone names a secret", "password_policy", "key", 0},
		{"no parent", "", "key", 0},
		{"a parent without letters", "7", "key", 0},
		{"a parent that begins a word", "api", "keyboard", 0},
		{"exempt as a whole", "access", "token", 0},
		{"a key of its own", "user_policy", "password", MasksText | MasksNumbers},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for range 2 { // The second time from the cache.
				if got := m.decideForTest(tt.parent, tt.key); got != tt.want {
					t.Errorf("%s{%s}: got %b, want %b", tt.parent, tt.key, got, tt.want)
				}
			}
		})
	}
}

func TestDecidingTakesLinearTime(t *testing.T) {
	// The time is bounded by the words that are compared; a quadratic rule
	// would need minutes for these keys.
	r := New(0)
	var w words
	for _, piece := range []string{"a_", "pan_", "code_", "pass_code_", "has_", "password_type_", "Pa", "AAAA\u200b", "x-internal-"} {
		w.split([]byte(strings.Repeat(piece, 1<<18/len(piece))), 0)
		r.judge(&w)
	}
}

func TestGluedNamesAreNames(t *testing.T) {
	r := New(0)
	for _, g := range r.glued {
		if _, ok := r.names[g]; !ok {
			t.Errorf("%q is not in the lists of names", g)
		}
	}
}

func TestListsHoldNoWordTwice(t *testing.T) {
	seen := map[string]string{}
	for _, list := range []string{secretNames, secretNumberNames, secretEndings, secretNumberEndings, shortEndings, shortNumberEndings} {
		for s := range strings.FieldsSeq(list) {
			var w words
			w.split([]byte(s), 0)
			if other, ok := seen[string(w.text)]; ok {
				t.Errorf("%s is listed as %s already", s, other)
			}
			seen[string(w.text)] = s
		}
	}
	for word := range wordSet(describingWords) {
		if has(wordSet(formWords), []byte(word)) {
			t.Errorf("%q both describes a secret and is a form of one", word)
		}
	}
}

func TestPatternsMatchWholeKeysAndPaths(t *testing.T) {
	tests := []struct {
		pattern, path, key string
		want               bool
	}{
		{"x-internal-*", "", "X-Internal-Code", true},
		{"x-internal-*", "", "xInternalCode", true},
		{"x-internal-*", "", "x-internal", false},
		{"x-internal-*", "", "my-x-internal-code", false},
		{"*_ref", "", "tenant_ref", true},
		{"*_ref", "", "pref", false},
		{"*ref", "", "pref", true},
		{"http.request.header.*", "http.request.header.", "x-forwarded-for", true},
		{"http.request.header.*", "http.request.header.", "accept", true},
		{"http.request.header.*", "http.response.header.", "accept", false},
		{"http.*.cookie_jar", "http.request.", "cookieJar", true},
		{"*", "", "a", true},
		{"a*b*c", "", "axxbxxc", true},
		{"a*b*c", "", "axxcxxb", false},
		{"*пароль*", "", "мой_Пароль_2", true},
	}
	for _, tt := range tests {
		r := New(0)
		if !r.AddPattern(tt.pattern, 3) && tt.pattern != "*" {
			t.Fatalf("%q was not taken", tt.pattern)
		}
		v := r.Verdict([]byte(tt.path+tt.key), len(tt.path))
		if tt.pattern == "*" {
			continue
		}
		if got := v&MasksText != 0; got != tt.want || got && v.Rank() != 3 {
			t.Errorf("%q on %q: got %v, rank %d, want %v, rank 3", tt.pattern, tt.path+tt.key, got, v.Rank(), tt.want)
		}
	}
	for _, bad := range []string{"", "*", "**", "4*2", "_*_"} {
		if New(0).AddPattern(bad, 1) {
			t.Errorf("%q was taken, want it refused", bad)
		}
	}
}

func TestTheHighestRankDecides(t *testing.T) {
	r := New(2)
	r.Add("user_id", 1)
	r.Add("session_id", 1)
	r.Add("api_key", 7)
	for key, want := range map[string]uint8{"user_id": 1, "password": 2, "session_id": 1, "user_id_password": 2, "api_key_user_id": 7} {
		if v := r.Verdict([]byte(key), 0); v&MasksText == 0 || v.Rank() != want {
			t.Errorf("%s: got %b, rank %d, want rank %d", key, v, v.Rank(), want)
		}
	}
}

func TestSuspiciousKeys(t *testing.T) {
	r := New(0)
	for key, want := range map[string]bool{"token": true, "cache_key": true, "X-Auth": true, "keys": true, "card": true, "keyboard": false, "max_tokens_used": false, "user": false} {
		if got := r.Verdict([]byte(key), 0)&Suspicious != 0; got != want {
			t.Errorf("%s: got %v, want %v", key, got, want)
		}
	}
}

func TestWeakKeys(t *testing.T) {
	r := New(3)
	if v := r.Verdict([]byte("salt"), 0); v&Weak != 0 {
		t.Errorf("salt without AddWeak: got %b", v)
	}
	r.AddWeak()
	r.Allow("file_hash")
	tests := []struct {
		name string
		want bool
		keys string
	}{
		{"the last word counts", true, `
			token auth key salt nonce seed hash signature sig tokens passSalt X-Signature
			page_token web_auth door_key userKeys request.hash csp-nonce random_seed sig_v2`},
		{"other last words", false, `key_id token_type hash_algorithm auth_method keys_used keyboard monkey author`},
		{"keys that open nothing", false, `
			public_key ssh_public_key primary_key partition_key partitionKey cache_key idempotency_key
			Idempotency-Key sort_key foreign_key routing_key messaging.kafka.message.key`},
		{"questions", false, `has_key is_token requires_auth`},
		{"what is masked in any case is not weak", false, `api_key access_token password_hash`},
		{"an exempt key", false, `file_hash fileHash`},
		{"keys without letters", false, `_ 42`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for key := range strings.FieldsSeq(tt.keys) {
				v := r.Verdict([]byte(key), 0)
				if got := v&Weak != 0; got != tt.want {
					t.Errorf("%s: got %v, want %v", key, got, tt.want)
				}
				if v&Weak != 0 && v.Rank() != 3 {
					t.Errorf("%s: got rank %d, want 3", key, v.Rank())
				}
			}
		})
	}
}

func TestBigWordsAreNotPooled(t *testing.T) {
	if w := (&words{text: make([]byte, 0, maxPooled+1)}); w.fits() {
		t.Error("a big buffer fits")
	}
	if w := (&words{list: make([]word, maxPooled)}); !w.fits() {
		t.Error("a buffer at the limit does not fit")
	}
}
