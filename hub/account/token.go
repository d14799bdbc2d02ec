package account

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Scope is what a token may be used for at most, whatever its role may.
type Scope string

// The scopes. Each holds those before it.
const (
	ScopeRead   Scope = "read"   // answers as JSON
	ScopeExport Scope = "export" // and as files: CSV, XLSX, GeoJSON
	ScopeWrite  Scope = "write"  // and changes
)

// Scopes lists the scopes, the narrowest first.
func Scopes() []Scope { return []Scope{ScopeRead, ScopeExport, ScopeWrite} }

// ParseScope reads a scope.
func ParseScope(s string) (Scope, error) {
	if c := Scope(s); slices.Contains(Scopes(), c) {
		return c, nil
	}
	return "", fmt.Errorf("%q is no scope; there are: read, export, write", s)
}

// Holds says whether a token of scope c may be used for what needs the other.
func (c Scope) Holds(other Scope) bool {
	all := Scopes()
	i, k := slices.Index(all, c), slices.Index(all, other)
	return i >= 0 && k >= 0 && i >= k
}

// Token lets a program in.
type Token struct {
	ID      string // 8 hexadecimal digits; names it where the token itself must not stand
	Name    string // what it is for
	Scope   Scope
	Grant   Grant
	Created time.Time
	Expires time.Time
	Author  string // who made it
	Revoked bool
	Used    time.Time // to the minute; zero if it never was
}

// Bounds of a token's life.
const (
	TokenLife     = 90 * 24 * time.Hour // when nothing else is said
	LongestTokens = 731 * 24 * time.Hour
)

// prefix of tokens, so that programs that look for leaked secrets know one.
const prefix = "phukin_"

// CheckToken refuses a token that cannot be made at a moment.
func CheckToken(t *Token, now time.Time) error {
	if t.Name == "" {
		return errors.New("name: say what the token is for")
	}
	if err := checkText("name", t.Name, 100); err != nil {
		return err
	}
	if _, err := ParseScope(string(t.Scope)); err != nil {
		return err
	}
	if err := CheckGrants([]Grant{t.Grant}); err != nil {
		return err
	}
	switch life := t.Expires.Sub(now); {
	case life <= 0:
		return errors.New("expiry: it has passed already")
	case life > LongestTokens:
		return fmt.Errorf("expiry: more than %d days from now", int(LongestTokens.Hours()/24))
	}
	return nil
}

// Over says whether a token is of no use any more.
func (t *Token) Over(now time.Time) bool { return t.Revoked || !now.Before(t.Expires) }

// newToken draws a token and its id.
func newToken() (Secret, string) {
	s := NewSecret()
	id := s.Hash()[:8]
	return Secret(prefix + id + "_" + s.Reveal()), id
}

// likeToken says whether a text may be a token, before anybody looks it up.
func likeToken(s string) bool {
	return len(s) == len(prefix)+8+1+43 && strings.HasPrefix(s, prefix)
}
