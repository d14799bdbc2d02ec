package influx

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/phukin/phukin/hub/history"
)

// PutDays implements history.Evidence. A day that is sealed already changes
// its sealed year as well.
func (s *Store) PutDays(ctx context.Context, days []history.Day) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	boundary := s.seal.boundary()
	var lines, encoded []byte
	late := map[cameraYear][]history.Day{}
	for i := range days {
		d := &days[i]
		if d.Number > lastDay || d.Number < -lastDay {
			continue
		}
		var err error
		if encoded, err = encodeDay(encoded[:0], d); err != nil {
			return fmt.Errorf("put ledger day %s of camera %s: %w", d.Number, d.Camera, err)
		}
		lines = appendDay(lines, d, encoded)
		if d.Number < boundary {
			at := cameraYear{d.Camera, yearOf(d.Number)}
			late[at] = append(late[at], *d)
		}
		if len(lines) >= maxRequest {
			if err := s.write(ctx, s.ledger, lines); err != nil {
				return fmt.Errorf("put ledger days: %w", err)
			}
			lines = lines[:0]
		}
	}
	if len(lines) > 0 {
		if err := s.write(ctx, s.ledger, lines); err != nil {
			return fmt.Errorf("put ledger days: %w", err)
		}
	}
	if err := s.reseal(ctx, late); err != nil {
		return fmt.Errorf("put ledger days: %w", err)
	}
	return nil
}

// Keeps implements history.Evidence.
func (s *Store) Keeps() (first, last history.DayNumber) { return -lastDay, lastDay }

// Days implements history.Evidence. Sealed years are read as such, what
// follows them day by day.
func (s *Store) Days(ctx context.Context, q history.Query) iter.Seq2[history.Day, error] {
	return func(yield func(history.Day, error) bool) {
		err := s.days(ctx, history.Codes(q.Cameras), max(q.First, -lastDay), min(q.Last, lastDay), func(d history.Day) error {
			if !yield(d, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(history.Day{}, fmt.Errorf("read ledger days: %w", err))
		}
	}
}

// storedDay is a day as it is stored by itself: what decodeDay reads.
type storedDay struct {
	number  history.DayNumber
	encoded []byte
}

// reel is what is stored of one camera: its years and then single days. It
// is read day by day.
type reel struct {
	camera string
	years  []*yearReader
	single []storedDay
	end    history.DayNumber // of the years: what they have from there on does not count
}

// end of a reel.
const noMore = math.MaxInt32

// ahead goes to the next day, and gives its number.
func (r *reel) ahead() (history.DayNumber, error) {
	for len(r.years) > 0 {
		more, err := r.years[0].next()
		if err != nil {
			return 0, err
		}
		if more && r.years[0].number < r.end {
			return r.years[0].number, nil
		}
		r.years = r.years[1:]
	}
	if len(r.single) > 0 {
		return r.single[0].number, nil
	}
	return noMore, nil
}

// read reads the day that ahead went to. Its timeline is at the end of runs.
func (r *reel) read(runs []history.Run) (history.Day, error) {
	d := history.Day{Camera: r.camera, Timeline: runs[len(runs):]}
	var err error
	if len(r.years) > 0 {
		y := r.years[0]
		d.Number, d.Revision = y.number, y.revision
		d.Timeline, err = y.timeline(d.Timeline)
	} else {
		d.Number = r.single[0].number
		err = decodeDay(r.single[0].encoded, &d)
		r.single = r.single[1:]
	}
	return d, err
}

// runsAtOnce is how many runs of timelines get memory together.
const runsAtOnce = 16_384

func (s *Store) days(ctx context.Context, cameras []string, first, last history.DayNumber, f func(history.Day) error) error {
	if err := ctx.Err(); err != nil || first > last || cameras != nil && len(cameras) == 0 {
		return err
	}
	reels, err := s.reels(ctx, cameras, first, last)
	if err != nil {
		return err
	}
	var runs []history.Run
	for _, r := range reels {
		if err := ctx.Err(); err != nil {
			return err
		}
		for {
			day, err := r.ahead()
			if err != nil {
				return fmt.Errorf("camera %s: %w", r.camera, err)
			}
			if day > last {
				break
			}
			if cap(runs)-len(runs) < 64 {
				runs = make([]history.Run, 0, runsAtOnce)
			}
			d, err := r.read(runs)
			if err != nil {
				return fmt.Errorf("ledger day %s of camera %s: %w", day, r.camera, err)
			}
			if n := len(d.Timeline); n <= cap(runs)-len(runs) {
				runs = runs[:len(runs)+n]
			}
			d.Timeline = slices.Clip(d.Timeline)
			if day < first {
				continue
			}
			if err := f(d); err != nil {
				return err
			}
		}
	}
	return nil
}

// reels asks for what is stored of cameras from first to last, and of the
// years that these lie in. They are ordered by camera.
func (s *Store) reels(ctx context.Context, cameras []string, first, last history.DayNumber) ([]*reel, error) {
	var want map[string]bool
	if len(cameras) > mostValues { // else the server filters
		want = make(map[string]bool, len(cameras))
		for _, c := range cameras {
			want[c] = true
		}
	}
	boundary := s.seal.boundary()
	byCamera := map[string]*reel{}
	of := func(camera string) *reel {
		r := byCamera[camera]
		if r == nil && (want == nil || want[camera]) {
			r = &reel{camera: camera, end: boundary}
			byCamera[camera] = r
		}
		return r
	}
	sealed := flux{
		bucket: s.ledger, measurement: "ledger_year", field: "days", tag: "camera", values: cameras,
		from: int64(yearOf(first)) * dayNs, to: min(int64(last)+1, int64(boundary)) * dayNs,
	}
	if boundary == never {
		sealed.to = sealed.from
	}
	var packed []byte
	err := s.read(ctx, &sealed, func(at int64, camera, value string) error {
		r := of(camera)
		if r == nil {
			return nil
		}
		var err error
		packed, err = base64.StdEncoding.AppendDecode(nil, []byte(value))
		var y *yearReader
		if err == nil {
			y, err = openYear(history.DayNumber(at/dayNs), packed)
		}
		if err != nil {
			return fmt.Errorf("camera %s: %w", camera, err)
		}
		r.years = append(r.years, y)
		return nil
	})
	if err != nil {
		return nil, err
	}
	single := flux{
		bucket: s.ledger, measurement: "ledger_day", field: "day", tag: "camera", values: cameras,
		from: int64(max(first, boundary)) * dayNs, to: (int64(last) + 1) * dayNs,
	}
	err = s.read(ctx, &single, func(at int64, camera, value string) error {
		r := of(camera)
		if r == nil {
			return nil
		}
		encoded, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			return fmt.Errorf("camera %s: %w", camera, errDay)
		}
		r.single = append(r.single, storedDay{history.DayNumber(at / dayNs), encoded})
		return nil
	})
	if err != nil {
		return nil, err
	}
	reels := make([]*reel, 0, len(byCamera))
	for _, r := range byCamera {
		slices.SortFunc(r.years, func(x, y *yearReader) int { return cmp.Compare(x.year, y.year) })
		slices.SortFunc(r.single, func(x, y storedDay) int { return cmp.Compare(x.number, y.number) })
		reels = append(reels, r)
	}
	slices.SortFunc(reels, func(x, y *reel) int { return cmp.Compare(x.camera, y.camera) })
	return reels, nil
}
