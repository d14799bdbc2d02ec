// Package client asks a Phủ Kín hub over its API. Types and methods follow from
// the OpenAPI document, one method for each operation; go generate makes them
// again.
//
// What a hub refuses is a [*Problem], which names the places that are wrong and
// what would be right. Every answer is read up to a bound ([Options].MaxAnswer) and
// within a time. Parameters and fields that may be absent are nil, or an empty
// text, when they are. Times of an answer are moments; days are texts in the
// form 2026-07-14, in the time zone of the hub's plan.
//
//	hub, err := client.New("https://phukin.example.vn", client.Options{Token: token})
//	gaps, err := hub.ListCoverageGaps(ctx, client.ListCoverageGapsParams{Route: "DT550", Least: new(300.0)})
//	for _, g := range gaps.Body.Items { … }
package client

//go:generate go run ./generate ../testdata/openapi.json .

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
	"strconv"
	"strings"
	"time"
)

// Representations of answers. Which of them an operation has says its method.
const (
	JSON    = "application/json"
	CSV     = "text/csv"
	XLSX    = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	GeoJSON = "application/geo+json"
	SVG     = "image/svg+xml"
	PNG     = "image/png"

	problemJSON = "application/problem+json"
)

// Bounds of one question.
const (
	reachTimeout = 5 * time.Second
	maxProblem   = 64 << 10
	// DefaultTimeout is how long an answer may take to its last byte. The hub
	// itself gives up after 60 s.
	DefaultTimeout = 90 * time.Second
	// DefaultMaxAnswer is the length of an answer, unpacked, in bytes.
	DefaultMaxAnswer = 256 << 20
)

// Secret is a token. It prints as ***.
type Secret string

// String hides the secret.
func (Secret) String() string { return "***" }

// GoString hides the secret.
func (Secret) GoString() string { return "***" }

// MarshalText hides the secret from JSON.
func (Secret) MarshalText() ([]byte, error) { return []byte("***"), nil }

// Options of a client; the zero value asks as nobody.
type Options struct {
	// Token says who asks, as phukin-hub token create prints it.
	Token Secret
	// Language of errors and of the headings of a workbook: vi or en. It defaults
	// to the hub's own, Vietnamese.
	Language string
	// Program goes before the client's own name in User-Agent, such as
	// my-report/1.2.
	Program string
	// Timeout of an answer. It defaults to DefaultTimeout. A stream of events has
	// none.
	Timeout time.Duration
	// MaxAnswer bounds an answer, unpacked, in bytes. It defaults to
	// DefaultMaxAnswer.
	MaxAnswer int64
	// Transport carries requests. It defaults to one of the client's own, with the
	// proxy of the environment.
	Transport http.RoundTripper
}

// Client asks one hub. It may be used by several goroutines at once.
type Client struct {
	base  *url.URL
	o     Options
	agent string
	http  http.Client
}

// ErrAddress is the error of an address that is not one of a hub.
var ErrAddress = errors.New("it is not of the form http://127.0.0.1:8080")

// New makes a client of the hub at an address, such as
// https://phukin.example.vn. It does not ask it anything yet.
func New(address string, o Options) (*Client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, fmt.Errorf("address of the hub: %w", ErrAddress)
	}
	u.Path = strings.TrimRight(u.Path, "/")
	c := &Client{base: u, o: o, agent: strings.TrimSpace(o.Program + " phukin-client/" + APIVersion)}
	if c.o.Timeout == 0 {
		c.o.Timeout = DefaultTimeout
	}
	if c.o.MaxAnswer == 0 {
		c.o.MaxAnswer = DefaultMaxAnswer
	}
	c.http.Transport = o.Transport
	if o.Transport == nil {
		c.http.Transport = &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: reachTimeout}).DialContext,
			TLSHandshakeTimeout: reachTimeout, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 4, ForceAttemptHTTP2: true,
		}
	}
	return c, nil
}

// Close closes connections that nobody uses. The client can be used on.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Answer is what a hub answered.
type Answer[T any] struct {
	// Body is empty when NotModified, and of an operation that sends none.
	Body   T
	Status int
	// ETag names what was answered, for the parameter IfNoneMatch of a later
	// question; empty when the hub gave none.
	ETag string
	// NotModified says that what the asker has, by its IfNoneMatch, holds as of
	// Date.
	NotModified bool
	// Date is when the hub answered, to the second; zero when it did not say.
	Date time.Time
}

// File is an answer in another representation, as it comes. It must be closed.
type File struct {
	// ReadCloser gives an error where the answer breaks off or is too long.
	io.ReadCloser
	MediaType string
	// Name is the file's name as the hub would have it; empty if it says none. It
	// has no folder in it.
	Name string
	ETag string
	// NotModified says that nothing comes, for the asker has it already.
	NotModified bool
	Date        time.Time
}

// Question is what an operation is asked with: one of the types that end in
// Params.
type Question interface{ request() request }

