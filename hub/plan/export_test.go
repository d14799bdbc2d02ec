package plan

import "strings"

// SelfCrossing is selfCrossing for its property test.
var SelfCrossing = selfCrossing

// Canonical is canonical for its tables.
func (c *Column) Canonical(cell string) string { return c.canonical(cell) }

// InVietnamese is inVietnamese for its test.
var InVietnamese = inVietnamese

// Match is how a phrase of the catalogue is matched, for its property test.
func Match(phrase, s string) ([]string, bool) {
	p := catalogueEntry(phrase)
	return p.match(s)
}

func catalogueEntry(en string) *phrase { return &phrase{en: strings.Split(en, "%s")} }
