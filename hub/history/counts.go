package history

import (
	"context"
	"iter"

	"github.com/phukin/phukin/hub/wire"
)

// DayCount is a ledger day without its timeline: what figures over whole days
// need.
type DayCount struct {
	Number                      DayNumber
	Up, Degraded, Down, Unknown int32 // seconds; together they are the length of the day
	Outages                     int32 // runs of down, as in Count
	// Begins and Ends are the statuses of the first and the last second, 0 when
	// unknown: an outage that goes on over midnight is one.
	Begins, Ends wire.Status
}

// CountDay counts a day's timeline.
func CountDay(n DayNumber, t Timeline) DayCount {
	c := t.Count()
	d := DayCount{Number: n, Up: int32(c.Up), Degraded: int32(c.Degraded), Down: int32(c.Down), Unknown: int32(c.Unknown), Outages: int32(c.Outages)}
	if len(t) > 0 {
		d.Begins, d.Ends = t[0].Status, t[len(t)-1].Status
	}
	return d
}

// Count gives the day's seconds and outages.
func (d *DayCount) Count() Count {
	return Count{int64(d.Up), int64(d.Degraded), int64(d.Down), int64(d.Unknown), int(d.Outages)}
}

// Seconds gives the length of the day.
func (d *DayCount) Seconds() int { return int(d.Up + d.Degraded + d.Down + d.Unknown) }

// CameraCounts is the days of one camera, in ascending order.
type CameraCounts struct {
	Camera string
	Days   []DayCount
}

// Counter is a Store that knows the counts of its days without reading their
// timelines.
type Counter interface {
	// Counts streams the counts of the days that a query means, each camera once,
	// in the order of Store.Days. Cameras without such days are left out. Days
	// belongs to the stream: it is good until the next camera is asked for.
	Counts(ctx context.Context, q Query) iter.Seq2[CameraCounts, error]
}

// DayReader is the part of a Store that ledger days are read from.
type DayReader interface {
	Days(ctx context.Context, q Query) iter.Seq2[Day, error]
}

// Counts streams the counts of days as Counter does, from any store: the
// quick way if it has one, by counting timelines if not.
func Counts(ctx context.Context, s DayReader, q Query) iter.Seq2[CameraCounts, error] {
	if c, ok := s.(Counter); ok {
		return c.Counts(ctx, q)
	}
	return func(yield func(CameraCounts, error) bool) {
		var c CameraCounts
		for d, err := range s.Days(ctx, q) {
			if err != nil {
				yield(CameraCounts{}, err)
				return
			}
			if d.Camera != c.Camera && len(c.Days) > 0 {
				if !yield(c, nil) {
					return
				}
				c.Days = c.Days[:0]
			}
			c.Camera = d.Camera
			c.Days = append(c.Days, CountDay(d.Number, d.Timeline))
		}
		if len(c.Days) > 0 {
			yield(c, nil)
		}
	}
}
