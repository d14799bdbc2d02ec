package rollout_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/rollout"
)

// told are discrepancies in few words: kind, camera, and since when.
func told(all []rollout.Discrepancy) []string {
	lines := []string{}
	for _, d := range all {
		lines = append(lines, strings.TrimSpace(fmt.Sprint(d.Kind, " ", d.Camera, " ", d.Since)))
	}
	return lines
}

func TestListsForPeopleToWorkThrough(t *testing.T) {
	on := first.AddDays(15)
	with := func(code string, edit func(*plan.Camera)) plan.Camera {
		c := camera(code, "S1", "Z1")
		c.Due = first.AddDays(100)
		edit(&c)
		return c
	}
	p := build(t,
		with("claimed-and-seen", func(c *plan.Camera) { c.Installed = first }),
		with("claimed-never-seen", func(c *plan.Camera) { c.Installed = first }),
		with("claimed-seen-tomorrow", func(c *plan.Camera) { c.Installed = first }),
		with("claimed-reported", func(c *plan.Camera) { c.Installed = first }),
		with("claimed-tomorrow-seen", func(c *plan.Camera) { c.Installed = on.AddDays(1) }),
		with("seen", func(*plan.Camera) {}),
		with("reported", func(*plan.Camera) {}),
		with("retired", func(c *plan.Camera) { c.Installed, c.Retired = first, on }),
		with("retired-never-claimed", func(c *plan.Camera) { c.Due, c.Retired = first, on }),
		with("planned-tomorrow-reported", func(c *plan.Camera) { c.Planned = on.AddDays(1) }),
		with("planned-tomorrow", func(c *plan.Camera) { c.Planned = on.AddDays(1) }),
	)
	seen := evidence(
		seenOn("claimed-and-seen", 15, 15), seenOn("claimed-seen-tomorrow", 15, 16), seenOn("claimed-reported", 1, -1),
		seenOn("claimed-tomorrow-seen", 1, 1), seenOn("seen", 0, 0), seenOn("reported", 1, -1), seenOn("planned-tomorrow-reported", 1, 1),
		seenOn("retired-never-claimed", 1, 1), seenOn("stranger", 15, -1), seenOn("stranger-tomorrow", 16, 16),
	)
	got := rollout.Discrepancies(p, rollout.Evidence{Seen: seen}, on, 7)
	want := []string{
		"never_seen claimed-never-seen 2026-03-01", "never_seen claimed-reported 2026-03-01", "never_seen claimed-seen-tomorrow 2026-03-01",
		"unclaimed seen 2026-03-01", "unclaimed claimed-tomorrow-seen 2026-03-02",
		"unplanned planned-tomorrow-reported 2026-03-02", "unplanned stranger 2026-03-16",
	}
	if d := cmp.Diff(want, told(got)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if d := cmp.Diff(got, rollout.Claims(p, seen, on)); d != "" {
		t.Errorf("claims alone (-all +claims):\n%s", d)
	}
	for _, d := range got {
		if !strings.HasSuffix(d.Do.VI, ".") || !strings.HasSuffix(d.Do.EN, ".") || strings.Contains(d.Do.VI+d.Do.EN, "%!") {
			t.Errorf("%s: %q, %q", d.Camera, d.Do.VI, d.Do.EN)
		}
	}
}

func TestAnotherPictureThanPlanned(t *testing.T) {
	on := first.AddDays(5)
	p := build(t, camera("A", "S1", "Z1"))
	for _, x := range []struct {
		name          string
		width, height int
		measured      plan.Date
		says          string // "" for no discrepancy
	}{
		{"as planned", 1920, 1080, on, ""},
		{"never measured", 0, 0, on, ""},
		{"smaller", 640, 360, on, "luồng phụ"},
		{"lower", 1920, 540, on, "luồng phụ"},
		{"turned", 1080, 1920, on, "xoay"},
		{"larger", 3840, 2160, on, "sửa kế hoạch theo số đo được"},
		{"measured after the day, so nobody knows", 640, 360, on.AddDays(1), ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			s := seenOn("A", 1, 1)
			s.Width, s.Height, s.MeasuredAt = x.width, x.height, x.measured.Start(p.Location).Add(23*time.Hour).UnixMilli()
			var found []rollout.Discrepancy
			for _, d := range rollout.Discrepancies(p, rollout.Evidence{Seen: evidence(s)}, on, 7) {
				if d.Kind == rollout.OtherPicture {
					found = append(found, d)
				}
			}
			if (len(found) > 0) != (x.says != "") || x.says != "" && (!strings.Contains(found[0].Do.VI, x.says) || found[0].Since != 0) {
				t.Errorf("%+v", found)
			}
		})
	}
}

