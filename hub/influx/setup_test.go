package influx_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/influx"
	"github.com/phukin/phukin/hub/influx/influxtest"
	"github.com/phukin/phukin/hub/wire"
)

// wantSetUpError wants Open to fail and to say both of these.
func wantSetUpError(t *testing.T, what string, o influx.Options, says ...string) {
	t.Helper()
	s, err := influx.Open(t.Context(), o)
	if err == nil {
		s.Close()
		t.Errorf("%s: no error", what)
		return
	}
	for _, text := range says {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v\nwant it to say %q", what, err, text)
		}
	}
	if strings.Contains(err.Error(), o.Token) && o.Token != "" {
		t.Errorf("%s: the error holds the token: %v", what, err)
	}
}

func TestWhatIsWrongAtTheStartIsSaid(t *testing.T) {
	each(t, func(t *testing.T, version string) {
		s := server(t, version)
		good := options(s, bucket(s), "r1")
		change := func(f func(*influx.Options)) influx.Options {
			o := good
			f(&o)
			return o
		}
		wantSetUpError(t, "no URL", change(func(o *influx.Options) { o.URL = "localhost:8086" }), "http://máy:8086", "http://host:8086")
		wantSetUpError(t, "nobody there", change(func(o *influx.Options) { o.URL = "http://127.0.0.1:1" }), "không kết nối được", "cannot be reached")
		wantSetUpError(t, "wrong token", change(func(o *influx.Options) { o.Token = "admin:not-the-one" }), "không nhận mã truy cập", "does not know the token")
		if version == "1.8" {
			wantSetUpError(t, "no policy", change(func(o *influx.Options) { o.Bucket = "phukin" }), "database/policy")
			if err := s.Say(`CREATE USER guest WITH PASSWORD 'guest'`); err != nil {
				t.Fatal(err)
			}
			wantSetUpError(t, "no rights", change(func(o *influx.Options) { o.Token = "guest:guest" }), "InfluxDB")
			if err := s.Say(`CREATE DATABASE short WITH DURATION 24h NAME ledger`); err != nil {
				t.Fatal(err)
			}
			wantSetUpError(t, "ledger that is forgotten", change(func(o *influx.Options) { o.Bucket = "short/ledger" }), "mãi mãi", "for ever")
		} else {
			wantSetUpError(t, "no organisation given", change(func(o *influx.Options) { o.Org = "" }), "--influx-org")
			wantSetUpError(t, "no token", change(func(o *influx.Options) { o.Token = "" }), "--influx-token-file")
			reader := token(t, s, "read")
			wantSetUpError(t, "another organisation", change(func(o *influx.Options) { o.Org, o.Token = "nowhere", reader }), `không có tổ chức "nowhere"`, `there is no organisation "nowhere"`)
			wantSetUpError(t, "may not make a bucket", change(func(o *influx.Options) { o.Token = reader }), "không có bucket", "there is no bucket")
		}
		st, err := influx.Open(t.Context(), good)
		if err != nil {
			t.Fatal(err)
		}
		st.Close()
		if version != "1.8" {
			wantSetUpError(t, "may not write", change(func(o *influx.Options) { o.Token = token(t, s, "read") }), "không có quyền", "may not")
			few := change(func(o *influx.Options) { o.Token = token(t, s, "read", "write") })
			if st, err := influx.Open(t.Context(), few); err != nil {
				t.Errorf("a token for the buckets alone is enough once they are there: %v", err)
			} else {
				st.Close()
			}
		}
		existing := change(func(o *influx.Options) { o.Existing, o.Retention = true, 0 })
		if st, err := influx.Open(t.Context(), existing); err != nil {
			t.Errorf("what is there is not opened: %v", err)
		} else {
			st.Close()
		}
		existing.Bucket = bucket(s)
		for range 2 { // nothing is made
			wantSetUpError(t, "a history that is not there", existing, "không có bucket", "there is no bucket", "--influx-bucket")
		}
		unused := change(func(o *influx.Options) { o.Bucket, o.Register = bucket(s), "r3" })
		makeEmpty(t, s, unused.Bucket)
		unused.Existing = true
		wantSetUpError(t, "a bucket of somebody else", unused, "không chứa lịch sử nào", "holds no history")
		wantSetUpError(t, "another register", change(func(o *influx.Options) { o.Register = "r2" }), "thuộc về một cơ sở dữ liệu SQLite khác", "belongs to another SQLite database")
		wantSetUpError(t, "forgets too early", change(func(o *influx.Options) { o.Retention = 2 * days90 }), "ít nhất 4488 giờ", "for at least 4488 hours")
	})
}

