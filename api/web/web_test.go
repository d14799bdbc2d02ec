package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func squeeze(t *testing.T, s string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func page(t *testing.T) http.Handler {
	t.Helper()
	return newHandler(load(fstest.MapFS{
		".keep":                  {},
		"index.html":             {Data: []byte("<p>trang</p>")},
		"index.html.gz":          {Data: squeeze(t, "<p>trang</p>")},
		"assets/index-a1.js":     {Data: []byte("let a")},
		"assets/index-a1.js.gz":  {Data: squeeze(t, "let a")},
		"assets/index-b2.css":    {Data: []byte("p{}")},
		"assets/index-b2.css.gz": {Data: squeeze(t, "p{}")},
		"assets/plain-c3.svg":    {Data: []byte("<svg/>")},
	}))
}

func ask(h http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPaths(t *testing.T) {
	h := page(t)
	for _, c := range []struct {
		name, method, target string
		status               int
		contentType, body    string
	}{
		{"the index is at the root", "GET", "/", 200, "text/html; charset=utf-8", "<p>trang</p>"},
		{"a query changes nothing", "GET", "/?lang=en", 200, "text/html; charset=utf-8", "<p>trang</p>"},
		{"a script", "GET", "/assets/index-a1.js", 200, "text/javascript; charset=utf-8", "let a"},
		{"a style sheet", "GET", "/assets/index-b2.css", 200, "text/css; charset=utf-8", "p{}"},
		{"a file without compressed form", "GET", "/assets/plain-c3.svg", 200, "image/svg+xml", "<svg/>"},
		{"HEAD has no body", "HEAD", "/", 200, "text/html; charset=utf-8", ""},
		{"the index has one address", "GET", "/index.html", 404, "", ""},
		{"no compressed file by name", "GET", "/assets/index-a1.js.gz", 404, "", ""},
		{"no listing", "GET", "/assets/", 404, "", ""},
		{"no hidden file", "GET", "/.keep", 404, "", ""},
		{"no climbing out", "GET", "/assets/../index.html", 404, "", ""},
		{"an unknown path", "GET", "/nothing", 404, "", ""},
		{"nothing can be sent", "POST", "/", 405, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := ask(h, c.method, c.target)
			if w.Code != c.status {
				t.Fatalf("status %d, want %d", w.Code, c.status)
			}
			for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"} {
				if w.Header().Get(name) == "" {
					t.Errorf("no %s", name)
				}
			}
			if c.status != 200 {
				return
			}
			if got := w.Header().Get("Content-Type"); got != c.contentType {
				t.Errorf("content type %q, want %q", got, c.contentType)
			}
			if got := w.Body.String(); got != c.body {
				t.Errorf("body %q, want %q", got, c.body)
			}
		})
	}
}

func TestCompressedFormIsServedWhenAccepted(t *testing.T) {
	h := page(t)
	for header, want := range map[string]bool{
		"":                      false,
		"gzip":                  true,
		"br, gzip;q=0.5":        true,
		"GZIP":                  true,
		"gzip;q=0":              false,
		"gzip; q=0.0, *":        false,
		"*":                     true,
		"*;q=0":                 false,
		"br, deflate, identity": false,
	} {
		w := ask(h, "GET", "/assets/index-a1.js", "Accept-Encoding", header)
		if got := w.Header().Get("Content-Encoding") == "gzip"; got != want {
			t.Errorf("Accept-Encoding %q: compressed %t, want %t", header, got, want)
		}
		if got := w.Header().Get("Vary"); got != "Accept-Encoding" {
			t.Errorf("Vary %q", got)
		}
		body := io.Reader(w.Body)
		if want {
			z, err := gzip.NewReader(body)
			if err != nil {
				t.Fatal(err)
			}
			body = z
		}
		if p, err := io.ReadAll(body); err != nil || string(p) != "let a" {
			t.Errorf("Accept-Encoding %q: body %q, %v", header, p, err)
		}
	}
}

func TestCaching(t *testing.T) {
	h := page(t)
	if got := ask(h, "GET", "/assets/index-a1.js").Header().Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
		t.Errorf("asset: Cache-Control %q", got)
	}
	first := ask(h, "GET", "/", "Accept-Encoding", "gzip")
	if got := first.Header().Get("Cache-Control"); got != "no-cache" {
		t.Errorf("index: Cache-Control %q", got)
	}
	etag := first.Header().Get("ETag")
	plain := ask(h, "GET", "/").Header().Get("ETag")
	if etag == "" || etag == plain {
		t.Errorf("ETag %q of the compressed form, %q of the plain one: must differ", etag, plain)
	}
	for _, header := range []string{etag, "W/" + etag, `"x", ` + etag, "*"} {
		again := ask(h, "GET", "/", "Accept-Encoding", "gzip", "If-None-Match", header)
		if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
			t.Errorf("If-None-Match %s: status %d with %d bytes", header, again.Code, again.Body.Len())
		}
	}
	if w := ask(h, "GET", "/", "If-None-Match", etag); w.Code != 200 {
		t.Errorf("the compressed form's ETag answered the plain form: %d", w.Code)
	}
}

func TestPolicyAllowsNothingForeign(t *testing.T) {
	for _, word := range []string{"unsafe", "http:", "https:", "*"} {
		if strings.Contains(Policy, word) {
			t.Errorf("the policy contains %q: %s", word, Policy)
		}
	}
	if !strings.HasPrefix(Policy, "default-src 'none';") {
		t.Errorf("the policy does not begin with nothing: %s", Policy)
	}
}

// What is embedded differs between a fresh checkout and one with a built
// page: both must be served.
func TestHandlerServesWhatIsEmbedded(t *testing.T) {
	files, built := Files()
	w := ask(Handler(), "GET", "/")
	if w.Code != 200 || !strings.Contains(w.Body.String(), `<html lang="vi">`) {
		t.Fatalf("status %d, body %q", w.Code, w.Body)
	}
	if !built {
		if !strings.Contains(w.Body.String(), "make web") {
			t.Errorf("the placeholder does not say how to build the page: %s", w.Body)
		}
		return
	}
	assets, err := fs.Glob(files, "assets/*.js")
	if err != nil || len(assets) == 0 {
		t.Fatalf("a built page without scripts: %v", err)
	}
	total := 0
	compressed, err := fs.Glob(files, "assets/*.gz")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range compressed {
		p, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		total += len(p)
	}
	if total == 0 || total > 90_000 {
		t.Errorf("the page takes %d bytes compressed, want at most 90 000", total)
	}
}

func TestPlaceholder(t *testing.T) {
	w := ask(newHandler(map[string]file{"/": newFile(index, []byte(placeholder), nil)}), "GET", "/", "Accept-Encoding", "gzip")
	body := w.Body.String()
	for _, want := range []string{"make web", `lang="en"`, `lang="vi"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the placeholder lacks %q", want)
		}
	}
	for _, banned := range []string{"<script", "<style", "style="} {
		if strings.Contains(body, banned) {
			t.Errorf("the placeholder has %q, which the policy refuses", banned)
		}
	}
}
