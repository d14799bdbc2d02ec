package api_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/history"
)

// panickingStore panics when it is read.
type panickingStore struct{ history.Store }

func (panickingStore) Revision() uint64 { return 0 }
func (panickingStore) Seen(context.Context) (map[string]history.Seen, error) {
	panic("a secret of the inside")
}

// slowStore answers when it is told.
type slowStore struct {
	history.Store
	asked  chan struct{}
	answer chan struct{}
}

func (s slowStore) AsideCounts(ctx context.Context) (map[string]history.AsideCount, error) {
	s.asked <- struct{}{}
	select {
	case <-s.answer:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return s.Store.AsideCounts(ctx)
}

func TestAGateLetsInSoManyAndLetsSoManyWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := api.NewGate(2, 1, 3*time.Second)
		first, ok := g.Enter(t.Context())
		second, ok2 := g.Enter(t.Context())
		if !ok || !ok2 {
			t.Fatal("two should be let in")
		}
		var wg sync.WaitGroup
		begin := time.Now()
		wg.Go(func() { // waits in vain
			if _, ok := g.Enter(t.Context()); ok || time.Since(begin) != 3*time.Second {
				t.Errorf("the third: %t after %s", ok, time.Since(begin))
			}
		})
		synctest.Wait()
		if _, ok := g.Enter(t.Context()); ok || time.Since(begin) != 0 {
			t.Errorf("the fourth is sent away at once: %t after %s", ok, time.Since(begin))
		}
		wg.Wait()
		wg.Go(func() { // waits for its turn
			leave, ok := g.Enter(t.Context())
			if !ok {
				t.Error("its turn did not come")
				return
			}
			leave()
		})
		synctest.Wait()
		first()
		wg.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		third, ok := g.Enter(ctx)
		if !ok {
			t.Fatal("one left")
		}
		wg.Go(func() {
			if _, ok := g.Enter(ctx); ok {
				t.Error("nobody wants it any more")
			}
		})
		synctest.Wait()
		cancel()
		wg.Wait()
		second()
		third()
		for range 2 { // nothing was lost on the way
			if _, ok := g.Enter(t.Context()); !ok {
				t.Error("a place was lost")
			}
		}
	})
}

// listening serves a server on loopback and gives its address, and what ends it.
func listening(t *testing.T, s *api.Server) (addr string, stop func() error) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	return ln.Addr().String(), func() error {
		cancel()
		return <-done
	}
}

func TestABusyServerSaysSoAndStaysHealthy(t *testing.T) {
	w := newWorld(t)
	slow := slowStore{w.store, make(chan struct{}, 10), make(chan struct{})}
	s, err := api.New(api.Config{Plan: w.plan, Store: slow, Live: w.live, Open: true, Now: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	s.SetGate(api.NewGate(1, 0, time.Minute))
	ask := func(path string) *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		return rec
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if rec := ask("/api/v1/agents"); rec.Code != http.StatusOK {
			t.Errorf("the one that was let in: %d %s", rec.Code, rec.Body)
		}
	})
	<-slow.asked
	rec := ask("/api/v1/plan")
	if p := problemOf(t, rec); rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") != "5" || !strings.Contains(p.Detail, "đang bận") {
		t.Errorf("%d %v %s", rec.Code, rec.Header(), rec.Body)
	}
	for _, path := range []string{"/livez", "/readyz", "/api/v1/health"} {
		if rec := ask(path); rec.Code != http.StatusOK {
			t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
		}
	}
	close(slow.answer)
	wg.Wait()
	if rec := ask("/api/v1/plan"); rec.Code != http.StatusOK {
		t.Errorf("after it: %d", rec.Code)
	}
}