// makeEmpty makes the buckets of a ledger and its observations.
func makeEmpty(t *testing.T, s *influxtest.Server, bucket string) {
	t.Helper()
	if s.Version == "1.8" {
		db, policy, _ := strings.Cut(bucket, "/")
		for _, say := range []string{`CREATE DATABASE "` + db + `"`, `CREATE RETENTION POLICY "` + policy + `" ON "` + db + `" DURATION INF REPLICATION 1`, `CREATE RETENTION POLICY observations ON "` + db + `" DURATION INF REPLICATION 1`} {
			if err := s.Say(say); err != nil {
				t.Fatal(err)
			}
		}
		return
	}
	org := organisation(t, s)
	for _, name := range []string{bucket, bucket + "_observations"} {
		var made any
		call(t, s, http.MethodPost, "/api/v2/buckets", map[string]any{"orgID": org, "name": name}, &made)
	}
}

// A server that nobody has set up yet is set up.
func TestANewServerIsSetUp(t *testing.T) {
	s, err := influxtest.New(influxtest.Need(t, "2.7"), "2.7", false)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	o := options(s, "phukin", "r1")
	short := o
	short.Token = "short"
	wantSetUpError(t, "a token that is no password", short, "ít nhất 8 ký tự", "at least 8 characters")
	for range 2 {
		st, err := influx.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		st.Close()
	}
}

// token makes one at 2.7 that may do some things with all buckets, and nothing
// else.
func token(t *testing.T, s *influxtest.Server, actions ...string) string {
	t.Helper()
	org := organisation(t, s)
	var permissions []any
	for _, a := range actions {
		permissions = append(permissions, map[string]any{"action": a, "resource": map[string]any{"type": "buckets", "orgID": org}})
	}
	var made struct{ Token string }
	call(t, s, http.MethodPost, "/api/v2/authorizations", map[string]any{"orgID": org, "permissions": permissions}, &made)
	return made.Token
}

// organisation gives the identifier of the server's at 2.7.
func organisation(t *testing.T, s *influxtest.Server) string {
	t.Helper()
	var orgs struct{ Orgs []struct{ ID, Name string } }
	call(t, s, http.MethodGet, "/api/v2/orgs", nil, &orgs)
	i := slices.IndexFunc(orgs.Orgs, func(o struct{ ID, Name string }) bool { return o.Name == s.Org })
	if i < 0 {
		t.Fatalf("organisations %v", orgs)
	}
	return orgs.Orgs[i].ID
}

func call(t *testing.T, s *influxtest.Server, method, path string, body, answer any) {
	t.Helper()
	p, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(string(p)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Token "+s.Token)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %s %s %v", method, path, resp.Status, text, err)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		t.Fatal(err)
	}
}

