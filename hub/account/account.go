// Package account says who may do what: users and tokens with a role in an
// area, the table of operations, passwords, sessions and links, and what is
// recorded of their use.
//
// The rules are data and pure functions: Operations is the table, Principal.May
// decides by it, Reach says which sites of a plan a decision is about. Desk is
// the one place that lets anybody in; it keeps nothing but what its Store keeps
// and how often somebody tried.
//
// Secrets (the id of a session, a token, a set-up link) are 256 random bits,
// shown once and kept as their SHA-256. Passwords are kept as argon2id hashes
// with their parameters. How answers are cut to a Reach is for whoever gives
// them.
package account

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/phukin/phukin/hub/wire"
)

// Role is what somebody is to the programme.
type Role string

// The roles.
const (
	Viewer     Role = "viewer"     // reads figures
	Author     Role = "author"     // writes reports
	Technician Role = "technician" // mends cameras and devices
	Staff      Role = "staff"      // keeps the plan
	Admin      Role = "admin"      // says who may do what
)

// Roles lists the roles, those with fewer rights first.
func Roles() []Role { return []Role{Viewer, Author, Technician, Staff, Admin} }

// ParseRole reads a role.
func ParseRole(s string) (Role, error) {
	if r := Role(s); slices.Contains(Roles(), r) {
		return r, nil
	}
	return "", fmt.Errorf("%q is no role; there are: viewer, author, technician, staff, admin", s)
}

// Grant is a role in an area.
type Grant struct {
	Role Role
	// Area is the code of an area, with all below it; empty for the whole plan.
	Area string
	// Since is when the grant was made. Codes of areas are used again: the area is
	// the one that had the code then.
	Since time.Time
}

// String gives the grant as it is written on the command line: role, or
// role@area.
func (g Grant) String() string {
	if g.Area == "" {
		return string(g.Role)
	}
	return string(g.Role) + "@" + g.Area
}

// ParseGrant reads what String writes.
func ParseGrant(s string, at time.Time) (Grant, error) {
	role, area, limited := strings.Cut(s, "@")
	r, err := ParseRole(role)
	if err != nil {
		return Grant{}, err
	}
	if limited {
		if err := wire.CheckCode(area); err != nil {
			return Grant{}, fmt.Errorf("area of %q: %w; write role@code, or the role alone for the whole plan", s, err)
		}
	}
	return Grant{Role: r, Area: area, Since: at}, nil
}

// MostGrants is how many grants a user may have.
const MostGrants = 64

// CheckGrants refuses none, too many, and two of one area and role.
func CheckGrants(all []Grant) error {
	if len(all) == 0 {
		return errors.New("at least one role is needed")
	}
	if len(all) > MostGrants {
		return fmt.Errorf("%d roles; at most %d", len(all), MostGrants)
	}
	seen := map[string]bool{}
	for _, g := range all {
		if _, err := ParseRole(string(g.Role)); err != nil {
			return err
		}
		if seen[g.String()] {
			return fmt.Errorf("%s stands twice", g)
		}
		seen[g.String()] = true
	}
	return nil
}

// User is somebody who logs in.
type User struct {
	Name     string // logs in with it
	FullName string
	Password string // hash with its parameters; empty until it was set
	Disabled bool
	Created  time.Time
	Grants   []Grant
	Identity Identity // by which the user logs in, too
}

// Administers says whether the user may say who may do what: an enabled one
// with a password, and administrator of the whole plan. A provider may be away,
// so who it alone lets in is not enough.
func (u *User) Administers() bool {
	return !u.Disabled && u.Password != "" && slices.ContainsFunc(u.Grants, func(g Grant) bool { return g.Role == Admin && g.Area == "" })
}

// CheckName refuses what cannot be the name of a user: 2 to 64 of a–z, 0–9 and
// . - _ @, beginning with a letter or digit.
func CheckName(name string) error {
	ok := len(name) >= 2 && len(name) <= 64
	for i := range len(name) {
		c := name[i]
		letter := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		ok = ok && (letter || i > 0 && strings.IndexByte(".-_@", c) >= 0)
	}
	if !ok {
		return fmt.Errorf("user name %.70q: write 2 to 64 of a–z, 0–9, '.', '-', '_', '@', beginning with a letter or digit", name)
	}
	return nil
}

// checkText refuses a text that is no valid UTF-8, holds control characters, or
// is longer than most characters.
func checkText(what, s string, most int) error {
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		return fmt.Errorf("%s: write plain text in UTF-8 on one line", what)
	case utf8.RuneCountInString(s) > most:
		return fmt.Errorf("%s: longer than %d characters", what, most)
	}
	return nil
}

// CheckFullName refuses what cannot be the full name of a user; it may be empty.
func CheckFullName(s string) error { return checkText("full name", s, 100) }

// KeepSince gives those of all that had has, too, the time that they had.
func KeepSince(all, had []Grant) {
	for i := range all {
		for _, g := range had {
			if g.Role == all[i].Role && g.Area == all[i].Area {
				all[i].Since = g.Since
			}
		}
	}
}
