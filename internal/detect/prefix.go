package detect

// prefixed is a credential that is known by how it begins.
type prefixed struct {
	prefix string
	id     ID
	first  charset // What its first characters behind the prefix are,
	min    uint8   // and how many of them at least: about two thirds of what is usual.
	flags  flags
}

// flags are properties of a prefixed credential.
type flags uint8

const (
	bound     flags = 1 << iota // The prefix is short: it must stand at the begin of a word.
	mixed                       // It has both letters and digits.
	inBase64                    // Characters of base64 may follow,
	inPercent                   // and percent escapes.
	path                        // The prefix is a public part of a URL and stays.
	dotted                      // A dot stands behind the first characters.
	named                       // A short name and a dot may stand before them.
)

func (p *prefixed) has(f flags) bool { return p.flags&f != 0 }

// tokenTable holds the prefixes by vendor.
var tokenTable = []prefixed{
	{"AKIA", AWS, base32s, 12, 0},
	{"ASIA", AWS, base32s, 12, 0},
	{"ABIA", AWS, base32s, 12, 0},
	{"ACCA", AWS, base32s, 12, 0},
	{"A3T", AWS, base32s, 17, bound | mixed},
	{"ABSK", AWS, alnums, 72, inBase64},
	{"bedrock-api-key-", AWS, alnums, 24, inBase64},

	{"AIza", Google, words, 24, mixed},
	{"GOCSPX-", Google, words, 18, 0},
	{"ya29.", Google, words, 16, 0},
	{"1//0", Google, words, 16, bound | mixed},

	{"ghp_", GitHub, alnums, 20, 0},
	{"gho_", GitHub, alnums, 20, 0},
	{"ghu_", GitHub, alnums, 20, 0},
	{"ghs_", GitHub, words, 20, mixed},
	{"ghr_", GitHub, alnums, 20, 0},
	{"github_pat_", GitHub, words, 30, mixed},

	{"glpat-", GitLab, words, 13, mixed},
	{"gldt-", GitLab, words, 13, mixed},
	{"glrt-", GitLab, words, 13, mixed},
	{"glrtr-", GitLab, words, 13, mixed},
	{"glcbt-", GitLab, words, 13, mixed},
	{"glptt-", GitLab, hexes, 26, 0},
	{"glft-", GitLab, words, 13, mixed},
	{"glimt-", GitLab, words, 16, mixed},
	{"glagent-", GitLab, words, 30, mixed},
	{"gloas-", GitLab, alnums, 40, 0},
	{"glsoat-", GitLab, words, 13, mixed},
	{"glffct-", GitLab, words, 13, mixed},
	{"glwt-", GitLab, words, 13, mixed},
	{"GR1348941", GitLab, words, 13, 0},
	{"_gitlab_session=", GitLab, hexes, 20, 0},

	{"xoxb-", Slack, words, 10, inPercent | inBase64},
	{"xoxp-", Slack, words, 10, inPercent | inBase64},
	{"xoxa-", Slack, words, 10, inPercent | inBase64},
	{"xoxr-", Slack, words, 10, inPercent | inBase64},
	{"xoxs-", Slack, words, 10, inPercent | inBase64},
	{"xoxo-", Slack, words, 10, inPercent | inBase64},
	{"xoxc-", Slack, words, 10, inPercent | inBase64},
	{"xoxd-", Slack, cookies, 10, inPercent},
	{"xoxe-", Slack, words, 10, inPercent | inBase64},
	{"xoxe.xox", Slack, words, 12, inPercent | inBase64},
	{"xapp-", Slack, words, 10, mixed | bound},
	{"xwfp-", Slack, words, 16, mixed | bound},
	{"hooks.slack.com/services/", Slack, words, 6, inBase64 | path},
	{"hooks.slack.com/workflows/", Slack, words, 6, inBase64 | path},
	{"hooks.slack.com/triggers/", Slack, words, 6, inBase64 | path},

	{"sk_live_", Stripe, alnums, 10, 0},
	{"sk_test_", Stripe, alnums, 10, 0},
	{"sk_prod_", Stripe, alnums, 10, 0},
	{"rk_live_", Stripe, alnums, 10, 0},
	{"rk_test_", Stripe, alnums, 10, 0},
	{"rk_prod_", Stripe, alnums, 10, 0},
	{"whsec_", Stripe, alnums, 21, inBase64},

	{"sk-proj-", AI, words, 20, mixed},
	{"sk-svcacct-", AI, words, 20, mixed},
	{"sk-admin-", AI, words, 20, mixed},
	{"sk-ant-", AI, words, 20, mixed},
	{"sk-or-v1-", AI, hexes, 32, 0},
	{"sk-lf-", AI, words, 20, mixed},
	{"sk-", AI, alnums, 20, bound | mixed},
	{"hf_", AI, alnums, 22, bound},
	{"api_org_", AI, alnums, 22, 0},
	{"gsk_", AI, alnums, 34, bound},
	{"xai-", AI, alnums, 52, bound},
	{"pplx-", AI, alnums, 32, bound},
	{"r8_", AI, alnums, 25, bound},
	{"tgp_v1_", AI, words, 28, 0},
	{"nvapi-", AI, words, 40, mixed},
	{"lsv2_pt_", AI, hexes, 21, 0},
	{"lsv2_sk_", AI, hexes, 21, 0},

	// Clouds.
	{"dop_v1_", Token, hexes, 42, 0},
	{"doo_v1_", Token, hexes, 42, 0},
	{"dor_v1_", Token, hexes, 42, 0}, // DigitalOcean
	{"dapi", Token, hexes, 30, 0},    // Databricks
	{"hvs.", Token, words, 20, mixed},
	{"hvb.", Token, words, 80, mixed},
	{"hvr.", Token, words, 20, mixed}, // Vault
	{"pul-", Token, hexes, 27, bound},
	{"HRKU-", Token, words, 30, mixed}, // Pulumi, Heroku
	{"ops_eyJ", Token, words, 100, inBase64},
	{"A3-", Token, uppers | digits | dashes, 24, bound | mixed}, // 1Password
	{"fo1_", Token, words, 28, bound | mixed},
	{"fm1r_", Token, words, 40, bound | inBase64}, // Fly.io
	{"fm1a_", Token, words, 40, bound | inBase64},
	{"fm2_", Token, words, 40, bound | inBase64 | mixed},
	{"v1.0-", Token, hexes, 24, bound},
	{"cfk_", Token, alnums, 26, bound}, // Cloudflare
	{"cfut_", Token, alnums, 26, bound},
	{"cfat_", Token, alnums, 26, bound},
	{"LTAI", Token, alnums, 12, bound | mixed}, // Alibaba
	{"dt0c01.", Token, uppers | digits, 16, 0},
	{"dt0s01.", Token, uppers | digits, 16, 0}, // Dynatrace
	{"dp.pt.", Token, alnums, 28, 0},
	{"dp.st.", Token, words, 15, mixed | named},
	{"dp.ct.", Token, alnums, 28, 0}, // Doppler
	{"dp.sa.", Token, alnums, 28, 0},
	{"dp.scim.", Token, alnums, 28, 0},
	{"dp.audit.", Token, alnums, 28, 0},
	{"pscale_tkn_", Token, words, 21, 0},
	{"pscale_pw_", Token, words, 21, 0},
	{"pscale_oauth_", Token, words, 21, 0}, // PlanetScale
	{"sbp_", Token, hexes, 27, bound},
	{"sb_secret_", Token, words, 15, mixed}, // Supabase

	// Repositories of code and packages.
	{"npm_", Token, alnums, 24, 0},
	{"pypi-Ag", Token, words, 33, 0},
	{"rubygems_", Token, hexes, 32, 0},
	{"AKCp", Token, alnums, 46, 0},
	{"cmVmd", Token, alnums, 39, inBase64},
	{"CLOJARS_", Token, alnums, 40, 0},
	{"dckr_pat_", Token, words, 18, 0},
	{"dckr_oat_", Token, words, 21, 0},
	{"sgp_", Token, hexes, 16, bound},
	{"sgp_local_", Token, hexes, 26, bound},
	{"ATATT3", Token, words, 50, inBase64},
	{"ATCTT3", Token, words, 50, inBase64},
	{"ATBB", Token, alnums, 20, bound | mixed},
	{"CCIPAT_", Token, words, 26, 0},
	{"CCIPRJ_", Token, words, 26, 0},
	{"bkua_", Token, alnums, 26, bound},

	// Observing.
	{"glsa_", Token, alnums, 21, bound},
	{"glc_", Token, alnums, 24, bound | inBase64},
	{"eyJrIjoi", Token, alnums, 46, inBase64}, // Grafana
	{"sntrys_", Token, alnums, 30, inBase64},
	{"sntryu_", Token, hexes, 42, 0},
	{"NRAK-", Token, uppers | digits, 18, 0},
	{"NRJS-", Token, hexes, 12, bound},
	{"NRII-", Token, words, 20, bound | mixed},
	{"phc_", Token, alnums, 28, bound},
	{"phx_", Token, alnums, 28, bound},

	// Services.
	{"SG.", Token, words, 16, bound | mixed},
	{"key-", Token, hexes, 32, bound}, // SendGrid, Mailgun
	{"xkeysib-", Token, hexes, 42, 0},
	{"xsmtpsib-", Token, hexes, 42, 0}, // Brevo
	{"SK0", Token, hexes, 31, bound},
	{"SK1", Token, hexes, 31, bound},
	{"SK2", Token, hexes, 31, bound}, // Twilio
	{"SK3", Token, hexes, 31, bound},
	{"SK4", Token, hexes, 31, bound},
	{"SK5", Token, hexes, 31, bound},
	{"SK6", Token, hexes, 31, bound},
	{"SK7", Token, hexes, 31, bound},
	{"SK8", Token, hexes, 31, bound},
	{"SK9", Token, hexes, 31, bound},
	{"SKa", Token, hexes, 31, bound},
	{"SKb", Token, hexes, 31, bound},
	{"SKc", Token, hexes, 31, bound},
	{"SKd", Token, hexes, 31, bound},
	{"SKe", Token, hexes, 31, bound},
	{"SKf", Token, hexes, 31, bound},
	{"shpat_", Token, hexes, 21, 0},
	{"shpca_", Token, hexes, 21, 0},
	{"shppa_", Token, hexes, 21, 0},
	{"shpss_", Token, hexes, 21, 0}, // Shopify
	{"sq0atp-", Token, words, 14, 0},
	{"sq0csp-", Token, words, 28, 0},
	{"EAAA", Token, words, 22, bound | mixed}, // Square
	{"EAAC", Token, alnums, 66, 0},
	{"EAAM", Token, alnums, 66, 0}, // Facebook
	{"lin_api_", Token, alnums, 26, 0},
	{"ntn_", Token, alnums, 30, bound},
	{"secret_", Token, alnums, 40, bound | mixed}, // Linear, Notion
	{"PMAK-", Token, hexes, 24, 0},
	{"shippo_live_", Token, hexes, 26, 0},
	{"shippo_test_", Token, hexes, 26, 0},
	{"duffel_live_", Token, words, 28, 0},
	{"duffel_test_", Token, words, 28, 0},
	{"EZAK", Token, alnums, 36, bound},
	{"EZTK", Token, alnums, 36, bound},
	{"rdme_", Token, alnums, 46, bound},
	{"fio-u-", Token, words, 42, 0},
	{"figd_", Token, words, 26, bound},
	{"ico-", Token, alnums, 32, bound | mixed},
	{"pnu_", Token, alnums, 24, bound},
	{"tk-us-", Token, words, 32, bound},
	{"p8e-", Token, alnums, 21, bound | mixed},
	{"sm_aat_", Token, alnums, 10, bound},
	{"sm_pat_", Token, alnums, 10, bound},
	{"sm_sat_", Token, alnums, 10, bound},
	{"pat", Token, alnums, 14, bound | dotted},
	{"API-", Token, uppers | digits, 25, bound | mixed}, // Airtable, Octopus
	{"FLWSECK_TEST-", Token, alnums, 12, 0},
	{"FLWSECK-", Token, alnums, 12, mixed},
	{"aio_", Token, alnums, 18, bound},
	{"sha256~", Token, words, 28, 0},
	{"CFPAT-", Token, words, 28, 0},
	{"tfp_", Token, words, 40, bound}, // OpenShift, ...
	{"discord.com/api/webhooks/", Token, digits, 15, inBase64 | path},
	{"discordapp.com/api/webhooks/", Token, digits, 15, inBase64 | path},
	{"webhook.office.com/webhookb2/", Token, words, 30, inBase64 | path},
	{"AGE-SECRET-KEY-1", PrivateKey, alnums, 38, 0},
	{"xprv", Token, alnums, 70, bound},
}
