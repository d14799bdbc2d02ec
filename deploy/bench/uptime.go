package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strconv"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/uptime"
	"github.com/phukin/phukin/hub/wire"
)

// Bounds of the figures of a warm index. On a slower machine a report is quick
// enough, too, if it takes no longer than the plain arrays do there.
const (
	gridBound   = 10 * time.Millisecond // CPU, 2,000 cameras × 60 months, JSON included
	manyBound   = time.Second           // CPU, 200,000 cameras × 60 months, JSON included
	windowBound = 3 * time.Microsecond  // CPU, one camera, any window
	// gridPiece is how many cameras are rendered at once, as they would be sent.
	gridPiece = 2000
)

// uptimeFigures measures figures from the index of hub/uptime: five years of
// ledger days with two outages a day, and beside it a scan of plain arrays that
// hold nothing but what the answer needs.
func uptimeFigures(ctx context.Context, o options, f *figures) error {
	order := ledgerOrder{Cameras: 2000, Outages: 2, Rounds: 41}
	many := ledgerOrder{Cameras: 20_000, Outages: 0.05, Rounds: 3, Shards: 10}
	if o.short {
		order.Rounds, many.Cameras, many.Shards = 11, 10_000, 1
	}
	var a ledgerAnswer
	if err := once(ctx, "ledger", order, &a); err != nil {
		return err
	}
	if a.Failed != "" {
		return errors.New(a.Failed)
	}
	what := fmt.Sprintf("availability with bounds by camera and month, %d × 60, as JSON", order.Cameras)
	f.add(what, ms(a.Grid), "a scan of plain arrays by month, rendered with strconv", ms(a.Plain), ratioText(a.OverPlain), "≤ 10 ms or 1×", a.Grid <= gridBound || a.OverPlain <= 1)
	f.add("… with an acceptance and two maintenance windows each", ms(a.Cut), "a scan of plain arrays by day, rendered with strconv", ms(a.Daily), ratioText(float64(a.Cut)/float64(a.Daily)), "", true)
	f.add("any window to the second, a camera", ns(a.Window), "", "", "", "≤ 3 µs", a.Window <= windowBound)
	f.add("… with an acceptance and two maintenance windows", ns(a.WindowCut), "", "", "", "≤ 3 µs", a.WindowCut <= windowBound)
	f.add(fmt.Sprintf("incidents of %d cameras over 90 days, %d outages", order.Cameras, a.Outages), ms(a.Incidents), "", "", "", "", true)
	f.add("memory of a camera day with two outages", fmt.Sprintf("%.1f bytes", a.Bytes), "", "", "", "", true)
	f.add("a day put again while others read", ns(a.Put), "", "", "", "", true)

	var total ledgerAnswer
	for shard := range many.Shards {
		many.Seed = uint64(shard)
		var b ledgerAnswer
		if err := once(ctx, "ledger", many, &b); err != nil {
			return err
		}
		if b.Failed != "" {
			return errors.New(b.Failed)
		}
		total.Grid, total.Plain, total.Bytes = total.Grid+b.Grid, total.Plain+b.Plain, b.Bytes
	}
	n := many.Cameras * many.Shards
	bound := manyBound * time.Duration(n) / 200_000
	f.add(fmt.Sprintf("the same report of %d cameras, one after the other in processes of %d", n, many.Cameras), ms(total.Grid), "the plain arrays", ms(total.Plain), ratioText(float64(total.Grid)/float64(total.Plain)), "≤ "+bound.String()+" or 1×", total.Grid <= bound || total.Grid <= total.Plain)
	f.add("memory of a camera day with an outage in 20 days", fmt.Sprintf("%.1f bytes", total.Bytes), "", "", "", "", true)
	return nil
}

func ns(d time.Duration) string { return fmt.Sprintf("%.2f µs", float64(d.Nanoseconds())/1000) }

// ledgerOrder says which ledger a child makes up and measures.
type ledgerOrder struct {
	Cameras int
	Outages float64 // a day, on average
	Rounds  int
	Shards  int
	Seed    uint64
}

// ledgerAnswer is CPU time, as medians of the rounds, and the median of the
// ratios.
type ledgerAnswer struct {
	Grid, Cut, Plain, Daily time.Duration
	Window, WindowCut, Put  time.Duration
	Incidents               time.Duration
	Outages                 int
	OverPlain               float64
	Bytes                   float64 // of a camera day
	Failed                  string
}

// ledgerChild measures one index.
func ledgerChild(_ context.Context, in io.Reader, out io.Writer) error {
	var o ledgerOrder
	if err := json.NewDecoder(in).Decode(&o); err != nil {
		return err
	}
	b, err := newLedgerBench(o)
	if err != nil {
		return err
	}
	a := b.measure(o)
	return json.NewEncoder(out).Encode(a)
}

