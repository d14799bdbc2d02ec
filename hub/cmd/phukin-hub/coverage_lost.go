package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/phukin/phukin/api"
)

// lost shows what the outages of cameras took away.
func (c *coverageCmd) lost(ctx context.Context, w io.Writer, query url.Values) error {
	const path = "/api/v1/coverage/loss"
	query.Set("camera", strings.Join(c.Lost, ","))
	if c.Period != "" {
		from, to, err := period(c.Period)
		if err != nil {
			return err
		}
		query.Set("from", from)
		query.Set("to", to)
	}
	if c.Format != "table" {
		return c.copy(ctx, w, path, query, forms[c.Format])
	}
	var body api.CoverageLoss
	if err := c.get(ctx, path, query, &body); err != nil {
		return err
	}
	names := strings.Join(c.Lost, ", ")
	heading(w, body.Head, "Phần bị mất khi "+names+" hỏng, ở mức "+body.Level.Code, "lost by the outages of "+names+", at the level "+body.Level.Code)
	const vi, en = "15:04 02/01/2006", "2006-01-02 15:04"
	from, to := body.From.Local(), body.To.Local()
	fmt.Fprintf(w, "từ %s đến %s: hỏng %s,\nmất %.1f mét·giờ (có thể thêm %.1f), nhiều nhất %.1f m cùng lúc\n", from.Format(vi), to.Format(vi), hours(body.Down), body.Sure, body.Maybe, body.Most)
	fmt.Fprintf(w, "    from %s to %s: down for %s,\n    %.1f metre hours lost (maybe %.1f more), at most %.1f m at once\n\n", from.Format(en), to.Format(en), hours(body.Down), body.Sure, body.Maybe, body.Most)
	t := rows{left: 4, vi: []string{"phần", "", "từ", "đến", "dài m", "mất", "có thể"}, en: []string{"what", "", "from", "to", "length", "lost", "maybe"}}
	add := func(what string, all []api.LostRoad) {
		for i := range all {
			r := &all[i]
			t.add(what, label(r.Route.Code, r.Route.Name, 26), r.From, r.To, fmt.Sprintf("%.1f", r.Length), hours(r.Sure), hours(r.Maybe))
		}
	}
	add("tầm nhìn · view", body.Roads)
	add("đoạn tuyến · section", body.Sections)
	for i := range body.Gateways {
		g := &body.Gateways[i]
		t.add("cửa ngõ · gateway", label(g.Code, g.Name, 40), "", "", "", hours(g.Sure), hours(g.Maybe))
	}
	if err := t.write(w); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\nmất: không camera nào khác thấy thay; có thể: chưa ai biết\n    lost: no other camera saw it instead; maybe: nobody knows\n")
	return err
}

// hours writes seconds as hours and minutes.
func hours(seconds int64) string {
	d := time.Duration(seconds) * time.Second
	if d < time.Minute {
		return fmt.Sprintf("%d s", seconds)
	}
	return fmt.Sprintf("%d:%02d h", int(d.Hours()), int(d.Minutes())%60)
}
