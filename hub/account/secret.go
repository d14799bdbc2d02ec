package account

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
)

// Secret is what lets somebody in. It prints as ***; Reveal gives it.
type Secret string

// String hides the secret.
func (Secret) String() string { return "***" }

// GoString hides the secret.
func (Secret) GoString() string { return "***" }

// MarshalText hides the secret from JSON.
func (Secret) MarshalText() ([]byte, error) { return []byte("***"), nil }

// Reveal gives the secret itself.
func (s Secret) Reveal() string { return string(s) }

// Hash gives the form in which a secret is kept: SHA-256 in hex. It is random,
// so nothing slower is needed.
func (s Secret) Hash() string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// Form gives what a page of the session with this secret sends back with
// whatever it changes. Who has it cannot tell the secret.
func (s Secret) Form() string {
	sum := sha256.Sum256([]byte("phukin form " + string(s)))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// SameForm says whether got is the secret's Form. How long it takes tells
// nothing of it.
func (s Secret) SameForm(got string) bool {
	return subtle.ConstantTimeCompare([]byte(s.Form()), []byte(got)) == 1
}

// NewSecret draws 256 random bits.
func NewSecret() Secret {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails: it ends the program instead
	return Secret(base64.RawURLEncoding.EncodeToString(raw))
}
