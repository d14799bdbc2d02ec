package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

// apiClients is how many connections ask, each for the next answer when it has
// the one before.
const apiClients = 4

// apiPaths are the answers that are measured.
var apiPaths = []struct {
	what, path string
	times      int // that it is made in a round, 0.1 s or so
}{
	{"coverage", "/api/v1/coverage", 320},
	{"rollout", "/api/v1/rollout", 480},
	{"2,000 cameras with 90 days of uptime", "/api/v1/cameras", 8},
	{"200 routes", "/api/v1/routes", 8},
}

// apiCost measures answers of the API: those that are kept beside a handler that
// writes the same ready bytes, and those that are made beside encoding/json.
func apiCost(ctx context.Context, o options, f *figures) error {
	rounds, pace, times, shorter := 61, 60*time.Millisecond, 8, 1
	if o.short {
		rounds, pace, times, shorter = 31, 50*time.Millisecond, 4, 2
	}
	dir, err := os.MkdirTemp("", "phukin-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var at, bareAt apiAnswer
	hub, err := spawn(ctx, "api-hub", apiOrder{Dir: dir}, &at)
	if err != nil {
		return err
	}
	defer hub.close()
	var ready []apiReady
	for _, x := range apiPaths {
		r, err := fetchReady(ctx, at, x.path)
		if err != nil {
			return err
		}
		ready = append(ready, r)
	}
	bare, err := spawn(ctx, "api-bare", apiOrder{Ready: ready}, &bareAt)
	if err != nil {
		return err
	}
	defer bare.close()

	for i, x := range apiPaths {
		for _, same := range []bool{false, true} {
			what, tag := fmt.Sprintf("%s, %.1f kB of gzip", x.what, float64(len(ready[i].Body))/1000), ""
			if same {
				what, tag = "… the client has it already (304)", ready[i].Tag
			}
			load := apiLoad{addr: at.Addr, request: "GET " + x.path + " HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer " + at.Token + "\r\nAccept-Encoding: gzip\r\n", tag: tag}
			beside := load
			beside.addr = bareAt.Addr
			here, there, ratio, err := apiTurns(ctx, rounds, pace, [2]apiLoad{load, beside})
			if err != nil {
				return fmt.Errorf("%s: %w", x.path, err)
			}
			peer := ""
			if i == 0 && !same {
				peer = "an echo handler that writes the same ready bytes"
			} else {
				peer = "the same handler"
			}
			f.add(what, asked(here), peer, asked(there), ratioText(ratio), "≥ 0.80×", ratio >= 0.8)
		}
	}
	for i, x := range apiPaths {
		loads := [2]apiLoad{unkeptLoad(at.Addr, x.path, at.Token), unkeptLoad(bareAt.Addr, x.path, at.Token)}
		c, err := apiUnkept(ctx, 15, x.times/shorter, x.path, [2]*process{hub, bare}, loads)
		if err != nil {
			return fmt.Errorf("%s: %w", x.path, err)
		}
		beside := fmt.Sprintf("the same handler with ready JSON (%s), and json.Marshal of the ready struct (%s)", ms(c.bare), ms(c.plain))
		f.add(fmt.Sprintf("%s, %.0f kB of JSON, made for the request, its moment being there (CPU)", x.what, float64(len(ready[i].Plain))/1000), ms(c.made), beside, ms(c.bare+c.plain), ratioText(c.ratio), "≤ 1.50×", c.ratio <= 1.5)
		anew, plain, ratio, err := apiAnew(hub, 15, apiOrder{Path: x.path, Times: times})
		if err != nil {
			return fmt.Errorf("%s: %w", x.path, err)
		}
		f.add("… and the moment made for it alone, which half a second of requests share otherwise", ms(anew), "json.Marshal of the ready struct", ms(plain), ratioText(ratio), "", true)
	}
	return nil
}

// unkeptLoad is a request whose answer is never one that is kept, for it has a
// body, of one byte that nobody reads; and it comes as it is.
func unkeptLoad(addr, path, token string) apiLoad {
	return apiLoad{addr: addr, request: "GET " + path + " HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer " + token + "\r\nContent-Length: 1\r\n", body: " "}
}

// apiCPU is what one request costs, CPU: medians.
type apiCPU struct {
	made, bare, plain time.Duration // here, with ready bytes, and of json.Marshal
	ratio             float64       // of made to the others together, each of one round
}

// apiUnkept measures what requests cost whose answers are made for each.
func apiUnkept(ctx context.Context, rounds, times int, path string, servers [2]*process, loads [2]apiLoad) (c apiCPU, err error) {
	var lines [2]*apiLine
	for i, load := range loads {
		if lines[i], err = load.dial(ctx); err != nil {
			return c, err
		}
		defer lines[i].conn.Close()
	}
	var spent [2][]time.Duration
	var plain []time.Duration
	var ratios []float64
	for round := range rounds + 1 { // the first warms up
		var cost [2]time.Duration
		for i := range lines {
			k := (i + round) % 2
			var before, after apiAnswer
			if err := servers[k].ask(apiOrder{}, &before); err != nil {
				return c, err
			}
			for range times {
				if err := lines[k].ask(); err != nil {
					return c, err
				}
			}
			if err := servers[k].ask(apiOrder{}, &after); err != nil {
				return c, err
			}
			cost[k] = (after.CPU - before.CPU) / time.Duration(times)
		}
		var a apiAnswer
		if err := servers[0].ask(apiOrder{Path: path, Times: times, Marshal: true}, &a); err != nil {
			return c, err
		}
		if round > 0 {
			spent[0], spent[1], plain = append(spent[0], cost[0]), append(spent[1], cost[1]), append(plain, a.Plain)
			ratios = append(ratios, float64(cost[0])/float64(cost[1]+a.Plain))
		}
	}
	return apiCPU{median(spent[0]), median(spent[1]), median(plain), median(ratios)}, nil
}

func asked(rate float64) string { return fmt.Sprintf("%.0f /s", rate) }

// apiAnew gives the medians of what answers cost of which each has a moment of its
// own.
func apiAnew(hub *process, rounds int, o apiOrder) (made, plain time.Duration, ratio float64, err error) {
	var m, p []time.Duration
	var ratios []float64
	for range rounds {
		var a apiAnswer
		if err := hub.ask(o, &a); err != nil {
			return 0, 0, 0, err
		}
		m, p, ratios = append(m, a.Made), append(p, a.Plain), append(ratios, float64(a.Made)/float64(a.Plain))
	}
	return median(m), median(p), median(ratios), nil
}

// fetchReady fetches an answer as it goes out, with its tag, and what it is
// before it is compressed.
func fetchReady(ctx context.Context, at apiAnswer, path string) (apiReady, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+at.Addr+path, nil)
	if err != nil {
		return apiReady{}, err
	}
	r.Header.Set("Authorization", "Bearer "+at.Token)
	r.Header.Set("Accept-Encoding", "gzip")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return apiReady{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && (res.StatusCode != http.StatusOK || res.Header.Get("Content-Encoding") != "gzip") {
		err = fmt.Errorf("%s is answered with %s, %q", path, res.Status, res.Header.Get("Content-Encoding"))
	}
	if err != nil {
		return apiReady{}, err
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return apiReady{}, err
	}
	plain, err := io.ReadAll(z)
	return apiReady{Path: path, Type: res.Header.Get("Content-Type"), Tag: res.Header.Get("ETag"), Body: body, Plain: plain}, err
}

// apiLoad is a request that is sent again and again, with the tag of the last
// answer if it begins with one.
type apiLoad struct{ addr, request, tag, body string }

// with gives the request with a tag.
func (l apiLoad) with(tag string) []byte {
	if tag == "" {
		return []byte(l.request + "\r\n" + l.body)
	}
	return []byte(l.request + "If-None-Match: " + tag + "\r\n\r\n" + l.body)
}

// dial opens a connection for it.
func (l apiLoad) dial(ctx context.Context) (*apiLine, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.addr)
	if err != nil {
		return nil, err
	}
	return &apiLine{conn: conn, in: bufio.NewReaderSize(conn, 64<<10), load: l, request: l.with(l.tag)}, nil
}

