package main

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/phukin/phukin/api"
)

func TestWhatStandsInFrontOfTheAPIIsReadOrRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("s3cret\r\nmore\n")
	var c api.Config
	f := frontFlags{TrustedProxy: []string{"127.0.0.1", "10.0.0.0/8", "::1"}, MetricsToken: file}
	if err := f.fill(&c); err != nil || c.MetricsToken != "s3cret" || !slices.Equal(c.TrustedProxies, []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}) {
		t.Errorf("%v, %+v %q", err, c.TrustedProxies, c.MetricsToken)
	}
	f = frontFlags{TrustedProxy: []string{"proxy.local"}}
	if err := f.fill(&api.Config{}); err == nil || !strings.Contains(err.Error(), "proxy.local") {
		t.Errorf("a name: %v", err)
	}
	write("\nsecond line\n")
	f = frontFlags{MetricsToken: file}
	if err := f.fill(&api.Config{}); err == nil || !strings.Contains(err.Error(), "empty") {
		t.Errorf("an empty first line: %v", err)
	}
	f = frontFlags{MetricsToken: file + "s"}
	if err := f.fill(&api.Config{}); err == nil || !strings.Contains(err.Error(), "--metrics-token-file") {
		t.Errorf("no file: %v", err)
	}
}
