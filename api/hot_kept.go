package api

import (
	"bytes"
	linked "container/list"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Bounds of the answers that are kept, of all servers together.
const (
	maxHot      = 48 << 20 // bytes
	maxHotOne   = 8 << 20  // bytes of one; what is longer is made for each request
	maxHotCount = 1024
)

// hotAnswers keeps answers: the newest of each key, as many as there is room
// for, those that were asked for last.
type hotAnswers struct {
	mu      sync.Mutex
	kept    map[hotKey]*linked.Element // of *hotAnswer
	order   *linked.List               // last used first
	bytes   int
	flights map[flightKey]*flight
}

type flightKey struct {
	hotKey
	moment uint64
}

// flight is an answer that is being made.
type flight struct {
	done   chan struct{}
	answer *hotAnswer // nil if it came to nothing
}

func newHotAnswers() *hotAnswers {
	return &hotAnswers{kept: map[hotKey]*linked.Element{}, order: linked.New(), flights: map[flightKey]*flight{}}
}

// get gives the answer of a moment, nil if it is not kept.
func (h *hotAnswers) get(k hotKey, moment uint64) *hotAnswer {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.find(k, moment)
}

func (h *hotAnswers) find(k hotKey, moment uint64) *hotAnswer {
	e := h.kept[k]
	if e == nil || e.Value.(*hotAnswer).moment != moment {
		return nil
	}
	h.order.MoveToFront(e)
	return e.Value.(*hotAnswer)
}

// begin gives the answer of a moment, or who makes it already, or lets the
// caller make it, who then calls end.
func (h *hotAnswers) begin(k hotKey, moment uint64) (kept *hotAnswer, work, wait *flight) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if kept = h.find(k, moment); kept != nil {
		return kept, nil, nil
	}
	at := flightKey{k, moment}
	if f := h.flights[at]; f != nil {
		return nil, nil, f
	}
	work = &flight{done: make(chan struct{})}
	h.flights[at] = work
	return nil, work, nil
}

// end lets those go on who wait for what was made.
func (h *hotAnswers) end(k hotKey, moment uint64, f *flight) {
	if f.done == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.flights, flightKey{k, moment})
	close(f.done)
}

// make makes an answer of what was recorded, and keeps it.
func (h *hotAnswers) make(k hotKey, moment uint64, made *recording) *hotAnswer {
	a := newHotAnswer(k, moment, made)
	h.mu.Lock()
	defer h.mu.Unlock()
	var former *hotAnswer
	if e := h.kept[k]; e != nil {
		former = e.Value.(*hotAnswer)
		if former.moment > moment {
			return a // somebody was faster with a later one
		}
		h.drop(e)
	}
	// What depends on the language is kept by language.
	if a.size() > maxHotOne || k.lang == "" && varies(made.header, "Accept-Language") {
		return a
	}
	if former != nil && a.rest != nil && former.rest != nil {
		a.rest.follow(former.rest)
	}
	h.kept[k] = h.order.PushFront(a)
	a.counted = a.size()
	h.bytes += a.counted
	a.grown = h.grown
	h.shrink()
	return a
}

func (h *hotAnswers) drop(e *linked.Element) {
	a := h.order.Remove(e).(*hotAnswer)
	delete(h.kept, a.key)
	h.bytes -= a.counted
}

func (h *hotAnswers) shrink() {
	for h.bytes > maxHot || h.order.Len() > maxHotCount {
		h.drop(h.order.Back())
	}
}

// grown counts what an answer takes since it was compressed.
func (h *hotAnswers) grown(a *hotAnswer, bytes int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e := h.kept[a.key]; e != nil && e.Value == a {
		a.counted += bytes
		h.bytes += bytes
		h.shrink()
	}
}

func varies(h http.Header, on string) bool {
	for _, v := range h["Vary"] {
		if strings.EqualFold(v, on) {
			return true
		}
	}
	return false
}

// hotAnswer is an answer as it goes out.
type hotAnswer struct {
	key     hotKey
	moment  uint64
	counted int                           // bytes, as hotAnswers has counted them
	grown   func(a *hotAnswer, bytes int) // nil if it is not kept

	etag, cacheControl, contentType, disposition, vary []string
	length                                             []string // of the plain body

	head   []byte // of the body, up to what is the same as long as nothing changes
	body   []byte
	rest   *squeezed // of the body; nil if it is not compressed
	packed struct {
		once   sync.Once
		body   []byte
		length []string
	}
}

// newHotAnswer makes an answer of what was recorded.
func newHotAnswer(k hotKey, moment uint64, made *recording) *hotAnswer {
	take := func(name string) []string { return slices.Clip(slices.Clone(made.header[name])) }
	a := &hotAnswer{
		key: k, moment: moment, body: made.body,
		etag: take("Etag"), cacheControl: take("Cache-Control"), contentType: take("Content-Type"), disposition: take("Content-Disposition"),
		vary: []string{strings.Join(made.header["Vary"], ", ")}, length: []string{strconv.Itoa(len(made.body))},
	}
	if len(a.body) < leastGzip || len(a.contentType) > 0 && squeezedAlready(a.contentType[0]) {
		return a
	}
	// Answers begin with their moment, and this alone is no news.
	if bytes.HasPrefix(a.body, []byte(`{"as_of":`)) {
		a.head = a.body[:bytes.IndexByte(a.body, ',')+1]
	}
	a.rest = &squeezed{plain: a.body[len(a.head):]}
	return a
}

// squeezedAlready says whether a type of contents is compressed by itself.
func squeezedAlready(contentType string) bool {
	return strings.HasPrefix(contentType, "image/png") || strings.HasPrefix(contentType, mediaTypes[asXLSX])
}

// size gives the bytes that an answer takes, without what is compressed.
func (a *hotAnswer) size() int { return len(a.body) + len(a.key.query) + len(a.key.form) + 1024 }

// compressed gives the body in gzip's form.
func (a *hotAnswer) compressed() ([]byte, []string) {
	p := &a.packed
	p.once.Do(func() {
		p.body = a.rest.gzip(a.head)
		p.length = []string{strconv.Itoa(len(p.body))}
		if a.grown != nil {
			a.grown(a, 2*len(p.body))
		}
	})
	return p.body, p.length
}

var gzipped = []string{"gzip"}

// had says whether the client has the same already.
func (a *hotAnswer) had(r *http.Request) bool {
	have := r.Header["If-None-Match"]
	return len(have) > 0 && len(a.etag) > 0 && matches(have[0], a.etag[0])
}

// send answers a request, with 304 if the client has the same already, and gives
// the status and the bytes that were sent.
func (a *hotAnswer) send(w http.ResponseWriter, r *http.Request) (status int, sent int64) {
	h := w.Header()
	set := func(name string, value []string) {
		if len(value) > 0 {
			h[name] = value // shared: what adds to it makes its own
		} else {
			delete(h, name)
		}
	}
	set("Etag", a.etag)
	set("Cache-Control", a.cacheControl)
	set("Vary", a.vary)
	if a.had(r) {
		set("Content-Type", nil)
		set("Content-Disposition", nil)
		w.WriteHeader(http.StatusNotModified)
		return http.StatusNotModified, 0
	}
	set("Content-Type", a.contentType)
	set("Content-Disposition", a.disposition)
	body, length := a.body, a.length
	if a.rest != nil && acceptsGzip(r.Header.Get("Accept-Encoding")) {
		body, length = a.compressed()
		set("Content-Encoding", gzipped)
	}
	set("Content-Length", length)
	w.WriteHeader(http.StatusOK)
	n, _ := w.Write(body) // to who is gone
	return http.StatusOK, int64(n)
}
