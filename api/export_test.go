package api

import (
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

// ParseCursor and CursorOf read and write the place of a page.
var (
	ParseCursor = parseCursor
	CursorOf    = cursorOf
)

// NewKeepingNothing makes a server that makes every answer anew.
func NewKeepingNothing(c Config) (*Server, error) { return newWith(c, nil) }

// AcceptsGzip says whether an Accept-Encoding header takes gzip.
func AcceptsGzip(header string) bool { return acceptsGzip(header) }

// NewSqueezed gives what of an answer stays.
func NewSqueezed(plain []byte) *squeezed { return &squeezed{plain: plain} }

// Gzip gives it behind a head.
func (s *squeezed) Gzip(head []byte) []byte { return s.gzip(head) }

// Bounds of what is kept.
const (
	MaxHot      = maxHot
	MaxHotOne   = maxHotOne
	MaxHotCount = maxHotCount
)

// NewHotAnswers makes room for answers.
func NewHotAnswers() *hotAnswers { return newHotAnswers() }

// Put keeps an answer of a moment.
func (h *hotAnswers) Put(name string, moment uint64, body []byte) *hotAnswer {
	return h.make(hotKey{path: name}, moment, &recording{header: http.Header{}, status: http.StatusOK, body: body})
}

// Get gives it, nil if it is not kept.
func (h *hotAnswers) Get(name string, moment uint64) *hotAnswer {
	return h.get(hotKey{path: name}, moment)
}

// Kept gives how many there are, and their bytes.
func (h *hotAnswers) Kept() (n, bytes int) { return len(h.kept), h.bytes }

// Send answers a request.
func (a *hotAnswer) Send(w http.ResponseWriter, r *http.Request) { a.send(w, r) }