// ledgerBench is an index and the same as plain arrays.
type ledgerBench struct {
	loc      *time.Location
	index    *uptime.Index
	first    history.DayNumber
	days     int
	months   []int64 // moments
	lasts    []int   // index of the first day after each month
	rows     []uptime.Row
	cut      []uptime.Row // with maintenance and an acceptance
	monthly  [][5]uint32  // up, degraded, down, unknown, outages of each camera and month
	daily    [][5]uint32
	random   *rand.Rand
	buffer   []byte
	buffered []byte
}

func newLedgerBench(o ledgerOrder) (*ledgerBench, error) {
	loc, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		return nil, err
	}
	first := history.DayOf(time.Date(2021, 11, 1, 12, 0, 0, 0, loc).UnixMilli(), loc)
	last := history.DayOf(time.Date(2026, 10, 31, 12, 0, 0, 0, loc).UnixMilli(), loc)
	b := &ledgerBench{
		loc: loc, index: uptime.NewIndex(loc), first: first, days: int(last-first) + 1, random: rand.New(rand.NewPCG(o.Seed, 6)),
	}
	cuts := uptime.Cuts(first, last, uptime.Monthly)
	b.months = uptime.Moments(cuts, loc)
	for _, d := range cuts[1:] {
		b.lasts = append(b.lasts, int(d-first))
	}
	daily := o.Rounds > 10 // by day only where it is asked for
	err = b.index.Update(func(yield func(history.Day, error) bool) {
		var line history.Timeline
		for i := range o.Cameras {
			code := "CAM-" + strconv.Itoa(i)
			r := uptime.Row{Camera: code, Counted: uptime.Spans{{From: 0, To: 1 << 40}}}
			b.rows = append(b.rows, r)
			from := b.months[0] + b.random.Int64N(86400*1000)
			w := from + 86400*300 + b.random.Int64N(86400*100)
			b.cut = append(b.cut, uptime.Row{Camera: code, Counted: uptime.Spans{{From: from, To: w}, {From: w + 7201, To: w + 86400*90 + 5}, {From: w + 86400*91, To: 1 << 40}}})
			month, down := 0, false
			var sum [5]uint32
			for d := range b.days {
				line = b.line(line[:0], o.Outages)
				c := line.Count()
				if down && line[0].Status == wire.StatusDown {
					c.Outages-- // as long as it is in the same month, which it never begins
				}
				down = line[len(line)-1].Status == wire.StatusDown
				day := [5]uint32{uint32(c.Up), uint32(c.Degraded), uint32(c.Down), uint32(c.Unknown), uint32(c.Outages)}
				for k := range sum {
					sum[k] += day[k]
				}
				if daily {
					b.daily = append(b.daily, day)
				}
				if d+1 == b.lasts[month] {
					b.monthly = append(b.monthly, sum)
					sum = [5]uint32{}
					month++
				}
				if !yield(history.Day{Camera: code, Number: first + history.DayNumber(d), Timeline: line}, nil) {
					return
				}
			}
		}
	})
	runtime.GC()
	return b, err
}

// line makes up a day: up, with outages that lie within it, some of them in
// unknown or degraded time.
func (b *ledgerBench) line(t history.Timeline, outages float64) history.Timeline {
	n := int(outages)
	if b.random.Float64() < outages-float64(n) {
		n++
	}
	if n > 0 {
		n = 1 + b.random.IntN(2*n) // as many on average, or one more in two
	}
	left := 86400
	for range n {
		part := left / (n + 1)
		up, down := 1+b.random.IntN(part), 5+b.random.IntN(600)
		t = append(t, history.Run{Seconds: up, Status: wire.StatusUp}, history.Run{Seconds: down, Status: wire.StatusDown, Fault: wire.FaultTimeout, FellOn: wire.RungConnect})
		left -= up + down
		if b.random.IntN(4) == 0 {
			t = append(t, history.Run{Seconds: 60})
			left -= 60
		}
	}
	return append(t, history.Run{Seconds: left, Status: wire.StatusUp})
}

