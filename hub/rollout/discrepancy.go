package rollout

import (
	"cmp"
	"slices"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
)

// Kind says how plan and evidence contradict each other.
type Kind string

// The kinds of discrepancy, in the order in which they are listed. A camera
// that was never seen is neither Dead nor Silent.
const (
	NeverSeen     Kind = "never_seen"     // claimed installed, and its stream was never seen
	Unclaimed     Kind = "unclaimed"      // its stream was seen, and it is not claimed installed
	Unplanned     Kind = "unplanned"      // an agent reported it, and it is not in the plan, or not yet
	OtherPicture  Kind = "resolution"     // its picture has another size than planned
	Dead          Kind = "dead"           // accepted, and down on all of the last days
	Silent        Kind = "silent"         // accepted, and nobody looked on any of the last days
	RetiredSeen   Kind = "retired_seen"   // retired, and its stream was seen on one of the last days
	DoubleAddress Kind = "double_address" // it has the stream of another camera
)

// Kinds gives all kinds in their order.
func Kinds() []Kind {
	return []Kind{NeverSeen, Unclaimed, Unplanned, OtherPicture, Dead, Silent, RetiredSeen, DoubleAddress}
}

// Evidence is what is known of cameras.
type Evidence struct {
	Seen map[string]history.Seen
	// Days gives the counts of a camera's ledger days in ascending order. Days
	// that are missing are unknown. Nil knows of none.
	Days func(camera string) []history.DayCount
}

// Discrepancy is a place where plan and evidence contradict each other, for
// somebody to look into.
type Discrepancy struct {
	Kind   Kind
	Camera string
	Site   string    // empty for a camera that the plan does not know
	Since  plan.Date // the day since which it is so, zero if that is not known
	Others []string  // cameras of the same stream, by code
	Do     plan.Text // a sentence: what is so, and what to do
}

// Claims lists where what is claimed of milestones and what was seen by the end
// of a day contradict each other: NeverSeen, Unclaimed and Unplanned, in the
// order of Discrepancies.
func Claims(p *plan.Plan, seen map[string]history.Seen, on plan.Date) []Discrepancy {
	d := finder{plan: p, evidence: Evidence{Seen: seen}, on: on}
	d.claims()
	return d.sorted()
}

// Discrepancies lists what contradicts itself on a day, by kind, then oldest
// first, then by camera; what nobody knows the beginning of comes last. Dead,
// Silent and RetiredSeen look at the last days up to and including it, at
// least 1.
func Discrepancies(p *plan.Plan, e Evidence, on plan.Date, days int) []Discrepancy {
	d := finder{plan: p, evidence: e, on: on, days: max(days, 1)}
	d.claims()
	for i := range p.Cameras {
		d.camera(&p.Cameras[i])
	}
	d.addresses()
	return d.sorted()
}

// finder finds discrepancies.
type finder struct {
	plan     *plan.Plan
	evidence Evidence
	on       plan.Date
	days     int
	found    []Discrepancy
}

func (d *finder) add(kind Kind, c *plan.Camera, since plan.Date, do plan.Text) {
	d.found = append(d.found, Discrepancy{Kind: kind, Camera: c.Code, Site: c.Site, Since: since, Do: do})
}

func (d *finder) sorted() []Discrepancy {
	order := map[Kind]int{}
	for i, k := range Kinds() {
		order[k] = i
	}
	slices.SortFunc(d.found, func(a, b Discrepancy) int {
		return cmp.Or(cmp.Compare(order[a.Kind], order[b.Kind]), one(a.Since.IsZero())-one(b.Since.IsZero()), cmp.Compare(a.Since, b.Since), cmp.Compare(a.Camera, b.Camera))
	})
	return d.found
}

