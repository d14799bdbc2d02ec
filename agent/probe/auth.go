package probe

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/phukin/phukin/hub/wire"
)

// maxOffered bounds how much of what a camera offers is told, in bytes.
const maxOffered = 120

// authenticator answers challenges. Before the first one it adds nothing to a
// request. A request is repeated once, and once more if the nonce was stale: a
// camera that is asked too often with a wrong password locks the account.
type authenticator struct {
	user, pass string
	withheld   bool // there are credentials, but not for this host
	asked      bool // the camera asked at least once

	current *challenge // what requests are answered with, nil before the first 401
	count   uint32     // requests that used the nonce of current (nc)
	cnonce  string     // for all of them, see authorization

	answered bool // the request at hand was already repeated after a 401
	stale    bool // the request at hand was already repeated for a stale nonce
}

// begin tells that another request begins.
func (a *authenticator) begin() { a.answered, a.stale = false, false }

// take judges a 401. It returns nil if the request is to be repeated with the
// Authorization that authorization now gives.
func (a *authenticator) take(h header) *fall {
	a.asked = true
	offered := parseChallenges(h.values("WWW-Authenticate"))
	best := choose(offered)
	reject := func(fault wire.Fault, format string, args ...any) *fall {
		f := fell(fault, format, args...)
		f.rung, f.status = wire.RungAuth, 401
		return f
	}
	switch {
	case a.withheld:
		return reject(wire.FaultAuthRequired, "the host to which the camera redirects asks for a user name and password; those configured are for the camera only")
	case a.user == "" && a.pass == "":
		return reject(wire.FaultAuthRequired, "the camera asks for a user name and password and none is configured")
	case best == nil:
		return reject(wire.FaultAuthUnsupported, "the camera offers %s; Basic and Digest (MD5, SHA-256) with qop auth or none are known", schemes(offered))
	case a.answered:
		// Our answer to this very challenge was refused; only a nonce that ran
		// out meanwhile is worth another one, once.
		if a.stale || !best.isStale() {
			return reject(wire.FaultAuthRejected, "user name or password refused")
		}
		a.stale = true
	case a.current != nil && best.scheme == "basic":
		return reject(wire.FaultAuthRejected, "user name or password, taken before, now refused")
	}
	a.answered = true
	// A nonce that is given again goes on being counted: a server that checks
	// nc takes a second 00000001 for a replay (RFC 7616 §3.3).
	if a.current == nil || a.current.param("nonce") != best.param("nonce") {
		a.count, a.cnonce = 0, ""
	}
	if a.cnonce == "" && (best.qopAuth() || best.algorithm().session) {
		a.cnonce = rand.Text()[:16]
	}
	a.current = best
	return nil
}

// choose gives the strongest challenge that can be answered, of equals the
// first: Digest SHA-256, Digest MD5, Basic, which shows the password to whoever
// listens.
func choose(cs []challenge) (best *challenge) {
	strength := 0
	for i := range cs {
		if n := cs[i].strength(); n > strength {
			best, strength = &cs[i], n
		}
	}
	return best
}

// schemes names what was offered.
func schemes(cs []challenge) string {
	if len(cs) == 0 {
		return "no scheme"
	}
	var names []string
	for i := range cs[:min(len(cs), 3)] {
		names = append(names, cs[i].name())
	}
	s := strings.Join(names, ", ")
	if len(s) > maxOffered {
		s = s[:maxOffered] + "…"
	}
	return s
}

// credentials appends the value of the Authorization field that answers the
// current challenge for a request. There must be one.
func (a *authenticator) credentials(b []byte, method, uri string) []byte {
	c := a.current
	if c.scheme == "basic" {
		return base64.StdEncoding.AppendEncode(append(b, "Basic "...), []byte(a.user+":"+a.pass))
	}
	// The cnonce stays the same as long as the nonce does. For the algorithms
	// that end in -sess RFC 2617 §3.2.2.2 makes the session key of the first
	// cnonce, and many servers make it of each; so both agree.
	a.count++
	return digest(b, a.user, a.pass, method, uri, c, a.count, a.cnonce)
}

// digest appends the credentials of RFC 7616 §3.4, with qop=auth if the
// challenge offers it and in the form of RFC 2069 if it does not.
func digest(b []byte, user, pass, method, uri string, c *challenge, count uint32, cnonce string) []byte {
	alg := c.algorithm()
	realm, nonce := c.param("realm"), c.param("nonce")
	ha1 := alg.hash(user, realm, pass)
	if alg.session {
		ha1 = alg.hash(ha1, nonce, cnonce)
	}
	ha2 := alg.hash(method, uri)
	quoted := func(before, value string) { b = append(append(append(b, before...), value...), '"') }
	quoted(`Digest username="`, escape(user))
	quoted(`, realm="`, realm)
	quoted(`, nonce="`, nonce)
	quoted(`, uri="`, uri)
	if c.qopAuth() {
		nc := fmt.Sprintf("%08x", count)
		quoted(`, response="`, alg.hash(ha1, nonce, nc, cnonce, "auth", ha2))
		b = append(append(b, `, qop=auth, nc=`...), nc...)
		quoted(`, cnonce="`, cnonce)
	} else {
		quoted(`, response="`, alg.hash(ha1, nonce, ha2))
		if alg.session { // without it the server cannot know our session key
			quoted(`, cnonce="`, cnonce)
		}
	}
	if c.param("algorithm") != "" {
		b = append(append(b, ", algorithm="...), alg.name...)
	}
	if v, ok := c.params.lookup("opaque"); ok {
		quoted(`, opaque="`, v)
	}
	return b
}

func escape(s string) string { return escaper.Replace(s) }

var escaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`)
