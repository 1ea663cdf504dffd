package keyname

// The lists in this file are the built-in key rule. Words are separated by
// spaces; words of one name by underscores, which stand for any separator and
// for none: "api_key" is also "apiKey", "api.key" and "apikey". A name that is
// one word matches one word only, so that "bypass" is not "pass".

// Names of secrets, wherever they stand in a key: what follows them
// ("password_hash", "cookie_sid") is another form of the secret unless it is
// in describingWords.
const (
	secretNames = `
		secret client_secret api_key access_key secret_key private_key
		signing_key encryption_key master_key account_key shared_access_key
		authorization proxy_authorization auth_token access_token
		refresh_token id_token api_token oauth_token security_token
		session_token session_key session_id access_key_id private_token
		vault_token csrf csrf_middleware_token xsrf cookie set_cookie credential pass_phrase
		connection_string`

	// secretNumberNames are also masked when the value is a number.
	secretNumberNames = `
		pass_word passwd pass_code card_number card_no cc_number ssn
		social_security account_number account_no`
)

// Names that mean a secret only at the end of a key, or before words of
// formWords: "pin" and "pin_code", but not "pin_mode".
const (
	secretEndings = `
		bearer jwt dsn iban kube_config web_hook_url`

	secretNumberEndings = `
		totp mfa_code cvv cvc tax_id routing_number passport driver_license
		driver_licence`

	// The short ones have everyday plurals: pins, pans.
	shortEndings       = `pass sid cid`
	shortNumberEndings = `pw pwd psw pin pan otp`
)

// describingWords end a key that tells something about a secret and does not
// hold it: "password_changed_at", "secret_name", "max_password_length". The
// second paragraph names units of time, the third things with few and public
// values.
const describingWords = `
	count type len length limit size usage used budget max min expires expiry
	expired expiration ttl age at on policy required enabled disabled changed
	reset attempt attempts name path file url version algo algorithm

	time timeout date duration latency ns us ms sec seconds minutes hours days

	status strength provider manager domain namespace arn ref consent`

// askingWords before a name make it a question: "has_password".
const askingWords = `has is was should can needs requires`

// formWords after a name keep its meaning.
const formWords = `
	code number num no nr digit value raw plain plaintext text string str hash
	hashed digest md sha encrypted enc hex base b old new current previous prev
	confirm confirmation confirmed again repeat repeated header token key data
	input v`

// gluedNames are also found at the end of a longer word, or at its begin
// before one of formWords: "pgpassword", "passwordhash". They are names that
// no ordinary word ends with.
const gluedNames = `
	password passwd passphrase passcode secret apikey secretkey accesskey
	privatekey accesstoken authtoken refreshtoken sessiontoken sessionid
	credential`

// suspiciousWords end keys under which a secret may stand, or the name of
// something: what the value looks like decides.
const suspiciousWords = `token key auth card cc maestro`

// weakWords end keys under which a secret stands more often than not, if what stands
// there is one word.
const weakWords = `token auth key salt nonce seed hash signature sig`

// openKeyWords before "key" make it a key that opens nothing: it is public, or finds a
// row, an entry or a message.
const openKeyWords = `
	public primary foreign partition shard sort range row composite unique index
	cache idempotency dedup deduplication routing message object lookup group`