func (b *ledgerBench) measure(o ledgerOrder) (a ledgerAnswer) {
	s := b.index.Snapshot()
	bytesOf, days := s.Bytes()
	a.Bytes = float64(bytesOf) / float64(days)

	var grid, cut, plain, daily, window, windowCut, put []time.Duration
	var over []float64
	for range o.Rounds {
		var g, p time.Duration
		for from := 0; from < o.Cameras; from += gridPiece {
			to := min(from+gridPiece, o.Cameras)
			g += timed(func() { b.buffer = s.AppendGrid(b.buffer[:0], b.rows[from:to], b.months) })
			p += timed(func() { b.buffered = b.scan(b.buffered[:0], from, to) })
			if a.Failed = b.differs(); a.Failed != "" {
				return a
			}
		}
		grid, plain, over = append(grid, g), append(plain, p), append(over, float64(g)/float64(p))
		if b.daily == nil {
			continue
		}
		cut = append(cut, timed(func() { b.buffer = s.AppendGrid(b.buffer[:0], b.cut, b.months) }))
		daily = append(daily, timed(func() { b.buffered = b.scanDays(b.buffered[:0], o.Cameras) }))
		windows := make([]uptime.Window, len(b.rows))
		for i := range windows {
			x, y := b.random.Int64N(int64(b.days)*86400), b.random.Int64N(int64(b.days)*86400)
			windows[i] = uptime.Window{From: b.months[0] + min(x, y), To: b.months[0] + max(x, y)}
		}
		each := time.Duration(len(b.rows))
		window = append(window, timed(func() { ask(s, b.rows, windows) })/each)
		windowCut = append(windowCut, timed(func() { ask(s, b.cut, windows) })/each)
		again := history.Day{Number: b.first + history.DayNumber(b.days-1), Timeline: b.line(nil, o.Outages)}
		put = append(put, timed(func() {
			for i := range 100 {
				again.Camera = b.rows[i].Camera
				b.index.Put(again)
			}
		})/100)
	}
	if b.daily != nil {
		members := make([]uptime.Member, len(b.cut))
		for i, r := range b.cut {
			members[i] = uptime.Member{Camera: r.Camera, Site: "D-" + strconv.Itoa(i/3), Agent: "xa-" + strconv.Itoa(i/8), Counted: r.Counted}
		}
		to := b.months[len(b.months)-1]
		a.Incidents = timed(func() {
			for _, in := range s.Incidents(members, uptime.Window{From: to - 90*86400, To: to}, to) {
				a.Outages += len(in.Outages)
			}
		})
	}
	a.Grid, a.Plain, a.OverPlain = median(grid), median(plain), median(over)
	if len(cut) > 0 {
		a.Cut, a.Daily, a.Window, a.WindowCut, a.Put = median(cut), median(daily), median(window), median(windowCut), median(put)
	}
	return a
}

// differs says where the two outputs do.
func (b *ledgerBench) differs() string {
	if bytes.Equal(b.buffer, b.buffered) {
		return ""
	}
	at := 0
	for at < min(len(b.buffer), len(b.buffered)) && b.buffer[at] == b.buffered[at] {
		at++
	}
	return fmt.Sprintf("the index says …%s, the plain arrays say …%s", clipped(b.buffer, at), clipped(b.buffered, at))
}

// clipped gives what stands around a place.
func clipped(p []byte, at int) []byte { return p[max(at-60, 0):min(at+30, len(p))] }

// ask asks for one window of each camera.
func ask(s *uptime.Snapshot, rows []uptime.Row, windows []uptime.Window) {
	for i, r := range rows {
		_ = s.Figure(r.Camera, r.Counted, windows[i])
	}
}

// timed gives the CPU time of f.
func timed(f func()) time.Duration {
	at := cpu()
	f()
	return cpu() - at
}

// scan is the peer: it reads the seconds of each month from a plain array and
// renders them with strconv.
func (b *ledgerBench) scan(p []byte, from, to int) []byte {
	return b.render(p, from, to, func(camera, month int) [5]uint32 { return b.monthly[camera*len(b.lasts)+month] })
}

// scanDays is the peer that adds up days.
func (b *ledgerBench) scanDays(p []byte, cameras int) []byte {
	at := 0
	return b.render(p, 0, cameras, func(camera, month int) (sum [5]uint32) {
		for end := camera*b.days + b.lasts[month]; at < end; at++ {
			for k, v := range b.daily[at] {
				sum[k] += v
			}
		}
		return sum
	})
}

func (b *ledgerBench) render(p []byte, from, to int, of func(camera, month int) [5]uint32) []byte {
	p = append(p, '[')
	for i := from; i < to; i++ {
		if i > from {
			p = append(p, ',')
		}
		p = append(p, `{"code":"`...)
		p = append(p, b.rows[i].Camera...)
		p = append(p, `","figures":[`...)
		for m := range b.lasts {
			if m > 0 {
				p = append(p, ',')
			}
			v := of(i, m)
			p = append(p, '[')
			for k, n := range v {
				if k > 0 {
					p = append(p, ',')
				}
				p = strconv.AppendUint(p, uint64(n), 10)
			}
			works, down := uint64(v[0])+uint64(v[1]), uint64(v[2])
			seen, in := works+down, works+down+uint64(v[3])
			p = renderRatio(append(p, ','), works, seen, seen/2)
			p = renderRatio(append(p, ','), works, in, 0)
			p = renderRatio(append(p, ','), works+uint64(v[3]), in, in-1)
			p = renderRatio(append(p, ','), seen, in, in/2)
			p = append(p, ']')
		}
		p = append(p, `]}`...)
	}
	return append(p, ']')
}

// renderRatio writes a/b in millionths. What is made up here is never so near
// to 1 that it matters how it is rounded.
func renderRatio(p []byte, a, b, round uint64) []byte {
	q := (a*1_000_000 + round) / b
	if q == 1_000_000 {
		return append(p, '1')
	}
	n := len(p)
	p = strconv.AppendUint(append(p, '.'), 1_000_000+q, 10)
	p[n], p[n+1] = '0', '.'
	return p
}
