package api_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/wire"
)

// rowGen draws the values of a row.
func rowGen(key string) *rapid.Generator[api.Row] {
	return rapid.Custom(func(t *rapid.T) api.Row {
		r := api.Row{Key: key, Text: rapid.SampledFrom([]string{"", "a", "A", "Đá", "dốc", "đường", "quốc", "án", "ăn", "b\xff", "<&>", "\u2028", strings.Repeat("dài ", 40), strings.Repeat("dài ", 40) + "x"}).Draw(t, "text"),
			Yes: rapid.Bool().Draw(t, "yes"), Pair: api.Pair{Left: rapid.IntRange(-1, 1).Draw(t, "left"), Right: rapid.IntRange(0, 1).Draw(t, "right")}}
		if rapid.Bool().Draw(t, "known") {
			v := rapid.SampledFrom([]float64{-2.5, 0, 1, 1e300}).Draw(t, "number")
			r.Number = &v
		}
		r.Tags = rapid.SampledFrom([][]string{nil, {}, {"x"}}).Draw(t, "tags")
		r.Of = rapid.SampledFrom([]map[string]string{nil, {}, {"a": "b"}}).Draw(t, "of")
		return r
	})
}

// slowly gives rows in an order, the slow way: the next one is each time the one
// that no other comes before.
func slowly(rows []api.Row, sort []string) []api.Row {
	if len(sort) == 0 {
		sort = []string{"key"}
	}
	letters := collate.New(language.Vietnamese)
	before := func(a, b *api.Row) bool {
		for _, code := range sort {
			column, down := strings.CutPrefix(code, "-")
			of := func(r *api.Row) (known bool, number float64, text string) {
				switch column {
				case "number":
					if r.Number == nil {
						return false, 0, ""
					}
					return true, *r.Number, ""
				case "yes":
					return true, map[bool]float64{true: 1}[r.Yes], ""
				case "left":
					return true, float64(r.Left), ""
				case "text":
					return r.Text != "", 0, begins(r.Text)
				}
				return true, 0, r.Key
			}
			knownA, a, textA := of(a)
			knownB, b, textB := of(b)
			if knownA != knownB {
				return knownA
			}
			if c := cmp.Or(cmp.Compare(a, b), letters.CompareString(textA, textB), cmp.Compare(textA, textB)); c != 0 {
				return (c < 0) != down
			}
		}
		return a.Key < b.Key
	}
	rows = slices.Clone(rows)
	var sorted []api.Row
	for len(rows) > 0 {
		first := 0
		for i := range rows {
			if before(&rows[i], &rows[first]) {
				first = i
			}
		}
		sorted = append(sorted, rows[first])
		rows = slices.Delete(rows, first, first+1)
	}
	return sorted
}

// begins gives the beginning of a text that counts: 64 bytes, without a
// character that would be cut.
func begins(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	end := 0
	for i, r := range s {
		if n := i + len(string(r)); n <= 64 {
			end = n
		}
	}
	return s[:end]
}

func TestPagesOfAListThatChangesShowEachRowOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := 0
		fresh := func() api.Row {
			n++
			return rowGen(fmt.Sprintf("%03d", rapid.IntRange(0, 9).Draw(t, "prefix")*100+n)).Draw(t, "row")
		}
		rows := make([]api.Row, rapid.IntRange(0, 25).Draw(t, "rows"))
		for i := range rows {
			rows[i] = fresh()
		}
		in := api.Listing{Limit: rapid.IntRange(1, 9).Draw(t, "limit")}
		codes := rapid.Permutation([]string{"number", "text", "yes", "left", "key"}).Draw(t, "columns")
		for _, c := range codes[:rapid.IntRange(0, 4).Draw(t, "sorted by")] {
			in.Sort = append(in.Sort, rapid.SampledFrom([]string{"", "-"}).Draw(t, "direction")+c)
		}
		changes := rapid.Bool().Draw(t, "changes")
		always := map[string]bool{} // rows that are there all the time
		for _, r := range rows {
			always[r.Key] = true
		}
		var shown []api.Row
		for page := 0; ; page++ {
			of := rapid.Permutation(rows).Draw(t, "as they come")
			list, err := api.PageOf(of, in)
			if err != nil {
				t.Fatal(err)
			}
			if list.Total != len(rows) || len(list.Items) > in.Limit || list.Next != "" && len(list.Items) != in.Limit || len(list.Next) > 4096 {
				t.Fatalf("page %d: %d rows of %d, total %d, next %q", page, len(list.Items), len(rows), list.Total, list.Next)
			}
			shown = append(shown, list.Items...)
			if list.Next == "" {
				break
			}
			in.After = list.Next
			if !changes {
				continue
			}
			for range rapid.IntRange(0, 3).Draw(t, "gone") {
				if len(rows) > 0 {
					i := rapid.IntRange(0, len(rows)-1).Draw(t, "which")
					delete(always, rows[i].Key)
					rows = slices.Delete(slices.Clone(rows), i, i+1)
				}
			}
			if page < 20 {
				for range rapid.IntRange(0, 3).Draw(t, "come") {
					rows = append(rows, fresh())
				}
			}
		}
		seen := map[string]bool{}
		for _, r := range shown {
			if seen[r.Key] {
				t.Fatalf("%s is shown twice", r.Key)
			}
			seen[r.Key] = true
		}
		for key := range always {
			if !seen[key] {
				t.Fatalf("%s was there all the time and is not shown", key)
			}
		}
		want := slowly(shown, in.Sort)
		if !changes {
			want = slowly(rows, in.Sort)
		}
		if !slices.EqualFunc(shown, want, func(a, b api.Row) bool { return a.Key == b.Key }) {
			t.Fatalf("by %v\n%v\nwant\n%v", in.Sort, keysOf(shown), keysOf(want))
		}
	})
}

