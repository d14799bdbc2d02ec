package api_test

import (
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/phukin/phukin/api"
)

func TestAServerAnswersUntilItIsTold(t *testing.T) {
	w := newWorld(t)
	page := http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, "the page") })
	s, err := api.New(api.Config{Plan: w.plan, Store: w.store, Live: w.live, Page: page, Open: true, Now: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	read := func(path string, header ...string) (status int, head http.Header, body string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+ln.Addr().String()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var r io.Reader = res.Body
		if res.Header.Get("Content-Encoding") == "gzip" {
			if r, err = gzip.NewReader(res.Body); err != nil {
				t.Fatal(err)
			}
		}
		p, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, res.Header, string(p)
	}
	if _, _, body := read("/"); body != "the page" {
		t.Errorf("/: %q", body)
	}
	if _, _, body := read("/somewhere"); body != "the page" {
		t.Errorf("/somewhere is the page's own affair: %q", body)
	}
	_, plain, all := read("/api/v1/cameras?fields=code")
	_, packed, same := read("/api/v1/cameras?fields=code", "Accept-Encoding", "gzip")
	if packed.Get("Content-Encoding") != "gzip" || plain.Get("Content-Encoding") != "" || all != same {
		t.Errorf("compressed %q, plain %q, same %t", packed.Get("Content-Encoding"), plain.Get("Content-Encoding"), all == same)
	}
	if status, _, body := read("/api/nothing"); status != 404 || strings.Contains(body, "the page") {
		t.Errorf("/api/nothing: %d %q", status, body)
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("after it was told to end: %v", err)
	}
	if c, err := net.Dial("tcp", ln.Addr().String()); err == nil {
		_ = c.Close()
		t.Error("it still listens")
	}
}

func TestAServerThatCannotListenSaysSo(t *testing.T) {
	w := newWorld(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = ln.Close()
	if err := w.server.Serve(t.Context(), ln); err == nil || !strings.Contains(err.Error(), ln.Addr().String()) {
		t.Errorf("%v", err)
	}
}

func TestAServerNeedsWhatItAnswersFrom(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]api.Config{
		"plan":      {Store: w.store, Live: w.live, Open: true},
		"store":     {Plan: w.plan, Live: w.live, Open: true},
		"live view": {Plan: w.plan, Store: w.store, Open: true},
		"accounts":  {Plan: w.plan, Store: w.store, Live: w.live},
	} {
		if _, err := api.New(c); err == nil || !strings.Contains(err.Error(), strings.Fields(name)[0]) {
			t.Errorf("without a %s it was made all the same", name)
		}
	}
}
