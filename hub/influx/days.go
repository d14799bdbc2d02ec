package influx

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/phukin/phukin/hub/history"
)

// PutDays implements history.Evidence. A day of a month that is sealed
// changes the sealed month as well.
func (s *Store) PutDays(ctx context.Context, days []history.Day) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	boundary := s.seal.boundary()
	var lines, encoded []byte
	late := map[cameraMonth][]storedDay{}
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
			at := cameraMonth{d.Camera, monthOf(d.Number)}
			late[at] = append(late[at], storedDay{d.Number, slices.Clone(encoded)})
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

// row is a day in memory as it is stored.
type row struct {
	camera  int32 // in the order of codes
	encoded []byte
}

// Days implements history.Evidence. Sealed months are read as such, what
// follows them day by day.
func (s *Store) Days(ctx context.Context, cameras []string, first, last history.DayNumber) iter.Seq2[history.Day, error] {
	return func(yield func(history.Day, error) bool) {
		err := s.days(ctx, cameras, max(first, -lastDay), min(last, lastDay), func(d history.Day) error {
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

func (s *Store) days(ctx context.Context, cameras []string, first, last history.DayNumber, f func(history.Day) error) error {
	if err := ctx.Err(); err != nil || first > last || cameras != nil && len(cameras) == 0 {
		return err
	}
	byCamera, err := s.stored(ctx, cameras, first, last)
	if err != nil || len(byCamera) == 0 {
		return err
	}
	codes := make([]string, 0, len(byCamera))
	for c := range byCamera {
		codes = append(codes, c)
	}
	slices.Sort(codes)
	least, most := last, first
	for _, days := range byCamera {
		for i := range days {
			least, most = min(least, days[i].number), max(most, days[i].number)
		}
	}
	byDay := make([][]row, most-least+1)
	for i, c := range codes {
		for _, d := range byCamera[c] {
			byDay[d.number-least] = append(byDay[d.number-least], row{int32(i), d.encoded})
		}
		delete(byCamera, c)
	}
	var runs []history.Run // memory of timelines
	for i, rows := range byDay {
		for _, r := range rows {
			if cap(runs)-len(runs) < 64 {
				runs = make([]history.Run, 0, 16_384)
			}
			d := history.Day{Camera: codes[r.camera], Number: least + history.DayNumber(i), Timeline: runs[len(runs):]}
			if err := decodeDay(r.encoded, &d); err != nil {
				return fmt.Errorf("ledger day %s of camera %s: %w", d.Number, d.Camera, err)
			}
			if n := len(d.Timeline); n <= cap(runs)-len(runs) {
				runs = runs[:len(runs)+n]
			}
			d.Timeline = d.Timeline[:len(d.Timeline):len(d.Timeline)]
			if err := f(d); err != nil {
				return err
			}
		}
		byDay[i] = nil
	}
	return ctx.Err()
}

// stored reads the days of cameras from first to last, in no order.
func (s *Store) stored(ctx context.Context, cameras []string, first, last history.DayNumber) (map[string][]storedDay, error) {
	var want map[string]bool
	if len(cameras) > mostValues { // else the server filters
		want = make(map[string]bool, len(cameras))
		for _, c := range cameras {
			want[c] = true
		}
	}
	boundary := s.seal.boundary()
	byCamera := map[string][]storedDay{}
	sealed := flux{
		bucket: s.ledger, measurement: "ledger_month", field: "days", tag: "camera", values: cameras,
		from: int64(monthOf(first)) * dayNs, to: min(int64(last)+1, int64(boundary)) * dayNs,
	}
	var days []storedDay
	err := s.read(ctx, &sealed, func(at int64, camera, value string) error {
		if want != nil && !want[camera] {
			return nil
		}
		packed, err := base64.StdEncoding.DecodeString(value)
		if err == nil {
			days, err = unpackMonth(history.DayNumber(at/dayNs), packed, days[:0])
		}
		if err != nil {
			return fmt.Errorf("camera %s: %w", camera, err)
		}
		own := byCamera[camera]
		for _, d := range days {
			if d.number >= first && d.number <= last {
				own = append(own, d)
			}
		}
		byCamera[camera] = own
		return nil
	})
	if err != nil {
		return nil, err
	}
	single := flux{
		bucket: s.ledger, measurement: "ledger_day", field: "day", tag: "camera", values: cameras,
		from: max(int64(first), int64(boundary)) * dayNs, to: (int64(last) + 1) * dayNs,
	}
	err = s.read(ctx, &single, func(at int64, camera, value string) error {
		if want != nil && !want[camera] {
			return nil
		}
		encoded, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			return fmt.Errorf("camera %s: %w", camera, errDay)
		}
		byCamera[camera] = append(byCamera[camera], storedDay{history.DayNumber(at / dayNs), encoded})
		return nil
	})
	return byCamera, err
}

// byNumber orders days.
func byNumber(x, y storedDay) int { return cmp.Compare(x.number, y.number) }