func keysOf(rows []api.Row) []string {
	var keys []string
	for _, r := range rows {
		keys = append(keys, r.Key)
	}
	return keys
}

func TestSomeFieldsAreThoseOfTheWholeAnswer(t *testing.T) {
	all := []string{"key", "number", "text", "yes", "left", "right", "tags", "of"}
	rapid.Check(t, func(t *rapid.T) {
		var rows []api.Row
		for i := range rapid.IntRange(0, 5).Draw(t, "rows") {
			rows = append(rows, rowGen(fmt.Sprint(i)).Draw(t, "row"))
		}
		fields := rapid.Permutation(all).Draw(t, "fields")[:rapid.IntRange(1, len(all)).Draw(t, "so many")]
		decode := func(in api.Listing) (map[string]json.RawMessage, []map[string]any) {
			list, err := api.PageOf(rows, in)
			if err != nil {
				t.Fatal(err)
			}
			list.More = api.Text{VI: "<hết>", EN: "end"}
			var b bytes.Buffer
			if err := api.Encode(&b, list); err != nil {
				t.Fatal(err)
			}
			var body map[string]json.RawMessage
			var items []map[string]any
			if err := json.Unmarshal(b.Bytes(), &body); err != nil {
				t.Fatalf("%v: %s", err, b.Bytes())
			}
			if err := json.Unmarshal(body["items"], &items); err != nil || items == nil {
				t.Fatalf("%v: %s", err, b.Bytes())
			}
			delete(body, "items")
			if !strings.HasPrefix(b.String(), `{"as_of":`) || !strings.HasSuffix(b.String(), "}\n") {
				t.Fatalf("%s", b.Bytes())
			}
			return body, items
		}
		whole, want := decode(api.Listing{})
		part, got := decode(api.Listing{Fields: fields})
		if !reflect.DeepEqual(whole, part) {
			t.Fatalf("beside the rows %s, want %s", part, whole)
		}
		for i := range want {
			maps.DeleteFunc(want[i], func(name string, _ any) bool { return !slices.Contains(fields, name) })
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%v: %v, want %v", fields, got, want)
		}
	})
}

func TestWhatCannotBeListedIsRefused(t *testing.T) {
	w := newWorld(t)
	page := answer[api.CameraList](w, "/api/v1/cameras?limit=3&sort=-area,code")
	for query, says := range map[string]string{
		"sort=colour":                     "rows can be sorted by: code, site,",
		"sort=code,-code":                 "write each column once",
		"sort=code,site,area,agent,phase": "query.sort",
		"fields=code,colour":              "there are: code,",
		"limit=0":                         "query.limit",
		"limit=10001":                     "query.limit",
		"after=x":                         "leave after out",
		"after=" + page.Next:              "ask with sort=-area,code",
		"sort=-area,code&after=" + page.Next[:len(page.Next)-6]: "is not the next of a page",
		"after=" + strings.Repeat("A", 5000):                    "query.after",
	} {
		rec := w.get("/api/v1/cameras?" + query)
		if rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), says) {
			t.Errorf("%s: %d %.300s; want what says %q", query, rec.Code, rec.Body, says)
		}
	}
	if rec := w.get("/api/v1/agents?after=" + page.Next); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), "another list") {
		t.Errorf("the cursor of another list: %d %s", rec.Code, rec.Body)
	}
	if rec := w.get("/api/v1/cameras?after=x", "Accept-Language", "vi"); !strings.Contains(rec.Body.String(), "bỏ after") {
		t.Errorf("in Vietnamese: %s", rec.Body)
	}
}

// walk reads a list page by page, and gives the rows' fields as JSON.
func walk(w *world, path string, limit int) (items []json.RawMessage) {
	w.t.Helper()
	join := "?"
	if strings.Contains(path, "?") {
		join = "&"
	}
	after := ""
	for {
		list := answer[struct {
			Items []json.RawMessage
			Total int
			Next  string
		}](w, fmt.Sprintf("%s%slimit=%d%s", path, join, limit, after))
		items = append(items, list.Items...)
		if len(list.Items) > limit {
			w.t.Fatalf("%s: a page of %d, want %d at most", path, len(list.Items), limit)
		}
		if list.Next == "" {
			if len(items) != list.Total {
				w.t.Errorf("%s: %d rows on all pages, total %d", path, len(items), list.Total)
			}
			return items
		}
		after = "&after=" + url.QueryEscape(list.Next)
	}
}

