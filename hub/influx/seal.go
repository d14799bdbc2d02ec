package influx

import (
	"context"
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/phukin/phukin/hub/history"
)

// A month that is over is sealed: all days of a camera go into one point, so
// that years can be read at once. The days stay as well, for dashboards. Up to
// the boundary every month is sealed, and read as such.

// sealed is the first day that is in no sealed month; at first there is none
// that is.
type sealed struct{ day atomic.Int64 }

const never = math.MinInt32 // no month is sealed

func (s *sealed) boundary() history.DayNumber { return history.DayNumber(s.day.Load()) }

type cameraMonth struct {
	camera string
	month  history.DayNumber
}

// loadSeal reads which months are sealed.
func (s *Store) loadSeal(ctx context.Context) error {
	s.seal.day.Store(never)
	q := flux{bucket: s.ledger, measurement: "sealed", field: "done", from: -int64(lastDay) * dayNs, to: int64(lastDay) * dayNs}
	return s.read(ctx, &q, func(at int64, _, _ string) error {
		if next := monthAfter(history.DayNumber(at / dayNs)); next > s.seal.boundary() {
			s.seal.day.Store(int64(next))
		}
		return nil
	})
}

// Seal seals the months that ended before a day, from the oldest on, and gives
// how many it sealed. It may be stopped anywhere.
func (s *Store) Seal(ctx context.Context, before history.DayNumber) (int, error) {
	months := 0
	for {
		month := s.seal.boundary()
		if month == never {
			oldest, any, err := s.oldest(ctx)
			if err != nil {
				return months, fmt.Errorf("look for the oldest ledger day: %w", err)
			}
			if !any {
				return 0, nil
			}
			month = monthOf(oldest)
		}
		next := monthAfter(month)
		if next > before {
			return months, nil
		}
		if err := s.sealMonth(ctx, month); err != nil {
			return months, fmt.Errorf("seal the month of %s: %w", month, err)
		}
		months++
	}
}

func (s *Store) oldest(ctx context.Context) (day history.DayNumber, any bool, err error) {
	q := flux{bucket: s.ledger, measurement: "ledger_day", field: "day", from: -int64(lastDay) * dayNs, to: int64(lastDay) * dayNs, tag: "camera"}
	err = s.read(ctx, &q, func(at int64, _, _ string) error {
		if d := history.DayNumber(at / dayNs); !any || d < day {
			day, any = d, true
		}
		return nil
	})
	return day, any, err
}

// sealMonth reads all days of a month one by one and writes them as one point
// a camera; and then, that it is done.
func (s *Store) sealMonth(ctx context.Context, month history.DayNumber) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	byCamera, err := s.stored(ctx, nil, month, monthAfter(month)-1)
	if err != nil {
		return err
	}
	months := make(map[cameraMonth][]storedDay, len(byCamera))
	for camera, days := range byCamera {
		months[cameraMonth{camera, month}] = days
	}
	if err := s.writeMonths(ctx, months); err != nil {
		return err
	}
	if err := s.write(ctx, s.ledger, strconv.AppendInt([]byte(`sealed done="yes" `), int64(month)*dayNs, 10)); err != nil {
		return err
	}
	s.seal.day.Store(int64(monthAfter(month)))
	return nil
}

// writeMonths writes whole months of cameras, of days in any order.
func (s *Store) writeMonths(ctx context.Context, months map[cameraMonth][]storedDay) error {
	var lines []byte
	flush := func(least int) error {
		if len(lines) < least {
			return nil
		}
		defer func() { lines = lines[:0] }()
		return s.write(ctx, s.ledger, lines)
	}
	for at, days := range months {
		slices.SortFunc(days, byNumber)
		lines = append(lines, "ledger_month,camera="...)
		lines = append(lines, at.camera...)
		lines = append(lines, ` days="`...)
		lines = base64.StdEncoding.AppendEncode(lines, packMonth(at.month, days))
		lines = append(lines, `" `...)
		lines = strconv.AppendInt(lines, int64(at.month)*dayNs, 10)
		lines = append(lines, '\n')
		if err := flush(maxRequest); err != nil {
			return err
		}
	}
	return flush(1)
}

// reseal puts days into months that are sealed already.
func (s *Store) reseal(ctx context.Context, late map[cameraMonth][]storedDay) error {
	if len(late) == 0 {
		return nil
	}
	byMonth := map[history.DayNumber][]string{}
	for at := range late {
		byMonth[at.month] = append(byMonth[at.month], at.camera)
	}
	for month, cameras := range byMonth {
		byCamera, err := s.stored(ctx, cameras, month, monthAfter(month)-1)
		if err != nil {
			return err
		}
		months := make(map[cameraMonth][]storedDay, len(cameras))
		for _, camera := range cameras {
			at := cameraMonth{camera, month}
			days := byCamera[camera]
			for _, d := range late[at] {
				i := slices.IndexFunc(days, func(old storedDay) bool { return old.number == d.number })
				if i < 0 {
					days = append(days, d)
				} else {
					days[i] = d
				}
			}
			months[at] = days
		}
		if err := s.writeMonths(ctx, months); err != nil {
			return err
		}
	}
	return nil
}
