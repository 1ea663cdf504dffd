package detect

import "testing"

func TestAuthorizationHeaders(t *testing.T) {
	check(t, engine(Default()), []masking{
		{"Authorization: Basic dXNlcjpodW50ZXIycHc=", "Authorization: Basic [authorization]"},
		{"authorization=Bearer abc.DEF-123_456~789", "authorization=Bearer [authorization]"},
		{"proxy-authorization: Basic dTpwdw==", "proxy-authorization: Basic [authorization]"},
		{"map[Authorization:[Bearer 0a1b2c3d4e5f] X:[1]]", "map[Authorization:[Bearer [authorization]] X:[1]]"},
		{`{"Authorization":["Bearer 0a1b2c3d4e5f"]}`, `{"Authorization":["Bearer [authorization]"]}`},
		{`{"Authorization":"Bearer 0a1b2c3d4e5f","x":1}`, `{"Authorization":"Bearer [authorization]","x":1}`},
		{`curl -H "Authorization: Bearer 0a1b2c3d" https://x`, `curl -H "Authorization: Bearer [authorization]" https://x`},
		{"Authorization: Digest username=\"bob\", response=\"abc\"\r\nHost: x", "Authorization: Digest [authorization]\r\nHost: x"},
		{"Authorization: AWS4-HMAC-SHA256 Credential=A/x, Signature=fe5f80\nHost: x", "Authorization: AWS4-HMAC-SHA256 [authorization]\nHost: x"},
		{"Authorization: Bearer abc123 sent to host", "Authorization: Bearer [authorization] sent to host"},
		{"Authorization: 0a1b2c3d4e5f status=200", "Authorization: [authorization] status=200"},
		{"sent bearer 0a1b2c3d4e5f6a7b to host", "sent bearer [authorization] to host"},
		{"sent basic dXNlcjpodW50ZXIycHc= to host", "sent basic [authorization] to host"},
		{"Basic dXNlcjpwYXNzd29yZA", "Basic [authorization]"},
		{`["Basic dXNlcjpwYXNzd29yZA=="]`, `["Basic [authorization]"]`},
		{"Basic%20dXNlcjpodW50ZXIycHc=", "Basic%20[authorization]"},
		{"Authorization: somethingelse entirely", "Authorization: [authorization]"},
	})
	checkClean(t, engine(Default()), []string{
		"authorization: denied", "Authorization: ", "Authorization: Bearer ", "Authorization: [REDACTED]", "authorization failed", "Authorization: none", "bearer token expired", "bearer internationalization", "bearer abc123",
		"basic internationalization of everything", "basic dXNlcjpw", "basic authentication", "Visual Basic dXNlcnBhc3N3b3Jkaw==",
	})
}

func TestCookieHeaders(t *testing.T) {
	check(t, engine(Default()), []masking{
		{"Cookie: sid=8f14e45fceea167a; theme=dark", "Cookie: [cookie]"},
		{"Set-Cookie: session=8f14e45fceea167a; HttpOnly\r\nX: y", "Set-Cookie: [cookie]\r\nX: y"},
		{`Cookie: sid=8f14e45fceea167a; a=b\r\nX: y`, `Cookie: [cookie]\r\nX: y`},
		{`{"Cookie":"sid=8f14; theme=dark","x":1}`, `{"Cookie":"[cookie]","x":1}`},
		{"map[Cookie:[sid=8f14; theme=dark] X:[1]]", "map[Cookie:[[cookie]] X:[1]]"},
		{"curl -H 'Cookie: a=b; c=d' x", "curl -H 'Cookie: [cookie]' x"},
		{"cookie=abcdef other=1", "cookie=[cookie] other=1"},
	})
	checkClean(t, engine(Default()), []string{"cookies: 3", "cookie policy", "Cookie: ", "cookie: missing", "cookie=true"})
}
