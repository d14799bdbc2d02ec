package api_test

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/account"
)

const password = "mật khẩu tốt"

// browser is a browser that keeps cookies and follows no redirect by itself.
type browser struct {
	t      *testing.T
	url    string
	client *http.Client
}

// newBrowser opens a browser on the world's server, by TLS if secure.
func (w *world) newBrowser(secure bool) *browser {
	w.t.Helper()
	s := httptest.NewUnstartedServer(w.server)
	if secure {
		s.StartTLS()
	} else {
		s.Start()
	}
	w.t.Cleanup(s.Close)
	return (&browser{t: w.t, url: s.URL, client: s.Client()}).another()
}

// another gives another browser on the same server.
func (b *browser) another() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return &browser{b.t, b.url, &http.Client{Transport: b.client.Transport, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

type page struct {
	status int
	head   http.Header
	body   string
}

func (b *browser) do(method, path string, form url.Values, header ...string) page {
	b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	p, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return page{res.StatusCode, res.Header, string(p)}
}

func (b *browser) open(path string) page { return b.do("GET", path, nil) }

var hidden = regexp.MustCompile(`name="form" value="([^"]+)"`)

// submit opens a page and sends its form.
func (b *browser) submit(path, to string, fields map[string]string) page {
	b.t.Helper()
	p := b.open(path)
	form := url.Values{}
	if m := hidden.FindStringSubmatch(p.body); m != nil {
		form.Set("form", html.UnescapeString(m[1]))
	}
	for k, v := range fields {
		form.Set(k, v)
	}
	return b.do("POST", to, form)
}

func (b *browser) login(name, password string) page {
	b.t.Helper()
	return b.submit("/login", "/login", map[string]string{"name": name, "password": password})
}

// withPage is newWorld with a page to serve.
func withPage(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	shown := http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, "the page") })
	var err error
	if w.server, err = api.New(api.Config{Plan: w.plan, Store: w.store, Live: w.live, Accounts: w.store.Accounts(), Page: shown, Passwords: quick, Now: w.clock}); err != nil {
		t.Fatal(err)
	}
	return w
}

