package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

func TestChangesOfClosedDaysAreListedNewestFirst(t *testing.T) {
	w := newWorld(t)
	c, other := w.inService(0), w.inService(40)
	w.saw(0, seen(c.Code, w.on(0, 0), w.on(10, 0), wire.StatusUp)) // nothing stood there
	made := w.clock()
	w.saw(1, seen(c.Code, w.on(10, 0), w.on(12, 0), wire.StatusDown))                                         // came late
	w.saw(2, seen(c.Code, w.on(9, 0), w.on(11, 0), wire.StatusDegraded))                                      // what was up is not any more
	w.saw(3, seen(other.Code, w.on(0, 0).AddDate(0, 0, -2), w.on(0, 0), wire.StatusDown))                     // two days
	w.saw(4, seen(other.Code, w.on(34, 0), w.on(34, 0).Add(10*time.Minute), wire.StatusUp))                   // today: no change of a closed day
	w.saw(5, seen(other.Code, w.on(0, 0).AddDate(0, 0, -200), w.on(1, 0).AddDate(0, 0, -200), wire.StatusUp)) // before the period

	list := answer[api.ChangeList](w, "/api/v1/changes")
	var got []string
	for _, r := range list.Items {
		got = append(got, fmt.Sprintf("%s %s r%d %s %v %v", r.Code, r.Day, r.Revision, r.Why, r.Before, r.After))
	}
	want := []string{
		other.Code + " 2026-11-21 r1 first {0 0 0 86400 0} {0 0 86400 0 1}",
		other.Code + " 2026-11-20 r1 first {0 0 0 86400 0} {0 0 86400 0 1}",
		c.Code + " 2026-11-22 r3 revised {36000 0 7200 43200 1} {32400 3600 7200 43200 1}",
		c.Code + " 2026-11-22 r2 late {36000 0 0 50400 0} {36000 0 7200 43200 1}",
		c.Code + " 2026-11-22 r1 first {0 0 0 86400 0} {36000 0 0 50400 0}",
	}
	if !slices.Equal(got, want) {
		t.Errorf("changes\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if list.Total != 5 || list.Next != "" || list.To != "2026-11-23" || list.Items[0].Site.Code != other.Site || list.Items[0].Site.Name == "" || !list.Items[0].At.Before(w.clock()) {
		t.Errorf("%d changes, next %q, to %s: %+v", list.Total, list.Next, list.To, list.Items[0])
	}
	for path, n := range map[string]int{
		"from=2026-11-22":               3,
		"from=2026-11-22&to=2026-11-22": 3,
		"to=2026-11-21":                 2,
		"from=2026-01-01":               6,
		"camera=" + c.Code:              3,
		"site=" + other.Site:            2,
		"area=" + w.plan.SiteArea(w.plan.Site(c.Site), plan.DateOf(w.clock(), w.plan.Location)).Code + "&site=" + other.Site + "&camera=" + c.Code: 0,
		"since=" + made.UTC().Format(time.RFC3339Nano): 4,
	} {
		if list := answer[api.ChangeList](w, "/api/v1/changes?"+path); len(list.Items) != n || list.Total != n {
			t.Errorf("%s: %d changes, total %d, want %d", path, len(list.Items), list.Total, n)
		}
	}

	// Page by page they are the same, whatever is written meanwhile.
	for limit := 1; limit <= 6; limit++ {
		var paged []string
		next := ""
		for page := 0; page == 0 || next != ""; page++ {
			path := fmt.Sprintf("/api/v1/changes?limit=%d", limit)
			if next != "" {
				path += "&after=" + next
			}
			l := answer[api.ChangeList](w, path)
			if len(l.Items) > limit || l.Total < 5 || page > 5 {
				t.Fatalf("limit %d, page %d: %d items of %d", limit, page, len(l.Items), l.Total)
			}
			for _, r := range l.Items {
				paged = append(paged, fmt.Sprintf("%s %s r%d %s %v %v", r.Code, r.Day, r.Revision, r.Why, r.Before, r.After))
			}
			if next = l.Next; limit == 2 && page == 0 {
				w.saw(6, seen(c.Code, w.on(20, 0), w.on(21, 0), wire.StatusUp))
			}
		}
		if limit > 2 {
			paged = paged[1:] // what was written meanwhile
		}
		if !slices.Equal(paged, want) {
			t.Errorf("in pages of %d\n%s\nwant\n%s", limit, strings.Join(paged, "\n"), strings.Join(want, "\n"))
		}
	}
	for path, says := range map[string]string{
		"after=yesterday":   "not the next of a page",
		"camera=nobody":     "/api/v1/cameras lists them",
		"since=yesterday":   "since",
		"limit=0":           "limit",
		"from=2026-11-31":   "2026-11-31",
		"cameras=" + c.Code: "cameras",
	} {
		if rec := w.get("/api/v1/changes?" + path); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), says) {
			t.Errorf("%s: %d %.300s", path, rec.Code, rec.Body)
		}
	}
	table := list.Table()
	for i, row := range table.Rows {
		if len(row) != len(table.Columns) {
			t.Errorf("row %d has %d cells, there are %d columns", i, len(row), len(table.Columns))
		}
	}
	if r := table.Rows[3]; len(table.Rows) != 5 || r[1] != c.Code || r[5] != 2 || r[6] != "late" || r[7] != int64(36000) || r[14] != int64(7200) {
		t.Errorf("as a table: %v", table.Rows)
	}
}
