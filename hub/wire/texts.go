package wire

import (
	"embed"
	"encoding/json"
	"fmt"
)

//go:embed texts/vi.json texts/en.json
var textFiles embed.FS

// Lang is a language of the pages and messages.
type Lang string

// The languages. Vietnamese comes first.
const (
	VI Lang = "vi"
	EN Lang = "en"
)

// Catalogue holds the words of the contract in one language: the same file
// that the web pages read, so that a fault is called the same everywhere.
type Catalogue struct {
	Statuses map[string]string `json:"status"`
	Causes   map[string]string `json:"cause"`
	Rungs    map[string]string `json:"rung"`
	Reasons  map[string]string `json:"reason"`
	Faults   map[string]string `json:"fault"`
	Hints    map[string]string `json:"hint"`
}

var catalogues = map[Lang]*Catalogue{VI: mustCatalogue("texts/vi.json"), EN: mustCatalogue("texts/en.json")}

// Texts gives the catalogue of a language; an unknown language gets English.
func Texts(l Lang) *Catalogue {
	if c, ok := catalogues[l]; ok {
		return c
	}
	return catalogues[EN]
}

// Status gives the words for a status.
func (c *Catalogue) Status(s Status) string { return c.Statuses[s.String()] }

// Rung gives the words for a rung.
func (c *Catalogue) Rung(r Rung) string { return c.Rungs[r.String()] }

// Reason gives the words for a reason.
func (c *Catalogue) Reason(r Reason) string { return c.Reasons[r.String()] }

// Fault gives the words for a fault.
func (c *Catalogue) Fault(f Fault) string { return c.Faults[f.String()] }

// Hint tells a technician what to do about a fault.
func (c *Catalogue) Hint(f Fault) string { return c.Hints[f.String()] }

func mustCatalogue(path string) *Catalogue {
	p, err := textFiles.ReadFile(path)
	if err != nil {
		panic(fmt.Sprintf("wire: embedded %s: %v", path, err))
	}
	var c Catalogue
	if err := json.Unmarshal(p, &c); err != nil {
		panic(fmt.Sprintf("wire: embedded %s: %v", path, err))
	}
	return &c
}