// ask asks for JSON.
func ask[T any](ctx context.Context, c *Client, r request) (*Answer[T], error) {
	o, err := c.open(ctx, r, JSON)
	if err != nil {
		return nil, err
	}
	defer func() { _ = o.Close() }()
	a := &Answer[T]{Status: o.status, ETag: o.header.Get("ETag"), NotModified: o.status == http.StatusNotModified, Date: o.date()}
	if a.NotModified || o.status == http.StatusNoContent {
		return a, nil
	}
	body, err := io.ReadAll(o)
	if err != nil {
		return nil, err
	}
	if len(body) == 0 && o.header.Get("Content-Type") == "" {
		return a, nil
	}
	if err := json.Unmarshal(body, &a.Body); err != nil {
		return nil, broken(ctx, r, err)
	}
	return a, nil
}

// Fetch asks for an operation's answer in another representation, or for the
// bytes of its JSON. A token needs the scope export for tables and workbooks.
func (c *Client) Fetch(ctx context.Context, mediaType string, q Question) (*File, error) {
	o, err := c.open(ctx, q.request(), mediaType)
	if err != nil {
		return nil, err
	}
	f := &File{ReadCloser: o, MediaType: mediaType, ETag: o.header.Get("ETag"), NotModified: o.status == http.StatusNotModified, Date: o.date()}
	if _, params, err := mime.ParseMediaType(o.header.Get("Content-Disposition")); err == nil {
		name := params["filename"]
		f.Name = name[strings.LastIndexAny(name, `/\`)+1:]
	}
	return f, nil
}

// opened is an answer that has begun, in the representation that was wanted.
type opened struct {
	status int
	header http.Header
	ctx    context.Context
	r      request
	body   io.ReadCloser
	from   bounded
	cancel context.CancelFunc
}

// open asks, and gives the answer once it is sure that it is one in the wanted
// representation.
func (c *Client) open(ctx context.Context, r request, accept string) (*opened, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.o.Timeout, errTimeout)
	res, err := c.do(ctx, r, accept)
	if err != nil {
		cancel()
		return nil, err
	}
	o := &opened{status: res.StatusCode, header: res.Header, ctx: ctx, r: r, body: res.Body, from: bounded{res.Body, c.o.MaxAnswer, c.o.MaxAnswer}, cancel: cancel}
	if err := checked(res, r, accept); err != nil {
		cancel()
		_ = res.Body.Close()
		return nil, err
	}
	return o, nil
}

func (o *opened) Read(p []byte) (int, error) {
	n, err := o.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = broken(o.ctx, o.r, err)
	}
	return n, err
}

func (o *opened) Close() error {
	defer o.cancel()
	return o.body.Close()
}

// date gives when the hub answered; zero when it did not say.
func (o *opened) date() time.Time {
	t, _ := http.ParseTime(o.header.Get("Date"))
	return t
}

var errTimeout = errors.New("the answer did not come in time")

// do sends a request.
func (c *Client) do(ctx context.Context, r request, accept string) (*http.Response, error) {
	req, err := r.of(ctx, c.base)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", accept+", "+problemJSON)
	req.Header.Set("User-Agent", c.agent)
	if c.o.Language != "" {
		req.Header.Set("Accept-Language", c.o.Language)
	}
	if c.o.Token != "" {
		req.Header.Set("Authorization", "Bearer "+string(c.o.Token))
	}
	res, err := c.http.Do(req)
	if err != nil {
		if errors.Is(context.Cause(ctx), errTimeout) {
			err = fmt.Errorf("%w: %w", errTimeout, err)
		}
		return nil, &UnreachedError{Hub: c.base.String(), Err: err}
	}
	return res, nil
}

// checked gives an error for everything but an answer in the wanted
// representation.
func checked(res *http.Response, r request, accept string) error {
	got, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	switch {
	case got == problemJSON && res.StatusCode >= 400:
		return problemOf(res, r)
	case res.StatusCode == http.StatusNotModified && r.header.Get("If-None-Match") != "", res.StatusCode == http.StatusNoContent:
		return nil
	case res.StatusCode/100 == 2 && (got == accept || got == "" && accept == JSON):
		return nil
	}
	return &UnexpectedError{Method: r.method, Path: r.path, Status: res.StatusCode, MediaType: got, Wanted: accept}
}

// problemOf reads what the hub refused.
func problemOf(res *http.Response, r request) error {
	p := &Problem{Method: r.method, Path: r.path}
	body, err := io.ReadAll(&bounded{res.Body, maxProblem, maxProblem})
	if err == nil {
		err = json.Unmarshal(body, p)
	}
	if err != nil {
		return broken(res.Request.Context(), r, err)
	}
	p.Status = res.StatusCode
	if n, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && n > 0 {
		p.RetryAfter = time.Duration(min(n, 24*3600)) * time.Second
	}
	return p
}

// bounded reads so much and no more.
type bounded struct {
	r          io.Reader
	left, most int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if b.left <= 0 { // one byte more would be too much; there may be none
		if n, err := b.r.Read(p[:1]); n == 0 {
			return 0, err
		}
		return 0, fmt.Errorf("it is longer than %d bytes", b.most)
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
