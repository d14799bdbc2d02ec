package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/phukin/phukin/api/client"
)

// lost shows what the outages of cameras took away.
func (c *coverageCmd) lost(ctx context.Context, w io.Writer) error {
	q := client.GetCoverageLossParams{Camera: c.Lost, Level: c.Level, Period: c.Period}
	if c.Format != "table" {
		return c.copy(ctx, w, q)
	}
	body, err := answerTo(ctx, &c.asking, (*client.Client).GetCoverageLoss, q)
	if err != nil {
		return err
	}
	names := strings.Join(c.Lost, ", ")
	heading(w, body.AsOf, body.Simulated, "Phần bị mất khi "+names+" hỏng, ở mức "+body.Level.Code, "lost by the outages of "+names+", at the level "+body.Level.Code)
	const vi, en = "15:04 02/01/2006", "2006-01-02 15:04"
	from, to := body.From.Local(), body.To.Local()
	fmt.Fprintf(w, "từ %s đến %s: hỏng %s,\nmất %.1f mét·giờ (có thể thêm %.1f), nhiều nhất %.1f m cùng lúc\n", from.Format(vi), to.Format(vi), hours(body.DownS), body.MetreHours, body.MaybeMetreHours, body.MostM)
	fmt.Fprintf(w, "    from %s to %s: down for %s,\n    %.1f metre hours lost (maybe %.1f more), at most %.1f m at once\n\n", from.Format(en), to.Format(en), hours(body.DownS), body.MetreHours, body.MaybeMetreHours, body.MostM)
	t := rows{left: 4, vi: []string{"phần", "", "từ", "đến", "dài m", "mất", "có thể"}, en: []string{"what", "", "from", "to", "length", "lost", "maybe"}}
	add := func(what string, all []client.LostRoad) {
		for i := range all {
			r := &all[i]
			t.add(what, label(r.Route.Code, r.Route.Name, 26), r.From, r.To, fmt.Sprintf("%.1f", r.LengthM), hours(r.LostS), hours(r.MaybeS))
		}
	}
	add("tầm nhìn · view", body.Roads)
	add("đoạn tuyến · section", body.Sections)
	for i := range body.Gateways {
		g := &body.Gateways[i]
		t.add("cửa ngõ · gateway", label(g.Code, g.Name, 40), "", "", "", hours(g.LostS), hours(g.MaybeS))
	}
	if err := t.write(w); err != nil {
		return err
	}
	_, err = io.WriteString(w, "\nmất: không camera nào khác thấy thay; có thể: chưa ai biết\n    lost: no other camera saw it instead; maybe: nobody knows\n")
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
