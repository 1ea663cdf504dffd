package mask

import "github.com/logstream-go/logstream/internal/detect"

// Option changes what New builds. Options come from this package only.
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) {
	c.tailor = tailored{}
	f(c)
}

// WithKeys adds names to the built-in list of keys whose values are redacted.
// A name matches like a built-in one: by words, in any notation, anywhere in a
// key, so that "tenant_secret" also covers "oldTenantSecret". A name with a * has
// to match a whole key, or a whole path of keys: "x-internal-*",
// "http.request.header.*". Numbers are redacted too when the name is at the end of
// the key; booleans never are. A name that is on the built-in list already gets
// these wider rules. In texts names are found as keys too, if they have a word of
// three letters or more. Default: the built-in list alone. A name without a letter
// is an error of New. Repeated uses add up.
func WithKeys(keys ...string) Option {
	return optionFunc(func(c *config) { c.keys = append(c.keys, keyOption{"WithKeys", Redact, keys}) })
}

// WithKeyAction is WithKeys with another action than Redact: a hash of user.id, or
// the removal of an attribute. Of several names that match, that with the strongest
// action counts: Drop, Redact, Hash, Partial, Keep. Hash and Partial act on strings,
// bytes and numbers, and redact arrays and maps. Inside of texts the action of
// detector Key is taken, and none under a name that is kept. Default: none. Names as for WithKeys,
// and actions that cannot be done, are errors of New, and so is Keep for the keys of
// check numbers and tracks together with the profile PCI. Repeated uses add up.
func WithKeyAction(a Action, keys ...string) Option {
	return optionFunc(func(c *config) { c.keys = append(c.keys, keyOption{"WithKeyAction", a, keys}) })
}

// WithAllowKeys exempts keys from the key rule: their values leave the process
// as they are, unless a detector finds something in them. Each is compared with a
// whole key, in any notation and without its digits: "csrf_mode" exempts "csrfMode"
// and nothing longer. Maps under an exempt key are still walked, and the keys inside
// them decided. Default: none. A key without a letter, and one that WithKeys names
// too, are errors of New, and so are those of check numbers and tracks together with the
// profile PCI. Repeated uses add up.
func WithAllowKeys(keys ...string) Option {
	return optionFunc(func(c *config) { c.allow = append(c.allow, keys...) })
}

// WithProfile adds the detectors of profiles: GDPR, PCI, Strict. Default: none of
// them. An unknown profile is an error of New. Repeated uses add up.
func WithProfile(profiles ...Profile) Option {
	return optionFunc(func(c *config) { c.profiles, c.more = append(c.profiles, profiles...), detect.Everything() })
}

// WithDetector switches detector d on, if it is not, and says what is done with
// what it finds. Where findings overlap, the strongest action is done with the whole:
// Drop, Redact, Hash, Partial. Default: the detectors up to Key are on, and redact.
// Track and CVV can be redacted and dropped only; PAN cannot be hashed here and shown
// in part there (PCI DSS 3.5.1). Whatever cannot be done is an error of New. Of
// several uses for one detector the last counts.
func WithDetector(d Detector, a Action) Option {
	return optionFunc(func(c *config) { c.detectors, c.more = append(c.detectors, detectorOption{d, a}), detect.Everything() })
}

// WithoutDetector switches detectors off, whatever other options say. What they
// would find leaves the process, if nothing else finds it. Key is the detector for
// keys inside of texts; attributes are still masked for theirs. Default: none is
// off. A Detector that does not exist is an error of New, and so is PAN, Track or CVV
// together with the profile PCI. Repeated uses add up.
func WithoutDetector(ds ...Detector) Option {
	return optionFunc(func(c *config) { c.without = append(c.without, ds...) })
}

// WithMarker sets the text that stands in place of what was masked; "%s" in it is
// the name of the detector. Markers of Hash and Partial keep their form. Default:
// "[REDACTED:%s]". Something has to stand on both sides of "%s". It is 1 to 64 bytes of letters, digits and the characters
// []<>(){}*_:.#- without a space; one in which, or next to which, a detector finds
// something again is an error of New.
func WithMarker(text string) Option {
	return optionFunc(func(c *config) { c.marker = text })
}

// WithHashKey sets the key of action Hash, of 16 bytes or more, and its name, which
// stands in the markers: 1 to 32 letters, digits, _ and -. To change the key, use
// the option once for the old and then once for the new one: the last is used, and
// Pseudonyms tells the markers under all of them. The key is copied. Default: none,
// without which Hash is an error of New.
func WithHashKey(id string, key []byte) Option {
	own := append([]byte(nil), key...)
	return optionFunc(func(c *config) { c.hashKeys = append(c.hashKeys, hashKey{id, own}) })
}

// Limits bound what is looked at. What lies beyond is not looked at and does not
// leave the process: MarkerLimit stands for it.
type Limits struct {
	// Depth is how deep arrays and maps may nest, 1 to 64.
	Depth int
	// Bytes is the size of a text, 1024 to 1<<30.
	Bytes int
}

// defaultLimits are those of New: what OTLP's readers take, and more than a record
// of a stream can hold.
var defaultLimits = Limits{Depth: 64, Bytes: 1 << 20}

// WithLimits sets the limits. Default: depth 64 and 1 MiB. Arrays and maps that nest
// deeper than 64 make a record malformed in any case. Values out of bounds are errors
// of New.
func WithLimits(l Limits) Option {
	return optionFunc(func(c *config) { c.limits = l })
}

// WithDryRun finds and counts, and changes nothing, so that rules can be tried on
// real logs: secrets leave the process meanwhile. Only what cannot be read, fields with a
// struct tag and values of type Secret are still replaced. Default: off.
func WithDryRun() Option {
	return optionFunc(func(c *config) { c.dryRun = true })
}

// config is what the options ask for, in their order.
type config struct {
	tailor    tailor       // nil without options
	more      *detect.More // nil without options that may need it
	keys      []keyOption
	allow     []string
	profiles  []Profile
	detectors []detectorOption
	without   []Detector
	patterns  []patternOption
	types     []typeOption
	tags      []tagOption
	marker    string
	hashKeys  []hashKey
	limits    Limits
	dryRun    bool
	controls  controls
}

type keyOption struct {
	option string
	action Action
	names  []string
}

type detectorOption struct {
	detector Detector
	action   Action
}

type patternOption struct {
	name, expr string
	action     Action
	compile    func(expr string) (matcher, error)
}

func newConfig() *config {
	return &config{marker: defaultMarker, limits: defaultLimits}
}

// set returns the detectors that are on.
func (c *config) set() detect.Set {
	s := detect.Default()
	for _, p := range c.profiles {
		s |= p.set()
	}
	for _, o := range c.detectors {
		s |= detect.Of(detect.ID(o.detector))
	}
	for _, d := range c.without {
		s &^= detect.Of(detect.ID(d))
	}
	return s
}
