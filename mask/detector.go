package mask

import "github.com/logstream-go/logstream/internal/detect"

// Detector names what looks for one kind of secret or personal data in texts.
type Detector uint8

// The detectors that are on by default. Each masks what it finds as
// [REDACTED:name], with the name that String returns.
const (
	// Track finds the data of a card's magnetic stripe. It cannot be shown in part
	// or hashed: nobody may keep it (PCI DSS 3.3.1).
	Track = Detector(detect.Track)
	// CVV finds the check numbers of cards behind their keys; the same holds.
	CVV = Detector(detect.CVV)
	// PAN finds numbers of payment cards, alone or in groups, with the digits of an
	// issuer, a length of it and the right check digit; in integers too.
	PAN = Detector(detect.PAN)
	// IBAN finds numbers of bank accounts with right check digits.
	IBAN = Detector(detect.IBAN)
	// SSN finds social security numbers of the USA in groups, or behind a word.
	SSN = Detector(detect.SSN)
	// PrivateKey finds private keys in PEM, also without an end, PuTTY's and age's.
	PrivateKey = Detector(detect.PrivateKey)
	// AWS finds credentials of Amazon Web Services.
	AWS = Detector(detect.AWS)
	// Azure finds credentials of Microsoft Azure.
	Azure = Detector(detect.Azure)
	// Google finds credentials of Google.
	Google = Detector(detect.Google)
	// GitHub finds tokens of GitHub.
	GitHub = Detector(detect.GitHub)
	// GitLab finds tokens of GitLab.
	GitLab = Detector(detect.GitLab)
	// Slack finds tokens and webhooks of Slack.
	Slack = Detector(detect.Slack)
	// Stripe finds secret keys of Stripe.
	Stripe = Detector(detect.Stripe)
	// AI finds keys of services with language models.
	AI = Detector(detect.AI)
	// Token finds what else begins with the prefix of a known service's token.
	Token = Detector(detect.Token)
	// JWT finds JSON web tokens.
	JWT = Detector(detect.JWT)
	// Authorization finds the values of Authorization headers.
	Authorization = Detector(detect.Authorization)
	// Cookie finds the values of cookies.
	Cookie = Detector(detect.Cookie)
	// URLUser finds passwords in URLs.
	URLUser = Detector(detect.URLUser)
	// URLQuery finds secret parameters in the queries of URLs.
	URLQuery = Detector(detect.URLQuery)
	// DSN finds passwords in data source names.
	DSN = Detector(detect.DSN)
	// Flag finds secrets on command lines.
	Flag = Detector(detect.Flag)
	// Key finds the values of secret keys inside texts: password=, "apiKey":. Its
	// name is also that of attributes redacted for their key.
	Key = Detector(detect.Key)
)

// The detectors that a profile or WithDetector switches on.
const (
	// Email finds e-mail addresses.
	Email = Detector(detect.Email)
	// Phone finds telephone numbers, international ones and those near a word.
	Phone = Detector(detect.Phone)
	// IP finds IP addresses of both versions.
	IP = Detector(detect.IP)
	// MAC finds hardware addresses.
	MAC = Detector(detect.MAC)
	// NationalID finds numbers of persons with a check digit near a word.
	NationalID = Detector(detect.NationalID)
	// Base64 finds secrets encoded in base64.
	Base64 = Detector(detect.Base64)
	// Percent finds secrets encoded with percent signs.
	Percent = Detector(detect.Percent)
	// Hex finds secrets encoded in hexadecimal.
	Hex = Detector(detect.Hex)
	// Entropy finds random text of at least twenty characters.
	Entropy = Detector(detect.Entropy)
)

// String returns the detector's name, as markers show it: "pan", "us-ssn". It is
// "" for a Detector that does not exist.
func (d Detector) String() string { return detect.ID(d).String() }

// exists reports whether there is a detector d.
func (d Detector) exists() bool { return int(d) < detect.NumIDs }

// sensitive holds what nobody may keep in any form.
var sensitive = detect.Of(detect.Track, detect.CVV)

// Profile is a set of detectors for a purpose.
type Profile uint8

const (
	// GDPR adds personal data: e-mail and IP addresses, telephone numbers, hardware
	// addresses and national numbers of persons.
	GDPR Profile = 1 + iota
	// PCI adds nothing to the default, which has what PCI DSS asks for; it makes
	// switching that off an error: PAN, Track and CVV, and keys of check numbers and
	// tracks that are kept or allowed.
	PCI
	// Strict adds every detector there is, and masks texts of six characters or more
	// without a space under keys that end with token, auth, key, salt, nonce, seed, hash,
	// signature or sig; public_key, cache_key and their like stay. It changes more of
	// what is no secret: random text, and what looks like the number of a person.
	Strict
)

// set returns the detectors that p adds.
func (p Profile) set() detect.Set {
	switch p {
	case GDPR:
		return detect.Personal()
	case Strict:
		return detect.All()
	}
	return 0
}
