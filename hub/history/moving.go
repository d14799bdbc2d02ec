package history

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
)

// Marks is what a history says of itself.
type Marks struct {
	Zone   string // of its days, by name; empty if it does not know it yet
	Pruned int64  // observations that ended before it are forgotten, Unix milliseconds
}

// Accounted is a run of sequence numbers [First, Next) of an agent's epoch
// that are accounted for, see Store.Committed.
type Accounted struct {
	Agent       string
	Epoch       uint64
	First, Next uint64
}

// AgentLoss is a gap and who declared it.
type AgentLoss struct {
	Agent string
	Loss
}

// AgentAside counts what was set aside of an agent; which entries are kept is
// not moved.
type AgentAside struct {
	Agent             string
	Messages, Records int64
}

// DayOfAgent is a day that an agent's observations speak of.
type DayOfAgent struct {
	Agent string
	Day   DayNumber
}

// Parcel is records of one store that another one takes as they stand.
type Parcel struct {
	Marks        Marks
	Seen         []Seen
	Days         []Day
	Changes      []Change
	Losses       []AgentLoss
	Asides       []AgentAside
	Observations []Identified
	Accounted    []Accounted
	// Behind are days whose ledger is to be computed again: Fold does it.
	Behind []DayOfAgent
}

// Taken counts what became of a parcel's days, changes, losses and
// observations.
type Taken struct {
	New   int // were not there, or are newer than what was there
	Same  int // were there
	Older int // what is there is newer, and stays
}

// Add takes another count into t.
func (t *Taken) Add(o Taken) { t.New, t.Same, t.Older = t.New+o.New, t.Same+o.Same, t.Older+o.Older }

// ConflictError reports a record that contradicts what the store has.
type ConflictError struct {
	Kind string // "day" or "change"
	At   int    // its place in the parcel's list
	What string
}

func (e *ConflictError) Error() string { return e.What }

// ErrZone reports a parcel whose days are of another time zone.
var ErrZone = errors.New("its days are of another time zone")

// Moving is a Store whose records can be moved as they stand: to another one,
// or into a file and back.
type Moving interface {
	Store

	// Marks gives what the history says of itself.
	Marks(ctx context.Context) (Marks, error)

	// Accounted streams what is accounted for, ordered by agent, epoch and First.
	Accounted(ctx context.Context) iter.Seq2[Accounted, error]

	// Sent streams all observations that are kept in the order of their
	// identities.
	Sent(ctx context.Context) iter.Seq2[Identified, error]

	// Take enters a parcel, or with dry says only what would become of it. After
	// an error nothing of it is there; but a store of two parts that was
	// interrupted, or away, may have some of its days. What is there already is
	// passed over, so a parcel may be taken again.
	//
	// A day with a higher revision than what is there replaces it, one with a
	// lower one is older. With the same revision each fills the unknown seconds of
	// the other; where both know a second and differ it is a *ConflictError, as is
	// a change that differs. Seen becomes what both say:
	// the earliest days, the latest measurement. Of counts and of Pruned the
	// greater counts. A parcel of another Zone is an ErrZone.
	//
	// Observations do not set their days behind, as Append does, for the days are
	// moved as well; and they do not count as accounted for in a later parcel's
	// Accounted. So Accounted comes last.
	Take(ctx context.Context, p *Parcel, dry bool) (Taken, error)
}

// Join makes one of a ledger day that stands in a store and one that comes from
// elsewhere: the timeline to be kept, and 1 if that is another one than what
// stands, 0 if both are the same, -1 if what stands says more. It is false if
// they contradict each other.
func (d *Day) Join(stands *Day) (t Timeline, order int, ok bool) {
	switch {
	case d.Revision > stands.Revision:
		return d.Timeline, 1, true
	case d.Revision < stands.Revision:
		return stands.Timeline, -1, true
	case slices.Equal(d.Timeline, stands.Timeline):
		return d.Timeline, 0, true
	}
	t = Fill(stands.Timeline, d.Timeline)
	switch {
	case !slices.Equal(t, Fill(d.Timeline, stands.Timeline)):
		return nil, 0, false
	case slices.Equal(t, stands.Timeline):
		return t, -1, true
	}
	return t, 1, true
}

// Merge takes what another store has seen of the same camera into s.
func (s *Seen) Merge(o Seen) {
	s.Enrolled, s.Verified = earlier(s.Enrolled, o.Enrolled), earlier(s.Verified, o.Verified)
	if o.MeasuredAt > s.MeasuredAt {
		s.MeasuredAt, s.Codec, s.Width, s.Height, s.FrameRate = o.MeasuredAt, o.Codec, o.Width, o.Height, o.FrameRate
	}
}

func earlier(a, b DayNumber) DayNumber {
	if a == NoDay || b == NoDay {
		return max(a, b)
	}
	return min(a, b)
}

// Check says whether a ledger day could be written: its camera's code, its
// revision, and its timeline, of as many seconds.
func (d *Day) Check(seconds int) error {
	if d.Revision < 1 || d.Revision > math.MaxInt32 {
		return fmt.Errorf("revision %d, 1 to %d are allowed", d.Revision, math.MaxInt32)
	}
	for i := range d.Timeline {
		if err := d.Timeline.check(i); err != nil {
			return err
		}
	}
	if n := d.Timeline.Seconds(); n != seconds {
		return fmt.Errorf("%d seconds, the day has %d", n, seconds)
	}
	return nil
}
