package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/term"
)

// asking is the part of a command that asks a running hub over HTTP: what
// works now is known there alone.
type asking struct {
	Hub    string `default:"http://127.0.0.1:8080" placeholder:"URL" env:"PHUKIN_HUB" help:"Address of the running hub (${default})."`
	Format string `default:"table" enum:"table,csv,xlsx,json,geojson,svg,png" help:"Form of the answer: table for people, csv, xlsx or json for programs, geojson for QGIS, svg or png for a picture; not every command has every form (${default})."`
}

// Bounds of one question.
const (
	reachTimeout  = 5 * time.Second
	answerTimeout = 90 * time.Second // the hub itself gives up after 60
	maxAnswer     = 256 << 20
	maxProblem    = 64 << 10
)

// forms are the media types of what is not a table for people.
var forms = map[string]string{
	"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "json": "application/json",
	"geojson": "application/geo+json", "svg": "image/svg+xml", "png": "image/png",
}

// only refuses a form that a command does not have.
func (a *asking) only(have ...string) error {
	if slices.Contains(have, a.Format) {
		return nil
	}
	return usageError(fmt.Sprintf("--format %s is not a form of this answer; there are: %s", a.Format, strings.Join(have, ", ")))
}

// get asks for a path, and decodes the answer, which is JSON, into out.
func (a *asking) get(ctx context.Context, path string, query url.Values, out any) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	res, err := a.ask(ctx, path, query, forms["json"])
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	body := bounded{r: res.Body, left: maxAnswer}
	if err := json.NewDecoder(&body).Decode(out); err != nil {
		return a.broken(ctx, path, err)
	}
	return nil
}

// copy asks for a path in another form, and writes the answer as it comes.
func (a *asking) copy(ctx context.Context, w io.Writer, path string, query url.Values, accept string) error {
	if f, ok := w.(*os.File); ok && !isText(accept) && term.IsTerminal(int(f.Fd())) {
		return usageError(fmt.Sprintf("--format %s is not text: send it to a file, such as > map.%[1]s", a.Format))
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	res, err := a.ask(ctx, path, query, accept)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.Copy(w, &bounded{r: res.Body, left: maxAnswer}); err != nil {
		return a.broken(ctx, path, err)
	}
	return nil
}

func isText(mediaType string) bool {
	return strings.HasPrefix(mediaType, "text/") || strings.HasSuffix(mediaType, "json") || strings.HasSuffix(mediaType, "+xml")
}

// ask gives the answer to a question, once it is sure that it is one.
func (a *asking) ask(ctx context.Context, path string, query url.Values, accept string) (*http.Response, error) {
	u, err := url.Parse(a.Hub)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, usageError(fmt.Sprintf("--hub %q is not of the form http://127.0.0.1:8080", a.Hub))
	}
	u = u.JoinPath(path)
	u.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("ask the hub: %w", err)
	}
	req.Header.Set("Accept", accept+", application/problem+json")
	if token := os.Getenv("PHUKIN_TOKEN"); token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	client := http.Client{Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: reachTimeout}).DialContext,
		TLSHandshakeTimeout: reachTimeout, DisableKeepAlives: true,
	}}
	res, err := client.Do(req)
	if err != nil {
		return nil, a.unreached(ctx, err)
	}
	if err := a.checked(res, path, accept); err != nil {
		_ = res.Body.Close()
		return nil, err
	}
	return res, nil
}

// unreached says what to do when no answer came.
func (a *asking) unreached(ctx context.Context, err error) error {
	var dial *net.OpError
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	case errors.As(err, &dial) && dial.Op == "dial":
		return fmt.Errorf("không kết nối được hub ở %s: hãy chạy phukin-hub serve, hoặc chỉ nơi khác bằng --hub\n    no hub can be reached at %[1]s: start it with phukin-hub serve, or name another place with --hub (%[2]w)", a.Hub, err)
	case ctx.Err() != nil:
		return fmt.Errorf("hub ở %s không trả lời trong %v; nhật ký của nó nói vì sao\n    the hub at %[1]s did not answer within %[2]v; its log says why", a.Hub, answerTimeout)
	}
	return fmt.Errorf("hub ở %s không trả lời đúng\n    the hub at %[1]s did not answer as a hub does: %[2]w", a.Hub, err)
}

