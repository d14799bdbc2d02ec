package probetest

import (
	"crypto/md5" // the algorithm that RFC 2617 prescribes
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"sync/atomic"
)

// What cameras of this package accept.
const (
	user     = "admin"
	password = `p@ss:w/ö"rd`
)

// auth is how a camera asks for a password.
type auth struct {
	basic  bool
	digest string // fields of the challenge after realm and nonce; "-" for no Digest
	other  string // a challenge of another scheme
	never  bool   // nothing is good enough
	renew  bool   // the nonce runs out once
	always bool   // the nonce runs out always
	once   bool   // each nonce is good for one request

	nonces atomic.Int32
	count  atomic.Int32 // of requests with the nonce, as nc must count them
}

const realm = "IP Camera(4711)"

func (a *auth) nonce() string { return fmt.Sprintf("n%dce", a.nonces.Load()) }

func (a *auth) challenge(r *Request) []string {
	var hs []string
	if a.other != "" {
		hs = append(hs, "WWW-Authenticate: "+a.other)
	}
	if a.basic {
		hs = append(hs, `WWW-Authenticate: Basic realm="`+realm+`"`)
	}
	if a.digest != "-" {
		stale := ""
		if strings.HasPrefix(r.Header["authorization"], "Digest") && (a.renew || a.always || a.once) {
			stale = ", stale=TRUE"
		}
		a.nonces.Add(1)
		a.count.Store(0)
		hs = append(hs, fmt.Sprintf(`www-authenticate: Digest realm="%s", nonce="%s"%s%s`, realm, a.nonce(), stale, a.digest))
	}
	return hs
}

// granted checks the Authorization of r.
func (a *auth) granted(r *Request) bool {
	scheme, rest, _ := strings.Cut(r.Header["authorization"], " ")
	switch {
	case a.never || a.always:
		return false
	case scheme == "Basic":
		return a.basic && rest == base64.StdEncoding.EncodeToString([]byte(user+":"+password))
	case scheme != "Digest" || a.digest == "-" || a.renew && a.nonces.Load() < 2:
		return false
	}
	p := map[string]string{}
	for f := range strings.SplitSeq(rest, ", ") {
		k, v, _ := strings.Cut(f, "=")
		p[k] = strings.Trim(v, `"`)
	}
	h := func(parts ...string) string {
		if strings.Contains(strings.ToUpper(a.digest), "SHA-256") {
			sum := sha256.Sum256([]byte(strings.Join(parts, ":")))
			return hex.EncodeToString(sum[:])
		}
		sum := md5.Sum([]byte(strings.Join(parts, ":"))) // see the import
		return hex.EncodeToString(sum[:])
	}
	ha1, ha2 := h(user, realm, password), h(r.Method, r.URI)
	if strings.Contains(a.digest, "-sess") {
		ha1 = h(ha1, a.nonce(), p["cnonce"])
	}
	want := h(ha1, a.nonce(), ha2)
	if strings.Contains(a.digest, "qop") {
		want = h(ha1, a.nonce(), p["nc"], p["cnonce"], "auth", ha2)
		if p["qop"] != "auth" || p["cnonce"] == "" || p["nc"] != fmt.Sprintf("%08x", a.count.Add(1)) {
			return false
		}
	}
	if _, opaque, ok := strings.Cut(a.digest, "opaque="); ok && strings.Trim(opaque, `"`) != p["opaque"] {
		return false
	}
	ok := p["username"] == user && p["realm"] == realm && p["nonce"] == a.nonce() && p["uri"] == r.URI && p["response"] == want
	if ok && a.once {
		a.nonces.Add(1) // what was given out is worth nothing any more
	}
	return ok
}