func TestWhatRunsIsFinishedBeforeTheEnd(t *testing.T) {
	w := newWorld(t)
	slow := slowStore{w.store, make(chan struct{}, 1), make(chan struct{})}
	s, err := api.New(api.Config{Plan: w.plan, Store: slow, Live: w.live, Open: true, Now: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	addr, stop := listening(t, s)
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	answered := make(chan error, 1)
	go func() {
		res, err := client.Get("http://" + addr + "/api/v1/agents")
		if err != nil {
			answered <- err
			return
		}
		body, err := io.ReadAll(res.Body)
		err = errors.Join(err, res.Body.Close())
		if err == nil && (res.StatusCode != http.StatusOK || !strings.Contains(string(body), `"items"`)) {
			err = fmt.Errorf("%d %s", res.StatusCode, body)
		}
		answered <- err
	}()
	<-slow.asked
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	// It takes no new connection any more, and still works on the answer.
	for {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			break
		}
		_ = c.Close()
	}
	select {
	case err := <-stopped:
		t.Fatalf("it ended (%v) while a request was worked on", err)
	default:
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", nil))
	if rec.Code != http.StatusServiceUnavailable || !strings.Contains(rec.Body.String(), `"what":"stopping"`) {
		t.Errorf("/readyz while it stops: %d %s", rec.Code, rec.Body)
	}
	close(slow.answer)
	if err := <-answered; err != nil {
		t.Errorf("the answer: %v", err)
	}
	if err := <-stopped; err != nil {
		t.Errorf("the end: %v", err)
	}
}

func TestRequestsThatAreTooBigAreRefused(t *testing.T) {
	w := newWorld(t)
	addr, stop := listening(t, w.server)
	defer func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}()
	send := func(request string) (status int, kind, body string) {
		t.Helper()
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		go func() { _, _ = io.WriteString(c, request) }() // the other side may hang up before it has all
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		p, _ := io.ReadAll(res.Body) // as far as it comes
		return res.StatusCode, res.Header.Get("Content-Type"), string(p)
	}
	const problem = "application/problem+json"
	head := "GET /api/v1/plan HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n"
	if status, kind, body := send(head + "X-Long: " + strings.Repeat("a", 20<<10) + "\r\n\r\n"); status != 431 || kind != problem || !strings.Contains(body, "16384") {
		t.Errorf("a long header: %d %s %s", status, kind, body)
	}
	if status, _, _ := send(head + "X-Long: " + strings.Repeat("a", 200<<10) + "\r\n\r\n"); status != 431 {
		t.Errorf("a header beyond all bounds: %d", status)
	}
	for name, framing := range map[string]string{"declared": "Content-Length: 70000\r\n\r\n" + strings.Repeat("a", 70000)} {
		if status, kind, body := send("POST /api/v1/plan HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n" + framing); status != 413 || kind != problem || !strings.Contains(body, "64K") {
			t.Errorf("a long body, %s: %d %s %s", name, status, kind, body)
		}
	}
	if status, kind, _ := send("PATCH /api/v1/plan HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n"); status != 405 || kind != problem {
		t.Errorf("a method that is not there: %d %s", status, kind)
	}
}

func TestHEADGivesTheHeadersOfGET(t *testing.T) {
	w := newWorld(t)
	addr, stop := listening(t, w.server)
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodHead, "http://"+addr+"/api/v1/cameras?fields=code", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.admin)
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if want := w.get("/api/v1/cameras?fields=code").Header().Get("ETag"); res.StatusCode != 200 || len(body) != 0 || res.Header.Get("ETag") != want {
		t.Errorf("%d, %d bytes, tag %q, want %q", res.StatusCode, len(body), res.Header.Get("ETag"), want)
	}
	req.URL.Path, req.URL.RawQuery = "/api/v1/events", ""
	if res, err = client.Do(req); err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("HEAD of a stream that never ends: %d", res.StatusCode)
	}
	client.CloseIdleConnections()
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestAnswersCarryWhatKeepsBrowsersInBounds(t *testing.T) {
	w := newWorld(t)
	page := http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, "the page") })
	s, err := api.New(api.Config{Plan: w.plan, Store: w.store, Live: w.live, Open: true, Page: page, Now: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	data := map[string]string{
		"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Strict-Transport-Security": "",
		"Referrer-Policy": "", "X-Frame-Options": "", "Cross-Origin-Opener-Policy": "", "Permissions-Policy": "",
	}
	document := map[string]string{
		"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin", "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", "Strict-Transport-Security": "",
		"Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin", "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
	}
	for path, want := range map[string]map[string]string{
		"/": document, "/livez": document, "/metrics": document, "/nothing": document, "/api/nothing": document, "/api/v1/coverage/map": document, "/api/v1/coverage/map?format=nothing": document,
		"/api/v1/plan": data, "/api/v1/nothing": data, "/api/v1/cameras?days=0": data, "/api/v1/coverage": data, "/api/v1/cameras?format=csv": data,
	} {
		first := httptest.NewRecorder()
		s.ServeHTTP(first, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		again := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		again.Header.Set("If-None-Match", first.Header().Get("ETag"))
		then := httptest.NewRecorder()
		s.ServeHTTP(then, again)
		for _, rec := range []*httptest.ResponseRecorder{first, then} {
			for name, want := range want {
				if got := rec.Header().Get(name); got != want {
					t.Errorf("%s: %d: %s is %q, want %q", path, rec.Code, name, got, want)
				}
			}
		}
	}
}

func TestOnlyATrustedProxyIsBelieved(t *testing.T) {
	w := newWorld(t)
	s, err := api.New(api.Config{Plan: w.plan, Store: w.store, Live: w.live, Open: true, Now: w.clock, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.1/32")}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from, forwarded, want string
		encrypted             bool
	}{
		{"10.1.2.3:4", "203.0.113.9", "203.0.113.9", true},
		{"127.0.0.1:4", "203.0.113.9, 10.9.9.9", "203.0.113.9", true},
		{"10.1.2.3:4", "6.6.6.6, 203.0.113.9", "203.0.113.9", true}, // what the client itself wrote stands before
		{"192.168.1.1:4", "203.0.113.9", "192.168.1.1", false},
		{"203.0.113.7:4", "10.0.0.1", "203.0.113.7", false},
		{"10.1.2.3:4", "", "10.1.2.3", true},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/plan", nil)
		r.RemoteAddr = c.from
		r.Header.Set("X-Forwarded-Proto", "https")
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := s.ClientAddress(r); got != c.want {
			t.Errorf("from %s for %q: %s, want %s", c.from, c.forwarded, got, c.want)
		}
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, r)
		if got := rec.Header().Get("Strict-Transport-Security") != ""; got != c.encrypted {
			t.Errorf("from %s: encrypted %t, want %t", c.from, got, c.encrypted)
		}
	}
}
