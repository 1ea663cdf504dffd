package detect

import "testing"

func TestPasswordsInURLs(t *testing.T) {
	check(t, engine(Default()), []masking{
		{"postgres://app:p@ss/w0rd@db:5432/x", "postgres://app:[url-userinfo]@db:5432/x"},
		{"postgres://app:Zx@12345@db:5432/x", "postgres://app:[url-userinfo]@db:5432/x"},
		{"postgres://app:12/34@db:5432/x", "postgres://app:[url-userinfo]@db:5432/x"},
		{"postgres://app:a?b#c@db/x", "postgres://app:[url-userinfo]@db/x"},
		{"redis://:hunter2pw@cache:6379/0", "redis://:[url-userinfo]@cache:6379/0"},
		{"mongodb+srv://app:hunter2pw@c0.mongodb.net/?w=1", "mongodb+srv://app:[url-userinfo]@c0.mongodb.net/?w=1"},
		{"https://u:hunter2pw@proxy.example.com:8080", "https://u:[url-userinfo]@proxy.example.com:8080"},
		{`dial: parse "postgres://u:hunter2pw@db:54 32/x": bad`, `dial: parse "postgres://u:[url-userinfo]@db:54 32/x": bad`},
		{"http://:hunter2pw@h/", "http://:[url-userinfo]@h/"},
		{`{"u":"https:\/\/u:hunter2@h\/x"}`, `{"u":"https:\/\/u:[url-userinfo]@h\/x"}`},
		{"next=https%3A%2F%2Fu:hunter2@h", "next=https%3A%2F%2Fu:[url-userinfo]@h"},
		{"https://0123456789abcdef0123456789abcdef01234567@github.com/x", "https://[url-userinfo]@github.com/x"},
		{"a http://u:p1@h b http://u:p2@h", "a http://u:[url-userinfo]@h b http://u:[url-userinfo]@h"},
	})
	checkClean(t, engine(Default()), []string{
		"postgres://db:5432/x", "see https://example.com:8080/a@b", "mailto:joe", "git@github.com:org/repo.git", "https://medium.com/@user/post", "ssh://git@host/repo",
		"npm i @types/node@20.1", "time=12:30@noon", "https://u:[REDACTED]@h", "https://u:xxxxx@h", "http://[::1]:8080/x", "://", "http://", "https://example.com?x=a@b.c",
		"postgres://db:5432/x?user=a@b",
	})
}

func TestSecretParametersOfURLs(t *testing.T) {
	check(t, engine(Default()), []masking{
		{"https://a.blob.core.windows.net/c?sv=2022&sp=r&sig=abcDEF123%2Bxyz%3D", "https://a.blob.core.windows.net/c?sv=2022&sp=r&sig=[url-query]"},
		{"https://b/k?X-Amz-Signature=0123456789abcdef&x=1", "https://b/k?X-Amz-Signature=[url-query]&x=1"},
		{"https://api/v1?api_key=8f14e45fceea167a&x=1", "https://api/v1?api_key=[url-query]&x=1"},
		{"/cb?code=4/0AX4XfWh-abc&state=x", "/cb?code=[url-query]&state=x"},
		{"/cb?x=1&amp;token=abcdefgh", "/cb?x=1&amp;token=[url-query]"},
		{`/cb?x=1\u0026token=abcdefgh"`, `/cb?x=1\u0026token=[url-query]"`},
		{"/cb%3Ftoken=abcdefgh", "/cb%3Ftoken=[url-query]"},
		{"grant_type=password&username=bob&password=hunter2pw", "grant_type=password&username=bob&password=[url-query]"},
		{"/x?key=AbC123dEf456", "/x?key=[url-query]"},
	})
	checkClean(t, engine(Default()), []string{
		"/x?code=404&y=1", "status code=500123", "/x?sort_key=name_of_row", "/x?page_token=abcdef123456", "/x?token=", "/x?sig=abc", "/x?barcode=abcdefgh", "/x?sessions=abcdefgh",
	})
}

func TestDataSourceNames(t *testing.T) {
	check(t, engine(Default()), []masking{
		{"app:hunter2pw@tcp(db:3306)/x?parseTime=true", "app:[dsn]@tcp(db:3306)/x?parseTime=true"},
		{`open "app:hun:ter@2@unix(/tmp/mysql.sock)/x"`, `open "app:[dsn]@unix(/tmp/mysql.sock)/x"`},
		{"jdbc:oracle:thin:app/hunter2pw@//db:1521/svc", "jdbc:oracle:thin:app/[dsn]@//db:1521/svc"},
		{"Server=db;User Id=app;Password=hunter2pw;Encrypt=yes", "Server=db;User Id=app;Password=[key];Encrypt=yes"},
		{"jdbc:mysql://db/x?user=app&password=hunter2pw", "jdbc:mysql://db/x?user=app&password=[url-query]"},
	})
	checkClean(t, engine(Default()), []string{"app@tcp(db:3306)/x", "@tcp(", "oracle:thin:@db:1521", "oracle:thin:app/", "app:[REDACTED:dsn]@tcp(db)/x"})
}
