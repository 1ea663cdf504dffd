// Package detect finds secrets and personal data in texts.
package detect
