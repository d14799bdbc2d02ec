package history

import (
	"time"
)

// DayNumber is a local calendar day: days since 1970-01-01 of the store's
// time zone. NoDay stands for none.
type DayNumber int32

// NoDay is no day at all.
const NoDay DayNumber = -1 << 31

const daySeconds = 86_400

// DayOf gives the local calendar day of a moment in loc: the day d with
// d.Start <= ms < (d+1).Start.
func DayOf(ms int64, loc *time.Location) DayNumber {
	t := time.UnixMilli(ms).In(loc)
	_, offset := t.Zone()
	d := DayNumber(floorDiv(t.Unix()+int64(offset), daySeconds))
	// Where the clock was put back over midnight the old date is read twice;
	// the second time belongs to the day that had begun.
	for ms >= (d + 1).Start(loc).UnixMilli() {
		d++
	}
	return d
}

// Start gives the first moment of the day in loc. Where the clock skips
// midnight it is the first moment that exists.
func (d DayNumber) Start(loc *time.Location) time.Time {
	midnight := int64(d) * daySeconds
	// No zone was ever more than 16 hours from UTC: from well before the day
	// go through the zone's rules until one has its midnight.
	for t := time.Unix(midnight-18*3600, 0).In(loc); ; {
		_, offset := t.Zone()
		from, to := t.ZoneBounds()
		if !to.IsZero() && !to.After(t) {
			// Past a zone's table the library takes every year for 365 days: on the
			// last day of a leap year the end that it gives is over.
			to = t.Add(time.Hour)
		}
		start := time.Unix(midnight-int64(offset), 0).In(loc)
		if to.IsZero() || start.Before(to) {
			if start.Before(from) { // midnight was skipped
				return from
			}
			return start
		}
		t = to
	}
}

// Seconds gives the length of the day in loc: 86,400 but where the clock is
// put forward or back.
func (d DayNumber) Seconds(loc *time.Location) int {
	return int((d + 1).Start(loc).Unix() - d.Start(loc).Unix())
}

// closing is how long after its end a day counts as open: what the agents saw
// last is on its way by then.
const closing = time.Hour

// Closed says whether the day counts as closed at a moment: one hour after
// its end. A change of a closed day is a revision.
func (d DayNumber) Closed(now time.Time, loc *time.Location) bool {
	return !now.Before((d + 1).Start(loc).Add(closing))
}

// OpenFrom gives the first day that is not Closed at a moment: no later day is,
// and all before it are.
func OpenFrom(now time.Time, loc *time.Location) DayNumber {
	return DayOf(now.Add(-closing).UnixMilli(), loc)
}

// String writes yyyy-mm-dd.
func (d DayNumber) String() string {
	if d == NoDay {
		return ""
	}
	return time.Unix(int64(d)*daySeconds, 0).UTC().Format(time.DateOnly)
}
