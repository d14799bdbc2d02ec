package api

import (
	"bytes"
	"context"
	"net/http"

	"github.com/phukin/phukin/hub/account"
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

// HotOperations are those whose answers are kept.
var HotOperations = hotOperations

// CameraRowsNow gives the rows of all cameras without figures, those that are
// kept and those made anew.
func (s *Server) CameraRowsNow(ctx context.Context) (kept, made []CameraRow, err error) {
	f := s.figures
	m, err := f.now(ctx)
	if err != nil {
		return nil, nil, err
	}
	where := placing{plan: f.Plan, exact: account.Reach{Whole: true}, today: m.today}
	for i := range f.Plan.Cameras {
		kept = append(kept, f.cameraRow(m, i, where))
		made = append(made, f.camera(m, &f.Plan.Cameras[i], where))
	}
	return kept, made, nil
}

// Keep encodes a row up to its figures, as rows are that are kept.
func (r *CameraRow) Keep() { r.encoded = r.begun() }

// Kept says whether it is.
func (r *CameraRow) Kept() bool { return r.encoded != nil }

// EncodeKept writes the list, false if its rows are not kept.
func (l *CameraList) EncodeKept(b *bytes.Buffer) (bool, error) { return l.encodeTo(b) }