// The server keeps observations a week longer than the hub. What is too old
// for it all the same, for somebody made it keep less, goes aside with the
// reason, is counted and acknowledged; and nothing else with it.
func TestWhatIsBeyondTheServersRetentionGoesAside(t *testing.T) {
	each(t, func(t *testing.T, version string) {
		ctx, s := t.Context(), server(t, version)
		w := newWorld(t, s, time.UTC, time.Now)
		defer w.end(t)
		shorten(t, s, w.bucket, 48*time.Hour)
		now := time.Now().UTC()
		old := now.Add(-80 * 24 * time.Hour)
		batches := []history.Batch{
			{Agent: "xa-a", Epoch: 1, Observations: []wire.Observation{look(now.Add(-2*time.Hour), wire.StatusUp)}, Received: now},
			{Agent: "xa-b", Epoch: 1, Observations: []wire.Observation{look(old, wire.StatusUp), look(old.Add(time.Hour), wire.StatusUp)}, Received: now},
		}
		for range 2 {
			if err := w.store.Append(ctx, batches); err != nil {
				t.Fatal(err)
			}
		}
		for agent, want := range map[string]uint64{"xa-a": 1, "xa-b": 2} {
			if upto, err := w.store.Committed(ctx, agent, 1, 0); err != nil || upto != want {
				t.Errorf("agent %s: committed up to %d, %v", agent, upto, err)
			}
		}
		counts, err := w.store.AsideCounts(ctx)
		if err != nil || counts["xa-b"] != (history.AsideCount{Messages: 1, Records: 2, Entries: 1}) || len(counts) != 1 {
			t.Errorf("set aside %+v, %v", counts, err)
		}
		entries, err := w.store.Entries(ctx, history.Selection{})
		if err != nil || len(entries) != 1 || !strings.Contains(entries[0].Reason, "does not keep records as old") {
			t.Fatalf("entries %+v, %v", entries, err)
		}
		entry, err := w.store.Entry(ctx, entries[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		if obs, _, err := entry.Look(); err != nil || len(obs) != 2 || obs[1].Seq != 1 {
			t.Errorf("set aside are %v, %v", obs, err)
		}
		n := 0
		for _, err := range w.store.Observations(ctx, history.Period{Cameras: []string{"c1"}, From: 0, To: 1 << 62}) {
			if err != nil {
				t.Error(err)
			}
			n++
		}
		if n != 1 {
			t.Errorf("%d observations", n)
		}
	})
}

// shorten makes a server forget observations after a time.
func shorten(t *testing.T, s *influxtest.Server, bucket string, keep time.Duration) {
	t.Helper()
	if s.Version == "1.8" {
		db, _, _ := strings.Cut(bucket, "/")
		if err := s.Say(fmt.Sprintf(`ALTER RETENTION POLICY observations ON %q DURATION %dh`, db, int(keep.Hours()))); err != nil {
			t.Fatal(err)
		}
		return
	}
	var found struct{ Buckets []struct{ ID string } }
	call(t, s, http.MethodGet, "/api/v2/buckets?name="+bucket+"_observations", nil, &found)
	var answer any
	call(t, s, http.MethodPatch, "/api/v2/buckets/"+found.Buckets[0].ID, map[string]any{"retentionRules": []any{map[string]any{"type": "expire", "everySeconds": int(keep.Seconds())}}}, &answer)
}

// Points that the server does not like for another reason are no success.
func TestAPartialWriteIsNotSwallowed(t *testing.T) {
	each(t, func(t *testing.T, version string) {
		ctx, s := t.Context(), server(t, version)
		w := newWorld(t, s, time.UTC, time.Now)
		defer w.end(t)
		now := time.Now()
		// Somebody else has written a field of another type.
		spoil(t, s, w.bucket, "observation,agent=x,camera=x seconds=\"long\" "+fmt.Sprint(now.Add(-time.Hour).UnixNano()))
		err := w.store.Append(ctx, batch(0, now, look(now.Add(-time.Hour), wire.StatusUp)))
		if err == nil || !strings.Contains(err.Error(), "field type conflict") {
			t.Errorf("append gives %v", err)
		}
		if upto, err := w.store.Committed(ctx, "xa-a", 1, 0); err != nil || upto != 0 {
			t.Errorf("committed up to %d, %v", upto, err)
		}
	})
}

// spoil writes a line into the bucket of observations.
func spoil(t *testing.T, s *influxtest.Server, bucket, line string) {
	t.Helper()
	bucket += "_observations"
	if s.Version == "1.8" {
		db, _, _ := strings.Cut(bucket, "/")
		bucket = db + "/observations"
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, s.URL+"/api/v2/write?org="+s.Org+"&bucket="+bucket, strings.NewReader(line))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Token "+s.Token)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		text, _ := io.ReadAll(resp.Body)
		t.Fatalf("%s: %s", resp.Status, text)
	}
}
