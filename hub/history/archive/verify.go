package archive

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/phukin/phukin/hub/history"
)

// Verdict is what Verify found.
type Verdict struct {
	Days, Observations int64
	Recomputed         int64    // days whose observations are all kept, and which were computed again
	Faults             []string // the first of what is wrong, in sentences
	Wrong              int64    // how many things are wrong
}

// maxFaults is how many faults are told.
const maxFaults = 20

func (v *Verdict) fault(format string, args ...any) {
	if v.Wrong++; len(v.Faults) < maxFaults {
		v.Faults = append(v.Faults, fmt.Sprintf(format, args...))
	}
}

// Verify reads all of a store and holds its records to each other: every day
// has the seconds that its date has in the store's time zone; counts are those
// of the timelines; revisions of closed days are listed one by one; and a day
// whose observations are all kept is what they make of it. Fold must have been
// called, and nothing should be written meanwhile. An error says that
// something cannot be read at all.
func Verify(ctx context.Context, s history.Moving, progress func(days int64)) (*Verdict, error) {
	v := &Verdict{}
	marks, err := s.Marks(ctx)
	if err != nil {
		return nil, err
	}
	if marks.Zone == "" {
		return v, nil // there can be no days
	}
	loc, err := time.LoadLocation(marks.Zone)
	if err != nil {
		return nil, err
	}
	listed, err := v.changes(ctx, s)
	if err != nil {
		return nil, err
	}
	observed, stopObserved := iter.Pull2(s.Observations(ctx, history.Always()))
	defer stopObserved()
	counted, stopCounted := iter.Pull2(history.Counts(ctx, s, history.EveryDay()))
	defer stopCounted()
	c := &checker{Verdict: v, loc: loc, pruned: marks.Pruned, listed: listed, observed: observed, counted: counted}
	for d, err := range s.Days(ctx, history.EveryDay()) {
		if err == nil {
			err = c.day(&d)
		}
		if err != nil {
			return nil, err
		}
		if v.Days++; progress != nil {
			progress(v.Days)
		}
	}
	return v, c.end()
}

type cameraDay struct {
	camera string
	day    history.DayNumber
}

// changes reads the list of changes: how many there are of a day, and the
// greatest revision.
func (v *Verdict) changes(ctx context.Context, s history.Moving) (map[cameraDay][2]int, error) {
	listed := map[cameraDay][2]int{}
	for c, err := range s.Changes(ctx, history.EveryDay(), never) {
		if err != nil {
			return nil, err
		}
		l := listed[cameraDay{c.Camera, c.Day}]
		if c.Revision > 1 { // whether it was first written when it was closed is not known
			l[0]++
		}
		l[1] = max(l[1], c.Revision)
		listed[cameraDay{c.Camera, c.Day}] = l
	}
	return listed, nil
}

type checker struct {
	*Verdict
	loc      *time.Location
	pruned   int64
	listed   map[cameraDay][2]int
	observed func() (history.Identified, error, bool)
	counted  func() (history.CameraCounts, error, bool)

	camera string // that obs and counts are of
	obs    map[history.DayNumber][]history.Identified
	next   *history.Identified // of a later camera
	counts []history.DayCount
	ended  bool // there are no more observations
}

func (c *checker) day(d *history.Day) error {
	if d.Camera != c.camera || c.obs == nil {
		if err := c.turn(d.Camera); err != nil {
			return err
		}
	}
	if err := d.Check(d.Number.Seconds(c.loc)); err != nil {
		c.fault("ledger day %s of camera %s: %v", d.Number, d.Camera, err)
	}
	want := history.CountDay(d.Number, d.Timeline)
	for len(c.counts) > 0 && c.counts[0].Number < d.Number {
		c.fault("day %s of camera %s has counts and no timeline", c.counts[0].Number, c.camera)
		c.counts = c.counts[1:]
	}
	switch {
	case len(c.counts) == 0 || c.counts[0].Number > d.Number:
		c.fault("ledger day %s of camera %s has a timeline and no counts", d.Number, d.Camera)
	case c.counts[0] != want:
		c.fault("ledger day %s of camera %s: counts %+v are not those of its timeline, %+v", d.Number, d.Camera, c.counts[0], want)
		c.counts = c.counts[1:]
	default:
		c.counts = c.counts[1:]
	}
	if l := c.listed[cameraDay{d.Camera, d.Number}]; l[0] != d.Revision-1 || l[1] > d.Revision {
		c.fault("ledger day %s of camera %s has revision %d, and the list of changes has %d up to %d", d.Number, d.Camera, d.Revision, l[0], l[1])
	}
	if d.Number.Start(c.loc).UnixMilli() < c.pruned {
		return nil
	}
	c.Recomputed++
	if t := history.Fold(c.obs[d.Number], d.Number, c.loc); !slices.Equal(t, d.Timeline) {
		c.fault("ledger day %s of camera %s is not what its observations make of it: %v, and they make %v", d.Number, d.Camera, d.Timeline, t)
	}
	return nil
}

// turn goes on to another camera: it reads its observations and counts.
func (c *checker) turn(camera string) error {
	c.left()
	c.camera, c.obs, c.counts = camera, map[history.DayNumber][]history.Identified{}, nil
	counts, err, more := c.counted()
	switch {
	case err != nil:
		return err
	case !more || counts.Camera != camera:
		c.fault("camera %s has days and no counts, or %s the reverse", camera, counts.Camera)
	default:
		c.counts = counts.Days
	}
	for !c.ended {
		o := c.next
		if o == nil {
			next, err, more := c.observed()
			if err != nil {
				return err
			}
			if c.ended = !more; c.ended {
				break
			}
			c.Observations++
			o = &next
		}
		if c.next = o; o.Camera > camera {
			break
		}
		c.next = nil
		if o.Camera == camera {
			o.Reasons, o.Stages = nil, nil
			for n := history.DayOf(o.From, c.loc); n <= history.DayOf(o.To-1, c.loc); n++ {
				c.obs[n] = append(c.obs[n], *o)
			}
		}
	}
	return nil
}

// left tells of counts that no day was for.
func (c *checker) left() {
	for _, d := range c.counts {
		c.fault("day %s of camera %s has counts and no timeline", d.Number, c.camera)
	}
}

func (c *checker) end() error {
	c.left()
	for {
		counts, err, more := c.counted()
		if err != nil || !more {
			return errors.Join(err, c.rest())
		}
		c.fault("camera %s has counts and no days", counts.Camera)
	}
}

// rest counts the observations of cameras without days.
func (c *checker) rest() error {
	for !c.ended {
		_, err, more := c.observed()
		if err != nil {
			return err
		}
		if c.ended = !more; more {
			c.Observations++
		}
	}
	return nil
}
