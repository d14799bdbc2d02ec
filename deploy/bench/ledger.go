package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

// Five years of a district's cameras, which end with the year 2025.
const (
	ledgerCameras = 2000
	ledgerFirst   = history.DayNumber(18_628) // 1 January 2021
	ledgerLast    = history.DayNumber(20_453) // 31 December 2025
)

// Bounds of the ledger.
const (
	coldBound = 150 * time.Millisecond // for ledgerCameras, on a machine whose peer takes 1.1 s
	coldTimes = 1100.0 / 150           // the same on any other
	sizeBound = 120                    // bytes of the file for a ledger day
)

func ledgerCamera(i int) string { return fmt.Sprintf("TH-%05d-%03d", 18_562+i/100, i%100) }

// ledgerDay makes a camera's day: two outages on average, of twenty minutes on
// average, an hour in which nobody looked now and then, and one camera of
// twenty degraded.
func ledgerDay(r *rand.Rand, camera string, degraded bool, n history.DayNumber) history.Day {
	d := history.Day{Camera: camera, Number: n, Revision: 1}
	up := wire.StatusUp
	if degraded {
		up = wire.StatusDegraded
	}
	const length = 86_400
	at := 0
	add := func(run history.Run) {
		run.Seconds = min(run.Seconds, length-at)
		if run.Seconds < 1 {
			return
		}
		at += run.Seconds
		d.Timeline = append(d.Timeline, run)
	}
	for at < length {
		add(history.Run{Seconds: 1 + int(r.ExpFloat64()*length/2.4), Status: up})
		if r.IntN(8) == 0 {
			add(history.Run{Seconds: 1 + int(r.ExpFloat64()*3600)})
			continue
		}
		add(history.Run{Seconds: 1 + int(r.ExpFloat64()*1200), Status: wire.StatusDown, Fault: wire.Faults()[r.IntN(6)], FellOn: wire.RungConnect})
	}
	return d
}

// ledger measures the ledger in SQLite: a report over five years from a file
// that was just opened, and the size of the file.
func ledger(ctx context.Context, o options, f *figures) error {
	dir, err := os.MkdirTemp("", "phukin-ledger-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := ledgerCold(ctx, o, dir, f); err != nil {
		return err
	}
	return ledgerSize(ctx, o, dir, f)
}

func openLedger(ctx context.Context, path string, now *time.Time) (*sqlite.DB, error) {
	loc, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		return nil, err
	}
	return sqlite.Open(ctx, path, sqlite.Options{Location: loc, Now: func() time.Time { return *now }})
}

func ledgerCold(ctx context.Context, o options, dir string, f *figures) error {
	cameras, rounds := ledgerCameras, 7
	if o.short {
		cameras, rounds = ledgerCameras/8, 5
	}
	chunks, rows := filepath.Join(dir, "chunks.db"), filepath.Join(dir, "rows.db")
	outages, err := fillLedgers(ctx, chunks, rows, cameras)
	if err != nil {
		return err
	}
	var here, counting, peer []time.Duration
	var ratio []float64
	for range rounds {
		var a, b, c reportAnswer
		if err := once(ctx, "ledger-report", reportOrder{chunks, "report"}, &a); err != nil {
			return err
		}
		if err := once(ctx, "ledger-report", reportOrder{chunks, "counts"}, &b); err != nil {
			return err
		}
		if err := once(ctx, "ledger-report", reportOrder{rows, "rows"}, &c); err != nil {
			return err
		}
		if a.Months != c.Months || a.Up != c.Up || a.Unknown != c.Unknown || a.Down != c.Down {
			return fmt.Errorf("the report says %+v, by GROUP BY %+v", a, c)
		}
		here, counting, peer, ratio = append(here, a.Took), append(counting, b.Took), append(peer, c.Took), append(ratio, float64(c.Took)/float64(a.Took))
	}
	days := cameras * int(ledgerLast-ledgerFirst+1)
	bound := coldBound * time.Duration(cameras) / ledgerCameras
	what := fmt.Sprintf("availability with bounds of %d camera-months (%d cameras, 5 years), from a file just opened, as JSON; CPU", cameras*60, cameras)
	f.add(what, ms(median(here)), "GROUP BY over a row a day, sums alone", ms(median(peer)), fmt.Sprintf("%.1f× quicker", median(ratio)), fmt.Sprintf("≤ %s or %.1f×", ms(bound), coldTimes), median(here) <= bound || median(ratio) >= coldTimes)
	f.add("… of that, reading the counts of all days", ms(median(counting)), "", "", fmt.Sprintf("%.0f ns a day", float64(median(counting))/float64(days)), "", true)
	size, err := fileSize(ctx, chunks)
	if err != nil {
		return err
	}
	beside, err := fileSize(ctx, rows)
	if err != nil {
		return err
	}
	perDay := float64(size) / float64(days)
	f.add(fmt.Sprintf("size of the file, a ledger day with %.1f outages, filled at one go", float64(outages)/float64(days)), fmt.Sprintf("%.0f B", perDay), "rows with seconds alone", fmt.Sprintf("%.0f B", float64(beside)/float64(days)), "", fmt.Sprintf("≤ %d B", sizeBound), perDay <= sizeBound)
	return nil
}

