package api

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/phukin/phukin/hub/account"
)

// OIDC says at which provider of OpenID Connect people may log in besides by a
// password.
type OIDC struct {
	// Issuer is the provider's address, just as its discovery document and its ID
	// tokens write it: https, or http on this machine.
	Issuer   string
	ClientID string
	// ClientSecret is what the hub shows to the provider; empty for a public client.
	ClientSecret account.Secret
	// Scopes are asked for besides openid.
	Scopes []string
	// Name is what people call the provider. It defaults to the host of Issuer.
	Name string
	// CAs sign the provider's certificate. They default to the system's.
	CAs *x509.CertPool
}

const (
	// providerTimeout is how long one request to the provider may take.
	providerTimeout = 5 * time.Second
	// providerAnswer is how many bytes of an answer of the provider are read.
	providerAnswer = 1 << 20
	// foundFor is after how long it is asked again where it is, and for its keys.
	foundFor = time.Hour
	// awayFor is how long one that was not there is not asked again.
	awayFor = 5 * time.Second
	// providerTurns is how many logins ask it at a time; others are told to come back.
	providerTurns = 8
	// clockSkew is how far the provider's clock and the hub's may be apart.
	clockSkew = 2 * time.Minute
)

// provider is a client of a provider of OpenID Connect.
type provider struct {
	OIDC
	redirect string
	client   *http.Client
	now      func() time.Time
	log      *slog.Logger
	key      [32]byte // of what browsers keep between going and coming back
	turns    chan struct{}

	mu    sync.Mutex // held while the provider is looked for
	found *found
	away  error
	tried time.Time
}

// found is what the provider says of itself.
type found struct {
	at     time.Time
	oauth  oauth2.Config
	verify *oidc.IDTokenVerifier
	signs  bool // it puts its name on what it sends back (RFC 9207)
}

// newProvider checks a configuration; whether the provider is there does not
// matter yet.
func newProvider(o OIDC, public string, now func() time.Time, log *slog.Logger) (*provider, error) {
	if err := safeAddress(o.Issuer); err != nil {
		return nil, fmt.Errorf("api: OIDC issuer: %w", err)
	}
	if o.ClientID == "" {
		return nil, errors.New("api: OIDC client id: the provider names it when the hub is registered there")
	}
	if public == "" {
		return nil, errors.New("api: OIDC needs the public address: the provider sends browsers back to it")
	}
	if o.Name == "" {
		u, _ := url.Parse(o.Issuer) // safeAddress has parsed it
		o.Name = u.Hostname()
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true // logins are few
	transport.MaxResponseHeaderBytes = 64 << 10
	transport.TLSClientConfig = &tls.Config{RootCAs: o.CAs, MinVersion: tls.VersionTLS12}
	p := &provider{
		OIDC: o, redirect: strings.TrimRight(public, "/") + oidcBackPath, now: now, log: log, turns: make(chan struct{}, providerTurns),
		client: &http.Client{
			Transport: bounded{transport}, Timeout: providerTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	_, _ = rand.Read(p.key[:]) // never fails: it ends the program instead
	return p, nil
}

// safeAddress refuses what others could read or change on the way.
func safeAddress(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%q is no address like https://login.example.vn", text)
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !local) {
		return fmt.Errorf("%s: only https is safe on the way", text)
	}
	return nil
}

// bounded cuts off answers that are too long.
type bounded struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Body = &cutBody{res.Body, providerAnswer}
	}
	return res, err
}

// cutBody fails when more than left bytes are read.
type cutBody struct {
	io.ReadCloser
	left int
}

// Read implements io.Reader.
func (c *cutBody) Read(b []byte) (int, error) {
	n, err := c.ReadCloser.Read(b)
	if c.left -= n; c.left < 0 {
		return 0, fmt.Errorf("the provider's answer is longer than %d bytes", providerAnswer)
	}
	return n, err
}

// where finds the provider, or gives what was found a while ago. One that was
// away a moment ago is not asked again.
func (p *provider) where(ctx context.Context) (*found, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if p.found != nil && now.Sub(p.found.at) < foundFor {
		return p.found, nil
	}
	if age := now.Sub(p.tried); p.away != nil && age >= 0 && age < awayFor {
		return p.found, p.notFound()
	}
	f, err := p.discover(oidc.ClientContext(ctx, p.client))
	p.tried, p.away = now, err
	if err != nil {
		p.log.Warn("the OIDC provider cannot be used now; logging in by password works", "issuer", p.Issuer, "error", err)
		return p.found, p.notFound()
	}
	f.at = now
	p.found = f
	return f, nil
}

// notFound says why the provider is away, unless what it said before can be used.
func (p *provider) notFound() error {
	if p.found != nil {
		return nil
	}
	return p.away
}

