package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/phukin/phukin/hub/history"
)

// Bounds of what one transaction takes: an append that waits for it does not
// wait long.
const (
	parcelDays         = 1000
	parcelObservations = 4000
	// dryTimes is how many times as much is tried at once: nothing waits for it to
	// be written.
	dryTimes = 10
)

// Options of an import.
type Options struct {
	// Checked says that the source was read once to its end, and is whole: the first
	// stage is left out if the store is empty.
	Checked bool
	// Progress, if not nil, gives for a stage the function that is told how many
	// records were read in it, or nil.
	Progress func(stage string) func(records int64)
}

// Imported says what became of a history that was imported.
type Imported struct {
	Sums  []Sum // of the source
	Taken map[Kind]history.Taken
}

// Import takes a history into a store. The source is read twice: first only to
// see that all of it can be taken, then to take it. So a source that is wrong,
// or contradicts what the store has, leaves nothing behind; what is wrong with
// a line is a *LineError. An import that was stopped is finished by doing it
// again, and doing it once more changes nothing.
//
// When the store had records before, days for which it got observations are
// computed again by Fold, which is called then.
func Import(ctx context.Context, src Source, dst history.Moving, o Options) (*Imported, error) {
	progress := o.Progress
	if progress == nil {
		progress = func(string) func(int64) { return nil }
	}
	occupied, err := hasAny(ctx, dst)
	if err != nil {
		return nil, err
	}
	if occupied || !o.Checked { // what is empty contradicts nothing
		try := importer{ctx: ctx, dst: dst, dry: true, taken: map[Kind]history.Taken{}}
		if err := try.all(src, progress("check")); err != nil {
			return nil, err
		}
	}
	take := importer{ctx: ctx, dst: dst, taken: map[Kind]history.Taken{}, occupied: occupied}
	if err := take.all(src, progress("import")); err != nil {
		return nil, err
	}
	if occupied {
		if _, err := dst.Fold(ctx); err != nil {
			return nil, err
		}
	}
	return &Imported{take.sums.all(), take.taken}, nil
}

// Missing gives how many days, changes, gaps and observations of a history a
// store does not have, or has older.
func Missing(ctx context.Context, src Source, dst history.Moving) (int, error) {
	try := importer{ctx: ctx, dst: dst, dry: true, whole: true, taken: map[Kind]history.Taken{}}
	if err := try.all(src, nil); err != nil {
		return 0, err
	}
	n := 0
	for _, t := range try.taken {
		n += t.New
	}
	return n, nil
}

// hasAny says whether a store has any record.
func hasAny(ctx context.Context, s history.Moving) (bool, error) {
	for _, err := range s.Accounted(ctx) {
		return err == nil, err
	}
	for _, err := range s.Days(ctx, history.EveryDay()) {
		return err == nil, err
	}
	return false, nil
}

type importer struct {
	ctx      context.Context
	dst      history.Moving
	dry      bool
	whole    bool // dry, and observations too: they contradict nothing, so trying them is only for counting
	occupied bool

	sums      *summer
	loc       *time.Location
	marks     history.Marks
	parcel    history.Parcel
	lines     []int // of the parcel's records
	kind      Kind
	accounted []history.Accounted
	behind    map[history.DayOfAgent]bool
	taken     map[Kind]history.Taken
}

func (im *importer) all(src Source, progress func(int64)) error {
	im.sums, im.behind = newSummer(), map[history.DayOfAgent]bool{}
	var line []byte
	n := int64(0)
	for r, err := range src {
		if err != nil {
			return err
		}
		if line, err = r.appendText(line[:0]); err != nil {
			return err
		}
		im.sums.add(r.Kind(), line)
		if err := im.add(&r); err != nil {
			return err
		}
		if n++; progress != nil {
			progress(n)
		}
	}
	if n == 0 {
		return errors.New("there is nothing in the source")
	}
	if err := im.flush(); err != nil {
		return err
	}
	im.parcel.Accounted = im.accounted
	if im.occupied {
		im.parcel.Behind = slices.SortedFunc(maps.Keys(im.behind), func(x, y history.DayOfAgent) int {
			return cmp.Or(cmp.Compare(x.Agent, y.Agent), cmp.Compare(x.Day, y.Day))
		})
	}
	return im.flush()
}

func (im *importer) add(r *Record) error {
	if kind := r.Kind(); kind != im.kind {
		if err := im.flush(); err != nil {
			return err
		}
		im.kind = kind
	}
	p, most := &im.parcel, parcelDays
	switch v := r.Value.(type) {
	case history.Marks:
		loc, err := time.LoadLocation(v.Zone)
		if err != nil || v.Zone == "" {
			return fmt.Errorf("the source does not say of which time zone its days are: %w", errors.Join(err, history.ErrZone))
		}
		im.marks, im.loc = v, loc
		p.Marks = v
	case history.Accounted:
		im.accounted = append(im.accounted, v)
		return nil
	case history.AgentLoss:
		p.Losses = append(p.Losses, v)
	case history.AgentAside:
		p.Asides = append(p.Asides, v)
	case history.Seen:
		p.Seen = append(p.Seen, v)
	case history.Day:
		v.Timeline = slices.Clone(v.Timeline)
		p.Days = append(p.Days, v)
	case history.Change:
		p.Changes = append(p.Changes, v)
	case history.Identified:
		for d := history.DayOf(v.From, im.loc); im.occupied && d <= history.DayOf(v.To-1, im.loc); d++ {
			im.behind[history.DayOfAgent{Agent: v.Agent, Day: d}] = true
		}
		if im.dry && !im.whole {
			return nil
		}
		p.Observations = append(p.Observations, v)
		most = parcelObservations
	}
	if im.dry {
		most *= dryTimes
	}
	if im.lines = append(im.lines, r.Line); len(im.lines) < most {
		return nil
	}
	return im.flush()
}

// flush has the store take what was collected.
func (im *importer) flush() error {
	im.parcel.Marks = im.marks
	if im.loc == nil || len(im.lines) == 0 && im.parcel.Accounted == nil && im.parcel.Behind == nil {
		return nil
	}
	taken, err := im.dst.Take(im.ctx, &im.parcel, im.dry)
	var conflict *history.ConflictError
	if errors.As(err, &conflict) && conflict.At < len(im.lines) && im.lines[conflict.At] > 0 {
		return &LineError{im.lines[conflict.At], fmt.Errorf("%w: the source and the store are two histories, or one of them was changed by hand; find out which is right, and import into an empty store", err)}
	}
	if err != nil {
		return err
	}
	sum := im.taken[im.kind]
	sum.Add(taken)
	im.taken[im.kind] = sum
	im.parcel, im.lines = history.Parcel{}, im.lines[:0]
	return nil
}
