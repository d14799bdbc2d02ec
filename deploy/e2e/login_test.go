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

	"github.com/phukin/phukin/api/client"
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
	browser := &http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}
	page := func(url string, form url.Values) (int, string) {
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
		res, err := browser.Do(req)
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
	if _, err := s.ask("").ListCameras(t.Context(), client.ListCamerasParams{}); client.StatusOf(err) != http.StatusUnauthorized {
		t.Errorf("cameras for nobody: %v", err)
	}
	if _, err := s.ask("").GetHealth(t.Context(), client.GetHealthParams{}); err != nil {
		t.Errorf("health for nobody: %v", err)
	}
	status, text := page(link, nil)
	m := hiddenField.FindStringSubmatch(text)
	if status != http.StatusOK || m == nil {
		t.Fatalf("%d %s", status, text)
	}
	const password = "a password for the test"
	if status, text = page(link, url.Values{"form": {m[1]}, "name": {"an"}, "password": {password}, "again": {password}}); status != http.StatusOK || !strings.Contains(text, "Phủ Kín") {
		t.Fatalf("%d %s", status, text)
	}
	if status, text := page(s.url("/api/v1/users"), nil); status != http.StatusOK || !strings.Contains(text, `"an"`) {
		t.Errorf("users for the administrator: %d %s", status, text)
	}
	token, stderr, code := run(t, hubProgram(), "token", "create", "test", "--role", "viewer", "--db", s.db, "--plan", s.plan)
	token = strings.TrimSpace(token)
	if code != 0 || !strings.HasPrefix(token, "phukin_") {
		t.Fatalf("token create: %d %s", code, stderr)
	}
	if list, err := s.ask(token).ListCameras(t.Context(), client.ListCamerasParams{}); err != nil || len(list.Body.Items) == 0 {
		t.Errorf("cameras by token: %v", err)
	}
	if _, err := s.ask(token).ListUsers(t.Context(), client.ListUsersParams{}); client.StatusOf(err) != http.StatusForbidden {
		t.Errorf("users for a viewer: %v", err)
	}
	s.hub.stop(testPatience)
	s.hub = start(t, hubProgram(), serve...)
	s.hub.find(`hub is (ready)`)
	if strings.Contains(s.hub.output(), "/setup/") {
		t.Error("the second start prints a link, though there is an administrator")
	}
	if status, _ := page(s.url("/api/v1/users"), nil); status != http.StatusOK {
		t.Errorf("after a restart the session is gone: %d", status)
	}
	if _, stderr, code := run(t, hubProgram(), "token", "revoke", strings.Split(token, "_")[1], "--db", s.db); code != 0 {
		t.Fatalf("token revoke: %d %s", code, stderr)
	}
	eventually(t, 30*time.Second, "a revoked token is refused", func() error {
		if _, err := s.ask(token).ListCameras(t.Context(), client.ListCamerasParams{}); client.StatusOf(err) != http.StatusUnauthorized {
			return fmt.Errorf("it is answered with %w", err)
		}
		return nil
	})
	s.hub.stop(testPatience)
}
