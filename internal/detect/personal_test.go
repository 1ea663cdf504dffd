package detect

import (
	"strings"
	"testing"
)

func TestMailAddresses(t *testing.T) {
	e := engine(Of(Email))
	check(t, e, []masking{
		{"from bob@example.com to", "from [email] to"},
		{"<bob.smith+tag@mail.example.co.uk>", "<[email]>"},
		{"user=bob@example.com&x=1", "user=[email]&x=1"},
		{`{"mail":"bob_o'neil@example.org."}`, `{"mail":"[email]."}`},
		{`a\nbob@example.com\n`, `a\n[email]\n`},
		{"a@b.cc, c@d.ee", "[email], [email]"},
		{"x@xn--e1afmkfd.xn--p1ai", "[email]"},
		{"mailto:bob@example.com", "mailto:[email]"},
		{"bob＠example．com", "[email]"},
	})
	checkClean(t, e, []string{"git@github.com:org/repo.git", "app@sha256:e3b0c442", "npm @scope/pkg@1.2.3", "host@10.0.0.1", "icon@2x.png", "getty@tty1.service", "@", "a@", "@b.c", "user@localhost", "a @ b.c"})
	checkClean(t, engine(Default()), []string{"bob@example.com +49 30 1234567 10.0.0.1"})
}

func TestTelephoneNumbers(t *testing.T) {
	e := engine(Of(Phone))
	check(t, e, []masking{
		{"call +49 30 1234567 now", "call [phone] now"},
		{"+14155552671", "[phone]"},
		{"+1 (415) 555-2671, ok", "[phone], ok"},
		{"phone: 030 1234567", "phone: [phone]"},
		{"mobile=(415) 555-2671", "mobile=[phone]"},
		{`"phone":"4155552671"`, `"phone":"[phone]"`},
	})
	checkClean(t, e, []string{"took 1234567 ns", "2026-01-01 12:00:00", "id 4155552671", "+12 rows", "a+12345678b", "phone screen test 12", "+0000", "10.0.0.1:5432", "phone 12345678901234567890"})
}

func TestAddressesOfHosts(t *testing.T) {
	e := engine(Of(IP, MAC))
	check(t, e, []masking{
		{"from 10.0.0.1:5432, 192.168.1.254.", "from [ip]:5432, [ip]."},
		{"::1 2001:db8::8a2e:370:7334 [fe80::1]:80", "[ip] [ip] [[ip]]:80"},
		{"::ffff:10.0.0.1 x", "[ip] x"},
		{"mac 00:1b:44:11:3a:b7 and 00-1B-44-11-3A-B7", "mac [mac] and [mac]"},
		{"cidr 10.0.0.0/8", "cidr [ip]/8"},
	})
	checkClean(t, e, []string{
		"v1.2.3.4", "version 10.4.2.1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "12:00:00", "a::b::c", "std::string", "00:1b:44:11:3a", "2026-01-01-00-00-00-00", "00:1b:44:11:3a:b7:00", "a::b", "x1.2.3.4",
	})
	checkClean(t, engine(Of(MAC)), []string{"10.0.0.1 2001:db8::1"})
}

func TestNumbersOfStates(t *testing.T) {
	e := engine(Of(NationalID))
	check(t, e, []masking{
		{"routing 121000248", "routing [national-id]"},
		{"NHS 943 476 5919", "NHS [national-id]"},
		{"cpf: 111.444.777-35", "cpf: [national-id]"},
		{"cnpj=11.222.333/0001-81", "cnpj=[national-id]"},
		{"dni 12345678Z, nie X1234567L", "dni [national-id], nie [national-id]"},
		{"nip 106-00-00-062", "nip [national-id]"},
		{"pesel 44051401359", "pesel [national-id]"},
		{"insee 255081416802538", "insee [national-id]"},
		{"Steuer-ID 86095742719", "Steuer-ID [national-id]"},
		{"aadhaar 2341 2341 2346", "aadhaar [national-id]"},
		{"citizen 11010519491231002X", "citizen [national-id]"},
		{"nric S1234567D", "nric [national-id]"},
	})
	checkClean(t, e, []string{
		"121000248", "routing 121000249", "NHS 943 476 5918", "cpf: 111.444.777-36", "cpf 111.111.111-11", "cnpj=11.222.333/0001-82", "dni 12345678A", "nip 1060000063", "pesel 44051401358",
		"insee 255081416802539", "steuer 86095742718", "aadhaar 234123412345", "citizen 110105194912310021", "nric S1234567A", "nric Q1234567D", "cpf", "cpf 1",
		"nhs 9434765919x", "took 943 476 5919 ns",
	})
}

func TestEncodedSecrets(t *testing.T) {
	e := engine(All() &^ Of(Entropy, Phone, IP))
	check(t, e, []masking{
		{"data cGFzc3dvcmQ9aHVudGVyMnB3 end", "data [base64] end"},
		{"data cGFzc3dvcmQ9aHVudGVyMg== end", "data [base64] end"},
		{"raw 70617373776f72643d68756e74657232 end", "raw [hex] end"},
		{"%70%61%73%73%77%6f%72%64%3Dhunter2pw", "%70%61%73%73%77%6f%72%64%3D[percent]"},
		{"v=a%40b&p=password%3dhunter2 x", "v=a%40b&p=password%3d[key] x"},
	})
	checkClean(t, e, []string{"data aGVsbG8gd29ybGQgaGVsbG8=", "4bf92f3577b34da6a3ce929d0e0e4736", "100%", "%zz%41", "a%20b%20c", strings.Repeat("A", 40), "cGFzc3dvcmQ9"})
}

func TestRandomText(t *testing.T) {
	e := engine(Of(Entropy))
	check(t, e, []masking{{"v SOKXxs00k30PUuH4KLoDPNmwlQ4EwXKw x", "v [entropy] x"}, {"'aB3dE5fG7hI9jK1lM3nO5'", "'[entropy]'"}})
	checkClean(t, e, []string{
		"4bf92f3577b34da6a3ce929d0e0e4736", "4bf92f35-77b3-4da6-a3ce-929d0e0e4736", "LibraryWebpageUploadRowStatus", "aaaaaaaaaaaaaaaaaaaaaaaaA1", "commit SOKXxs00k30PUuH4KLoDPNmwlQ4EwXKw",
		"short1Aa", "[REDACTED:SOKXxs00k30PUuH4KLoDPNmwlQ4EwXKw]", "/usr/local/Lib1/x/y/z/A2/b3", "12345678901234567890123",
	})
}