// apiTurns lets two servers take turns, and gives the medians of the requests a
// second, and of the ratios, each of one round.
func apiTurns(ctx context.Context, rounds int, pace time.Duration, loads [2]apiLoad) (here, there, ratio float64, err error) {
	var lines [2][]*apiLine
	defer func() {
		for _, l := range append(lines[0], lines[1]...) {
			_ = l.conn.Close()
		}
	}()
	for i, load := range loads {
		for range apiClients {
			l, err := load.dial(ctx)
			if err != nil {
				return 0, 0, 0, err
			}
			lines[i] = append(lines[i], l)
		}
	}
	var rates [2][]float64
	var ratios []float64
	for round := range rounds + 1 { // the first warms up
		var rate [2]float64
		for i := range loads { // who comes first changes from round to round
			k := (i + round) % 2
			if rate[k], err = apiRound(lines[k], pace); err != nil {
				return 0, 0, 0, err
			}
		}
		if round > 0 {
			rates[0], rates[1], ratios = append(rates[0], rate[0]), append(rates[1], rate[1]), append(ratios, rate[0]/rate[1])
		}
	}
	return median(rates[0]), median(rates[1]), median(ratios), nil
}

// apiRound lets all connections ask for a time, and gives the answers a second.
func apiRound(lines []*apiLine, pace time.Duration) (float64, error) {
	runtime.GC() // not in the round
	begin := time.Now()
	var done sync.WaitGroup
	counts, failed := make([]int, len(lines)), make([]error, len(lines))
	for i, l := range lines {
		done.Go(func() {
			for time.Since(begin) < pace && failed[i] == nil {
				failed[i] = l.ask()
				counts[i]++
			}
		})
	}
	done.Wait()
	n := 0
	for _, c := range counts {
		n += c
	}
	return float64(n) / time.Since(begin).Seconds(), errors.Join(failed...)
}

