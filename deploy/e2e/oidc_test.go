package e2e_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// People log in with a browser by a certified provider, which is away when the
// hub starts: the user of a set-up link becomes who they are there.
func TestPeopleLogInByAProvider(t *testing.T) {
	dir := mustAbs(t, "oidc")
	_, err := os.Stat(filepath.Join(dir, "node_modules", "oidc-provider"))
	need(t, err == nil, "the OpenID provider", "cd deploy/e2e/oidc && npm ci --ignore-scripts")
	chromium := os.Getenv("CHROMIUM")
	if chromium == "" {
		chromium = "/usr/bin/chromium"
	}
	_, err = os.Stat(chromium)
	need(t, err == nil, "Chromium", "apt-get install chromium")

	s := newSite(t)
	port := freePort(t)
	const client, secret = "phukin", "a secret of 32 characters, & more"
	s.startHub("--public-url", s.url(""), "--mqtt-listen", "127.0.0.1:0",
		"--oidc-issuer", "http://127.0.0.1:"+port, "--oidc-client-id", client, "--oidc-client-secret-file", write(t, s.dir, "secret", secret+"\n"), "--oidc-name", "Cổng tỉnh")
	s.hub.find(`the OIDC (provider) cannot be used now`)

	link, stderr, code := run(t, hubProgram(), "user", "add", "an", "--role", "viewer", "--db", s.db, "--plan", s.plan, "--public-url", s.url(""))
	if code != 0 {
		t.Fatalf("user add: %d %s", code, stderr)
	}
	provider := start(t, "node", filepath.Join(dir, "provider.mjs"), port, client, secret, s.url("/login/oidc/callback"))
	provider.find(`^(ready)$`)
	eventually(t, testPatience, "the hub finds the provider", func() error { return found(s.url("/login/oidc")) })

	said, stderr, code := run(t, "node", filepath.Join(dir, "browser.mjs"), strings.TrimSpace(link), "subject-1")
	if code != 0 {
		t.Fatalf("the browser: %d %s %s", code, said, stderr)
	}
	type step struct {
		Status     int
		Name       string
		Cookies    []string
		Complaints []string
	}
	var steps []step
	for d := json.NewDecoder(strings.NewReader(said)); d.More(); {
		var one step
		if err := d.Decode(&one); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, one)
	}
	if len(steps) != 4 {
		t.Fatalf("the browser says %s", said)
	}
	for i, want := range []string{"an", "", "an"} {
		if steps[i].Name != want {
			t.Errorf("step %d: %+v, want %q", i+1, steps[i], want)
		}
		if strings.Contains(strings.Join(steps[i].Cookies, " "), "phukin_oidc") {
			t.Errorf("step %d: the browser keeps what the way there needed: %v", i+1, steps[i].Cookies)
		}
	}
	if len(steps[3].Complaints) > 0 {
		t.Errorf("the browser complains: %v", steps[3].Complaints)
	}

	// By the command line one is unlinked, and another linked who has a subject.
	if _, stderr, code := run(t, hubProgram(), "user", "unlink", "an", "--db", s.db); code != 0 {
		t.Fatalf("user unlink: %d %s", code, stderr)
	}
	out, _, _ := run(t, hubProgram(), "user", "list", "--db", s.db)
	if strings.Contains(out, "subject-1") {
		t.Errorf("after unlinking: %s", out)
	}
	if _, stderr, code := run(t, hubProgram(), "user", "link", "an", "subject-2", "--oidc-issuer", "http://127.0.0.1:"+port, "--db", s.db); code != 0 {
		t.Fatalf("user link: %d %s", code, stderr)
	}
	out, _, _ = run(t, hubProgram(), "user", "list", "--db", s.db)
	if !strings.Contains(out, "subject-2") {
		t.Errorf("after linking: %s", out)
	}
	provider.stop(testPatience)
	s.hub.stop(testPatience)
}

// found says whether a hub sends a browser to its provider.
func found(url string) error {
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Get(url)
	if err != nil {
		return err
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		return errors.New(res.Status)
	}
	return nil
}
