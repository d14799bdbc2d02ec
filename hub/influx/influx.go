// Package influx keeps observations and ledger days in InfluxDB: it is a
// history.Evidence. It speaks to InfluxDB 2.x, and to 1.8 with Flux switched
// on.
//
// Two buckets, for two lengths of time. The one that is named holds the ledger
// for ever; the other, named the same with "_observations" after it (on 1.8
// the retention policy "observations" of the same database), holds the
// observations, which the server forgets in its own time, some days after the
// hub does. Both are made where they are not there and the token may make
// them.
//
// What is written, all times in nanoseconds, types of fields fixed:
//
//	records,agent=A        p (the "up" message, base64), n (observations)
//	observation,agent=A,camera=C
//	                       status, seconds; where measured frame_rate, bit_rate,
//	                       keyframe_gap, loss, jitter (means), width, height,
//	                       codec; where down fault, fell_on, rtsp_status
//	ledger_day,camera=C    day (revision and timeline, base64), revision, and the
//	                       seconds up, degraded, down, unknown, and outages
//	ledger_year,camera=C   days (of a calendar year, compressed, base64)
//	sealed                 before: days before that day are in ledger_year
//	register               id: the database that the buckets belong to
//
// The hub reads records, ledger_day.day and ledger_year.days, which hold
// everything to the byte; the other fields are for people and their dashboards.
// Tags are agents and cameras alone, so there are as many series as cameras,
// whatever happens. A point of records lies where its history.Ref says; one of
// observation at its beginning, with digits of its sequence number and epoch
// below the millisecond, so that a clock which steps back overwrites nothing.
//
// Writes block: when one returns nil the server has answered that it has the
// points. Nothing is buffered here; what could not be written is an error, and
// stays where it came from. Reads are plain ranges and filters.
package influx

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	influxdb2 "github.com/influxdata/influxdb-client-go/v2"
	"github.com/influxdata/influxdb-client-go/v2/api"

	"github.com/phukin/phukin/hub/history"
)

// Options are the settings of a Store. URL, Bucket, Retention and Register
// must be given, for InfluxDB 2.x Org as well.
type Options struct {
	URL string // http://host:8086
	Org string // of 2.x; empty for 1.8
	// Bucket of the ledger; on 1.8 database/policy.
	Bucket string
	// Token lets us in; on 1.8 it is user:password.
	Token string
	// Retention of observations in the hub. The server keeps them for at least
	// a week more.
	Retention time.Duration
	// Register names the register that the buckets belong to: a second one is
	// refused.
	Register string
	// Existing says that the history is there and is to be read: nothing is made,
	// and how long the server keeps observations is not asked. Retention may be
	// left out then.
	Existing bool
	// Timeout of a write, and of a question until the answer begins; the whole
	// answer may take ten times as long. It defaults to 30 s.
	Timeout time.Duration
	// Now tells the time. It defaults to time.Now.
	Now func() time.Time
	// Log defaults to slog.Default.
	Log *slog.Logger
}

const defaultTimeout = 30 * time.Second

// Store is an open connection. It is safe for use by several goroutines.
type Store struct {
	o      Options
	client influxdb2.Client
	http   *http.Transport
	v1     bool
	ledger string // bucket
	obs    string // bucket
	query  api.QueryAPI

	mu     sync.Mutex
	wait   time.Time // the server asked to be left alone until then
	failed *history.AwayError
	since  time.Time

	seal    sealed
	writing sync.Mutex // of the ledger
}

var _ history.Evidence = (*Store)(nil)

// Open connects, makes the buckets if they are not there, and checks that
// everything that the hub needs is possible. An error says in both languages
// what is wrong and what would be right.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Retention <= 0 && !o.Existing || o.Register == "" {
		return nil, errors.New("influx: retention and register must be given")
	}
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, setUpError(problem(nil, "địa chỉ InfluxDB phải có dạng http://máy:8086", "the address of InfluxDB must be of the form http://host:8086"))
	}
	if u.User != nil {
		return nil, setUpError(problem(nil, "địa chỉ InfluxDB chứa mật khẩu: hãy để mã truy cập trong tệp riêng", "the address of InfluxDB holds a password: keep the token in a file"))
	}
	s := &Store{o: o, http: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		TLSHandshakeTimeout:   5 * time.Second,
		ResponseHeaderTimeout: o.Timeout,
		MaxIdleConnsPerHost:   8,
		IdleConnTimeout:       90 * time.Second,
	}}
	options := influxdb2.DefaultOptions().SetHTTPClient(&http.Client{Transport: s.http}).SetUseGZip(true).SetApplicationName("phukin-hub").SetLogLevel(0)
	s.client = influxdb2.NewClientWithOptions(strings.TrimSuffix(o.URL, "/"), o.Token, options)
	if err := s.setUp(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("InfluxDB %s: %w", o.URL, err)
	}
	return s, nil
}

// Close ends the connections.
func (s *Store) Close() {
	s.client.Close()
	s.http.CloseIdleConnections()
}

// Trouble gives what is wrong since when, nil while all is well.
func (s *Store) Trouble() (since time.Time, what *history.AwayError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.since, s.failed
}
