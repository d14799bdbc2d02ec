package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/phukin/phukin/hub/account"
)

// flow is what a browser keeps from when it goes to the provider until it comes
// back. State, nonce and the verifier of PKCE follow from its secret, so the hub
// keeps nothing, however many begin.
type flow struct {
	secret account.Secret
	began  time.Time      // to the second
	link   account.Secret // set-up link that it spends; empty: a login
}

const (
	flowCookie = "phukin_oidc"
	// flowLife is how long a browser may be away.
	flowLife = 10 * time.Minute
)

// derive gives one of the values that a flow needs. Without the hub's key nobody
// gets from one to another.
func (p *provider) derive(f flow, what string) string { return p.sign(what + " " + f.secret.Reveal()) }

func (p *provider) sign(text string) string {
	m := hmac.New(sha256.New, p.key[:])
	m.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// pack writes a flow for the browser to keep.
func (p *provider) pack(f flow) string {
	s := f.secret.Reveal() + "." + strconv.FormatInt(f.began.Unix(), 10) + "." + f.link.Reveal()
	return s + "." + p.sign("flow "+s)
}

// unpack reads what pack wrote; false if it did not.
func (p *provider) unpack(kept account.Secret) (flow, bool) {
	text := kept.Reveal()
	i := strings.LastIndexByte(text, '.')
	if i < 0 || !hmac.Equal([]byte(text[i+1:]), []byte(p.sign("flow "+text[:i]))) {
		return flow{}, false
	}
	parts := strings.Split(text[:i], ".")
	if len(parts) != 3 {
		return flow{}, false
	}
	began, err := strconv.ParseInt(parts[1], 10, 64)
	return flow{account.Secret(parts[0]), time.Unix(began, 0), account.Secret(parts[2])}, err == nil
}
