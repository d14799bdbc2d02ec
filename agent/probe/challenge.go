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
	scheme string // lower case
	params header
}

// param gives a parameter, or "". Case does not matter, and of two of one name
// the first counts.
func (c *challenge) param(name string) string { return c.params.get(name) }

// algorithm is one of Digest (RFC 7616 §3.4.2).
type algorithm struct {
	name     string // as it is written in credentials
	sha256   bool   // else it is MD5
	strength int
	session  bool // the -sess form
}

// algorithms has those that are known, by upper-case name. None named is MD5.
var algorithms = map[string]algorithm{
	"":             {"MD5", false, 2, false},
	"MD5":          {"MD5", false, 2, false},
	"MD5-SESS":     {"MD5-sess", false, 2, true},
	"SHA-256":      {"SHA-256", true, 3, false},
	"SHA-256-SESS": {"SHA-256-sess", true, 3, true},
}

// hash gives the hash of the parts with colons between them, in hexadecimal
// digits.
func (g *algorithm) hash(parts ...string) string {
	text := make([]byte, 0, 256)
	for i, p := range parts {
		if i > 0 {
			text = append(text, ':')
		}
		text = append(text, p...)
	}
	if g.sha256 {
		sum := sha256.Sum256(text)
		return hex.EncodeToString(sum[:])
	}
	sum := md5.Sum(text) // see the import
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
			if strings.ContainsFunc(c.param(name), isControl) {
				return 0
			}
		}
		if c.param("nonce") == "" || c.param("qop") != "" && !c.qopAuth() {
			return 0
		}
		return c.algorithm().strength
	}
	return 0
}

// algorithm gives the one of a Digest challenge, of strength 0 if it is not
// known.
func (c *challenge) algorithm() algorithm { return algorithms[strings.ToUpper(c.param("algorithm"))] }

// name tells a challenge to the technician: foreign text, clipped and
// quoted as ASCII.
func (c *challenge) name() string {
	if c.scheme != "digest" {
		return fmt.Sprintf("%+q", clip(c.scheme))
	}
	return fmt.Sprintf("%+q (algorithm %+q, qop %+q)", c.scheme, clip(c.param("algorithm")), clip(c.param("qop")))
}

func (c *challenge) isStale() bool { return strings.EqualFold(c.param("stale"), "true") }

// qopAuth says whether qop=auth is offered (RFC 7616 §3.3), alone or beside
// auth-int.
func (c *challenge) qopAuth() bool {
	for q := range strings.SplitSeq(c.param("qop"), ",") {
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
				v, after := value(strings.TrimLeft(after[1:], " \t"))
				cur.params, s = append(cur.params, field{word, v}), after
				continue
			}
			if len(cs) == maxChallenges {
				return cs
			}
			cs = append(cs, challenge{scheme: strings.ToLower(word), params: make(header, 0, 6)})
			cur, s = &cs[len(cs)-1], rest
		}
	}
	return cs
}

// token cuts a token (RFC 2616 §2.2) off s.
func token(s string) (word, rest string) {
	for i := range len(s) {
		switch c := s[i]; c {
		case '(', ')', '<', '>', '@', ',', ';', ':', '\\', '"', '/', '[', ']', '?', '=', '{', '}':
			return s[:i], s[i:]
		default:
			if c <= ' ' || c >= 0x7f {
				return s[:i], s[i:]
			}
		}
	}
	return s, ""
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