func TestCamerasOfOneStream(t *testing.T) {
	on := first.AddDays(5)
	camera := func(code, agent, address string, edit ...func(*plan.Camera)) plan.Camera {
		c := camera(code, "S1", "Z1")
		c.Agent, c.Address = agent, plan.Address(address)
		for _, e := range edit {
			e(&c)
		}
		return c
	}
	planned := func(days int) func(*plan.Camera) { return func(c *plan.Camera) { c.Planned = first.AddDays(days) } }
	p := build(t,
		camera("main", "a", "rtsp://10.0.0.1/Streaming/Channels/101", planned(1)),
		camera("sub", "a", "rtsp://10.0.0.1/Streaming/channels/102", planned(2)),
		camera("third", "a", "rtsp://10.0.0.1/Streaming/Channels/201"),
		camera("elsewhere", "b", "rtsp://10.0.0.1/Streaming/Channels/103"),
		camera("dahua-0", "a", "rtsp://cam.example.vn/cam/realmonitor?channel=1&subtype=0"),
		camera("dahua-1", "b", "rtsp://cam.example.vn/cam/realmonitor?channel=1&subtype=1"),
		camera("dahua-2", "b", "rtsp://cam.example.vn/cam/realmonitor?channel=2&subtype=1"),
		camera("old-main", "a", "rtsp://10.0.0.2/h264/ch1/main/av_stream"),
		camera("old-sub", "a", "rtsp://10.0.0.2/h264/ch1/sub/av_stream"),
		camera("none", "a", ""),
		camera("none-2", "a", ""),
		camera("replaced", "a", "rtsp://203.0.113.9/live", func(c *plan.Camera) { c.Installed, c.Retired = first, first.AddDays(8) }),
		camera("replacement", "a", "rtsp://203.0.113.9/live", func(c *plan.Camera) { c.Installed = first.AddDays(8) }),
	)
	// What the check of the plan refuses comes in by hand here.
	c := p.Camera("third")
	c.Address = "rtsp://203.0.113.9:554/live/"
	got := map[string]string{}
	for _, d := range rollout.Discrepancies(p, rollout.Evidence{}, on, 7) {
		if d.Kind == rollout.DoubleAddress {
			got[d.Camera] = strings.TrimSpace(strings.Join(d.Others, ",") + " " + d.Since.String())
			one := strings.Contains(d.Do.EN, "the stream address of")
			if one != slices.Contains([]string{"third", "replaced", "replacement"}, d.Camera) {
				t.Errorf("%s: %s", d.Camera, d.Do.EN)
			}
			if strings.Contains(d.Do.EN+d.Do.VI, "rtsp") || strings.Contains(d.Do.EN+d.Do.VI, "10.0.0") {
				t.Errorf("%s tells an address: %s", d.Camera, d.Do.EN)
			}
		}
	}
	want := map[string]string{
		"main": "sub 2026-03-03", "sub": "main 2026-03-03", "dahua-0": "dahua-1", "dahua-1": "dahua-0", "old-main": "old-sub", "old-sub": "old-main",
		"third": "replaced,replacement", "replaced": "third", "replacement": "third",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// days makes ledger days from letters: u up, g degraded, d down, a mix of down
// and unknown x, and . nobody looked.
func days(from plan.Date, letters string) []history.DayCount {
	var all []history.DayCount
	for i, l := range letters {
		d := history.DayCount{Number: rollout.DayNumber(from.AddDays(i))}
		switch l {
		case 'u':
			d.Up, d.Unknown = 60, 86340
		case 'g':
			d.Degraded, d.Unknown = 60, 86340
		case 'd':
			d.Down = 86400
		case 'x':
			d.Down, d.Unknown = 1, 86399
		default:
			continue // the day is missing
		}
		all = append(all, d)
	}
	return all
}

func TestDeadAndSilentCameras(t *testing.T) {
	for _, x := range []struct {
		name, days string // from the first day on; the last one is the day
		want       string
	}{
		{"works", "uuuuuuuuuu", ""},
		{"worked on the first of the last days", "uuuuuuuddd", ""},
		{"worked on the day before them", "uuuuuudddd", "dead A 2026-03-07"},
		{"worked a little, and less than planned", "ddddddddgd", ""},
		{"down for one second of the last days", "u........x", "dead A 2026-03-02"},
		{"nobody looked on the last days", "udd.......", "silent A 2026-03-04"},
		{"nobody ever looked since it was accepted", "..........", "silent A 2026-03-01"},
		{"down ever since it was accepted", "dddddddddd", "dead A 2026-03-01"},
		{"evidence of the days to come does not count", "uuuuuuddddu", "dead A 2026-03-07"},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := camera("A", "S1", "Z1")
			c.Installed, c.Accepted = first, first
			got := rollout.Discrepancies(build(t, c), rollout.Evidence{
				Seen: evidence(seenOn("A", 0, 0)), Days: func(string) []history.DayCount { return days(first, x.days) },
			}, first.AddDays(9), 4)
			want := []string{}
			if x.want != "" {
				want = append(want, x.want)
			}
			if d := cmp.Diff(want, told(got)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// As in TestDeadAndSilentCameras the last day is day 9, and the last four count.
func TestWhatExcusesACamera(t *testing.T) {
	for _, x := range []struct {
		name, days string
		edit       func(*plan.Camera)
		from, to   int // of maintenance, from midnight to midnight
		want       string
	}{
		{"accepted four days ago, that one included", "dddddddddd", func(c *plan.Camera) { c.Accepted = first.AddDays(6) }, 0, 0, "dead A 2026-03-07"},
		{"accepted within the last days", "dddddddddd", func(c *plan.Camera) { c.Accepted = first.AddDays(7) }, 0, 0, ""},
		{"in maintenance on all of them", "uuuuuudddd", nil, 6, 10, ""},
		{"in maintenance on all of them but the last", "uuuuuudddd", nil, 6, 9, "dead A 2026-03-07"},
		{"in maintenance when it was seen down, and else not seen", "uuuuuuddd.", nil, 6, 9, "silent A 2026-03-07"},
		{"in maintenance, and works", "uuuuuudddu", nil, 6, 9, ""},
		{"retired, and seen on that day", "uuuuuuuu..", func(c *plan.Camera) { c.Retired = first.AddDays(7) }, 0, 0, ""},
		{"retired, and seen the day after", "uuuuuuuug.", func(c *plan.Camera) { c.Retired = first.AddDays(7) }, 0, 0, "retired_seen A 2026-03-08"},
		{"retired, and seen too long ago", "uuuuuu....", func(c *plan.Camera) { c.Retired = first.AddDays(2) }, 0, 0, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			draft := skeleton(t)
			c := camera("A", "S1", "Z1")
			c.Installed, c.Accepted = first, first
			if x.edit != nil {
				x.edit(&c)
			}
			draft.Cameras = []plan.Camera{c}
			if x.to > 0 {
				loc, err := time.LoadLocation(plan.DefaultZone)
				if err != nil {
					t.Fatal(err)
				}
				draft.Windows = []plan.Window{{Code: "W", Camera: "A", From: first.AddDays(x.from).Start(loc), To: first.AddDays(x.to).Start(loc), Reason: "thay dây"}}
			}
			got := rollout.Discrepancies(finish(t, draft), rollout.Evidence{
				Seen: evidence(seenOn("A", 0, 0)), Days: func(string) []history.DayCount { return days(first, x.days) },
			}, first.AddDays(9), 4)
			want := []string{}
			if x.want != "" {
				want = append(want, x.want)
			}
			if d := cmp.Diff(want, told(got)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// The reference goes through every day by itself.
func TestDiscrepanciesAgreeWithAskingOfEachCamera(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draft := skeleton(t)
		loc, err := time.LoadLocation(plan.DefaultZone)
		if err != nil {
			t.Fatal(err)
		}
		var codes []string
		for i := range 4 {
			c := drawCamera(t, i)
			if i > 0 {
				c.Planned, c.Surveyed, c.Installed, c.Accepted = 0, 0, first, first.AddDays(rapid.IntRange(0, 6).Draw(t, "accepted"))
				c.Retired = 0
				if i == 3 {
					c.Retired = c.Accepted.AddDays(rapid.IntRange(0, 8).Draw(t, "retired"))
				}
			}
			draft.Cameras = append(draft.Cameras, c)
			codes = append(codes, c.Code)
			if rapid.Bool().Draw(t, "is in maintenance") {
				from := first.Start(loc).Add(time.Duration(12*rapid.IntRange(0, 20).Draw(t, "half day")) * time.Hour)
				to := from.Add(time.Duration(12*rapid.IntRange(1, 12).Draw(t, "half days")) * time.Hour)
				draft.Windows = append(draft.Windows, plan.Window{Code: "W-" + c.Code, Camera: c.Code, From: from, To: to, Reason: "thay dây"})
			}
		}
		p := finish(t, draft)
		seen, on := drawEvidence(t, p), first.AddDays(rapid.IntRange(-1, 12).Draw(t, "on"))
		for _, code := range codes[1:] {
			seen[code] = seenOn(code, 0, rapid.IntRange(-1, 3).Draw(t, "verified"))
		}
		ledger := map[string]string{}
		for code, s := range seen {
			letters := rapid.StringOfN(rapid.SampledFrom([]rune("ugdx....ddd")), 30, 30, -1).Draw(t, "days")
			if rapid.Bool().Draw(t, "works seldom") {
				letters = strings.NewReplacer("u", ".", "g", "d").Replace(letters)
			}
			ledger[code] = letters
			s.Width, s.Height = rapid.SampledFrom([]int{0, 640, 1920}).Draw(t, "width"), rapid.SampledFrom([]int{0, 1080}).Draw(t, "height")
			s.MeasuredAt = first.AddDays(rapid.IntRange(0, 20).Draw(t, "measured")).Start(loc).UnixMilli()
			seen[code] = s
		}
		n := rapid.IntRange(1, 4).Draw(t, "n")
		a := asked{seen, on}

		var want []string
		say := func(kind rollout.Kind, code string, since plan.Date) {
			want = append(want, strings.TrimSpace(fmt.Sprint(kind, " ", code, " ", since)))
		}
		letter := func(code string, d plan.Date) byte {
			if i := int(d - first); i >= 0 && i < len(ledger[code]) && d <= on {
				return ledger[code][i]
			}
			return '.'
		}
		day := func(d history.DayNumber) plan.Date { return first.AddDays(int(d - rollout.DayNumber(first))) }
		for i := range p.Cameras {
			c := &p.Cameras[i]
			s := seen[c.Code]
			if a.reported(c.Code) && !a.planned(c) && !a.retired(c) {
				say(rollout.Unplanned, c.Code, day(s.Enrolled))
			}
			if a.installed(c) && !a.verified(c) {
				say(rollout.NeverSeen, c.Code, c.Installed)
			}
			if a.verified(c) && !a.installed(c) {
				say(rollout.Unclaimed, c.Code, day(s.Verified))
			}
			if a.verified(c) && s.Width*s.Height > 0 && (s.Width != 1920 || s.Height != 1080) && time.UnixMilli(s.MeasuredAt).Before(on.AddDays(1).Start(loc)) {
				say(rollout.OtherPicture, c.Code, 0)
			}
			works, down, judged := false, false, false
			for k := range n {
				d := on.AddDays(-k)
				l := letter(c.Code, d)
				works = works || l == 'u' || l == 'g'
				paused := false
				for _, w := range p.Windows {
					paused = paused || w.Camera == c.Code && w.From.Before(d.AddDays(1).Start(loc)) && d.Start(loc).Before(w.To)
				}
				judged = judged || !paused
				down = down || !paused && (l == 'd' || l == 'x')
			}
			if a.accepted(c) && a.verified(c) && c.Accepted <= on.AddDays(1-n) && !works && judged {
				since := on.AddDays(1)
				if down {
					for ; since > c.Accepted && !strings.ContainsRune("ug", rune(letter(c.Code, since-1))); since-- {
					}
					say(rollout.Dead, c.Code, since)
				} else {
					say(rollout.Silent, c.Code, 0)
				}
			}
			if a.retired(c) {
				for k := range n {
					if d := on.AddDays(-k); d > c.Retired && strings.ContainsRune("ug", rune(letter(c.Code, d))) {
						say(rollout.RetiredSeen, c.Code, c.Retired)
						break
					}
				}
			}
		}
		for _, code := range []string{"STRANGER-1", "STRANGER-2"} {
			if a.reported(code) {
				say(rollout.Unplanned, code, day(seen[code].Enrolled))
			}
		}
		got := rollout.Discrepancies(p, rollout.Evidence{Seen: seen, Days: func(code string) []history.DayCount { return days(first, ledger[code]) }}, on, n)
		for i := range got {
			if got[i].Kind == rollout.Silent {
				got[i].Since = 0 // TestDeadAndSilentCameras holds it
			}
		}
		lines := told(got)
		slices.Sort(lines)
		slices.Sort(want)
		if d := cmp.Diff(append([]string{}, want...), lines); d != "" {
			t.Errorf("on %s, %d days, of %v (-want +got):\n%s", on, n, codes, d)
		}
	})
}
