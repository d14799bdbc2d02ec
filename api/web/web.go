// Package web is the page of the hub, embedded: what `make web` builds from
// the sources beside this file into dist.
//
// A plain `go build` needs no Node: without a built page Handler serves a
// placeholder that says, in both languages, how to build it. No file of a
// third party is in the repository.
//
// Handler answers "/" and "/assets/" and nothing else. It allows the page no
// source but itself (Content-Security-Policy). Assets carry a hash in their
// names and are cached for ever; the index is asked for every time and
// answered with 304 while it is the same. Files were compressed when the page
// was built; nothing is compressed while serving. The API is not in here: the
// page finds it at api/v1, relative to itself.
package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed all:dist
var dist embed.FS

// Policy is the Content-Security-Policy of every answer.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

const (
	index   = "index.html"
	forever = "public, max-age=31536000, immutable"
)

// Files gives the files of the page, index.html and assets/, each with its
// compressed form (.gz) beside it. Without a built page built is false and
// the files hold no index.html.
func Files() (files fs.FS, built bool) {
	files, err := fs.Sub(dist, "dist")
	if err != nil { // cannot happen: "dist" is a valid path
		panic(err)
	}
	_, err = fs.Stat(files, index)
	return files, err == nil
}

// Handler serves the embedded page, or the placeholder if it was not built.
func Handler() http.Handler {
	files, built := Files()
	if !built {
		return newHandler(map[string]file{"/": newFile(index, []byte(placeholder), nil)})
	}
	return newHandler(load(files))
}

// file is one answer, kept in memory: plain, and compressed if that exists.
type file struct {
	contentType  string
	cacheControl string
	plain, gz    []byte
	etag         string // of the plain form, quoted; the compressed form's adds "-gz"
}

func newFile(name string, plain, gz []byte) file {
	sum := sha256.Sum256(plain)
	f := file{
		contentType:  contentType(name),
		cacheControl: forever,
		plain:        plain,
		gz:           gz,
		etag:         hex.EncodeToString(sum[:12]),
	}
	if name == index {
		f.cacheControl = "no-cache"
	}
	return f
}

// contentType does not ask the machine's tables, which differ.
func contentType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json":
		return "application/json"
	case ".woff2":
		return "font/woff2"
	default:
		if t := mime.TypeByExtension(ext); t != "" {
			return t
		}
		return "application/octet-stream"
	}
}

// load reads the page into memory, by the path it is served at.
func load(files fs.FS) map[string]file {
	pages := make(map[string]file)
	add := func(at, name string) {
		plain, err := fs.ReadFile(files, name)
		if err != nil {
			panic("web: embedded " + name + ": " + err.Error())
		}
		gz, err := fs.ReadFile(files, name+".gz")
		if err != nil {
			gz = nil // not built with one
		}
		pages[at] = newFile(name, plain, gz)
	}
	add("/", index)
	assets, err := fs.Glob(files, "assets/*")
	if err != nil {
		panic("web: " + err.Error())
	}
	for _, name := range assets {
		if !strings.HasSuffix(name, ".gz") {
			add("/"+name, name)
		}
	}
	return pages
}

func newHandler(pages map[string]file) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", Policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		f, ok := pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		f.serve(w, r)
	})
}

func (f file) serve(w http.ResponseWriter, r *http.Request) {
	body, etag := f.plain, `"`+f.etag+`"`
	h := w.Header()
	if f.gz != nil {
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Get("Accept-Encoding")) {
			body, etag = f.gz, `"`+f.etag+`-gz"`
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("Cache-Control", f.cacheControl)
	h.Set("ETag", etag)
	if matches(r.Header.Get("If-None-Match"), etag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", f.contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // the reader went away: nothing to do about it
	}
}

// acceptsGzip reads an Accept-Encoding (RFC 9110, 12.5.3).
func acceptsGzip(header string) bool {
	any := false
	for _, part := range strings.Split(header, ",") {
		coding, params, _ := strings.Cut(part, ";")
		accepted := true
		if q, ok := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(params), " ", ""), "q="); ok {
			weight, err := strconv.ParseFloat(q, 64)
			accepted = err == nil && weight > 0
		}
		switch strings.ToLower(strings.TrimSpace(coding)) {
		case "gzip", "x-gzip":
			return accepted
		case "*":
			any = accepted
		}
	}
	return any
}

// matches reads an If-None-Match; it compares weakly (RFC 9110, 13.1.2).
func matches(header, etag string) bool {
	for _, part := range strings.Split(header, ",") {
		part = strings.TrimPrefix(strings.TrimSpace(part), "W/")
		if part == "*" || part == etag {
			return true
		}
	}
	return false
}

// placeholder stands in for the page in a program that was built without it.
const placeholder = `<!doctype html>
<html lang="vi">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Phủ Kín</title>
<link rel="icon" href="data:,">
</head>
<body>
<h1>Phủ Kín</h1>
<p>Máy chủ đang chạy, nhưng chương trình này được dựng không kèm trang web. Trong thư mục mã nguồn, chạy <code>make web</code> rồi dựng lại chương trình. Số liệu vẫn có tại <a href="api/v1/cameras">api/v1/cameras</a>.</p>
<p lang="en">The hub is running, but this program was built without its page. In the source directory run <code>make web</code>, then build the program again. The figures are at <a href="api/v1/cameras">api/v1/cameras</a>.</p>
</body>
</html>
`