// broken says what happened to an answer that had begun.
func (a *asking) broken(ctx context.Context, path string, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return fmt.Errorf("câu trả lời của hub ở %s bị đứt hoặc không đọc được\n    the answer of %[1]s%[2]s broke off or cannot be read: %[3]w", a.Hub, path, err)
}

// checked gives an error for everything but an answer in the wanted form.
func (a *asking) checked(res *http.Response, path, accept string) error {
	got, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	switch {
	case res.StatusCode == http.StatusOK && got == accept:
		return nil
	case got == "application/problem+json":
		return a.problem(res, path)
	case res.StatusCode == http.StatusOK && got == forms["json"]:
		return fmt.Errorf("hub ở %s không có dạng %s cho %s: bản của nó cũ hơn chương trình này\n    the hub at %[1]s has no %[2]s of %[3]s: it is older than this program", a.Hub, accept, path)
	}
	return fmt.Errorf("ở %s có máy chủ trả lời %d (%s), nhưng đó không phải hub Phủ Kín: hãy xem lại --hub\n    something at %[1]s answers %[2]d (%[3]s), but it is no hub: look at --hub", a.Hub, res.StatusCode, oneLine(got))
}

// problem makes a sentence of what the hub refused (RFC 9457).
func (a *asking) problem(res *http.Response, path string) error {
	var p struct {
		Title, Detail string
		Errors        []struct{ Message, Location string }
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxProblem)).Decode(&p); err != nil {
		return a.broken(res.Request.Context(), path, err)
	}
	parts := []string{}
	for _, e := range p.Errors {
		parts = append(parts, strings.TrimPrefix(strings.TrimPrefix(e.Location, "query."), "body")+": "+e.Message)
	}
	says := p.Detail
	switch {
	case len(parts) > 0:
		says = strings.Join(parts, "; ")
	case says == "":
		says = p.Title
	}
	vi, en := "hub từ chối", "the hub refuses"
	switch {
	case res.StatusCode == http.StatusNotFound:
		vi, en = "hub không có nội dung này (có thể bản của nó cũ hơn chương trình này)", "the hub does not have this (it may be older than this program)"
	case res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden:
		vi, en = "hub đòi đăng nhập (đặt PHUKIN_TOKEN bằng mã của phukin-hub token create), hoặc không cho phép", "the hub asks for a login (set PHUKIN_TOKEN to a token of phukin-hub token create), or does not allow this"
	case res.StatusCode >= http.StatusInternalServerError:
		vi, en = "hub chưa trả lời được", "the hub cannot answer this now"
	}
	return fmt.Errorf("%s / %s: %s (%d, GET %s)", vi, en, oneLine(says), res.StatusCode, path)
}

// bounded reads so much and no more.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("it is longer than %d MB", maxAnswer>>20)
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// rows is a table for people: its headings in Vietnamese, below them in
// English, then the rows.
type rows struct {
	vi, en []string
	left   int // so many columns hold words; the others hold numbers, set to the right
	cells  [][]string
}

func (s *rows) add(cells ...string) { s.cells = append(s.cells, cells) }

func (s *rows) write(w io.Writer) error {
	widths := make([]int, len(s.vi))
	all := append([][]string{s.vi, s.en}, s.cells...)
	for _, row := range all {
		for i, c := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	for _, row := range all {
		var b strings.Builder
		for i, c := range row {
			gap := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c))
			if i > 0 {
				b.WriteString("  ")
			}
			if i < s.left {
				b.WriteString(c + gap)
			} else {
				b.WriteString(gap + c)
			}
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(b.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

// short cuts a text to so many columns.
func short(s string, columns int) string {
	s = oneLine(s)
	if utf8.RuneCountInString(s) <= columns {
		return s
	}
	return string([]rune(s)[:columns-1]) + "…"
}
