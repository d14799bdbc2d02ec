package api

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/uptime"
)

// Offers are the representations of an answer with a table.
var Offers = []representation{asJSON, asCSV, asXLSX}

// CSV writes a table.
func CSV(w io.Writer, t *Table) error { return t.writeCSV(w) }

// XLSX writes a table in Vietnamese or English.
func XLSX(w io.Writer, t *Table, lang string, h Head, loc *time.Location) error {
	return t.writeXLSX(w, language(lang), &h, loc)
}

// Acceptable gives the representation that an Accept header prefers.
func Acceptable(header string) (string, bool) {
	r, ok := acceptable(header, Offers)
	return string(r), ok
}

// LanguageOf gives the language that an Accept-Language header prefers.
func LanguageOf(header string) string { return string(languageOf(header)) }

// Phrase says in both languages what huma said.
func Phrase(said string) Text { return phrase(said) }

// Short gives a value as a problem shows it.
func Short(at string, value any) any { return short(at, value) }

// Gate is a gate of a server.
type Gate = gate

// NewGate makes one.
func NewGate(work, waiting int, wait time.Duration) *Gate { return newGate(work, waiting, wait) }

// Enter waits for a turn.
func (g *gate) Enter(ctx context.Context) (func(), bool) { return g.enter(ctx) }

// SetGate gives a server another gate, before it answers anything.
func (s *Server) SetGate(g *Gate) { *s.common.gate = *g }

// ClientAddress gives the address that a request is from.
func (s *Server) ClientAddress(r *http.Request) string { return s.echo.IPExtractor(r) }

// Ledger is the ledger in memory.
type Ledger = ledger

// NewLedger makes one over a store.
func NewLedger(store history.Store, loc *time.Location) *Ledger { return newLedger(store, loc) }

// Snapshot gives the ledger from a day on as it is at a moment.
func (l *ledger) Snapshot(ctx context.Context, first history.DayNumber, at time.Time) (*uptime.Snapshot, error) {
	return l.snapshot(ctx, first, at)
}

// Row is a row of a list that tests are made of.
type Row struct {
	Key    string   `json:"key"`
	Number *float64 `json:"number,omitempty"`
	Text   string   `json:"text,omitempty"`
	Yes    bool     `json:"yes"`
	Pair
	Tags []string          `json:"tags,omitempty"`
	Of   map[string]string `json:"of,omitempty"`
}

// Pair is in a Row.
type Pair struct {
	Left  int `json:"left"`
	Right int `json:"right,omitempty"`
}

// Rows is an answer with such rows.
type Rows struct {
	Head
	Page
	Items []Row `json:"items"`
	More  Text  `json:"more"`
}

var rowList = &listOf[Row]{
	id: "rows", sort: "key", key: func(r *Row) string { return r.Key },
	parts: []part[Row]{
		one("key", Column{Code: "key"}, func(r *Row) any { return r.Key }),
		one("number", Column{Code: "number"}, func(r *Row) any { return maybe(r.Number) }),
		one("text", Column{Code: "text"}, func(r *Row) any { return r.Text }),
		one("yes", Column{Code: "yes"}, func(r *Row) any { return r.Yes }),
		one("left", Column{Code: "left"}, func(r *Row) any { return r.Left }),
	},
}

// PageOf gives a page of rows.
func PageOf(rows []Row, in Listing) (*Rows, error) {
	list := &Rows{}
	var err error
	list.Items, list.Page, err = page(context.Background(), rowList, &in, rows)
	return list, err
}

// Encode writes an answer as JSON.
func Encode(b *bytes.Buffer, body any) error { return encode(b, body) }

// ParseCursor reads the place of a page, and writes it again.
func ParseCursor(text string) (again string, ok bool) {
	c, at, err := parseCursor(text)
	if err != nil {
		return "", false
	}
	return writeCursor(c.List, c.Sort, at), true
}

// DaySpans gives what a day was, given what was seen.
func DaySpans(d history.DayNumber, day uptime.Window, seen history.Timeline, service uptime.Service) []SpanHere {
	return appendSpans(nil, d, day, seen, service)
}

// WithoutCredentials gives an address as it is shown.
func WithoutCredentials(address string) string { return withoutCredentials(address) }

// ParseObservationCursor reads a cursor and gives it as it would be written.
func ParseObservationCursor(text string) (again string, ok bool) {
	o, err := parseObservationCursor(text)
	if o == nil || err != nil {
		return "", false
	}
	return observationCursor(o), true
}

// Untimed gives the operations that wait for a body however long it takes.
func (s *Server) Untimed() (ids []string) {
	for op := range operationsOf(s.openapi.OpenAPI()) {
		if op.BodyReadTimeout < 0 {
			ids = append(ids, op.OperationID)
		}
	}
	return ids
}
