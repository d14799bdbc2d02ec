package main

import (
	"fmt"
	"net/netip"
	"os"
	"strings"

	"github.com/phukin/phukin/api"
)

// frontFlags say what stands in front of the API.
type frontFlags struct {
	TrustedProxy []string `placeholder:"RANGE" env:"PHUKIN_TRUSTED_PROXY" help:"Addresses of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, such as 127.0.0.1 or 10.0.0.0/8, joined by commas."`
	MetricsToken string   `name:"metrics-token-file" placeholder:"FILE" env:"PHUKIN_METRICS_TOKEN_FILE" help:"File whose first line /metrics asks for as a bearer token; without it only this machine may read the metrics."`
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
	if f.MetricsToken == "" {
		return nil
	}
	p, err := os.ReadFile(f.MetricsToken)
	if err != nil {
		return fmt.Errorf("read --metrics-token-file: %w", err)
	}
	line, _, _ := strings.Cut(string(p), "\n")
	if c.MetricsToken = strings.TrimRight(line, "\r"); c.MetricsToken == "" {
		return fmt.Errorf("--metrics-token-file %s: its first line is empty", f.MetricsToken)
	}
	return nil
}
