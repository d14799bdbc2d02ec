package main

import (
	"bufio"
	"bytes"
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
	times      int // that it is made in a round: some 50 ms
}{
	{"coverage", "/api/v1/coverage", 320},
	{"rollout", "/api/v1/rollout", 960},
	{"2,000 cameras with 90 days of uptime", "/api/v1/cameras", 8},
	{"200 routes", "/api/v1/routes", 8},
}

// apiCost measures answers of the API: those that are kept beside a handler that
// writes the same ready bytes, and those that are made beside encoding/json.
func apiCost(ctx context.Context, o options, f *figures) error {
	rounds, pace, shorter := 61, 60*time.Millisecond, 1
	if o.short {
		rounds, pace, shorter = 31, 50*time.Millisecond, 2
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
			load := apiLoad{at.Addr, "GET " + x.path + " HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer " + at.Token + "\r\nAccept-Encoding: gzip\r\n", tag}
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
	for _, x := range apiPaths {
		made, plain, ratio, err := apiMade(hub, rounds, apiOrder{Path: x.path, Times: x.times / shorter})
		if err != nil {
			return err
		}
		f.add(x.what+", made for the request (CPU)", ms(made), "json.Marshal of the ready struct", ms(plain), ratioText(ratio), "≤ 1.50×", ratio <= 1.5)
		made, plain, ratio, err = apiMade(hub, rounds/4, apiOrder{Path: x.path, Times: 8 / shorter, Anew: true})
		if err != nil {
			return err
		}
		f.add("… and the moment for it alone, which half a second of requests share otherwise", ms(made), "the same", ms(plain), ratioText(ratio), "", true)
	}
	return nil
}

func asked(rate float64) string { return fmt.Sprintf("%.0f /s", rate) }

// apiMade gives the medians of what answers cost that are not kept, and of the
// ratios, each of one round.
func apiMade(hub *process, rounds int, o apiOrder) (made, plain time.Duration, ratio float64, err error) {
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

// fetchReady fetches an answer as it goes out, with its tag.
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
	return apiReady{Path: path, Type: res.Header.Get("Content-Type"), Tag: res.Header.Get("ETag"), Body: body}, err
}

// apiLoad is a request that is sent again and again, with the tag of the last
// answer if it begins with one.
type apiLoad struct{ addr, request, tag string }

// with gives the request with a tag.
func (l apiLoad) with(tag string) []byte {
	if tag == "" {
		return []byte(l.request + "\r\n")
	}
	return []byte(l.request + "If-None-Match: " + tag + "\r\n\r\n")
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
			conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", load.addr)
			if err != nil {
				return 0, 0, 0, err
			}
			lines[i] = append(lines[i], &apiLine{conn: conn, in: bufio.NewReaderSize(conn, 64<<10), load: load, request: load.with(load.tag)})
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

var lengthName, tagName = []byte("Content-Length: "), []byte("Etag: ")

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
	length := -1
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
		if rest, ok := bytes.CutPrefix(line, tagName); ok && l.load.tag != "" && !bytes.Equal(bytes.TrimSpace(rest), []byte(l.load.tag)) {
			l.load.tag = string(bytes.TrimSpace(rest))
			l.request = l.load.with(l.load.tag)
		}
	}
	switch {
	case strings.HasPrefix(status, "HTTP/1.1 304 "):
		return nil
	case !strings.HasPrefix(status, "HTTP/1.1 200 ") || length < 0:
		return fmt.Errorf("the answer is %q, of %d bytes", strings.TrimSpace(status), length)
	}
	_, err = l.in.Discard(length)
	return err
}