// apiLine is a connection of a client that does as little as can be: the server's
// work is what counts.
type apiLine struct {
	conn    net.Conn
	in      *bufio.Reader
	load    apiLoad
	request []byte
}

var lengthName, tagName, chunkedLine = []byte("Content-Length: "), []byte("Etag: "), []byte("Transfer-Encoding: chunked\r\n")

// ask sends the request and reads its answer.
func (l *apiLine) ask() error {
	if _, err := l.conn.Write(l.request); err != nil {
		return err
	}
	line, err := l.in.ReadSlice('\n')
	if err != nil {
		return err
	}
	status := string(line)
	length, chunked := -1, false
	for {
		if line, err = l.in.ReadSlice('\n'); err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		if rest, ok := bytes.CutPrefix(line, lengthName); ok {
			if length, err = strconv.Atoi(strings.TrimSpace(string(rest))); err != nil {
				return err
			}
		}
		chunked = chunked || bytes.Equal(line, chunkedLine)
		if rest, ok := bytes.CutPrefix(line, tagName); ok && l.load.tag != "" && !bytes.Equal(bytes.TrimSpace(rest), []byte(l.load.tag)) {
			l.load.tag = string(bytes.TrimSpace(rest))
			l.request = l.load.with(l.load.tag)
		}
	}
	switch {
	case strings.HasPrefix(status, "HTTP/1.1 304 "):
		return nil
	case strings.HasPrefix(status, "HTTP/1.1 200 ") && chunked:
		return l.skipChunks()
	case !strings.HasPrefix(status, "HTTP/1.1 200 ") || length < 0:
		return fmt.Errorf("the answer is %q, of %d bytes", strings.TrimSpace(status), length)
	}
	_, err = l.in.Discard(length)
	return err
}

// skipChunks reads a body that comes in chunks (RFC 9112 §7.1), without trailers.
func (l *apiLine) skipChunks() error {
	for {
		line, err := l.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		n, err := strconv.ParseUint(strings.TrimSpace(string(line)), 16, 30)
		if err != nil {
			return err
		}
		if _, err := l.in.Discard(int(n) + 2); err != nil || n == 0 {
			return err
		}
	}
}
