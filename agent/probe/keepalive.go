package probe

import (
	"strconv"
	"strings"
	"time"
)

// keepAlive keeps the camera's session from running out (RFC 2326 §12.37)
// while we only listen: at half its timeout an empty GET_PARAMETER (§10.8), or
// OPTIONS for cameras that do not offer that or refuse it. An answer is not
// waited for; what it says is no fault, for the video tells whether the session
// still lives.
type keepAlive struct {
	every  time.Duration // 0 means never
	next   time.Time
	method string
	cseq   int // of the last one
}

// keep begins to keep the session alive.
func (s *session) keep(timeout time.Duration) {
	s.alive = keepAlive{every: timeout / 2, next: time.Now().Add(timeout / 2), method: "OPTIONS"}
	for m := range strings.SplitSeq(s.public, ",") {
		if strings.EqualFold(strings.TrimSpace(m), "GET_PARAMETER") {
			s.alive.method = "GET_PARAMETER"
		}
	}
}

// stayAlive takes what event gave, and asks again when it is time.
func (s *session) stayAlive(m *message) {
	k := &s.alive
	if k.every == 0 {
		return
	}
	if m != nil && k.cseq != 0 && m.header.get("CSeq") == strconv.Itoa(k.cseq) {
		s.stray--
		k.cseq = 0
		switch {
		case m.status == 401: // the nonce ran out; the next one has the new
			s.auth.begin()
			if s.auth.take(m.header) != nil {
				k.every = 0 // never try a password again and again
				return
			}
		case m.status >= 400:
			k.method = "OPTIONS"
		}
	}
	if s.at.After(k.next) {
		k.next = s.at.Add(k.every)
		if s.send(k.method, s.aggregate, nil) == nil { // if not, reading will tell
			k.cseq = s.cseq
		}
	}
}
