package detect

// ID names a detector.
type ID uint8

// The detectors. Those of one kind stand together, the more telling first: where
// several find the same piece of text, the first gives its name.
const (
	// On by default: what must never be in a log.
	Track         ID = iota // Data of a magnetic stripe.
	CVV                     // Check numbers of cards, known by their keys.
	PAN                     // Payment card numbers.
	IBAN                    // Bank account numbers.
	SSN                     // Social security numbers of the USA.
	PrivateKey              // Private keys in PEM, PuTTY's and age's form.
	AWS                     // Credentials of Amazon.
	Azure                   // Credentials of Microsoft.
	Google                  // Credentials of Google.
	GitHub                  // Credentials of GitHub.
	GitLab                  // Credentials of GitLab.
	Slack                   // Credentials of Slack, and its webhooks.
	Stripe                  // Credentials of Stripe.
	AI                      // Credentials of services with language models.
	Token                   // Credentials of others that begin with a known prefix.
	JWT                     // JSON web tokens, signed or encrypted.
	Authorization           // Values of HTTP's Authorization headers.
	Cookie                  // Values of HTTP's Cookie headers.
	URLUser                 // The password in a URL, or a token in its place.
	URLQuery                // Secret parameters in the query of a URL.
	DSN                     // Passwords in data source names.
	Flag                    // Secrets on command lines.
	Key                     // Values of secret keys: password=, "apiKey":, Secret:.

	// By profile: personal data, and guesses.
	Email      // E-mail addresses.
	Phone      // Telephone numbers, international ones or near a word.
	IP         // IP addresses of both versions.
	MAC        // Hardware addresses.
	NationalID // Numbers of persons and companies, with a check digit and near a word.
	Base64     // Secrets in base64.
	Percent    // Secrets in percent encoding.
	Hex        // Secrets in hexadecimal.
	Entropy    // Random text.

	numIDs
)

// names holds the detectors' names, as markers show them.
var names = [numIDs]string{
	Track: "track", CVV: "cvv", PAN: "pan", IBAN: "iban", SSN: "us-ssn", PrivateKey: "private-key",
	AWS: "aws", Azure: "azure", Google: "google", GitHub: "github", GitLab: "gitlab", Slack: "slack",
	Stripe: "stripe", AI: "ai", Token: "token", JWT: "jwt", Authorization: "authorization",
	Cookie: "cookie", URLUser: "url-userinfo", URLQuery: "url-query", DSN: "dsn", Flag: "flag",
	Key: "key", Email: "email", Phone: "phone", IP: "ip", MAC: "mac", NationalID: "national-id",
	Base64: "base64", Percent: "percent", Hex: "hex", Entropy: "entropy",
}

// NumIDs is the number of detectors. Their IDs lie below it.
const NumIDs = int(numIDs)

// String returns the name of a detector: lower-case letters, digits and dashes.
// It is "" for an ID that names none.
func (id ID) String() string {
	if id >= numIDs {
		return ""
	}
	return names[id]
}

// Lookup returns the detector with a name.
func Lookup(name string) (ID, bool) {
	for id, n := range names {
		if n == name {
			return ID(id), true
		}
	}
	return 0, false
}

// Set is a set of detectors.
type Set uint64

// Of returns the set of ids.
func Of(ids ...ID) Set {
	var s Set
	for _, id := range ids {
		s |= 1 << id
	}
	return s
}

// Has reports whether id is in s.
func (s Set) Has(id ID) bool { return s&(1<<id) != 0 }

// Default returns the detectors that are on unless somebody says otherwise.
func Default() Set { return 1<<Email - 1 }

// Personal returns the detectors of personal data that are off by default.
func Personal() Set { return Of(Email, Phone, IP, MAC, NationalID) }

// All returns every detector.
func All() Set { return 1<<numIDs - 1 }
