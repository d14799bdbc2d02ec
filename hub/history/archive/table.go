package archive

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// Tables are the kinds that WriteCSV can write.
func Tables() []Kind { return []Kind{KindDay, KindChange, KindGap, KindObservation} }

var tableHeads = map[Kind][]string{
	KindDay:    {"camera", "day", "revision", "up_s", "degraded_s", "down_s", "unknown_s", "outages", "timeline"},
	KindChange: {"camera", "day", "revision", "at", "up_s_before", "degraded_s_before", "down_s_before", "unknown_s_before", "outages_before", "up_s_after", "degraded_s_after", "down_s_after", "unknown_s_after", "outages_after"},
	KindGap:    {"agent", "epoch", "seq", "from_seq", "next_seq", "from", "to", "clock", "why", "received"},
	KindObservation: {
		"agent", "epoch", "seq", "camera", "from", "to", "status", "rung", "fault", "fell_on", "rtsp_status", "reasons", "probes", "codec", "width", "height", "clock",
		"frame_rate", "bit_rate", "keyframe_gap_s", "loss", "jitter_ms",
	},
}

// WriteCSV writes the records of one kind as a table with a head (RFC 4180).
// Moments are UTC, in milliseconds (RFC 3339). Of what was measured it has the
// means; what was not measured is empty.
func WriteCSV(w io.Writer, src Source, kind Kind) (rows int64, err error) {
	head, ok := tableHeads[kind]
	if !ok {
		return 0, fmt.Errorf("there is no table of %s", kind)
	}
	out := csv.NewWriter(w)
	if err := out.Write(head); err != nil {
		return 0, err
	}
	for r, err := range src {
		if err != nil {
			return rows, err
		}
		if r.Kind() != kind {
			continue
		}
		if err := out.Write(cells(r.Value)); err != nil {
			return rows, err
		}
		rows++
	}
	out.Flush()
	return rows, out.Error()
}

func cells(value any) []string {
	switch v := value.(type) {
	case history.Day:
		return append(append([]string{v.Camera, v.Number.String(), strconv.Itoa(v.Revision)}, countCells(v.Count())...), writeTimeline(v.Timeline))
	case history.Change:
		row := []string{v.Camera, v.Day.String(), strconv.Itoa(v.Revision), moment(v.At.UnixMilli())}
		return append(append(row, countCells(v.Before)...), countCells(v.After)...)
	case history.AgentLoss:
		row := []string{v.Agent, string(hexOf(v.Epoch)), number(v.Seq), number(v.From), number(v.Next), "", "", v.Clock.String(), v.Why.String(), moment(v.Received.UnixMilli())}
		if v.Begin != 0 || v.End != 0 {
			row[5], row[6] = moment(v.Begin), moment(v.End)
		}
		return row
	case history.Identified:
		l := observationOf(&v)
		return []string{
			l.Agent, string(l.Epoch), number(l.Seq), l.Camera, moment(l.From), moment(l.To), l.Status, l.Rung, l.Fault, l.FellOn, orEmpty(l.RTSPStatus),
			strings.Join(l.Reasons, " "), strconv.Itoa(l.Probes), l.Codec, orEmpty(l.Width), orEmpty(l.Height), l.Clock,
			mean(v.FrameRate), mean(v.BitRate), mean(v.KeyframeGap), mean(v.Loss), mean(v.Jitter),
		}
	}
	return nil
}

func countCells(c history.Count) []string {
	return []string{strconv.FormatInt(c.Up, 10), strconv.FormatInt(c.Degraded, 10), strconv.FormatInt(c.Down, 10), strconv.FormatInt(c.Unknown, 10), strconv.Itoa(c.Outages)}
}

func moment(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z07:00") }

func number(n uint64) string { return strconv.FormatUint(n, 10) }

func orEmpty(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func mean(s wire.Stat) string {
	if s.N == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(s.Mean), 'g', -1, 32)
}

// WriteLineProtocol writes ledger days and observations as points of InfluxDB's
// line protocol with nanoseconds: phukin_day at the first second of the day,
// tagged by camera; phukin_observation at its beginning, tagged by agent and
// camera, whose digits below the millisecond are those of its number, so that
// no two overwrite each other.
func WriteLineProtocol(w io.Writer, src Source) (points int64, err error) {
	out := bufio.NewWriterSize(w, 1<<16)
	var loc *time.Location
	for r, err := range src {
		if err != nil {
			return points, err
		}
		switch v := r.Value.(type) {
		case history.Marks:
			if loc, err = time.LoadLocation(v.Zone); err != nil || v.Zone == "" {
				return points, fmt.Errorf("time zone of the days: %q is not known", v.Zone)
			}
			continue
		case history.Day:
			c := v.Count()
			_, err = fmt.Fprintf(out, "phukin_day,camera=%s revision=%di,up_s=%di,degraded_s=%di,down_s=%di,unknown_s=%di,outages=%di %d\n",
				v.Camera, v.Revision, c.Up, c.Degraded, c.Down, c.Unknown, c.Outages, v.Number.Start(loc).UnixNano())
		case history.Identified:
			_, err = out.Write(append(appendPoint(nil, &v), '\n'))
		default:
			continue
		}
		if err != nil {
			return points, err
		}
		points++
	}
	return points, out.Flush()
}

// appendPoint appends an observation's point. Codes and words need no escapes.
func appendPoint(p []byte, o *history.Identified) []byte {
	p = fmt.Appendf(p, "phukin_observation,agent=%s,camera=%s status=%q,rung=%q", o.Agent, o.Camera, o.Status, o.Rung)
	if o.Status == wire.StatusDown {
		p = fmt.Appendf(p, ",fault=%q,fell_on=%q,rtsp_status=%di", o.Fault, o.FellOn, o.RTSPStatus)
	}
	if len(o.Reasons) > 0 {
		p = fmt.Appendf(p, ",reasons=%q", strings.Join(observationOf(o).Reasons, " "))
	}
	p = fmt.Appendf(p, ",length_ms=%di,probes=%di,clock=%q", o.To-o.From, o.Probes, o.Clock)
	if o.Width > 0 {
		p = fmt.Appendf(p, ",codec=%q,width=%di,height=%di", o.Codec, o.Width, o.Height)
	}
	for _, f := range [...]struct {
		name string
		s    wire.Stat
	}{{"frame_rate", o.FrameRate}, {"bit_rate", o.BitRate}, {"keyframe_gap_s", o.KeyframeGap}, {"loss", o.Loss}, {"jitter_ms", o.Jitter}} {
		if f.s.N > 0 {
			p = append(append(append(append(p, ','), f.name...), '='), mean(f.s)...)
		}
	}
	return strconv.AppendInt(append(p, ' '), o.From*1_000_000+int64(o.Seq%1_000_000), 10)
}
