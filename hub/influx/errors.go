package influx

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	influxhttp "github.com/influxdata/influxdb-client-go/v2/api/http"

	"github.com/phukin/phukin/hub/history"
)

// problem is what is wrong with a server or with what we were told of it.
func problem(err error, vi, en string) *history.AwayError {
	return &history.AwayError{VI: vi, EN: en, Err: err}
}

// setUpError is a problem at the start: whoever reads it is told in both
// languages.
func setUpError(p *history.AwayError) error {
	return fmt.Errorf("%s / %w", p.VI, p)
}

// status gives the status number that a server answered with, 0 if it did not,
// and its words.
func status(err error) (int, string) {
	var e *influxhttp.Error
	if errors.As(err, &e) {
		return e.StatusCode, e.Message
	}
	return 0, ""
}

// begin refuses to ask a server that wants to be left alone.
func (s *Store) begin(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.o.Now().Before(s.wait) {
		return s.failed
	}
	return nil
}

// longestWait bounds what a server may ask for.
const longestWait = time.Minute

// done takes what became of a request: it keeps the store's state of health,
// and makes of the error one that says what it means. A refusal of what was
// sent is no trouble with the server.
func (s *Store) done(ctx context.Context, err error) error {
	if err == nil {
		s.mu.Lock()
		recovered := s.failed != nil
		s.failed, s.since, s.wait = nil, time.Time{}, time.Time{}
		s.mu.Unlock()
		if recovered {
			s.o.Log.Info("InfluxDB can be reached again", "url", s.o.URL)
		}
		return nil
	}
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), err)
	}
	p := explain(err)
	if p == nil {
		return err
	}
	s.mu.Lock()
	first := s.failed == nil
	if first {
		s.since = s.o.Now()
	}
	s.failed = p
	var e *influxhttp.Error
	if errors.As(err, &e) && e.RetryAfter > 0 {
		s.wait = s.o.Now().Add(min(time.Duration(e.RetryAfter)*time.Second, longestWait))
	}
	s.mu.Unlock()
	if first {
		s.o.Log.Error("InfluxDB does not do its part; records wait with their agents", "url", s.o.URL, "error", p)
	}
	return p
}

// explain says what an error means, nil when the server is well and only did
// not like what it was sent.
func explain(err error) *history.AwayError {
	code, message := status(err)
	switch {
	case code == http.StatusUnauthorized:
		return problem(err, "InfluxDB không nhận mã truy cập (token): hãy kiểm tra --influx-token-file", "InfluxDB does not know the token: check --influx-token-file")
	case code == http.StatusForbidden:
		return problem(err, "mã truy cập (token) không có quyền đọc và ghi các bucket của Phủ Kín", "the token may not read and write the buckets of Phủ Kín")
	case code == http.StatusNotFound || strings.Contains(message, "no database") || strings.Contains(message, "retention policy not found") || strings.Contains(message, "invalid retention policy"):
		return problem(err, "InfluxDB không có tổ chức hoặc bucket này: hãy kiểm tra --influx-org và --influx-bucket", "InfluxDB has no such organisation or bucket: check --influx-org and --influx-bucket")
	case code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable:
		return problem(err, "InfluxDB đang quá tải và yêu cầu chờ", "InfluxDB is overloaded and asks to wait")
	case code >= 500:
		return problem(err, "InfluxDB báo lỗi bên trong", "InfluxDB has an error of its own")
	case code == 0:
		return problem(err, "không kết nối được InfluxDB", "InfluxDB cannot be reached")
	}
	return nil
}

// beyondRetention says whether a server refuses points because they are older
// than what it keeps.
func beyondRetention(err error) bool {
	code, message := status(err)
	return (code == http.StatusBadRequest || code == http.StatusUnprocessableEntity) &&
		(strings.Contains(message, "beyond retention policy") || strings.Contains(message, "outside retention policy")) // 1.8, 2.7
}
