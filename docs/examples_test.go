package docs_test

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/phukin/phukin/api/apitest"
	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/wire"
)

// hubInDocs is where the examples have their hub.
const hubInDocs = "http://127.0.0.1:8080"

// example is a line of a page that somebody may copy.
type example struct {
	page string
	line int
	kind string // what stands behind the fence: sh, powershell, m
	text string
}

func (e example) String() string { return fmt.Sprintf("%s:%d", e.page, e.line) }

// blocks gives the fenced blocks of all pages.
func blocks(t *testing.T) (all []example) {
	t.Helper()
	for _, pattern := range []string{"../README.md", "*.md", "vi/*.md", "adr/*.md"} {
		pages, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range pages {
			p, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			var b *example
			n := 0
			for l := range strings.SplitSeq(string(p), "\n") {
				n++
				fence, ok := strings.CutPrefix(strings.TrimSpace(l), "```")
				switch {
				case ok && b == nil:
					b = &example{page: page, line: n + 1, kind: fence}
				case ok:
					all = append(all, *b)
					b = nil
				case b != nil:
					b.text += l + "\n"
				}
			}
			if b != nil {
				t.Errorf("%s: a block has no end", b)
			}
		}
	}
	return all
}

// commands gives the lines of shells that ask a hub.
func commands(t *testing.T) (all []example) {
	for _, b := range blocks(t) {
		if b.kind != "sh" && b.kind != "powershell" {
			continue
		}
		text := b.text
		if b.kind == "powershell" { // the same requests, as a shell here writes them
			text = strings.NewReplacer("curl.exe", "curl", "$env:PHUKIN_TOKEN", "$PHUKIN_TOKEN", "`\n", "\\\n").Replace(text)
		}
		whole, from := "", b.line
		for i, l := range strings.Split(text, "\n") {
			if whole == "" {
				from = b.line + i
			}
			whole += l
			if strings.HasSuffix(l, `\`) {
				whole += "\n"
				continue
			}
			if regexp.MustCompile(`^\s*curl\b`).MatchString(whole) && strings.Contains(whole, hubInDocs) {
				all = append(all, example{b.page, from, b.kind, whole})
			}
			whole = ""
		}
	}
	return all
}

// sample is the hub that examples are run against: with figures of October, and
// of them some that came late.
func sample(t *testing.T) *apitest.Hub {
	t.Helper()
	h := apitest.New(t)
	h.Watch()
	at := time.Date(2026, 10, 5, 6, 0, 0, 0, time.UTC).UnixMilli()
	h.Saw(wire.Observation{Camera: "C-001", From: at, To: at + 3_600_000, Status: wire.StatusUp, Rung: wire.RungFresh})
	at = time.Date(2026, 9, 5, 6, 0, 0, 0, time.UTC).UnixMilli()
	h.Saw(wire.Observation{Camera: "C-001", From: at, To: at + 3_600_000, Status: wire.StatusDown, Rung: wire.RungResolve, Fault: wire.FaultTimeout, FellOn: wire.RungConnect})
	return h
}

func missing(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		text := program + " is missing: examples of the documents are not run; mend it with: apt-get install " + program
		if os.Getenv("PHUKIN_REQUIRE_PEERS") != "" {
			t.Fatal(text)
		}
		t.Skip("LOUD SKIP: " + text)
	}
}

// Every command line that asks a hub works as it stands, with the token of who it
// is written for.
func TestEveryExampleWithCurlWorks(t *testing.T) {
	missing(t, "bash")
	missing(t, "curl")
	missing(t, "jq")
	h := sample(t)
	author, technician := h.Token(account.ScopeExport, account.Author), h.Token(account.ScopeExport, account.Technician)
	all := commands(t)
	if len(all) < 12 {
		t.Errorf("only %d examples were found", len(all))
	}
	for _, e := range all {
		t.Run(e.String(), func(t *testing.T) {
			token := technician
			if strings.HasPrefix(e.page, "vi/api") {
				token = author
			}
			if err := runExample(t, e, h.URL, token); err != nil {
				t.Errorf("%s\n%v", e.text, err)
			}
		})
	}
}

// runExample runs a command line, and wants success and something to show for it:
// a text, or a file.
func runExample(t *testing.T, e example, hub, token string) error {
	t.Helper()
	dir := t.TempDir()
	stream := strings.Contains(e.text, "/api/v1/events")
	limit := "--max-time 30"
	if stream { // which has no end
		limit = "--max-time 2"
	}
	script := "set -o pipefail\ncurl() { command curl --fail --noproxy '*' " + limit + ` "$@"; }` + "\n" + strings.ReplaceAll(e.text, hubInDocs, hub)
	cmd := exec.CommandContext(t.Context(), "bash", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PHUKIN_TOKEN="+token)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if stream && errors.As(err, &exit) && exit.ExitCode() == 28 { // time is up
		err = nil
	}
	if err != nil {
		return fmt.Errorf("%w: %s", err, errs.String())
	}
	files, err := filepath.Glob(dir + "/*")
	if err != nil {
		return err
	}
	size := int64(0)
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			return err
		}
		size += info.Size()
	}
	if shown := strings.TrimSpace(out.String()); size == 0 && (shown == "" || slices.Contains(strings.Fields(shown), "null")) {
		return fmt.Errorf("it shows %q and no file", shown)
	}
	return nil
}

// An example that is wrong is not taken for one that works.
func TestExamplesCanFail(t *testing.T) {
	missing(t, "curl")
	missing(t, "jq")
	h := sample(t)
	token := h.Token(account.ScopeExport, account.Author)
	const auth = `curl -s -H "Authorization: Bearer $PHUKIN_TOKEN" `
	for _, text := range []string{
		"curl -s " + hubInDocs + "/api/v1/plan",
		auth + hubInDocs + "/api/v1/plans",
		auth + "'" + hubInDocs + "/api/v1/cameras?day=3'",
		auth + hubInDocs + "/api/v1/plan | jq .nothing",
		auth + hubInDocs + "/api/v1/plan | jq .[",
		auth + "-o /dev/null " + hubInDocs + "/api/v1/plan",
		auth + hubInDocs + "/api/v1/users",
	} {
		if err := runExample(t, example{text: text}, h.URL, token); err == nil {
			t.Errorf("%s works", text)
		}
	}
}

// ask asks the hub as a page of documents does.
func ask(t *testing.T, address, token string, header map[string]string) (status int, body []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err = io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, body
}

// Addresses that stand alone in a block work as well.
func TestEveryAddressOfThePageForReportAuthorsAnswers(t *testing.T) {
	h := sample(t)
	token := h.Token(account.ScopeExport, account.Author)
	n := 0
	for _, b := range blocks(t) {
		if b.page != "vi/api.md" {
			continue
		}
		for _, address := range regexp.MustCompile(hubInDocs+`/[^\s'"]+`).FindAllString(b.text, -1) {
			n++
			status, body := ask(t, strings.Replace(address, hubInDocs, h.URL, 1), token, nil)
			if status != http.StatusOK || len(body) == 0 {
				t.Errorf("%s: %s: %d %.300s", b, address, status, body)
			}
		}
	}
	if n < 6 {
		t.Errorf("only %d addresses were found", n)
	}
}

// power is what is read of a query of Power Query: what it asks, and the columns
// that it takes to be there.
type power struct {
	path    string
	query   url.Values
	header  map[string]string
	columns []string
}

var (
	mPath   = regexp.MustCompile(`RelativePath = "([^"]+)"`)
	mQuery  = regexp.MustCompile(`Query = \[([^\]]*)\]`)
	mHeader = regexp.MustCompile(`Headers = \[([^\]]*)\]`)
	mPair   = regexp.MustCompile(`(?:#"([^"]+)"|(\w+)) = ("[^"]*"(?: & \w+)?|\w+)`)
	mTyped  = regexp.MustCompile(`\{"(\w+)", (?:type \w+|Int64\.Type)\}`)
	mNamed  = regexp.MustCompile(`(?:SelectColumns|FromRecords)\([^{]*\{([^}]*)\}`)
	mText   = regexp.MustCompile(`"([^"]*)"`)
)

// readPower reads a query. Values is what its parameters stand for.
func readPower(text string, values map[string]string) (p power, err error) {
	path, query, header := mPath.FindStringSubmatch(text), mQuery.FindStringSubmatch(text), mHeader.FindStringSubmatch(text)
	if path == nil || query == nil || header == nil || !strings.Contains(text, "Web.Contents(\n        MayChu,") {
		return p, errors.New("it does not ask the hub by Web.Contents with RelativePath, Query and Headers")
	}
	value := func(s string) (string, error) {
		first, second, joined := strings.Cut(s, " & ")
		out := ""
		for _, part := range []string{first, second} {
			v, known := values[part]
			switch {
			case strings.HasPrefix(part, `"`):
				out += strings.Trim(part, `"`)
			case known:
				out += v
			case part != "" || joined:
				return "", fmt.Errorf("%q is no parameter", part)
			}
		}
		return out, nil
	}
	p = power{path: "/" + path[1], query: url.Values{}, header: map[string]string{}}
	for _, m := range mPair.FindAllStringSubmatch(query[1], -1) {
		v, err := value(m[3])
		if err != nil {
			return p, err
		}
		p.query.Set(m[1]+m[2], v)
	}
	for _, m := range mPair.FindAllStringSubmatch(header[1], -1) {
		v, err := value(m[3])
		if err != nil {
			return p, err
		}
		p.header[m[1]+m[2]] = v
	}
	for _, m := range mTyped.FindAllStringSubmatch(text, -1) {
		p.columns = append(p.columns, m[1])
	}
	for _, m := range mNamed.FindAllStringSubmatch(text, -1) {
		for _, c := range mText.FindAllStringSubmatch(m[1], -1) {
			p.columns = append(p.columns, c[1])
		}
	}
	return p, nil
}

// The queries for Excel ask what the hub answers, and for columns that it has.
// Nothing here runs Power Query itself.
func TestQueriesForExcelAskWhatThereIs(t *testing.T) {
	h := sample(t)
	token := h.Token(account.ScopeExport, account.Author)
	values := map[string]string{"MaTruyCap": token, "Ky": "2026-Q3", "MayChu": h.URL}
	n := 0
	for _, b := range blocks(t) {
		if b.kind != "m" {
			continue
		}
		n++
		p, err := readPower(b.text, values)
		if err != nil {
			t.Errorf("%s: %v", b, err)
			continue
		}
		if p.header["Authorization"] != "Bearer "+token || len(p.columns) == 0 {
			t.Errorf("%s: %v %v", b, p.header, p.columns)
		}
		status, body := ask(t, h.URL+p.path+"?"+p.query.Encode(), token, p.header)
		if status != http.StatusOK {
			t.Errorf("%s: %d %s", b, status, body)
			continue
		}
		have, rows, err := columnsOf(p.query.Get("format"), body)
		if err != nil || rows == 0 {
			t.Errorf("%s: %d rows, %v", b, rows, err)
		}
		for _, c := range p.columns {
			if !slices.Contains(have, c) {
				t.Errorf("%s: there is no column %q; there are %v", b, c, have)
			}
		}
		reads := map[string]string{"csv": "Csv.Document(", "xlsx": "Table.Skip(Trang, 2)", "": "Json.Document("}[p.query.Get("format")]
		if !strings.Contains(b.text, reads) {
			t.Errorf("%s: it does not read its answer by %s", b, reads)
		}
	}
	if n < 4 {
		t.Errorf("only %d queries were found", n)
	}
	for _, text := range []string{"", "Web.Contents(\n        MayChu,\n[RelativePath = \"x\", Query = [a = B], Headers = [Authorization = \"Bearer \" & MaTruyCap]]"} {
		if _, err := readPower(text, values); err == nil {
			t.Errorf("%q can be read", text)
		}
	}
}

// columnsOf gives the columns of a table, or of the items of a JSON answer, and
// how many rows there are.
func columnsOf(format string, body []byte) (columns []string, rows int, err error) {
	switch format {
	case "csv":
		r := bufio.NewReader(bytes.NewReader(bytes.TrimPrefix(body, []byte("\uFEFF"))))
		all, err := csv.NewReader(r).ReadAll()
		if err != nil || len(all) == 0 {
			return nil, 0, fmt.Errorf("%d rows: %w", len(all), err)
		}
		return all[0], len(all) - 1, nil
	case "xlsx":
		book, err := excelize.OpenReader(bytes.NewReader(body))
		if err != nil {
			return nil, 0, err
		}
		defer book.Close()
		all, err := book.GetRows(book.GetSheetName(0))
		if err != nil || len(all) < 3 {
			return nil, 0, fmt.Errorf("%d rows: %w", len(all), err)
		}
		return all[2], len(all) - 3, nil
	}
	var answer struct{ Items []map[string]any }
	if err := json.Unmarshal(body, &answer); err != nil || len(answer.Items) == 0 {
		return nil, 0, fmt.Errorf("%d items: %w", len(answer.Items), err)
	}
	for c := range answer.Items[0] {
		columns = append(columns, c)
	}
	return columns, len(answer.Items), nil
}
