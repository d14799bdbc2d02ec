package probe

import (
	"crypto/md5" // the algorithm that RFC 2617 prescribes
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// maxChallenges bounds the challenges that are read from one 401.
const maxChallenges = 8

// challenge is one challenge of a WWW-Authenticate field (RFC 7235 §2.1).
type challenge struct {
	scheme string            // lower case
	params map[string]string // by lower-case name
}

// algorithm is one of Digest (RFC 7616 §3.4.2).
type algorithm struct {
	name     string // as it is written in credentials
	hash     func(string) string
	strength int
	session  bool // the -sess form
}

// algorithms has those that are known, by upper-case name. None named is MD5.
var algorithms = map[string]algorithm{
	"":             {"MD5", md5hex, 2, false},
	"MD5":          {"MD5", md5hex, 2, false},
	"MD5-SESS":     {"MD5-sess", md5hex, 2, true},
	"SHA-256":      {"SHA-256", sha256hex, 3, false},
	"SHA-256-SESS": {"SHA-256-sess", sha256hex, 3, true},
}

func md5hex(s string) string {
	sum := md5.Sum([]byte(s)) // see the import
	return hex.EncodeToString(sum[:])
}

func sha256hex(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// strength says how good a challenge is: 0 for one that cannot be answered.
func (c *challenge) strength() int {
	switch c.scheme {
	case "basic":
		return 1
	case "digest":
		// What is sent back must fit into a line of a header.
		for _, name := range []string{"realm", "nonce", "opaque"} {
			if strings.ContainsFunc(c.params[name], isControl) {
				return 0
			}
		}
		_, qop := c.params["qop"]
		if c.params["nonce"] == "" || qop && c.params["qop"] != "" && !c.qopAuth() {
			return 0
		}
		return algorithms[strings.ToUpper(c.params["algorithm"])].strength
	}
	return 0
}

// name tells a challenge to the technician: foreign text, clipped and
// quoted as ASCII.
func (c *challenge) name() string {
	if c.scheme != "digest" {
		return fmt.Sprintf("%+q", clip(c.scheme))
	}
	return fmt.Sprintf("%+q (algorithm %+q, qop %+q)", c.scheme, clip(c.params["algorithm"]), clip(c.params["qop"]))
}

func (c *challenge) isStale() bool { return strings.EqualFold(c.params["stale"], "true") }

// qopAuth says whether qop=auth is offered (RFC 7616 §3.3), alone or beside
// auth-int.
func (c *challenge) qopAuth() bool {
	for q := range strings.SplitSeq(c.params["qop"], ",") {
		if strings.EqualFold(strings.TrimSpace(q), "auth") {
			return true
		}
	}
	return false
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