func (p *provider) discover(ctx context.Context) (*found, error) {
	o, err := oidc.NewProvider(ctx, p.Issuer)
	if err != nil {
		return nil, err
	}
	var says struct {
		Keys    string   `json:"jwks_uri"`
		Methods []string `json:"token_endpoint_auth_methods_supported"`
		Signs   bool     `json:"authorization_response_iss_parameter_supported"`
	}
	if err := o.Claims(&says); err != nil {
		return nil, err
	}
	at := o.Endpoint()
	for what, address := range map[string]string{"authorization_endpoint": at.AuthURL, "token_endpoint": at.TokenURL, "jwks_uri": says.Keys} {
		before, _, _ := strings.Cut(address, "?")
		if err := safeAddress(before); err != nil {
			return nil, fmt.Errorf("%s of the provider: %w", what, err)
		}
	}
	at.AuthStyle = oauth2.AuthStyleInHeader
	if p.ClientSecret == "" || len(says.Methods) > 0 && !slices.Contains(says.Methods, "client_secret_basic") {
		at.AuthStyle = oauth2.AuthStyleInParams
	}
	return &found{
		oauth: oauth2.Config{
			ClientID: p.ClientID, ClientSecret: p.ClientSecret.Reveal(), Endpoint: at, RedirectURL: p.redirect,
			Scopes: append([]string{oidc.ScopeOpenID}, p.Scopes...),
		},
		// A clock that runs fast by less than clockSkew must not end a token.
		verify: o.Verifier(&oidc.Config{ClientID: p.ClientID, Now: func() time.Time { return p.now().Add(-clockSkew) }}),
		signs:  says.Signs,
	}, nil
}

// The ways in which what a provider says is of no use.
var (
	errProviderAway = errors.New("the provider cannot be reached")
	errProviderBad  = errors.New("what the provider says cannot be trusted")
	errCode         = errors.New("the provider does not take the code")
	errClocks       = errors.New("the clocks of the hub and the provider are too far apart")
)

// address gives where a browser goes to log in.
func (p *provider) address(ctx context.Context, f flow) (string, error) {
	w, err := p.where(context.WithoutCancel(ctx)) // others wait for it, too; the client has a timeout
	if err != nil {
		return "", errors.Join(errProviderAway, err)
	}
	return w.oauth.AuthCodeURL(p.derive(f, "state"), oidc.Nonce(p.derive(f, "nonce")), oauth2.S256ChallengeOption(p.derive(f, "verifier"))), nil
}

// identity changes the code that a browser came back with for an ID token, and
// says who it is of. issuer is who signed the answer, if anybody.
func (p *provider) identity(ctx context.Context, f flow, code, issuer string) (account.Identity, error) {
	var nobody account.Identity
	select {
	case p.turns <- struct{}{}:
		defer func() { <-p.turns }()
	default:
		return nobody, account.ErrBusy
	}
	w, err := p.where(context.WithoutCancel(ctx)) // others wait for it, too; the client has a timeout
	if err != nil {
		return nobody, errors.Join(errProviderAway, err)
	}
	if issuer != p.Issuer && (issuer != "" || w.signs) {
		return nobody, fmt.Errorf("%w: the answer was sent by %.100q", errProviderBad, issuer)
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := w.oauth.Exchange(ctx, code, oauth2.VerifierOption(p.derive(f, "verifier")))
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused) && refused.ErrorCode == "invalid_grant":
		return nobody, errCode
	case errors.As(err, &refused) && refused.Response.StatusCode < 500:
		return nobody, fmt.Errorf("%w: it answers %d %.100q", errProviderBad, refused.Response.StatusCode, refused.ErrorCode)
	case err != nil:
		p.log.Warn("the OIDC provider does not say who logs in", "issuer", p.Issuer, "error", err)
		return nobody, errors.Join(errProviderAway, err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return nobody, fmt.Errorf("%w: there is no ID token in its answer", errProviderBad)
	}
	return p.verified(ctx, w, raw, p.derive(f, "nonce"))
}

// verified says whom an ID token is of, if it was made for this login (OpenID
// Connect Core 1.0, section 3.1.3.7).
func (p *provider) verified(ctx context.Context, w *found, raw, nonce string) (account.Identity, error) {
	var nobody account.Identity
	id, err := w.verify.Verify(ctx, raw)
	var expired *oidc.TokenExpiredError
	switch {
	case errors.As(err, &expired):
		return nobody, fmt.Errorf("%w: the ID token ended at %v", errClocks, expired.Expiry.UTC())
	case err != nil:
		return nobody, fmt.Errorf("%w: %w", errProviderBad, err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(nonce)) != 1 {
		return nobody, fmt.Errorf("%w: its ID token is of another login", errProviderBad)
	}
	var party struct {
		Authorized string `json:"azp"`
	}
	if err := id.Claims(&party); err != nil {
		return nobody, fmt.Errorf("%w: %w", errProviderBad, err)
	}
	if party.Authorized != p.ClientID && (party.Authorized != "" || len(id.Audience) > 1) {
		return nobody, fmt.Errorf("%w: its ID token was made for %.100q", errProviderBad, party.Authorized)
	}
	if age := p.now().Sub(id.IssuedAt); age > clockSkew+providerTimeout || age < -clockSkew {
		return nobody, fmt.Errorf("%w: the ID token was made at %v", errClocks, id.IssuedAt.UTC())
	}
	who := account.Identity{Issuer: p.Issuer, Subject: id.Subject}
	if err := account.CheckIdentity(who); err != nil {
		return nobody, fmt.Errorf("%w: %w", errProviderBad, err)
	}
	return who, nil
}
