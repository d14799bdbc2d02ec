package api_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestThePageOfTheAPINamesEveryOperationAndTypeAndNeedsNobodyElse(t *testing.T) {
	w := newWorld(t)
	raw, err := w.server.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string
			Parameters  []struct{ Name string }
		}
		Components struct{ Schemas map[string]any }
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	for lang, heading := range map[string]string{"vi": "Kiểu dữ liệu", "en": "Types"} {
		rec := w.get("/api/docs?lang=" + lang)
		if rec.Code != http.StatusOK || rec.Header().Get("Content-Type") != "text/html; charset=utf-8" || !strings.Contains(rec.Body.String(), heading) {
			t.Fatalf("%s: %d %v", lang, rec.Code, rec.Header())
		}
		root, err := html.Parse(strings.NewReader(rec.Body.String()))
		if err != nil {
			t.Fatal(err)
		}
		ids, links := map[string]bool{}, []string{}
		var style string
		for n := range root.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			switch n.Data {
			case "script", "iframe", "img", "form":
				t.Errorf("%s: the page has a %s", lang, n.Data)
			case "style":
				style = n.FirstChild.Data
			}
			for _, a := range n.Attr {
				switch {
				case a.Key == "id":
					if ids[a.Val] {
						t.Errorf("%s: two things are called %s", lang, a.Val)
					}
					ids[a.Val] = true
				case a.Key == "href":
					links = append(links, a.Val)
				case a.Key == "style" || strings.HasPrefix(a.Key, "on") || a.Key == "src":
					t.Errorf("%s: <%s %s=%q>", lang, n.Data, a.Key, a.Val)
				}
			}
		}
		for _, l := range links {
			if to, ok := strings.CutPrefix(l, "#"); ok && !ids[to] || strings.Contains(l, "//") {
				t.Errorf("%s: a link leads to %s", lang, l)
			}
		}
		for path, methods := range doc.Paths {
			for _, op := range methods {
				if !ids[op.OperationID] {
					t.Errorf("%s: %s (%s) is not there", lang, op.OperationID, path)
				}
			}
		}
		for name := range doc.Components.Schemas {
			if !ids[name] {
				t.Errorf("%s: the type %s is not there", lang, name)
			}
		}
		sum := sha256.Sum256([]byte(style))
		if policy := rec.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
			t.Errorf("%s: the policy %q does not let the style of the page through", lang, policy)
		}
		if again := w.get("/api/docs?lang="+lang, "If-None-Match", rec.Header().Get("ETag")); again.Code != http.StatusNotModified {
			t.Errorf("%s: asked again: %d", lang, again.Code)
		}
	}
	if rec := w.get("/api/docs", "Accept-Language", "en"); rec.Header().Get("Content-Language") != "en" {
		t.Errorf("in English: %v", rec.Header())
	}
	problemOf(t, w.get("/api/docs?lang=fr"))
}
