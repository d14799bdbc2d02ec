package influx

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/phukin/phukin/hub/history"
)

// Days that are over are sealed: those of a camera's calendar year go into one
// point, so that years can be read at once. The single days stay as well, for
// dashboards. Up to the boundary every day is sealed, and read as such.

// sealAfter is how long after its end a day is sealed: what comes late costs
// more then.
const sealAfter = 3 * 24 * time.Hour

// SealBefore gives the day before which days are to be sealed at a moment.
func SealBefore(now time.Time, loc *time.Location) history.DayNumber {
	return history.DayOf(now.Add(-sealAfter).UnixMilli(), loc)
}

// sealed is the first day that is not sealed.
type sealed struct{ day atomic.Int64 }

const never = math.MinInt32 // no day is sealed

func (s *sealed) boundary() history.DayNumber { return history.DayNumber(s.day.Load()) }

// sealMoment is where the boundary is written.
const sealMoment = dayNs // 2 January 1970

type cameraYear struct {
	camera string
	year   history.DayNumber
}

// loadSeal reads how far the ledger is sealed.
func (s *Store) loadSeal(ctx context.Context) error {
	s.seal.day.Store(never)
	q := flux{bucket: s.ledger, measurement: "sealed", field: "before", from: sealMoment, to: sealMoment + 1}
	return s.read(ctx, &q, func(_ int64, _, value string) error {
		day, err := strconv.ParseInt(value, 10, 32)
		if err == nil {
			s.seal.day.Store(day)
		}
		return err
	})
}

// Seal seals the days before a day, and gives how many it sealed. It goes
// month by month, and may be stopped anywhere.
func (s *Store) Seal(ctx context.Context, before history.DayNumber) (days int, err error) {
	return s.SealTelling(ctx, before, nil)
}

// SealTelling is Seal that tells progress, if not nil, after each month how many
// days it has sealed.
func (s *Store) SealTelling(ctx context.Context, before history.DayNumber, progress func(days int64)) (days int, err error) {
	from := s.seal.boundary()
	if from == never {
		oldest, is, err := s.oldest(ctx)
		if err != nil {
			return 0, fmt.Errorf("look for the oldest ledger day: %w", err)
		}
		if !is {
			return 0, nil
		}
		from = oldest
	}
	for from < before {
		next := min(monthAfter(from), before)
		n, err := s.sealUpTo(ctx, from, next)
		if err != nil {
			return days, fmt.Errorf("seal the ledger from %s on: %w", from, err)
		}
		days += n
		if from = next; progress != nil {
			progress(int64(days))
		}
	}
	return days, nil
}

func (s *Store) oldest(ctx context.Context) (day history.DayNumber, is bool, err error) {
	q := flux{bucket: s.ledger, measurement: "ledger_day", field: "day", from: -int64(lastDay) * dayNs, to: int64(lastDay) * dayNs, tag: "camera"}
	err = s.read(ctx, &q, func(at int64, _, _ string) error {
		if d := history.DayNumber(at / dayNs); !is || d < day {
			day, is = d, true
		}
		return nil
	})
	return day, is, err
}

// sealUpTo adds the days in [from, next), of one year, to what is sealed of
// it; and then writes that it is done.
func (s *Store) sealUpTo(ctx context.Context, from, next history.DayNumber) (int, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	years := map[cameraYear][]history.Day{}
	n := 0
	err := s.days(ctx, nil, from, next-1, func(d history.Day) error {
		at := cameraYear{d.Camera, yearOf(from)}
		years[at] = append(years[at], d)
		n++
		return nil
	})
	if err == nil {
		err = s.reseal(ctx, years)
	}
	if err == nil {
		err = s.write(ctx, s.ledger, strconv.AppendInt(fmt.Appendf(nil, `sealed before="%d" `, next), sealMoment, 10))
	}
	if err == nil {
		s.seal.day.Store(int64(next))
	}
	return n, err
}

// reseal puts days into the sealed years of their cameras.
func (s *Store) reseal(ctx context.Context, fresh map[cameraYear][]history.Day) error {
	byYear := map[history.DayNumber][]string{}
	for at := range fresh {
		byYear[at.year] = append(byYear[at.year], at.camera)
	}
	for year, cameras := range byYear {
		slices.Sort(cameras)
		stored := map[string][]history.Day{}
		q := flux{bucket: s.ledger, measurement: "ledger_year", field: "days", tag: "camera", values: cameras, from: int64(year) * dayNs, to: int64(year)*dayNs + 1}
		err := s.read(ctx, &q, func(_ int64, camera, value string) error {
			if fresh[cameraYear{camera, year}] == nil {
				return nil
			}
			packed, err := base64.StdEncoding.DecodeString(value)
			if err == nil {
				stored[camera], err = unpackYear(camera, year, packed)
			}
			if err != nil {
				return fmt.Errorf("camera %s: %w", camera, err)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := s.writeYears(ctx, year, cameras, func(camera string) []history.Day {
			return overlay(stored[camera], fresh[cameraYear{camera, year}])
		}); err != nil {
			return err
		}
	}
	return nil
}

// overlay gives days, ascending, with fresh ones in the place of those of the
// same number; the later in fresh wins.
func overlay(days, fresh []history.Day) []history.Day {
	all := slices.Concat(days, fresh)
	slices.SortStableFunc(all, func(x, y history.Day) int { return cmp.Compare(x.Number, y.Number) })
	kept := all[:0]
	for i := range all {
		if i+1 < len(all) && all[i+1].Number == all[i].Number {
			continue
		}
		kept = append(kept, all[i])
	}
	return kept
}

// writeYears writes a year of cameras.
func (s *Store) writeYears(ctx context.Context, year history.DayNumber, cameras []string, of func(camera string) []history.Day) error {
	var lines []byte
	for i, camera := range cameras {
		lines = append(lines, "ledger_year,camera="...)
		lines = append(lines, camera...)
		lines = append(lines, ` days="`...)
		lines = base64.StdEncoding.AppendEncode(lines, packYear(year, of(camera)))
		lines = append(lines, `" `...)
		lines = strconv.AppendInt(lines, int64(year)*dayNs, 10)
		lines = append(lines, '\n')
		if len(lines) >= maxRequest || i == len(cameras)-1 {
			if err := s.write(ctx, s.ledger, lines); err != nil {
				return err
			}
			lines = lines[:0]
		}
	}
	return nil
}
