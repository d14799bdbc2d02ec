package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

var hiddenField = regexp.MustCompile(`name="form" value="([^"]+)"`)

// A hub as it is installed: the administrator sets a password by the link of the
// first start and stays logged in when the hub is started again; a program reads
// with a token until that is revoked.
func TestTheFirstStartLetsTheAdministratorIn(t *testing.T) {
	s := newSite(t)
	serve := []string{"serve", "--plan", s.plan, "--db", s.db, "--addr", "127.0.0.1:" + s.httpPort, "--mqtt-listen", "127.0.0.1:0"}
	s.hub = start(t, hubProgram(), serve...)
	link := s.hub.find(`(http://127\.0\.0\.1:\d+/setup/\S+)`)
	s.hub.find(`hub is (ready)`)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}
	ask := func(url, token string, form url.Values) (int, string) {
		t.Helper()
		method, body := http.MethodGet, io.Reader(nil)
		if form != nil {
			method, body = http.MethodPost, strings.NewReader(form.Encode())
		}
		req, err := http.NewRequestWithContext(t.Context(), method, url, body)
		if err != nil {
			t.Fatal(err)
		}
		if form != nil {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		c := client
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
			c = &http.Client{Transport: client.Transport}
		}
		res, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		p, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(p)
	}
	if status, _ := ask(s.url("/api/v1/cameras"), "", nil); status != http.StatusUnauthorized {
		t.Errorf("cameras for nobody: %d", status)
	}
	if status, _ := ask(s.url("/api/v1/health"), "", nil); status != http.StatusOK {
		t.Errorf("health for nobody: %d", status)
	}
	status, page := ask(link, "", nil)
	m := hiddenField.FindStringSubmatch(page)
	if status != http.StatusOK || m == nil {
		t.Fatalf("%d %s", status, page)
	}
	const password = "a password for the test"
	if status, page = ask(link, "", url.Values{"form": {m[1]}, "name": {"an"}, "password": {password}, "again": {password}}); status != http.StatusOK || !strings.Contains(page, "Phủ Kín") {
		t.Fatalf("%d %s", status, page)
	}
	if status, page := ask(s.url("/api/v1/users"), "", nil); status != http.StatusOK || !strings.Contains(page, `"an"`) {
		t.Errorf("users for the administrator: %d %s", status, page)
	}
	token, stderr, code := run(t, hubProgram(), "token", "create", "test", "--role", "viewer", "--db", s.db, "--plan", s.plan)
	token = strings.TrimSpace(token)
	if code != 0 || !strings.HasPrefix(token, "phukin_") {
		t.Fatalf("token create: %d %s", code, stderr)
	}
	if status, page := ask(s.url("/api/v1/cameras"), token, nil); status != http.StatusOK {
		t.Errorf("cameras by token: %d %s", status, page)
	}
	if status, _ := ask(s.url("/api/v1/users"), token, nil); status != http.StatusForbidden {
		t.Errorf("users for a viewer: %d", status)
	}
	s.hub.stop(testPatience)
	s.hub = start(t, hubProgram(), serve...)
	s.hub.find(`hub is (ready)`)
	if strings.Contains(s.hub.output(), "/setup/") {
		t.Error("the second start prints a link, though there is an administrator")
	}
	if status, _ := ask(s.url("/api/v1/users"), "", nil); status != http.StatusOK {
		t.Errorf("after a restart the session is gone: %d", status)
	}
	if _, stderr, code := run(t, hubProgram(), "token", "revoke", strings.Split(token, "_")[1], "--db", s.db); code != 0 {
		t.Fatalf("token revoke: %d %s", code, stderr)
	}
	eventually(t, 30*time.Second, "a revoked token is refused", func() error {
		if status, _ := ask(s.url("/api/v1/cameras"), token, nil); status != http.StatusUnauthorized {
			return fmt.Errorf("%d", status)
		}
		return nil
	})
	s.hub.stop(testPatience)
}
