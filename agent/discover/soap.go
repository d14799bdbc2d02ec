package discover

import (
	"context"
	"crypto/rand"
	"crypto/sha1" // WSS UsernameToken Profile 1.0 knows no other
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/phukin/phukin/agent/probe"
)

// maxAnswer bounds the body of an answer.
const maxAnswer = 256 << 10

// failure is an error with its fault.
type failure struct {
	fault Fault
	err   error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func failed(fault Fault, format string, args ...any) error {
	return &failure{fault, fmt.Errorf(format, args...)}
}

// client speaks SOAP to one device.
type client struct {
	http     *http.Client
	username string
	password probe.Secret
	offset   time.Duration // the device's clock minus ours
}

func newClient(o Options) *client {
	return &client{username: o.Username, password: o.Password, http: &http.Client{
		Transport: &http.Transport{
			DialContext:            (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			TLSClientConfig:        &tls.Config{InsecureSkipVerify: true}, // cameras sign their own; no secret is sent in the clear
			MaxResponseHeaderBytes: 16 << 10,
			MaxConnsPerHost:        1,
			DisableCompression:     true,
		},
		CheckRedirect: func(to *http.Request, via []*http.Request) error {
			if len(via) > 2 || to.URL.Host != via[0].URL.Host {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// call asks for what body says and gives the element inside the answer's Body.
func (c *client) call(ctx context.Context, to, action, body string) (*node, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(c.envelope(body)))
	if err != nil {
		return nil, failed(FaultMalformed, "%s: the address of the service cannot be used", action)
	}
	req.Header.Set("Content-Type", "application/soap+xml; charset=utf-8")
	res, err := c.http.Do(req)
	if err != nil {
		return nil, failed(FaultNoAnswer, "%s: %w", action, plain(err))
	}
	defer res.Body.Close()
	limited := &io.LimitedReader{R: res.Body, N: maxAnswer + 1}
	env, err := parse(limited)
	denied := res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden
	switch {
	case err == nil && env.name == "Envelope":
	case denied:
		return nil, c.denied(action)
	case ctx.Err() != nil:
		return nil, failed(FaultNoAnswer, "%s: %w", action, ctx.Err())
	case limited.N <= 0:
		return nil, failed(FaultMalformed, "%s: the answer has more than %d bytes", action, maxAnswer)
	case res.StatusCode != http.StatusOK:
		return nil, failed(FaultMalformed, "%s: answered with HTTP status %d", action, res.StatusCode)
	case err != nil:
		return nil, failed(FaultMalformed, "%s: %w", action, err)
	default:
		return nil, failed(FaultMalformed, "%s: the answer is no SOAP", action)
	}
	if faults := env.all("Body", "Fault"); len(faults) > 0 {
		f := faults[0]
		code := f.text("Code", "Subcode", "Value") + " " + f.text("Code", "Subcode", "Subcode", "Value") + " " + f.text("faultcode")
		if denied || strings.Contains(code, "NotAuthorized") || strings.Contains(code, "FailedAuthentication") {
			return nil, c.denied(action)
		}
		return nil, failed(FaultMalformed, "%s: the device says %q", action, clean(f.text("Reason", "Text")+f.text("faultstring")))
	}
	if answers := env.all("Body", action+"Response"); len(answers) > 0 {
		return answers[0], nil
	}
	if denied {
		return nil, c.denied(action)
	}
	return nil, failed(FaultMalformed, "%s: the answer is to another question", action)
}

func (c *client) denied(action string) error {
	if c.username == "" {
		return failed(FaultAuthRequired, "%s: the device asks for a login", action)
	}
	return failed(FaultAuthRejected, "%s: the device refuses the login", action)
}

// plain takes the address, which is shown anyway, out of an error of net/http.
func plain(err error) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	var oe *net.OpError
	if errors.As(err, &oe) && oe.Err != nil {
		err = oe.Err
	}
	return errors.New(clean(err.Error()))
}

// envelope puts body into SOAP 1.2, with a UsernameToken when there is a user.
func (c *client) envelope(body string) string {
	header := ""
	if c.username != "" {
		var nonce [16]byte
		_, _ = rand.Read(nonce[:]) // never fails
		header = c.token(nonce[:], time.Now().Add(c.offset))
	}
	return `<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope">` +
		`<e:Header>` + header + `</e:Header><e:Body>` + body + `</e:Body></e:Envelope>`
}

// token is a UsernameToken with the digest
// Base64(SHA-1(nonce + created + password)), WSS UsernameToken Profile 1.0 §3.1.
func (c *client) token(nonce []byte, at time.Time) string {
	const (
		wsse = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
		wsu  = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
		kind = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
		b64  = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
	)
	created := at.UTC().Format("2006-01-02T15:04:05.000Z")
	h := sha1.New() // see above
	h.Write(nonce)
	h.Write([]byte(created))
	h.Write([]byte(string(c.password)))
	enc := base64.StdEncoding.EncodeToString
	return `<s:Security e:mustUnderstand="true" xmlns:s="` + wsse + `" xmlns:u="` + wsu + `"><s:UsernameToken><s:Username>` + escape(c.username) +
		`</s:Username><s:Password Type="` + kind + `">` + enc(h.Sum(nil)) + `</s:Password><s:Nonce EncodingType="` + b64 + `">` + enc(nonce) +
		`</s:Nonce><u:Created>` + created + `</u:Created></s:UsernameToken></s:Security>`
}