// user adds a user with a password.
func (w *world) user(name string, grants ...account.Grant) {
	w.t.Helper()
	d := w.desk()
	secret, _, err := d.AddUser(w.t.Context(), account.User{Name: name, Grants: grants})
	if err == nil {
		_, _, err = d.SetUp(w.t.Context(), secret, "", password, "", "")
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestTheFirstAdministratorSetsUpLogsInAndOut(t *testing.T) {
	w := withPage(t)
	b := w.newBrowser(false)
	if p := b.open("/"); p.status != http.StatusSeeOther || p.head.Get("Location") != "login" {
		t.Fatalf("the page for nobody: %d to %q", p.status, p.head.Get("Location"))
	}
	link, expires, err := w.server.FirstLink(t.Context(), b.url)
	if err != nil || !expires.Equal(w.clock().Add(account.LinkLife)) || !strings.HasPrefix(link, b.url+"/setup/") {
		t.Fatal(link, err)
	}
	path := strings.TrimPrefix(link, b.url)
	p := b.open(path)
	if p.status != 200 || !strings.Contains(p.body, "Đặt mật khẩu") || !strings.Contains(p.body, "Set a password") || strings.Contains(p.body, "<script") {
		t.Fatalf("%d %s", p.status, p.body)
	}
	csp := p.head.Get("Content-Security-Policy")
	if !strings.HasPrefix(csp, "default-src 'none'; img-src data:; style-src 'sha256-") || !strings.Contains(csp, "frame-ancestors 'none'") || p.head.Get("Cache-Control") != "no-store" || p.head.Get("Referrer-Policy") != "same-origin" {
		t.Errorf("%v", p.head)
	}
	for name, c := range map[string]struct {
		fields map[string]string
		status int
		says   string
	}{
		"another time another password": {map[string]string{"name": "an", "password": password, "again": password + "!"}, 422, "không giống nhau"},
		"too short":                     {map[string]string{"name": "an", "password": "ngắn", "again": "ngắn"}, 422, "10 đến 128"},
		"a name that is none":           {map[string]string{"name": `"><b>`, "password": password, "again": password}, 422, "a–z"},
	} {
		if p := b.submit(path, path, c.fields); p.status != c.status || !strings.Contains(p.body, c.says) || strings.Contains(p.body, "<b>") || strings.Contains(p.body, password) {
			t.Errorf("%s: %d %s", name, p.status, p.body)
		}
	}
	if p := b.submit(path, path, map[string]string{"name": "an", "password": password, "again": password}); p.status != http.StatusSeeOther || p.head.Get("Location") != "../" {
		t.Fatalf("%d %s", p.status, p.body)
	}
	if p := b.open("/"); p.status != 200 || p.body != "the page" {
		t.Errorf("after setting up: %d %q", p.status, p.body)
	}
	if p := b.open("/api/v1/users"); p.status != 200 || !strings.Contains(p.head.Get("Cache-Control"), "private") || !strings.Contains(strings.Join(p.head.Values("Vary"), ","), "Cookie") {
		t.Errorf("%d %v", p.status, p.head)
	}
	if p := b.another().open(path); p.status != 404 || !strings.Contains(p.body, "đã dùng") {
		t.Errorf("the link again: %d %s", p.status, p.body)
	}
	if link, _, err := w.server.FirstLink(t.Context(), b.url); link != "" || err != nil {
		t.Errorf("a link though there is an administrator: %s %v", link, err)
	}
	if p := b.open("/login"); !strings.Contains(p.body, "Đăng xuất") || !strings.Contains(p.body, "<b>an</b>") {
		t.Errorf("%s", p.body)
	}
	if p := b.submit("/login", "/logout", nil); p.status != http.StatusSeeOther || p.head.Get("Location") != "login" {
		t.Errorf("%d %s", p.status, p.body)
	}
	if p := b.open("/api/v1/users"); p.status != 401 {
		t.Errorf("after logging out: %d", p.status)
	}
	if p := b.login("an", password); p.status != http.StatusSeeOther || p.head.Get("Location") != "./" {
		t.Fatalf("%d %s", p.status, p.body)
	}
	if p := b.open("/"); p.body != "the page" {
		t.Errorf("%d %q", p.status, p.body)
	}
	var did []string
	for _, r := range answer[api.AuditList](w, "/api/v1/audit").Items {
		did = append(did, r.Operation+" "+r.Who)
	}
	if got := strings.Join(did, ", "); got != "login an, logout an, setUpPassword an, printSetUpLink " {
		t.Errorf("the audit log says %q", got)
	}
}

func TestALoginThatFailsSaysNoMoreThanThat(t *testing.T) {
	w := withPage(t)
	w.user("an", account.Grant{Role: account.Viewer})
	w.user("binh", account.Grant{Role: account.Viewer})
	if _, err := w.store.Accounts().ChangeUser(t.Context(), "binh", func(u *account.User) error { u.Disabled = true; return nil }); err != nil {
		t.Fatal(err)
	}
	b := w.newBrowser(false)
	said := map[string]bool{}
	strip := regexp.MustCompile(`value="[^"]*"`)
	for _, c := range [][2]string{{"an", "wrong"}, {"nobody", "wrong"}, {"binh", password}, {"An", password}, {strings.Repeat("x", 300), "wrong"}} {
		p := b.login(c[0], c[1])
		if p.status != http.StatusUnauthorized || !strings.Contains(p.body, "không đúng") {
			t.Errorf("%v: %d %s", c, p.status, p.body)
		}
		said[strip.ReplaceAllString(p.body, "")] = true
	}
	if len(said) != 1 {
		t.Errorf("it says %d different things", len(said))
	}
	// Names that are nobody's are not kept.
	for _, r := range answer[api.AuditList](w, "/api/v1/audit").Items {
		if r.Status != 401 || r.Who != "" && r.Who != "an" && r.Who != "binh" || strings.Contains(r.What, "nobody") {
			t.Errorf("%+v", r)
		}
	}
	for range 5 {
		b.login("an", "wrong")
	}
	p := b.login("an", password)
	wait, err := strconv.Atoi(p.head.Get("Retry-After"))
	if p.status != http.StatusTooManyRequests || err != nil || wait < 1 || wait > 60 || !strings.Contains(p.body, "Hãy đợi") {
		t.Fatalf("%d %v %s", p.status, p.head, p.body)
	}
	w.pass(time.Duration(wait) * time.Second)
	if p := b.login("an", password); p.status != http.StatusSeeOther {
		t.Errorf("after %d s: %d", wait, p.status)
	}
}

func TestCookiesAreForTheServerAlone(t *testing.T) {
	for name, c := range map[string]struct {
		secure bool
		cookie string
	}{"plain": {false, "phukin_session"}, "TLS": {true, "__Host-phukin_session"}} {
		t.Run(name, func(t *testing.T) {
			w := withPage(t)
			w.user("an", account.Grant{Role: account.Viewer})
			b := w.newBrowser(c.secure)
			p := b.login("an", password)
			found := false
			for _, k := range (&http.Response{Header: p.head}).Cookies() {
				if k.Name == c.cookie {
					found = true
					if !k.HttpOnly || k.Secure != c.secure || k.SameSite != http.SameSiteLaxMode || k.Path != "/" || k.Domain != "" || len(k.Value) != 43 {
						t.Errorf("%+v", k)
					}
				}
			}
			if !found {
				t.Errorf("%d %v", p.status, p.head)
			}
			if p := b.open("/api/v1/cameras?fields=code"); p.status != 200 {
				t.Errorf("%d %s", p.status, p.body)
			}
		})
	}
	w := newWorld(t)
	if _, err := api.New(api.Config{Plan: w.plan, Store: w.store, Live: w.live, Open: true, Public: "phukin.example.vn"}); err == nil || !strings.Contains(err.Error(), "https://") {
		t.Errorf("%v", err)
	}
}

// What a page of somebody else makes a browser send changes nothing.
func TestARequestFromAnotherSiteChangesNothing(t *testing.T) {
	w := withPage(t)
	w.user("chef", account.Grant{Role: account.Admin})
	b := w.newBrowser(false)
	b.login("chef", password)
	var who api.SessionAnswer
	if err := json.Unmarshal([]byte(b.open("/api/v1/session").body), &who); err != nil || who.Form == "" || who.Name != "chef" {
		t.Fatalf("%+v %v", who, err)
	}
	body := `{"name":"an","roles":[{"role":"admin"}]}`
	for _, c := range []struct {
		name   string
		header []string
		status int
	}{
		{"without the token", nil, 403},
		{"with a wrong token", []string{"X-CSRF-Token", "x"}, 403},
		{"from another site", []string{"X-CSRF-Token", who.Form, "Sec-Fetch-Site", "cross-site"}, 403},
		{"from another name of the site", []string{"X-CSRF-Token", who.Form, "Sec-Fetch-Site", "same-site"}, 403},
		{"by an old browser from another site", []string{"X-CSRF-Token", who.Form, "Origin", "https://evil.example"}, 403},
		{"by an old browser that hides from where", []string{"X-CSRF-Token", who.Form, "Origin", "null"}, 403},
		{"by an old browser from the page", []string{"X-CSRF-Token", who.Form, "Origin", b.url}, 201},
	} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", b.url+"/api/v1/users", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		for i := 0; i < len(c.header); i += 2 {
			r.Header.Set(c.header[i], c.header[i+1])
		}
		res, err := b.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != c.status {
			t.Errorf("%s: %d, want %d", c.name, res.StatusCode, c.status)
		}
	}
	form := url.Values{"name": {"chef"}, "password": {password}}
	other := b.another()
	if p := other.do("POST", "/login", form); p.status != 403 {
		t.Errorf("a login without its form: %d", p.status)
	}
	other.open("/login")
	if p := other.do("POST", "/login", form); p.status != 403 {
		t.Errorf("a login without the token of its form: %d", p.status)
	}
	if p := b.do("POST", "/logout", url.Values{}); p.status != 403 {
		t.Errorf("a logout from elsewhere: %d", p.status)
	}
	if p := b.do("DELETE", "/api/v1/session", nil, "X-CSRF-Token", who.Form); p.status != 204 {
		t.Errorf("a logout by the API: %d %s", p.status, p.body)
	}
	if p := b.open("/api/v1/session"); p.status != 401 {
		t.Errorf("after it: %d", p.status)
	}
}

func TestSetUpLinksCannotBeGuessed(t *testing.T) {
	w := withPage(t)
	b := w.newBrowser(false)
	last := 0
	for range 12 {
		last = b.open("/setup/" + account.NewSecret().Reveal()).status
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("after 12 tries: %d", last)
	}
}

func TestAServerWithoutAccountsHasNoLogin(t *testing.T) {
	w := newWorld(t)
	var err error
	if w.server, err = api.New(api.Config{Plan: w.plan, Store: w.store, Live: w.live, Open: true, Now: w.clock}); err != nil {
		t.Fatal(err)
	}
	for path, status := range map[string]int{"/login": 404, "/api/v1/cameras": 200, "/api/v1/users": 401, "/api/v1/health": 200} {
		if rec := w.ask("GET", path, "", nil); rec.Code != status {
			t.Errorf("%s: %d, want %d", path, rec.Code, status)
		}
	}
}