// fillLedgers fills a store, and beside it a table with a row a day.
func fillLedgers(ctx context.Context, chunks, rows string, cameras int) (outages int, err error) {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	db, err := openLedger(ctx, chunks, &now)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	beside, err := sql.Open("sqlite", "file:"+rows+"?_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, beside.Close()) }()
	if _, err := beside.ExecContext(ctx, "CREATE TABLE day (camera INTEGER, day INTEGER, month INTEGER, up INTEGER, degraded INTEGER, down INTEGER, unknown INTEGER, outages INTEGER, PRIMARY KEY (camera, day)) WITHOUT ROWID"); err != nil {
		return 0, err
	}
	months := ledgerMonths()
	for i := range cameras {
		r := rand.New(rand.NewPCG(1, uint64(i)))
		p := history.Parcel{Marks: history.Marks{Zone: "Asia/Ho_Chi_Minh"}}
		for n := ledgerFirst; n <= ledgerLast; n++ {
			d := ledgerDay(r, ledgerCamera(i), i%20 == 0, n)
			p.Days = append(p.Days, d)
			outages += d.Count().Outages
		}
		if err := fillRows(ctx, beside, i, p.Days, months); err != nil {
			return 0, err
		}
		if _, err := db.Take(ctx, &p, false); err != nil {
			return 0, err
		}
	}
	return outages, nil
}

// fillRows enters a camera's days as rows.
func fillRows(ctx context.Context, db *sql.DB, camera int, days []history.Day, months []uint8) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	insert, err := tx.PrepareContext(ctx, "INSERT INTO day VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	defer func() { _ = insert.Close() }() // the transaction has told
	for i := range days {
		d := &days[i]
		c := d.Count()
		if _, err := insert.ExecContext(ctx, camera, d.Number, months[d.Number-ledgerFirst], c.Up, c.Degraded, c.Down, c.Unknown, c.Outages); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

// ledgerMonths gives the month of every day, counted from the first.
func ledgerMonths() []uint8 {
	months := make([]uint8, ledgerLast-ledgerFirst+1)
	for i := range months {
		t := time.Unix(int64(int(ledgerFirst)+i)*86_400, 0).UTC()
		months[i] = uint8((t.Year()-2021)*12 + int(t.Month()) - 1)
	}
	return months
}

// reportOrder asks for a report from a file: "report" makes all of it, "counts"
// only reads, "rows" has SQLite sum a row a day.
type reportOrder struct{ Path, How string }

type reportAnswer struct {
	Took              time.Duration // CPU: all is in the system's cache, and others use the machine too
	Months, Bytes     int
	Up, Down, Unknown int64
}

func ledgerReportChild(ctx context.Context, in io.Reader, out io.Writer) error {
	var o reportOrder
	if err := json.NewDecoder(in).Decode(&o); err != nil {
		return err
	}
	months := ledgerMonths()
	begin := cpu()
	var a reportAnswer
	var err error
	switch o.How {
	case "rows":
		err = reportByRows(ctx, o.Path, &a)
	default:
		err = reportByCounts(ctx, o.Path, o.How == "report", months, &a)
	}
	if err != nil {
		return err
	}
	a.Took = cpu() - begin
	return json.NewEncoder(out).Encode(a)
}

// sums are the seconds of a month.
type sums struct{ up, down, unknown int64 }

func reportByCounts(ctx context.Context, path string, render bool, months []uint8, a *reportAnswer) (err error) {
	db, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var text []byte
	for c, err := range history.Counts(ctx, db, history.Query{First: ledgerFirst, Last: ledgerLast}) {
		if err != nil {
			return err
		}
		if !render {
			continue
		}
		var of [60]sums
		for i := range c.Days {
			d := &c.Days[i]
			s := &of[months[d.Number-ledgerFirst]]
			s.up += int64(d.Up + d.Degraded)
			s.down += int64(d.Down)
			s.unknown += int64(d.Unknown)
		}
		text = append(append(append(text, `{"camera":"`...), c.Camera...), `","months":[`...)
		for i := range of {
			text = of[i].render(text)
			a.Months++
			a.Up, a.Down, a.Unknown = a.Up+of[i].up, a.Down+of[i].down, a.Unknown+of[i].unknown
		}
		text = append(text[:len(text)-1], "]}\n"...)
	}
	a.Bytes = len(text)
	return nil
}

// render writes a month with its availability, its bounds and the share that
// was observed in millionths, rounded down.
func (s *sums) render(p []byte) []byte {
	share := func(p []byte, name string, a, b int64) []byte {
		p = append(append(append(p, '"'), name...), `":`...)
		if b == 0 {
			return append(p, "null,"...)
		}
		return append(strconv.AppendInt(p, a*1_000_000/b, 10), ',')
	}
	seen, all := s.up+s.down, s.up+s.down+s.unknown
	p = append(p, '{')
	p = share(p, "availability", s.up, seen)
	p = share(p, "low", s.up, all)
	p = share(p, "high", s.up+s.unknown, all)
	p = share(p, "observed", seen, all)
	return append(p[:len(p)-1], "},"...)
}

func reportByRows(ctx context.Context, path string, a *reportAnswer) (err error) {
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, "SELECT camera, month, SUM(up + degraded), SUM(down), SUM(unknown) FROM day GROUP BY camera, month")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var camera, month int
		var s sums
		if err := rows.Scan(&camera, &month, &s.up, &s.down, &s.unknown); err != nil {
			return err
		}
		a.Months++
		a.Up, a.Down, a.Unknown = a.Up+s.up, a.Down+s.down, a.Unknown+s.unknown
	}
	return rows.Err()
}

// ledgerSize has a store live day by day, as a hub's does: its days are rows,
// are sealed, and some change years later.
func ledgerSize(ctx context.Context, o options, dir string, f *figures) error {
	cameras, first := 40, ledgerFirst
	if o.short {
		first = ledgerLast - 149
	}
	path := filepath.Join(dir, "lived.db")
	now := time.Now()
	days, outages, err := liveLedger(ctx, path, &now, cameras, first)
	if err != nil {
		return err
	}
	size, err := fileSize(ctx, path)
	if err != nil {
		return err
	}
	perDay := float64(size) / float64(days)
	f.add(fmt.Sprintf("size of the file, a ledger day with %.1f outages, grown day by day over %d days, 1 of 20 changed afterwards", float64(outages)/float64(days), ledgerLast-first+1),
		fmt.Sprintf("%.0f B", perDay), "", "", "", fmt.Sprintf("≤ %d B", sizeBound), perDay <= sizeBound)
	return nil
}

func liveLedger(ctx context.Context, path string, now *time.Time, cameras int, first history.DayNumber) (days, outages int, err error) {
	db, err := openLedger(ctx, path, now)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	r := rand.New(rand.NewPCG(2, 2))
	for n := first; n <= ledgerLast; n++ {
		*now = n.Start(db.Location()).Add(20 * time.Hour)
		p := history.Parcel{Marks: history.Marks{Zone: "Asia/Ho_Chi_Minh"}}
		for i := range cameras {
			d := ledgerDay(r, ledgerCamera(i), i%20 == 0, n)
			p.Days, days, outages = append(p.Days, d), days+1, outages+d.Count().Outages
		}
		for range cameras / 20 {
			// Late evidence: a day of long ago with another timeline, and its entry.
			d := ledgerDay(r, ledgerCamera(r.IntN(cameras)), false, first+history.DayNumber(r.IntN(int(n-first)+1)))
			d.Revision = 2 + int(n-first)
			p.Days = append(p.Days, d)
			p.Changes = append(p.Changes, history.Change{Camera: d.Camera, Day: d.Number, Revision: d.Revision, At: *now, Before: history.Count{Up: 86_400}, After: d.Count()})
		}
		if _, err := db.Take(ctx, &p, false); err != nil {
			return 0, 0, err
		}
		if _, err := db.Fold(ctx); err != nil {
			return 0, 0, err
		}
	}
	return days, outages, nil
}

// fileSize gives the size of a SQLite file, all that is in it and around it.
func fileSize(ctx context.Context, path string) (n int64, err error) {
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.QueryRowContext(ctx, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").Scan(&n)
	return n, err
}
