package api_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/account"
)

// signer is a provider of OpenID Connect that lets everybody in whom the test
// names, and whose answers the test can spoil.
type signer struct {
	t   *testing.T
	url string
	now func() time.Time
	key *rsa.PrivateKey

	mu      sync.Mutex
	away    bool
	codes   map[string]url.Values // what a code was given for; each is good for one use
	header  func(map[string]any)
	claims  func(map[string]any)
	jwt     func(string) string
	refuse  string          // error of the token endpoint
	answer  func() []byte   // in place of the discovery document
	signed  *rsa.PrivateKey // in place of key
	shown   map[string]any  // more of the discovery document
	asked   map[string]int  // requests by path
	methods []string        // how clients show their secret
	seen    http.Header     // of the newest request for a token
	form    url.Values      // of it
}

const clientID, clientSecret = "phukin", "s3cr3t & more"

func newSigner(t *testing.T, now func() time.Time) *signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &signer{t: t, now: now, key: key, codes: map[string]url.Values{}, asked: map[string]int{}}
	s := httptest.NewServer(p)
	t.Cleanup(s.Close)
	p.url = s.URL
	return p
}

func (p *signer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked[r.URL.Path]++
	if p.away {
		http.Error(w, "away", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		if p.answer != nil {
			_, _ = w.Write(p.answer())
			return
		}
		doc := map[string]any{"issuer": p.url, "authorization_endpoint": p.url + "/auth", "token_endpoint": p.url + "/token", "jwks_uri": p.url + "/keys", "id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}}
		if p.methods != nil {
			doc["token_endpoint_auth_methods_supported"] = p.methods
		}
		for k, v := range p.shown {
			doc[k] = v
		}
		_ = json.NewEncoder(w).Encode(doc)
	case "/keys":
		n := p.key.PublicKey
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": []any{map[string]any{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "k1", "n": b64(n.N.Bytes()), "e": b64(big.NewInt(int64(n.E)).Bytes())}}})
	case "/token":
		p.token(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (p *signer) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	p.seen, p.form = r.Header, r.PostForm
	fail := func(what string) {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": what})
	}
	asked, ok := p.codes[r.PostForm.Get("code")]
	delete(p.codes, r.PostForm.Get("code"))
	sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
	switch {
	case p.refuse != "":
		fail(p.refuse)
		return
	case !ok, b64(sum[:]) != asked.Get("code_challenge"), asked.Get("redirect_uri") != r.PostForm.Get("redirect_uri"):
		fail("invalid_grant")
		return
	}
	now := p.now()
	claims := map[string]any{"iss": p.url, "aud": clientID, "sub": asked.Get("who"), "nonce": asked.Get("nonce"), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix()}
	if p.claims != nil {
		p.claims(claims)
	}
	token := p.sign(claims)
	if p.jwt != nil {
		token = p.jwt(token)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "a", "token_type": "Bearer", "expires_in": 60, "id_token": token})
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (p *signer) sign(claims map[string]any) string {
	header := map[string]any{"alg": "RS256", "kid": "k1", "typ": "JWT"}
	if p.header != nil {
		p.header(header)
	}
	h, _ := json.Marshal(header)
	c, _ := json.Marshal(claims)
	text := b64(h) + "." + b64(c)
	if header["alg"] == "none" {
		return text + "."
	}
	key := p.key
	if p.signed != nil {
		key = p.signed
	}
	sum := sha256.Sum256([]byte(text))
	s, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		p.t.Error(err)
	}
	return text + "." + b64(s)
}

// lets logs somebody in at the provider who was sent there, and gives the way
// back.
func (p *signer) lets(address, who string) string {
	p.t.Helper()
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, p.url+"/auth?") {
		p.t.Fatalf("the browser is sent to %q", address)
	}
	q := u.Query()
	if q.Get("response_type") != "code" || q.Get("client_id") != clientID || q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || len(q.Get("state")) != 43 || len(q.Get("nonce")) != 43 {
		p.t.Errorf("the provider is asked %v", q)
	}
	q.Set("who", who)
	code := account.NewSecret().Reveal()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.codes[code] = q
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil {
		p.t.Fatal(err)
	}
	return back.Path + "?" + url.Values{"code": {code}, "state": {q.Get("state")}}.Encode()
}

// withProvider is withPage where people can log in by a provider, and a browser
// on it.
func withProvider(t *testing.T, change ...func(*api.OIDC)) (*world, *signer, *browser) {
	t.Helper()
	w := newWorld(t)
	p := newSigner(t, w.clock)
	// The server's address is known when it runs, and wanted before.
	var inner http.Handler
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { inner.ServeHTTP(rw, r) }))
	t.Cleanup(s.Close)
	o := &api.OIDC{Issuer: p.url, ClientID: clientID, ClientSecret: clientSecret, Scopes: []string{"profile"}, Name: "Cổng <tỉnh>"}
	for _, f := range change {
		f(o)
	}
	shown := http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, "the page") })
	var err error
	if w.server, err = api.New(api.Config{Plan: w.plan, Store: w.store, Live: w.live, Accounts: w.store.Accounts(), Page: shown, Passwords: quick, Now: w.clock, Public: s.URL, OIDC: o, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	inner = w.server
	return w, p, (&browser{t: t, url: s.URL, client: s.Client()}).another()
}

// begins sends a browser to the provider.
func (b *browser) begins() string {
	b.t.Helper()
	p := b.open("/login/oidc")
	if p.status != http.StatusSeeOther {
		b.t.Fatalf("%d %s", p.status, p.body)
	}
	return p.head.Get("Location")
}

// is lets a user log in with an identity.
func (w *world) is(name string, i account.Identity) {
	w.t.Helper()
	if _, err := w.store.Accounts().ChangeUser(w.t.Context(), name, func(u *account.User) error { u.Identity = i; return nil }); err != nil {
		w.t.Fatal(err)
	}
}

func TestSomebodyIsLinkedByTheSetUpLinkAndLogsInByTheProvider(t *testing.T) {
	w, p, b := withProvider(t)
	secret, _, err := w.desk().AddUser(t.Context(), account.User{Name: "an", Grants: []account.Grant{{Role: account.Viewer, Since: w.clock()}}})
	if err != nil {
		t.Fatal(err)
	}
	path := "/setup/" + secret.Reveal()
	if q := b.open("/login"); !strings.Contains(q.body, `href="login/oidc"`) || !strings.Contains(q.body, "Cổng &lt;tỉnh&gt;") || strings.Contains(q.body, "<script") {
		t.Errorf("the page for logging in: %s", q.body)
	}
	// Nobody is let in by what the provider alone says.
	if q := b.open(p.lets(b.begins(), "sub-1")); q.status != http.StatusForbidden || !strings.Contains(q.body, "sub-1") {
		t.Fatalf("a stranger: %d %s", q.status, q.body)
	}
	q := b.submit(path, path+"/oidc", nil)
	i := strings.Index(q.body, `href="`+p.url)
	if q.status != 200 || i < 0 || !strings.Contains(q.body, "<b>an</b>") {
		t.Fatalf("%d %s", q.status, q.body)
	}
	address := html.UnescapeString(q.body[i+len(`href="`):][:strings.Index(q.body[i+len(`href="`):], `"`)])
	if q = b.open(p.lets(address, "sub-1")); q.status != http.StatusSeeOther || q.head.Get("Location") != "../../" {
		t.Fatalf("%d %s", q.status, q.body)
	}
	for _, k := range (&http.Response{Header: q.head}).Cookies() {
		if k.Name == "phukin_oidc" && k.MaxAge >= 0 || k.Name == "phukin_session" && (!k.HttpOnly || k.SameSite != http.SameSiteLaxMode) {
			t.Errorf("%+v", k)
		}
	}
	if q := b.open("/api/v1/session"); !strings.Contains(q.body, `"name":"an"`) {
		t.Errorf("%d %s", q.status, q.body)
	}
	user, pass, ok := (&http.Request{Header: p.seen}).BasicAuth()
	if id, _ := url.QueryUnescape(user); !ok || id != clientID {
		t.Errorf("the hub showed %q", user)
	}
	if s, _ := url.QueryUnescape(pass); s != clientSecret {
		t.Errorf("the hub showed the secret %q", pass)
	}
	if q := b.open(path); q.status != http.StatusNotFound {
		t.Errorf("the link again: %d", q.status)
	}
	other := b.another()
	if q := other.open(p.lets(other.begins(), "sub-1")); q.status != http.StatusSeeOther {
		t.Fatalf("the second login: %d %s", q.status, q.body)
	}
	if q := other.open("/api/v1/cameras?fields=code"); q.status != 200 {
		t.Errorf("%d %s", q.status, q.body)
	}
	if q := other.submit("/login", "/logout", nil); q.status != http.StatusSeeOther {
		t.Errorf("%d %s", q.status, q.body)
	}
	if q := other.open("/api/v1/cameras?fields=code"); q.status != 401 {
		t.Errorf("after logging out: %d", q.status)
	}
	if _, err := w.store.Accounts().ChangeUser(t.Context(), "an", func(u *account.User) error { u.Disabled = true; return nil }); err != nil {
		t.Fatal(err)
	}
	if q := other.open(p.lets(other.begins(), "sub-1")); q.status != http.StatusForbidden || !strings.Contains(q.body, "đã bị khóa") {
		t.Errorf("a disabled user: %d %s", q.status, q.body)
	}
	var did []string
	for _, r := range answer[api.AuditList](w, "/api/v1/audit").Items {
		did = append(did, fmt.Sprintf("%s %s %d", r.Operation, r.Who, r.Status))
	}
	if got := strings.Join(did, ", "); got != "login an 403, logout an 303, login an 303, setUpIdentity an 303, login  403" {
		t.Errorf("the audit log says %q", got)
	}
}

func TestALinkGivesAwayNoIdentityUnseen(t *testing.T) {
	w, p, b := withProvider(t)
	secret, _, err := w.desk().AddUser(t.Context(), account.User{Name: "an", Grants: []account.Grant{{Role: account.Viewer, Since: w.clock()}}})
	if err != nil {
		t.Fatal(err)
	}
	path := "/setup/" + secret.Reveal() + "/oidc"
	if q := b.do("POST", path, url.Values{}); q.status != http.StatusForbidden || strings.Contains(q.body, p.url) {
		t.Errorf("a form from elsewhere: %d %s", q.status, q.body)
	}
	if q := b.open(path); q.status != http.StatusMethodNotAllowed && q.status != http.StatusNotFound && q.body != "the page" {
		t.Errorf("by a link: %d %s", q.status, q.body)
	}
	// The first administrator needs a password: a provider may be away.
	first, _, err := w.server.FirstLink(t.Context(), b.url)
	if err != nil {
		t.Fatal(err)
	}
	path = strings.TrimPrefix(first, b.url)
	if q := b.open(path); q.status != 200 || strings.Contains(q.body, "/oidc") {
		t.Errorf("the first administrator's link: %d %s", q.status, q.body)
	}
	if q := b.submit(path, path+"/oidc", nil); q.status != http.StatusNotFound {
		t.Errorf("it leads to the provider: %d %s", q.status, q.body)
	}
}

// What is wrong with an ID token, or with the way back, lets nobody in.
func TestWhatTheProviderSaysIsNotTakenOnTrust(t *testing.T) {
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	set := func(name string, value any) func(*signer) {
		return func(p *signer) { p.claims = func(c map[string]any) { c[name] = value } }
	}
	later := func(name string, d time.Duration) func(*signer) {
		return func(p *signer) { p.claims = func(c map[string]any) { c[name] = p.now().Add(d).Unix() } }
	}
	for name, c := range map[string]struct {
		spoil  func(*signer)
		status int
		says   string
	}{
		"in order":           {func(*signer) {}, 303, ""},
		"of another issuer":  {set("iss", "https://evil.example"), 502, "không hợp lệ"},
		"for another client": {set("aud", "other"), 502, "không hợp lệ"},
		"for two, made for the other": {func(p *signer) {
			p.claims = func(c map[string]any) { c["aud"], c["azp"] = []string{clientID, "other"}, "other" }
		}, 502, "không hợp lệ"},
		"for two, made for nobody": {set("aud", []string{clientID, "other"}), 502, "không hợp lệ"},
		"for two, made for us": {func(p *signer) {
			p.claims = func(c map[string]any) { c["aud"], c["azp"] = []string{clientID, "other"}, clientID }
		}, 303, ""},
		"of another login":                {set("nonce", "x"), 502, "không hợp lệ"},
		"without a nonce":                 {func(p *signer) { p.claims = func(c map[string]any) { delete(c, "nonce") } }, 502, "không hợp lệ"},
		"of nobody":                       {set("sub", ""), 502, "không hợp lệ"},
		"of a name without end":           {set("sub", strings.Repeat("x", 256)), 502, "không hợp lệ"},
		"expired":                         {later("exp", -3*time.Minute), 502, "Đồng hồ"},
		"expired by a clock that is fast": {later("exp", -time.Minute), 303, ""},
		"made long ago":                   {later("iat", -time.Hour), 502, "Đồng hồ"},
		"made in an hour":                 {later("iat", time.Hour), 502, "Đồng hồ"},
		"not to be used yet":              {later("nbf", time.Hour), 502, "không hợp lệ"},
		"by no key":                       {func(p *signer) { p.header = func(h map[string]any) { h["alg"] = "none" } }, 502, "không hợp lệ"},
		"by the public key as a secret":   {func(p *signer) { p.header = func(h map[string]any) { h["alg"] = "HS256" } }, 502, "không hợp lệ"},
		"by another key":                  {func(p *signer) { p.signed = other }, 502, "không hợp lệ"},
		"by a key of another name":        {func(p *signer) { p.header = func(h map[string]any) { h["kid"] = "k2" } }, 502, "không hợp lệ"},
		"changed on the way": {func(p *signer) {
			p.jwt = func(s string) string {
				parts := strings.Split(s, ".")
				body, _ := base64.RawURLEncoding.DecodeString(parts[1])
				return parts[0] + "." + b64(bytes.Replace(body, []byte("sub-1"), []byte("sub-2"), 1)) + "." + parts[2]
			}
		}, 502, "không hợp lệ"},
		"no token at all":          {func(p *signer) { p.jwt = func(string) string { return "" } }, 502, "không hợp lệ"},
		"without end":              {func(p *signer) { p.jwt = func(string) string { return strings.Repeat("x", 2<<20) } }, 503, "Chưa liên lạc được"},
		"a code that it refuses":   {func(p *signer) { p.refuse = "invalid_grant" }, 400, "mã đã dùng"},
		"a client that it refuses": {func(p *signer) { p.refuse = "invalid_client" }, 502, "không hợp lệ"},
		"away":                     {func(p *signer) { p.away = true }, 503, "Chưa liên lạc được"},
	} {
		t.Run(name, func(t *testing.T) {
			w, p, b := withProvider(t)
			for i, user := range []string{"an", "binh"} {
				w.user(user, account.Grant{Role: account.Viewer})
				w.is(user, account.Identity{Issuer: p.url, Subject: fmt.Sprintf("sub-%d", i+1)})
			}
			back := p.lets(b.begins(), "sub-1")
			p.mu.Lock()
			c.spoil(p)
			p.mu.Unlock()
			q := b.open(back)
			if q.status != c.status || !strings.Contains(q.body, c.says) {
				t.Errorf("%d %s", q.status, q.body)
			}
			want := 401
			if c.status == 303 {
				want = 200
			}
			if q := b.open("/api/v1/cameras?fields=code"); q.status != want {
				t.Errorf("afterwards cameras are answered with %d, want %d", q.status, want)
			}
			// Whatever it was, it is over: the way back leads nowhere.
			if q := b.open(back); q.status != 400 || !strings.Contains(q.body, "không bắt đầu từ trình duyệt này") {
				t.Errorf("the way back again: %d %s", q.status, q.body)
			}
		})
	}
}

func TestTheWayBackIsThatOfTheBrowserThatWent(t *testing.T) {
	w, p, b := withProvider(t)
	w.user("an", account.Grant{Role: account.Viewer})
	w.is("an", account.Identity{Issuer: p.url, Subject: "sub-1"})
	expect := func(name string, q page, status int, says string) {
		t.Helper()
		if q.status != status || !strings.Contains(q.body, says) {
			t.Errorf("%s: %d %s", name, q.status, q.body)
		}
	}
	const notBegun = "không bắt đầu từ trình duyệt này"
	expect("another browser", b.another().open(p.lets(b.begins(), "sub-1")), 400, notBegun)
	expect("without anything", b.another().open("/login/oidc/callback"), 400, notBegun)
	first := p.lets(b.begins(), "sub-1")
	second := p.lets(b.begins(), "sub-1")
	expect("the first of two", b.open(first), 400, notBegun)
	expect("the second after the first failed", b.open(second), 400, notBegun)
	back := p.lets(b.begins(), "sub-1")
	w.pass(10 * time.Minute)
	expect("after ten minutes", b.open(back), 400, "quá 10 phút")
	back = p.lets(b.begins(), "sub-1")
	w.pass(10*time.Minute - 2*time.Second)
	expect("just before", b.open(back), 303, "")

	state := func(address string) string {
		u, _ := url.Parse(address)
		return u.Query().Get("state")
	}
	expect("who cancels", b.open("/login/oidc/callback?error=access_denied&state="+state(b.begins())), 403, "bạn đã hủy")
	expect("an error of the provider", b.open("/login/oidc/callback?error=temporarily_unavailable&state="+state(b.begins())), 502, "temporarily_unavailable")
	q := b.open("/login/oidc/callback?error=%3Cscript%3E&state=" + state(b.begins()))
	expect("an error that is none", q, 502, "another error")
	if strings.Contains(q.body, "<script") {
		t.Error("it is shown as it came")
	}
	expect("an error without the state", b.open("/login/oidc/callback?error=access_denied"), 400, notBegun)
	expect("an answer by somebody else", b.open(p.lets(b.begins(), "sub-1")+"&iss=https%3A%2F%2Fevil.example"), 502, "không hợp lệ")
	expect("an answer that says by whom", b.open(p.lets(b.begins(), "sub-1")+"&iss="+url.QueryEscape(p.url)), 303, "")
	// A code of somebody else's login, put into one's own: PKCE.
	stolen, err := url.Parse(p.lets(b.another().begins(), "sub-1"))
	if err != nil {
		t.Fatal(err)
	}
	expect("a code of another login", b.open("/login/oidc/callback?code="+stolen.Query().Get("code")+"&state="+state(b.begins())), 400, "mã đã dùng")
	// A cookie that was changed.
	address := b.begins()
	u, _ := url.Parse(b.url)
	for _, k := range b.client.Jar.Cookies(u) {
		if k.Name == "phukin_oidc" {
			if len(k.Value) < 90 || strings.Contains(address, k.Value[:43]) {
				t.Errorf("the cookie %q with %s", k.Value, address)
			}
			k.Value = strings.Replace(k.Value, ".17", ".18", 1)
			b.client.Jar.SetCookies(u, []*http.Cookie{k})
		}
	}
	expect("a changed cookie", b.open(p.lets(address, "sub-1")), 400, notBegun)
}

func TestAProviderThatIsAwayHoldsUpNobodyElse(t *testing.T) {
	w, p, b := withProvider(t)
	w.user("an", account.Grant{Role: account.Viewer})
	w.is("an", account.Identity{Issuer: p.url, Subject: "sub-1"})
	p.mu.Lock()
	p.away = true
	p.mu.Unlock()
	for range 5 {
		if q := b.open("/login/oidc"); q.status != 503 || q.head.Get("Retry-After") != "5" || !strings.Contains(q.body, "mật khẩu") || !strings.Contains(q.body, `href="../login"`) {
			t.Errorf("%d %v %s", q.status, q.head, q.body)
		}
	}
	p.mu.Lock()
	if n := p.asked["/.well-known/openid-configuration"]; n != 1 {
		t.Errorf("it was asked %d times within a moment", n)
	}
	p.away = false
	p.mu.Unlock()
	if q := b.login("an", password); q.status != http.StatusSeeOther {
		t.Errorf("by password: %d", q.status)
	}
	w.pass(5 * time.Second)
	if q := b.open(p.lets(b.begins(), "sub-1")); q.status != http.StatusSeeOther {
		t.Errorf("when it is back: %d %s", q.status, q.body)
	}
	// It changes its key, and is asked for its new one.
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	p.key = key
	p.mu.Unlock()
	if q := b.open(p.lets(b.begins(), "sub-1")); q.status != http.StatusSeeOther {
		t.Errorf("with its new key: %d %s", q.status, q.body)
	}
	// What was found serves while it cannot be asked again.
	w.pass(2 * time.Hour)
	p.mu.Lock()
	p.answer = func() []byte { return []byte("{") }
	p.mu.Unlock()
	if q := b.open(p.lets(b.begins(), "sub-1")); q.status != http.StatusSeeOther {
		t.Errorf("when its document is broken: %d %s", q.status, q.body)
	}
}

func TestADiscoveryDocumentIsRead(t *testing.T) {
	for name, spoil := range map[string]func(*signer){
		"of another issuer":   func(p *signer) { p.shown = map[string]any{"issuer": p.url + "/x"} },
		"with an open way":    func(p *signer) { p.shown = map[string]any{"token_endpoint": "http://192.0.2.1/token"} },
		"without an endpoint": func(p *signer) { p.shown = map[string]any{"authorization_endpoint": ""} },
		"with open keys":      func(p *signer) { p.shown = map[string]any{"jwks_uri": "http://192.0.2.1/keys"} },
		"without end":         func(p *signer) { p.answer = func() []byte { return bytes.Repeat([]byte(" "), 2<<20) } },
		"that is none":        func(p *signer) { p.answer = func() []byte { return []byte("<html>") } },
	} {
		_, p, b := withProvider(t)
		p.mu.Lock()
		spoil(p)
		p.mu.Unlock()
		if q := b.open("/login/oidc"); q.status != 503 {
			t.Errorf("%s: %d %s", name, q.status, q.head.Get("Location"))
		}
	}
	w, p, b := withProvider(t, func(o *api.OIDC) { o.ClientSecret = "" })
	w.user("an", account.Grant{Role: account.Viewer})
	w.is("an", account.Identity{Issuer: p.url, Subject: "sub-1"})
	if q := b.open(p.lets(b.begins(), "sub-1")); q.status != http.StatusSeeOther || p.seen.Get("Authorization") != "" || p.form.Get("client_id") != clientID {
		t.Errorf("a public client: %d %v %v", q.status, p.seen, p.form)
	}
}

func TestTriesByTheProviderAreBounded(t *testing.T) {
	_, p, b := withProvider(t)
	p.mu.Lock()
	p.refuse = "invalid_grant"
	p.mu.Unlock()
	for i := range 31 {
		q := b.open(p.lets(b.begins(), "sub-1"))
		if i < 30 && q.status != 400 || i == 30 && (q.status != http.StatusTooManyRequests || q.head.Get("Retry-After") == "") {
			t.Fatalf("try %d: %d %v", i+1, q.status, q.head)
		}
	}
	if p.asked["/token"] != 30 {
		t.Errorf("the provider was asked %d times", p.asked["/token"])
	}
}

func TestAnIdentityIsOneUsers(t *testing.T) {
	w, p, b := withProvider(t)
	w.user("an", account.Grant{Role: account.Viewer})
	w.is("an", account.Identity{Issuer: p.url, Subject: "sub-1"})
	secret, _, err := w.desk().AddUser(t.Context(), account.User{Name: "binh", Grants: []account.Grant{{Role: account.Admin, Since: w.clock()}}})
	if err != nil {
		t.Fatal(err)
	}
	path := "/setup/" + secret.Reveal()
	q := b.submit(path, path+"/oidc", nil)
	i := strings.Index(q.body, `href="`+p.url) + len(`href="`)
	address := html.UnescapeString(q.body[i:][:strings.Index(q.body[i:], `"`)])
	if q := b.open(p.lets(address, "sub-1")); q.status != http.StatusConflict || !strings.Contains(q.body, "tài khoản khác") {
		t.Errorf("%d %s", q.status, q.body)
	}
	if q := b.open(path); q.status != 200 {
		t.Errorf("the link is spent: %d", q.status)
	}
	if q := b.open("/api/v1/session"); q.status != 401 {
		t.Errorf("%d %s", q.status, q.body)
	}
}

func TestAConfigurationThatIsUnsafeIsRefused(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		o      api.OIDC
		public string
	}{
		"an open way":         {api.OIDC{Issuer: "http://login.example.vn", ClientID: "x"}, "https://phukin.example.vn"},
		"no address":          {api.OIDC{Issuer: "login.example.vn", ClientID: "x"}, "https://phukin.example.vn"},
		"no client":           {api.OIDC{Issuer: "https://login.example.vn"}, "https://phukin.example.vn"},
		"no public address":   {api.OIDC{Issuer: "https://login.example.vn", ClientID: "x"}, ""},
		"a name and password": {api.OIDC{Issuer: "https://a:b@login.example.vn", ClientID: "x"}, "https://phukin.example.vn"},
	} {
		if _, err := api.New(api.Config{Plan: w.plan, Store: w.store, Live: w.live, Accounts: w.store.Accounts(), Public: c.public, OIDC: &c.o}); err == nil || !strings.Contains(err.Error(), "OIDC") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
