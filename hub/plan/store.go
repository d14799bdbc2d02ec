package plan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"time"
)

// Revision says which revision of a stored plan this is.
type Revision struct {
	Number  int       // from 1; 0 for a plan read from files
	At      time.Time // when it was made
	Author  string
	Reason  string
	Reverts int // the revision whose plan this one restores; 0 for none
	Added   int // rows
	Changed int
	Removed int
	Digest  string // of the canonical document, SHA-256 in hex
}

// What a Store may refuse.
var (
	// ErrNoPlan: no revision was made yet.
	ErrNoPlan = Refuse("the database holds no plan", "import one with phukin-hub plan import")
	// ErrNoRevision: there is no revision of that number or that day.
	ErrNoRevision = Refuse("no such revision", "look at phukin-hub plan log")
	// ErrStale: another revision was made since the one that a change is based
	// on.
	ErrStale = Refuse("the plan was changed meanwhile", "look at the difference again")
	// ErrUnchanged: the documents are the same.
	ErrUnchanged = Refuse("nothing changed", "")
)

// Store keeps the revisions of a plan. A revision that was made is never
// changed.
type Store interface {
	// Revisions gives all revisions, ascending.
	Revisions(ctx context.Context) ([]Revision, error)
	// Document gives the canonical document of a revision, or ErrNoRevision.
	Document(ctx context.Context, revision int) (*Document, error)
	// Windows gives all forms that rows of maintenance had up to a revision.
	Windows(ctx context.Context, revision int) ([]WindowVersion, error)
	// Commit makes the revision after base (0 for the first) of a canonical
	// document, and gives it with its number, its counts and its digest. It
	// returns ErrStale if base is not the newest, and ErrUnchanged if the
	// document is that of base.
	Commit(ctx context.Context, base int, doc *Document, r Revision) (Revision, error)
}

// WindowVersion is a form that a row of maintenance had, from the revision
// that brought it to the one that changed or removed it.
type WindowVersion struct {
	Cells       []string
	From, Until time.Time // Until is zero if the row still stands
}

// Newest gives the number of the newest revision, or ErrNoPlan.
func Newest(ctx context.Context, s Store) (Revision, error) {
	all, err := s.Revisions(ctx)
	if err != nil {
		return Revision{}, err
	}
	if len(all) == 0 {
		return Revision{}, ErrNoPlan
	}
	return all[len(all)-1], nil
}

// AsOf gives the last revision that was made by the end of a day in loc.
func AsOf(ctx context.Context, s Store, day Date, loc *time.Location) (Revision, error) {
	all, err := s.Revisions(ctx)
	if err != nil {
		return Revision{}, err
	}
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].At.Before(day.AddDays(1).Start(loc)) {
			return all[i], nil
		}
	}
	return Revision{}, &Refusal{Is: fmt.Sprintf("no revision by the end of %s", day), Want: "look at phukin-hub plan log", Err: ErrNoRevision}
}

// Load reads a revision, checks it and makes the plan of it.
func Load(ctx context.Context, s Store, r Revision) (*Compiled, error) {
	doc, err := s.Document(ctx, r.Number)
	if err != nil {
		return nil, err
	}
	c, err := Compile(doc)
	if err != nil {
		return nil, fmt.Errorf("lần sửa %[1]d (revision %[1]d): %[2]w", r.Number, err)
	}
	versions, err := s.Windows(ctx, r.Number)
	if err != nil {
		return nil, err
	}
	c.Plan.Revision = r
	c.Plan.declare(versions)
	return c, nil
}

// LoadNewest is Load of the newest revision.
func LoadNewest(ctx context.Context, s Store) (*Compiled, error) {
	r, err := Newest(ctx, s)
	if err != nil {
		return nil, err
	}
	return Load(ctx, s, r)
}

// declare replaces the windows by all forms that they had, each with the time
// in which it stood.
func (p *Plan) declare(versions []WindowVersion) {
	p.Windows = nil
	t := &maintenanceTable
	for _, v := range versions {
		cell := func(column string) string { return v.Cells[t.Column(column)] }
		from, err := parseMoment(cell("from"), false)
		to, err2 := parseMoment(cell("to"), true)
		if err != nil || err2 != nil {
			continue // it was checked before it was stored
		}
		p.Windows = append(p.Windows, Window{
			Code: cell("code"), Camera: cell("camera"), Site: cell("site"), Route: cell("route"), Area: cell("area"),
			From: from.in(p.Location), To: to.in(p.Location), Reason: cell("reason"),
			Declared: v.From, Until: v.Until,
		})
	}
	p.sort()
	p.index()
}

// Digest gives the SHA-256 of a canonical document in hex.
func (d *Document) Digest() string {
	h := sha256.New()
	for _, t := range tables {
		for _, r := range d.Rows(t.Name) {
			_, _ = io.WriteString(h, t.Name)
			for i, c := range r.Cells {
				if c != "" {
					_, _ = io.WriteString(h, "\x00"+t.Columns[i].Name+"\x01"+c)
				}
			}
			_, _ = io.WriteString(h, "\x02")
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