// claims looks at the milestones of all cameras.
func (d *finder) claims() {
	for i := range d.plan.Cameras {
		c := &d.plan.Cameras[i]
		s, n := d.evidence.Seen[c.Code], countOf(c, d.evidence.Seen, d.on)
		enrolled, _ := evidence(d.evidence.Seen, c.Code, d.on)
		switch {
		case n.Retired > 0:
		case n.Planned == 0 && enrolled:
			d.add(Unplanned, c, dateOf(s.Enrolled), d.notYetPlanned(c))
		case n.Installed > n.Verified:
			d.add(NeverSeen, c, c.Installed, d.neverSeen(c, enrolled))
		case n.Verified > n.Installed:
			d.add(Unclaimed, c, dateOf(s.Verified), d.unclaimed(c, dateOf(s.Verified)))
		}
	}
	for code, s := range d.evidence.Seen {
		if enrolled, _ := evidence(d.evidence.Seen, code, d.on); enrolled && d.plan.Camera(code) == nil {
			d.found = append(d.found, Discrepancy{Kind: Unplanned, Camera: code, Since: dateOf(s.Enrolled), Do: d.unknownCamera(code)})
		}
	}
}

// camera looks at what is seen of one camera beside its milestones.
func (d *finder) camera(c *plan.Camera) {
	n := countOf(c, d.evidence.Seen, d.on)
	if n.Retired > 0 {
		d.retired(c)
	}
	if n.Verified == 0 {
		return
	}
	s := d.evidence.Seen[c.Code]
	// What was measured after the day may have been otherwise on it.
	if s.Width > 0 && s.Height > 0 && (s.Width != c.Width || s.Height != c.Height) &&
		history.DayOf(s.MeasuredAt, d.plan.Location) <= DayNumber(d.on) {
		d.add(OtherPicture, c, 0, d.otherPicture(c, &s))
	}
	if n.Accepted > 0 {
		d.outOfAction(c)
	}
}

// first gives the first of the last days.
func (d *finder) first() plan.Date { return d.on.AddDays(1 - d.days) }

// past gives the ledger days of a camera up to the day.
func (d *finder) past(c *plan.Camera) []history.DayCount {
	if d.evidence.Days == nil {
		return nil
	}
	all := d.evidence.Days(c.Code)
	end, _ := slices.BinarySearchFunc(all, DayNumber(d.on)+1, func(x history.DayCount, n history.DayNumber) int { return cmp.Compare(x.Number, n) })
	return all[:end]
}

// outOfAction looks whether an accepted camera is dead or silent. Time in
// maintenance proves neither: a day that it touches counts only if the camera
// worked on it.
func (d *finder) outOfAction(c *plan.Camera) {
	first, past := DayNumber(d.first()), d.past(c)
	// The last day on which it was seen to work. It is taken to have worked up to
	// its acceptance: one within the last days excuses it.
	worked := DayNumber(c.Accepted) - 1
	for _, day := range past {
		if day.Up+day.Degraded > 0 {
			worked = max(worked, day.Number)
		}
	}
	if worked >= first {
		return
	}
	paused := d.paused(c)
	if len(paused) == d.days {
		return
	}
	down, seen := false, worked // the last day on which it was seen at all
	for _, day := range past {
		if day.Down > 0 && !paused[day.Number] {
			seen = max(seen, day.Number)
			down = down || day.Number >= first
		}
	}
	if down {
		d.add(Dead, c, dateOf(worked+1), d.dead(c, dateOf(worked+1)))
		return
	}
	d.add(Silent, c, dateOf(seen+1), d.silent(c, dateOf(seen+1)))
}

// paused gives which of the last days maintenance of a camera touches.
func (d *finder) paused(c *plan.Camera) map[history.DayNumber]bool {
	loc := d.plan.Location
	from, to := d.first().Start(loc), d.on.AddDays(1).Start(loc)
	touched := map[history.DayNumber]bool{}
	for _, pause := range d.plan.Pauses(c, from, to, to) {
		last := history.DayOf(pause.To.UnixMilli()-1, loc)
		for n := history.DayOf(pause.From.UnixMilli(), loc); n <= last; n++ {
			touched[n] = true
		}
	}
	return touched
}

// retired looks whether a retired camera still works. On the day of its
// retirement it may.
func (d *finder) retired(c *plan.Camera) {
	from := max(DayNumber(d.first()), DayNumber(c.Retired)+1)
	last := history.NoDay
	for _, day := range d.past(c) {
		if day.Number >= from && day.Up+day.Degraded > 0 {
			last = day.Number
		}
	}
	if last != history.NoDay {
		d.add(RetiredSeen, c, c.Retired, d.retiredSeen(c, dateOf(last)))
	}
}
