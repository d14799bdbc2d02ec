package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// request is an operation's question before it is sent.
type request struct {
	method      string
	path        string // escaped, from /api on
	query       url.Values
	header      http.Header
	body        any       // sent as JSON; nil for none
	stream      io.Reader // sent as it is
	contentType string
}

func newRequest(method, path string) request {
	return request{method: method, path: path, query: url.Values{}, header: http.Header{}}
}

// segment gives a parameter as one segment of a path. What would be none, or
// lead elsewhere, is refused later by of.
func segment(s string) string {
	if s == "." || s == ".." {
		return ""
	}
	return url.PathEscape(s)
}

// of gives the request to the hub at a base.
func (r *request) of(ctx context.Context, base *url.URL) (*http.Request, error) {
	if strings.Contains(r.path+"/", "//") {
		return nil, fmt.Errorf("%s %s: a parameter of the path is missing, or is no name", r.method, r.path)
	}
	body, contentType := r.stream, r.contentType
	if r.body != nil {
		p, err := json.Marshal(r.body)
		if err != nil {
			return nil, fmt.Errorf("%s %s: the body: %w", r.method, r.path, err)
		}
		body, contentType = bytes.NewReader(p), JSON
	}
	address := base.String() + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, address, body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", r.method, r.path, err)
	}
	for name, values := range r.header {
		req.Header[name] = values
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	return req, nil
}

// setter is a query or a header.
type setter interface{ Set(name, value string) }

// What is left out is not sent.

func setText(to setter, name, v string) {
	if v != "" {
		to.Set(name, v)
	}
}

func setInteger(to setter, name string, v *int64) {
	if v != nil {
		to.Set(name, strconv.FormatInt(*v, 10))
	}
}

func setNumber(to setter, name string, v *float64) {
	if v != nil {
		to.Set(name, strconv.FormatFloat(*v, 'f', -1, 64))
	}
}

func setBool(to setter, name string, v *bool) {
	if v != nil {
		to.Set(name, strconv.FormatBool(*v))
	}
}

func setMoment(to setter, name string, v *time.Time) {
	if v != nil {
		to.Set(name, v.Format(time.RFC3339Nano))
	}
}

// setList separates the values by commas.
func setList(to setter, name string, v []string) {
	setText(to, name, strings.Join(v, ","))
}
