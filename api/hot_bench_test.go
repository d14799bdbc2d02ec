package api_test

import (
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/sqlite"
)

// discard is a connection that takes an answer and forgets it.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }

// Allocations that an answer that is kept may cost, with finding out who asks and
// what they may see: all of the plan, or a part.
const (
	mostAllocated       = 8
	mostAllocatedOfPart = 36
)

func TestAnAnswerThatIsKeptCostsLittle(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates: it runs without the race detector as well")
	}
	w := newTwins(t, false)
	part := w.token(account.ScopeRead, account.Grant{Role: account.Technician, Area: own})
	for _, path := range []string{"/api/v1/coverage", "/api/v1/rollout", "/api/v1/cameras", "/api/v1/cameras?days=7", "/api/v1/routes"} {
		for token, most := range map[string]float64{w.admin: mostAllocated, part: mostAllocatedOfPart} {
			first := reply(w.hot, request(t.Context(), "GET", path, token))
			for status, tag := range map[int]string{200: "", 304: first.Header().Get("ETag")} {
				r := request(t.Context(), "GET", path, token, "Accept-Encoding", "gzip", "If-None-Match", tag)
				d := &discard{header: http.Header{}}
				n := testing.AllocsPerRun(100, func() {
					clear(d.header)
					w.hot.ServeHTTP(d, r)
				})
				if d.status != status || n > most {
					t.Errorf("%s: %d with %.0f allocations, want %d with %.0f", path, d.status, n, status, most)
				}
			}
		}
	}
}

func BenchmarkAnswerThatIsKept(b *testing.B) {
	p, err := plan.ReadDir("../deploy/demo/plan")
	if err != nil {
		b.Fatal(err)
	}
	store, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "hub.db"), sqlite.Options{Location: p.Location})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	token, _, err := account.NewDesk(store.Accounts(), quick, nil).NewToken(b.Context(), account.Token{Name: "bench", Scope: account.ScopeRead, Grant: account.Grant{Role: account.Staff, Since: time.Now()}})
	if err != nil {
		b.Fatal(err)
	}
	s, err := api.New(api.Config{Plan: p, Store: store, Live: live.New(nil), Accounts: store.Accounts(), Passwords: quick})
	if err != nil {
		b.Fatal(err)
	}
	r := request(b.Context(), "GET", "/api/v1/coverage", token.Reveal(), "Accept-Encoding", "gzip")
	d := &discard{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		clear(d.header)
		s.ServeHTTP(d, r)
	}
	if d.status != http.StatusOK {
		b.Fatal(d.status)
	}
}
