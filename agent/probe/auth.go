package probe

import (
	"crypto/md5" //nolint:gosec // the algorithm that RFC 2617 prescribes
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/phukin/phukin/hub/wire"
)

// maxChallenges bounds the challenges that are read from one 401.
const maxChallenges = 8

// challenge is one challenge of a WWW-Authenticate field (RFC 2617 §1.2).
type challenge struct {
	scheme string // lower case
	params map[string]string
}

// authenticator answers challenges. Before the first one it adds nothing to a
// request. A request is repeated once, and once more if the nonce was stale: a
// camera that is asked too often with a wrong password locks the account.
type authenticator struct {
	user, pass string
	asked      bool // the camera asked at least once

	current *challenge // what requests are answered with, nil before the first 401
	count   uint32     // requests that used the nonce of current (nc)

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
	case a.user == "" && a.pass == "":
		return reject(wire.FaultAuthRequired, "the camera asks for a user name and password and none is configured")
	case best == nil:
		return reject(wire.FaultAuthUnsupported, "the camera offers %s; only Basic and Digest MD5 are known", schemes)
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
	a.current, a.count = best, 0
	return nil
}

func (c *challenge) isStale() bool { return strings.EqualFold(c.params["stale"], "true") }

// choose gives the best challenge that can be answered: Digest before Basic,
// for it does not show the password to whoever listens. It also names what
// was offered.
func choose(cs []challenge) (best *challenge, schemes string) {
	var names []string
	for i := range cs {
		c := &cs[i]
		name := fmt.Sprintf("%q", clip(c.scheme))
		switch c.scheme {
		case "digest":
			alg := c.params["algorithm"]
			if (alg == "" || strings.EqualFold(alg, "MD5")) && (c.params["qop"] == "" || c.qopAuth()) {
				if best == nil || best.scheme == "basic" {
					best = c
				}
			}
			name = fmt.Sprintf("%q (algorithm %q, qop %q)", clip(c.scheme), clip(alg), clip(c.params["qop"]))
		case "basic":
			if best == nil {
				best = c
			}
		}
		names = append(names, name)
	}
	if names == nil {
		return nil, "no scheme"
	}
	return best, strings.Join(names, ", ")
}

func (c *challenge) qopAuth() bool {
	for q := range strings.SplitSeq(c.params["qop"], ",") {
		if strings.EqualFold(strings.TrimSpace(q), "auth") {
			return true
		}
	}
	return false
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
	a.count++
	var cnonce string
	if c.qopAuth() {
		cnonce = rand.Text()[:16]
	}
	return digest(a.user, a.pass, method, uri, c, a.count, cnonce)
}

// digest gives the credentials of RFC 2617 §3.2.2, with qop=auth if the
// challenge offers it and in the form of RFC 2069 if it does not.
func digest(user, pass, method, uri string, c *challenge, count uint32, cnonce string) string {
	realm, nonce := c.params["realm"], c.params["nonce"]
	ha1 := md5hex(user + ":" + realm + ":" + pass)
	ha2 := md5hex(method + ":" + uri)
	var b strings.Builder
	fmt.Fprintf(&b, `Digest username="%s", realm="%s", nonce="%s", uri="%s"`, escape(user), realm, nonce, uri)
	if c.qopAuth() {
		nc := fmt.Sprintf("%08x", count)
		fmt.Fprintf(&b, `, response="%s", qop=auth, nc=%s, cnonce="%s"`, md5hex(ha1+":"+nonce+":"+nc+":"+cnonce+":auth:"+ha2), nc, cnonce)
	} else {
		fmt.Fprintf(&b, `, response="%s"`, md5hex(ha1+":"+nonce+":"+ha2))
	}
	if v := c.params["algorithm"]; v != "" {
		b.WriteString(", algorithm=MD5")
	}
	if v, ok := c.params["opaque"]; ok {
		fmt.Fprintf(&b, `, opaque="%s"`, v)
	}
	return b.String()
}

func md5hex(s string) string {
	sum := md5.Sum([]byte(s)) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}

func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)
}

// parseChallenges reads the values of WWW-Authenticate. One value may hold
// several challenges; what cannot be read ends it. Quoted values are kept as
// they were written, backslashes included, so that they can be sent back.
func parseChallenges(values []string) []challenge {
	var cs []challenge
	for _, s := range values {
		var cur *challenge
		for {
			s = strings.TrimLeft(s, " \t,")
			word, rest := token(s)
			if word == "" {
				break
			}
			if after := strings.TrimLeft(rest, " \t"); cur != nil && strings.HasPrefix(after, "=") {
				cur.params[strings.ToLower(word)], s = value(strings.TrimLeft(after[1:], " \t"))
				continue
			}
			if len(cs) == maxChallenges {
				return cs
			}
			cs = append(cs, challenge{scheme: strings.ToLower(word), params: map[string]string{}})
			cur, s = &cs[len(cs)-1], rest
		}
	}
	return cs
}

// token cuts a token (RFC 2616 §2.2) off s.
func token(s string) (word, rest string) {
	i := strings.IndexFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
	})
	if i < 0 {
		return s, ""
	}
	return s[:i], s[i:]
}

// value cuts a token or a quoted string off s. Cameras also write unquoted
// values with slashes and colons, so a bare one ends at a comma or a space.
func value(s string) (v, rest string) {
	if !strings.HasPrefix(s, `"`) {
		if i := strings.IndexAny(s, ", \t"); i >= 0 {
			return s[:i], s[i:]
		}
		return s, ""
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return s[1:i], s[i+1:]
		}
	}
	return "", "" // without an end: worth nothing
}
