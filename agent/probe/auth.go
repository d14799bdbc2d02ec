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
	best, schemes := choose(parseChallenges(h.values("WWW-Authenticate")))
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
		return reject(wire.FaultAuthUnsupported, "the camera offers %s; Basic and Digest (MD5, SHA-256) with qop auth or none are known", schemes)
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
	if a.current == nil || a.current.params["nonce"] != best.params["nonce"] {
		a.count, a.cnonce = 0, rand.Text()[:16]
	}
	a.current = best
	return nil
}

// choose gives the strongest challenge that can be answered, of equals the
// first: Digest SHA-256, Digest MD5, Basic, which shows the password to whoever
// listens. It also names what was offered.
func choose(cs []challenge) (best *challenge, schemes string) {
	var names []string
	strength := 0
	for i := range cs {
		c := &cs[i]
		if n := c.strength(); n > strength {
			best, strength = c, n
		}
		if len(names) < 3 {
			names = append(names, c.name())
		}
	}
	if names == nil {
		return nil, "no scheme"
	}
	schemes = strings.Join(names, ", ")
	if len(schemes) > maxOffered {
		schemes = schemes[:maxOffered] + "…"
	}
	return best, schemes
}

// authorization gives the Authorization field of a request, or "".
func (a *authenticator) authorization(method, uri string) string {
	c := a.current
	switch {
	case c == nil:
		return ""
	case c.scheme == "basic":
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(a.user+":"+a.pass))
	}
	// The cnonce stays the same as long as the nonce does. For the algorithms
	// that end in -sess RFC 2617 §3.2.2.2 makes the session key of the first
	// cnonce, and many servers make it of each; so both agree.
	a.count++
	return digest(a.user, a.pass, method, uri, c, a.count, a.cnonce)
}

// digest gives the credentials of RFC 7616 §3.4, with qop=auth if the
// challenge offers it and in the form of RFC 2069 if it does not.
func digest(user, pass, method, uri string, c *challenge, count uint32, cnonce string) string {
	alg, ok := algorithms[strings.ToUpper(c.params["algorithm"])]
	if !ok {
		alg = algorithms[""]
	}
	h := func(parts ...string) string { return alg.hash(strings.Join(parts, ":")) }
	realm, nonce := c.params["realm"], c.params["nonce"]
	ha1 := h(user, realm, pass)
	if alg.session {
		ha1 = h(ha1, nonce, cnonce)
	}
	ha2 := h(method, uri)
	var b strings.Builder
	fmt.Fprintf(&b, `Digest username="%s", realm="%s", nonce="%s", uri="%s"`, escape(user), realm, nonce, uri)
	if c.qopAuth() {
		nc := fmt.Sprintf("%08x", count)
		fmt.Fprintf(&b, `, response="%s", qop=auth, nc=%s, cnonce="%s"`, h(ha1, nonce, nc, cnonce, "auth", ha2), nc, cnonce)
	} else {
		fmt.Fprintf(&b, `, response="%s"`, h(ha1, nonce, ha2))
		if alg.session { // without it the server cannot know our session key
			fmt.Fprintf(&b, `, cnonce="%s"`, cnonce)
		}
	}
	if c.params["algorithm"] != "" {
		b.WriteString(", algorithm=" + alg.name)
	}
	if v, ok := c.params["opaque"]; ok {
		fmt.Fprintf(&b, `, opaque="%s"`, v)
	}
	return b.String()
}

func escape(s string) string { return escaper.Replace(s) }

var escaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`)
