package detect

import "testing"

func TestBankAccounts(t *testing.T) {
	e := engine(Default())
	check(t, e, []masking{
		{"to GB82WEST12345698765432 ok", "to [iban] ok"},
		{"account GB82 WEST 1234 5698 7654 32.", "account [iban]."},
		{"DE89-3704-0044-0532-0130-00", "[iban]"},
		{"DE8937-0400-4405-3201-3000", "[iban]"},
		{"gb82west12345698765432", "[iban]"},
		{"NO9386011117947", "[iban]"},
		{"MT84MALT011000012345MTLCAST001S", "[iban]"},
		{"FR1420041010050500013M02606,", "[iban],"},
		{`a\nDE89370400440532013000`, `a\n[iban]`},
		{"pay DE89 3704 0044 0532 0130 00 12 EUR", "pay [iban] 12 EUR"},
		{"ＤＥ８９３７０４００４４０５３２０１３０００", "[iban]"},
	})
	checkClean(t, e, []string{
		"GB82WEST12345698765433", "XX82WEST12345698765432", "GB82WEST1234569876543", "build DE89370400440532013000ABCDEF", "XDE89370400440532013000",
		"DE00370400440532013000", "id12 ab34 ad12", "DE89", "DE89 3704",
	})
}

func TestSocialSecurityNumbers(t *testing.T) {
	e := engine(Default())
	check(t, e, []masking{
		{"is 219-45-1289", "is [us-ssn]"},
		{"applicant 219 45 1289 called", "applicant [us-ssn] called"},
		{"taxpayer 219.45.1289", "taxpayer [us-ssn]"},
		{"social security 219451289", "social security [us-ssn]"},
		{"itin 912-70-1234", "itin [us-ssn]"},
		{`{"v":"899-45-1289"}`, `{"v":"[us-ssn]"}`},
		{`a\n219-45-1289`, `a\n[us-ssn]`},
		{`{"v":"899 45 1289"}`, `{"v":"[us-ssn]"}`},
		{`{\"v\":\"899 45 1289\"}`, `{\"v\":\"[us-ssn]\"}`},
		{`q=%22219-45-1289%22 of \u0022219-45-1289\u0022`, `q=%22[us-ssn]%22 of \u0022[us-ssn]\u0022`},
	})
	checkClean(t, e, []string{
		"v 000-12-3456", "v 666-12-3456", "v 900-12-3456", "v 219-00-1289", "v 219-45-0000", "v 219-451289", "v 219-45 1289", "v 078-05-1120", "order 219451289",
		"v 2026-01-1289", "v 1219-45-12890", "HTTP/1.1\" 200 12 3456 \"-\"", "cols 100 22 3333 44", "v 219.45.1289", "a-219-45-1289",
	})
}
