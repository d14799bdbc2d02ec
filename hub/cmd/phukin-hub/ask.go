package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"github.com/phukin/phukin/api/client"
)

// asking is the part of a command that asks a running hub over HTTP: what
// works now is known there alone.
type asking struct {
	Hub    string `default:"http://127.0.0.1:8080" placeholder:"URL" env:"PHUKIN_HUB" help:"Address of the running hub (${default})."`
	Format string `default:"table" enum:"table,csv,xlsx,json,geojson,svg,png" help:"Form of the answer: table for people, csv, xlsx or json for programs, geojson for QGIS, svg or png for a picture; not every command has every form (${default})."`
}

// forms are the media types of what is not a table for people.
var forms = map[string]string{
	"csv": client.CSV, "xlsx": client.XLSX, "json": client.JSON,
	"geojson": client.GeoJSON, "svg": client.SVG, "png": client.PNG,
}

// tables are the forms of an answer that has rows.
var tables = []string{"table", "csv", "xlsx", "json"}

// only refuses a form that a command does not have.
func (a *asking) only(have ...string) error {
	if slices.Contains(have, a.Format) {
		return nil
	}
	return usageError(fmt.Sprintf("--format %s is not a form of this answer; there are: %s", a.Format, strings.Join(have, ", ")))
}

// client gives the client of the hub.
func (a *asking) client() (*client.Client, error) {
	c, err := client.New(a.Hub, client.Options{Token: client.Secret(os.Getenv("PHUKIN_TOKEN")), Program: "phukin-hub/" + strings.Join(strings.Fields(version), "-")})
	if err != nil {
		return nil, usageError(fmt.Sprintf("--hub %q is not of the form http://127.0.0.1:8080", a.Hub))
	}
	return c, nil
}

// answerTo asks with one of the client's methods, and gives the body of the
// answer.
func answerTo[P, T any](ctx context.Context, a *asking, method func(*client.Client, context.Context, P) (*client.Answer[T], error), params P) (*T, error) {
	c, err := a.client()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	answer, err := method(c, ctx, params)
	if err != nil {
		return nil, a.explained(ctx, err)
	}
	return &answer.Body, nil
}

// copy asks for another form, and writes the answer as it comes.
func (a *asking) copy(ctx context.Context, w io.Writer, q client.Question) error {
	form := forms[a.Format]
	if f, ok := w.(*os.File); ok && !isText(form) && term.IsTerminal(int(f.Fd())) {
		return usageError(fmt.Sprintf("--format %s is not text: send it to a file, such as > map.%[1]s", a.Format))
	}
	return a.fetch(ctx, form, q, func(r io.Reader) error {
		_, err := io.Copy(w, r)
		return err
	})
}

// decode asks for JSON, and puts it into a type of the API.
func (a *asking) decode(ctx context.Context, q client.Question, into any) error {
	return a.fetch(ctx, client.JSON, q, func(r io.Reader) error {
		p, err := io.ReadAll(r)
		if err == nil {
			if err = json.Unmarshal(p, into); err != nil {
				err = &client.BrokenError{Err: err}
			}
		}
		return err
	})
}

func (a *asking) fetch(ctx context.Context, form string, q client.Question, take func(io.Reader) error) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	defer c.Close()
	f, err := c.Fetch(ctx, form, q)
	if err != nil {
		return a.explained(ctx, err)
	}
	defer func() { _ = f.Close() }()
	return a.explained(ctx, take(f))
}

func isText(mediaType string) bool {
	return strings.HasPrefix(mediaType, "text/") || strings.HasSuffix(mediaType, "json") || strings.HasSuffix(mediaType, "+xml")
}

// explained says what an error of the client means for whoever runs the command,
// and what to do.
func (a *asking) explained(ctx context.Context, err error) error {
	var (
		dial       *net.OpError
		unreached  *client.UnreachedError
		unexpected *client.UnexpectedError
		broken     *client.BrokenError
		problem    *client.Problem
	)
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	case errors.As(err, &problem):
		return refusal(problem)
	case errors.As(err, &broken):
		return fmt.Errorf("câu trả lời của hub ở %s bị đứt hoặc không đọc được\n    the answer of %[1]s%[2]s broke off or cannot be read: %[3]w", a.Hub, broken.Path, broken.Err)
	case errors.As(err, &unexpected) && unexpected.Status == http.StatusOK && unexpected.MediaType == client.JSON:
		return fmt.Errorf("hub ở %s không có dạng %s cho %s: bản của nó cũ hơn chương trình này\n    the hub at %[1]s has no %[2]s of %[3]s: it is older than this program", a.Hub, unexpected.Wanted, unexpected.Path)
	case errors.As(err, &unexpected):
		return fmt.Errorf("ở %s có máy chủ trả lời %d (%s), nhưng đó không phải hub Phủ Kín: hãy xem lại --hub\n    something at %[1]s answers %[2]d (%[3]s), but it is no hub: look at --hub", a.Hub, unexpected.Status, oneLine(unexpected.MediaType))
	case errors.As(err, &unreached) && errors.As(err, &dial) && dial.Op == "dial":
		return fmt.Errorf("không kết nối được hub ở %s: hãy chạy phukin-hub serve, hoặc chỉ nơi khác bằng --hub\n    no hub can be reached at %[1]s: start it with phukin-hub serve, or name another place with --hub (%[2]w)", a.Hub, unreached.Err)
	case errors.As(err, &unreached) && unreached.Timeout():
		return fmt.Errorf("hub ở %s không trả lời trong %v; nhật ký của nó nói vì sao\n    the hub at %[1]s did not answer within %[2]v; its log says why", a.Hub, client.DefaultTimeout)
	case errors.As(err, &unreached):
		return fmt.Errorf("hub ở %s không trả lời đúng\n    the hub at %[1]s did not answer as a hub does: %[2]w", a.Hub, unreached.Err)
	}
	return err
}

// refusal makes a sentence of what the hub refused.
func refusal(p *client.Problem) error {
	vi, en := "hub từ chối", "the hub refuses"
	switch {
	case p.Status == http.StatusNotFound:
		vi, en = "hub không có nội dung này (có thể bản của nó cũ hơn chương trình này)", "the hub does not have this (it may be older than this program)"
	case p.Status == http.StatusUnauthorized || p.Status == http.StatusForbidden:
		vi, en = "hub đòi đăng nhập (đặt PHUKIN_TOKEN bằng mã của phukin-hub token create), hoặc không cho phép", "the hub asks for a login (set PHUKIN_TOKEN to a token of phukin-hub token create), or does not allow this"
	case p.Status >= http.StatusInternalServerError:
		vi, en = "hub chưa trả lời được", "the hub cannot answer this now"
	}
	return fmt.Errorf("%s / %s: %s (%d, %s %s)", vi, en, oneLine(p.Says()), p.Status, p.Method, p.Path)
}

// given is a number that the command line gives; nil when it is left out.
func given[T int | int64 | float64](v T) *T {
	if v == 0 {
		return nil
	}
	return &v
}
