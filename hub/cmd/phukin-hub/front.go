package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/account"
)

// frontFlags say what stands in front of the API.
type frontFlags struct {
	TrustedProxy []string `placeholder:"RANGE" env:"PHUKIN_TRUSTED_PROXY" help:"Addresses of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, such as 127.0.0.1 or 10.0.0.0/8, joined by commas."`
	MetricsToken string   `name:"metrics-token-file" placeholder:"FILE" env:"PHUKIN_METRICS_TOKEN_FILE" help:"File whose first line /metrics asks for as a bearer token; without it only this machine may read the metrics."`
	oidcFlags
}

// oidcFlags say where people log in besides by a password.
type oidcFlags struct {
	Issuer string   `name:"oidc-issuer" placeholder:"URL" env:"PHUKIN_OIDC_ISSUER" help:"Let people log in by this provider of OpenID Connect as well, such as https://login.example.vn/realms/tinh. Needs --oidc-client-id and --public-url; the provider must send browsers back to PUBLIC-URL/login/oidc/callback."`
	Client string   `name:"oidc-client-id" placeholder:"ID" env:"PHUKIN_OIDC_CLIENT_ID" help:"What the provider calls this hub."`
	Secret string   `name:"oidc-client-secret-file" placeholder:"FILE" env:"PHUKIN_OIDC_CLIENT_SECRET_FILE" help:"File whose first line is the hub's secret at the provider; without it the hub is a public client."`
	Scopes []string `name:"oidc-scopes" placeholder:"SCOPE" env:"PHUKIN_OIDC_SCOPES" help:"Scopes to ask for besides openid, joined by commas."`
	Label  string   `name:"oidc-name" placeholder:"NAME" env:"PHUKIN_OIDC_NAME" help:"What people call the provider; the host of --oidc-issuer when absent."`
	CAs    string   `name:"oidc-ca-file" placeholder:"FILE" env:"PHUKIN_OIDC_CA_FILE" help:"Certificates (PEM) to trust at the provider; the system's when absent."`
}

// oidc gives the provider, nil if there is none.
func (f *oidcFlags) oidc(public string) (*api.OIDC, error) {
	if f.Issuer == "" {
		if f.Client != "" || f.Secret != "" || len(f.Scopes) > 0 || f.Label != "" || f.CAs != "" {
			return nil, errors.New("the other --oidc flags need --oidc-issuer")
		}
		return nil, nil
	}
	if f.Client == "" || public == "" {
		return nil, errors.New("--oidc-issuer needs --oidc-client-id and --public-url: the provider sends browsers back to PUBLIC-URL/login/oidc/callback")
	}
	o := &api.OIDC{Issuer: f.Issuer, ClientID: f.Client, Scopes: f.Scopes, Name: f.Label}
	if f.Secret != "" {
		line, err := firstLine("--oidc-client-secret-file", f.Secret)
		if err != nil {
			return nil, err
		}
		o.ClientSecret = account.Secret(line)
	}
	if f.CAs == "" {
		return o, nil
	}
	var err error
	o.CAs, err = readCAs("--oidc-ca-file", f.CAs)
	return o, err
}

// fill puts them into the API's configuration.
func (f *frontFlags) fill(c *api.Config) error {
	for _, text := range f.TrustedProxy {
		p, err := netip.ParsePrefix(text)
		if a, e := netip.ParseAddr(text); e == nil {
			p, err = a.Prefix(a.BitLen())
		}
		if err != nil {
			return fmt.Errorf("--trusted-proxy %q is no address and no range: write it like 127.0.0.1 or 10.0.0.0/8", text)
		}
		c.TrustedProxies = append(c.TrustedProxies, p)
	}
	var err error
	if c.OIDC, err = f.oidc(c.Public); err != nil || f.MetricsToken == "" {
		return err
	}
	c.MetricsToken, err = firstLine("--metrics-token-file", f.MetricsToken)
	return err
}

// firstLine reads the secret on the first line of a file.
func firstLine(flag, path string) (string, error) {
	p, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", flag, err)
	}
	line, _, _ := strings.Cut(string(p), "\n")
	if line = strings.TrimRight(line, "\r"); line == "" {
		return "", fmt.Errorf("%s %s: its first line is empty", flag, path)
	}
	return line, nil
}