// lists are requests for lists, each with what two rows have other values of.
var lists = map[string]string{
	"cameras": "code", "routes": "length_m", "agents": "code", "uptime?by=site": "code", "uptime?by=camera&every=month": "code", "outages": "from", "changes": "camera",
	"coverage/groups?by=area": "code", "coverage/sections": "length_m", "coverage/gateways": "code", "coverage/places": "site", "coverage/cameras?state=planned": "code",
	"coverage/gaps": "length_m", "coverage/blind-ways": "way_length_m", "coverage/period?by=route&from=2026-11-22": "code",
	"rollout/overdue": "days", "rollout/discrepancies": "camera", "rollout/next": "site", "sites": "code", "areas": "code", "sections": "length_m", "gateways": "code", "users": "name", "tokens": "id", "audit": "id", "quarantine": "",
}

func TestEveryListIsSortedAndComesInPages(t *testing.T) {
	if raceDetector {
		t.Skip("one request after another, ten times as slow: it runs without the race detector as well")
	}
	w := newWorld(t)
	for i := range 5 {
		c := w.inService(i * 7)
		w.saw(uint64(2*i), seen(c.Code, w.on(i, 0), w.on(i+2, 0), wire.StatusUp))
		w.saw(uint64(2*i+1), seen(c.Code, w.on(i+2, 0), w.on(i+4, 0), wire.StatusDown))
	}
	for _, name := range []string{"an", "binh", "chi"} {
		user := map[string]any{"name": name, "roles": []any{map[string]any{"role": "viewer"}}}
		if rec := w.ask("POST", "/api/v1/users", w.admin, user); rec.Code != http.StatusCreated {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
		w.token(account.ScopeRead, account.Grant{Role: account.Viewer})
	}
	for path, differs := range lists {
		t.Run(path, func(t *testing.T) {
			glue := "?"
			if strings.Contains(path, "?") {
				glue = "&"
			}
			path := "/api/v1/" + path
			rec := w.get(path + glue + "sort=colour")
			_, have, ok := strings.Cut(rec.Body.String(), "rows can be sorted by: ")
			if !ok {
				t.Fatalf("%d %s", rec.Code, rec.Body)
			}
			have, _, _ = strings.Cut(have, `"`)
			columns := strings.Split(have, ", ")
			if differs != "" && !slices.Contains(columns, differs) {
				t.Fatalf("%s is not among %v", differs, columns)
			}
			for _, sort := range append([]string{"", "-" + differs, columns[len(columns)-1] + ",-" + columns[0]}, columns...) {
				if strings.HasSuffix(sort, "-") {
					continue
				}
				asked := path
				if sort != "" {
					asked = path + glue + "sort=" + sort
					if strings.Count(sort, columns[0]) > 1 {
						continue
					}
				}
				whole := walk(w, asked, 10000)
				if got := walk(w, asked, 3); !slices.EqualFunc(got, whole, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }) {
					t.Errorf("%s: in pages of 3 %d rows, want %d, the same", sort, len(got), len(whole))
				}
				if differs != "" && len(whole) < 2 {
					t.Errorf("%s: %d rows", sort, len(whole))
				}
				if sort == "-"+differs && len(whole) > 1 {
					up := walk(w, path+glue+"sort="+differs, 10000)
					if bytes.Equal(up[0], whole[0]) {
						t.Errorf("by %s up and down the same row comes first: %s", differs, up[0])
					}
				}
			}
			// A table has all rows, in the same order, and the columns of the fields that
			// are asked for.
			rec = w.get(path + glue + "format=csv&limit=1")
			all := w.get(path + glue + "format=csv")
			if n := strings.Count(all.Body.String(), "\r\n"); differs != "" && n < 3 || !strings.HasPrefix(all.Body.String(), rec.Body.String()) && path != "/api/v1/audit" { // which has the first file
				t.Errorf("as a table %d lines; with limit=1\n%s", n, rec.Body)
			}
		})
	}
}

func FuzzCursor(f *testing.F) {
	for _, rows := range [][]api.Row{{{Key: "a"}, {Key: "b"}}, {{Key: "a", Text: "Đá"}, {Key: "b", Text: "x"}}} {
		list, err := api.PageOf(rows, api.Listing{Limit: 1, Sort: []string{"number", "-text", "left"}})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(list.Next)
	}
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		again, ok := api.ParseCursor(text)
		if !ok {
			return
		}
		if more, ok := api.ParseCursor(again); !ok || more != again {
			t.Errorf("%q is %q, read again %q", text, again, more)
		}
		if _, err := api.PageOf([]api.Row{{Key: "a"}}, api.Listing{After: text}); err == nil {
			return
		}
	})
}
