package archive

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// never is before every moment.
var never = time.UnixMilli(math.MinInt64 / 2)

// The lines, one struct a kind; the order of fields is that of the line.
type (
	historyLine struct {
		Record  string `json:"record"`
		Version int    `json:"version"`
		Zone    string `json:"zone"`
		Pruned  int64  `json:"pruned_ms"`
	}
	accountedLine struct {
		Record string `json:"record"`
		Agent  string `json:"agent"`
		Epoch  epoch  `json:"epoch"`
		First  uint64 `json:"first"`
		Next   uint64 `json:"next"`
	}
	gapLine struct {
		Record   string `json:"record"`
		Agent    string `json:"agent"`
		Epoch    epoch  `json:"epoch"`
		Seq      uint64 `json:"seq"`
		From     uint64 `json:"from"`
		Next     uint64 `json:"next"`
		Begin    int64  `json:"begin_ms"`
		End      int64  `json:"end_ms"`
		Clock    string `json:"clock"`
		Why      string `json:"why"`
		Received int64  `json:"received_ms"`
	}
	asideLine struct {
		Record   string `json:"record"`
		Agent    string `json:"agent"`
		Messages int64  `json:"messages"`
		Records  int64  `json:"records"`
	}
	seenLine struct {
		Record    string  `json:"record"`
		Camera    string  `json:"camera"`
		Enrolled  string  `json:"enrolled"`
		Verified  string  `json:"verified"`
		Measured  int64   `json:"measured_ms"`
		Codec     string  `json:"codec"`
		Width     int     `json:"width"`
		Height    int     `json:"height"`
		FrameRate float32 `json:"frame_rate"`
	}
	dayLine struct {
		Record   string `json:"record"`
		Camera   string `json:"camera"`
		Day      string `json:"day"`
		Revision int    `json:"revision"`
		Timeline string `json:"timeline"`
	}
	changeLine struct {
		Record   string `json:"record"`
		Camera   string `json:"camera"`
		Day      string `json:"day"`
		Revision int    `json:"revision"`
		At       int64  `json:"at_ms"`
		Before   counts `json:"before"`
		After    counts `json:"after"`
	}
	counts struct {
		Up       int64 `json:"up"`
		Degraded int64 `json:"degraded"`
		Down     int64 `json:"down"`
		Unknown  int64 `json:"unknown"`
		Outages  int   `json:"outages"`
	}
	observationLine struct {
		Record      string   `json:"record"`
		Agent       string   `json:"agent"`
		Epoch       epoch    `json:"epoch"`
		Seq         uint64   `json:"seq"`
		Camera      string   `json:"camera"`
		From        int64    `json:"from_ms"`
		To          int64    `json:"to_ms"`
		Status      string   `json:"status"`
		Rung        string   `json:"rung"`
		Fault       string   `json:"fault,omitempty"`
		FellOn      string   `json:"fell_on,omitempty"`
		RTSPStatus  int      `json:"rtsp_status,omitempty"`
		Reasons     []string `json:"reasons,omitempty"`
		Probes      int      `json:"probes"`
		Codec       string   `json:"codec,omitempty"`
		Width       int      `json:"width,omitempty"`
		Height      int      `json:"height,omitempty"`
		Clock       string   `json:"clock"`
		FrameRate   stat     `json:"frame_rate,omitempty"`
		BitRate     stat     `json:"bit_rate,omitempty"`
		KeyframeGap stat     `json:"keyframe_gap,omitempty"`
		Loss        stat     `json:"loss,omitempty"`
		Jitter      stat     `json:"jitter,omitempty"`
		Stages      []stage  `json:"stages,omitempty"`
	}
	// stat is number, least, mean and greatest.
	stat  []float32
	stage struct {
		Rung string `json:"rung"`
		Time stat   `json:"ms"`
	}
	endLine struct {
		Record string    `json:"record"`
		Sums   []sumLine `json:"sums"`
	}
	sumLine struct {
		Record string `json:"record"`
		Lines  int64  `json:"lines"`
		SHA256 string `json:"sha256"`
	}
)

// epoch is 64 bits in hex: JSON's numbers are not all exact.
type epoch string

func hexOf(e uint64) epoch { return epoch(fmt.Sprintf("%016x", e)) }

// appendLine appends a record's line with its end.
func appendLine(p []byte, value any) ([]byte, error) {
	if o, ok := value.(history.Identified); ok { // most lines are of these
		return append(appendObservation(p, &o), '\n'), nil
	}
	text, err := json.Marshal(lineOf(value))
	if err != nil {
		return p, err
	}
	return append(append(p, text...), '\n'), nil
}

func lineOf(value any) any {
	switch v := value.(type) {
	case history.Marks:
		return historyLine{"history", Version, v.Zone, v.Pruned}
	case history.Accounted:
		return accountedLine{"accounted", v.Agent, hexOf(v.Epoch), v.First, v.Next}
	case history.AgentLoss:
		return gapLine{"gap", v.Agent, hexOf(v.Epoch), v.Seq, v.From, v.Next, v.Begin, v.End, v.Clock.String(), v.Why.String(), v.Received.UnixMilli()}
	case history.AgentAside:
		return asideLine{"aside", v.Agent, v.Messages, v.Records}
	case history.Seen:
		return seenLine{"seen", v.Camera, v.Enrolled.String(), v.Verified.String(), v.MeasuredAt, v.Codec.String(), v.Width, v.Height, v.FrameRate}
	case history.Day:
		return dayLine{"day", v.Camera, v.Number.String(), v.Revision, writeTimeline(v.Timeline)}
	case history.Change:
		return changeLine{"change", v.Camera, v.Day.String(), v.Revision, v.At.UnixMilli(), countsOf(v.Before), countsOf(v.After)}
	case history.Identified:
		return observationOf(&v)
	}
	return value
}

func countsOf(c history.Count) counts {
	return counts{c.Up, c.Degraded, c.Down, c.Unknown, c.Outages}
}

func observationOf(o *history.Identified) observationLine {
	l := observationLine{
		Record: "observation", Agent: o.Agent, Epoch: hexOf(o.Epoch), Seq: o.Seq, Camera: o.Camera, From: o.From, To: o.To,
		Status: o.Status.String(), Rung: o.Rung.String(), Fault: o.Fault.String(), RTSPStatus: o.RTSPStatus, Probes: o.Probes,
		Codec: o.Codec.String(), Width: o.Width, Height: o.Height, Clock: o.Clock.String(),
		FrameRate: statOf(o.FrameRate), BitRate: statOf(o.BitRate), KeyframeGap: statOf(o.KeyframeGap), Loss: statOf(o.Loss), Jitter: statOf(o.Jitter),
	}
	if o.FellOn != wire.RungNone {
		l.FellOn = o.FellOn.String()
	}
	for _, r := range o.Reasons {
		l.Reasons = append(l.Reasons, r.String())
	}
	for _, s := range o.Stages {
		l.Stages = append(l.Stages, stage{s.Rung.String(), statOf(s.Time)})
	}
	return l
}

func statOf(s wire.Stat) stat {
	if s.N == 0 {
		return nil
	}
	return stat{float32(s.N), s.Min, s.Mean, s.Max}
}

// writeTimeline gives "3600 up, 60 down timeout connect, 82740 unknown".
func writeTimeline(t history.Timeline) string {
	var p []byte
	for i, r := range t {
		if i > 0 {
			p = append(p, ", "...)
		}
		p = append(strconv.AppendInt(p, int64(r.Seconds), 10), ' ')
		switch {
		case r.Unknown():
			p = append(p, "unknown"...)
		case r.Status == wire.StatusDown:
			p = append(append(append(append(p, "down "...), r.Fault.String()...), ' '), r.FellOn.String()...)
		default:
			p = append(p, r.Status.String()...)
		}
	}
	return string(p)
}

// names gives the values of a closed list by their names.
func names[T ~uint8](valid func(T) bool, name func(T) string) map[string]T {
	all := map[string]T{}
	for i := range 256 {
		if v := T(i); valid(v) {
			all[name(v)] = v
		}
	}
	return all
}

var (
	statuses = names(wire.Status.Valid, wire.Status.String)
	rungs    = names(wire.Rung.Valid, wire.Rung.String)
	faults   = names(wire.Fault.Valid, wire.Fault.String)
	reasons  = names(wire.Reason.Valid, wire.Reason.String)
	codecs   = names(wire.Codec.Valid, wire.Codec.String)
	clocks   = names(wire.Clock.Valid, wire.Clock.String)
	whys     = names(wire.GapWhy.Valid, wire.GapWhy.String)
)

// parser collects the first thing that is wrong with a line.
type parser struct{ err error }

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

// word looks a name up in a closed list.
func word[T ~uint8](p *parser, field, name string, list map[string]T) T {
	v, ok := list[name]
	if !ok {
		p.fail("%s: %q is not known", field, name)
	}
	return v
}

func (p *parser) code(field, code string) {
	if err := wire.CheckCode(code); err != nil {
		p.fail("%s: %w", field, err)
	}
}

func (p *parser) epoch(e epoch) uint64 {
	v, err := strconv.ParseUint(string(e), 16, 64)
	if err != nil || hexOf(v) != e {
		p.fail("epoch: %q is not 16 digits of a hexadecimal number", string(e))
	}
	return v
}

func (p *parser) day(field, s string) history.DayNumber {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1969 || t.Year() > 3000 {
		p.fail("%s: %q is not a date like 2026-11-24", field, s)
		return history.NoDay
	}
	return history.DayNumber(t.Unix() / 86_400)
}

func (p *parser) between(field string, v, least, most int64) {
	if v < least || v > most {
		p.fail("%s: %d, %d to %d are allowed", field, v, least, most)
	}
}

func (p *parser) stat(field string, s stat) wire.Stat {
	if len(s) == 0 {
		return wire.Stat{}
	}
	if len(s) != 4 || s[0] < 1 || s[0] > 1<<20 || s[0] != float32(int(s[0])) {
		p.fail("%s: wants number, least, mean and greatest", field)
		return wire.Stat{}
	}
	return wire.Stat{N: int(s[0]), Min: s[1], Mean: s[2], Max: s[3]}
}

const (
	maxMs = 32_503_680_000_000 // the end of the year 2999
	// maxRuns is more than a day of 48 hours can have.
	maxRuns = 48*3600 + 1
)

// readLine reads a record's line without its end. Days are those of loc, which
// is nil in the first line. It takes exactly what appendLine writes.
func readLine(line []byte, loc *time.Location) (any, error) {
	var v any
	var err error
	switch kind := kindOf(line); kind {
	case "history":
		v, err = read(line, func(p *parser, l *historyLine) any {
			if l.Version != Version {
				p.fail("version %d of the form, this program knows %d: use the phukin-hub that wrote it, or a newer one", l.Version, Version)
			}
			if _, err := time.LoadLocation(l.Zone); err != nil || l.Zone == "" || l.Zone == "Local" {
				p.fail("zone: %q is no time zone's name, like Asia/Ho_Chi_Minh", l.Zone)
			}
			p.between("pruned_ms", l.Pruned, 0, maxMs)
			return history.Marks{Zone: l.Zone, Pruned: l.Pruned}
		})
	case "accounted":
		v, err = read(line, func(p *parser, l *accountedLine) any {
			p.code("agent", l.Agent)
			if l.First >= l.Next || l.Next > wire.MaxSeq {
				p.fail("numbers from %d to %d are not in order or past %d", l.First, l.Next, uint64(wire.MaxSeq))
			}
			return history.Accounted{Agent: l.Agent, Epoch: p.epoch(l.Epoch), First: l.First, Next: l.Next}
		})
	case "gap":
		v, err = read(line, readGap)
	case "aside":
		v, err = read(line, func(p *parser, l *asideLine) any {
			p.code("agent", l.Agent)
			p.between("messages", l.Messages, 1, math.MaxInt64)
			p.between("records", l.Records, 0, math.MaxInt64)
			return history.AgentAside{Agent: l.Agent, Messages: l.Messages, Records: l.Records}
		})
	case "seen":
		v, err = read(line, readSeen)
	case "day":
		v, err = read(line, func(p *parser, l *dayLine) any { return readDay(p, l, loc) })
	case "change":
		v, err = read(line, func(p *parser, l *changeLine) any { return readChange(p, l, loc) })
	case "observation":
		v, err = read(line, readObservation)
	case "end":
		v, err = read(line, func(_ *parser, l *endLine) any { return *l })
	default:
		return nil, errors.New(`it does not begin with {"record": and a kind that is known: it is no history written by phukin-hub, or it is damaged`)
	}
	if err != nil {
		return nil, err
	}
	again, err := appendLine(nil, v)
	if err != nil {
		return nil, err
	}
	if again = again[:len(again)-1]; !bytes.Equal(line, again) {
		at := 0
		for at < min(len(line), len(again)) && line[at] == again[at] {
			at++
		}
		return nil, fmt.Errorf("it is not as phukin-hub writes it, from byte %d on: %q is expected", at+1, again[at:min(at+30, len(again))])
	}
	return v, nil
}

// kindOf gives what a line says that it is.
func kindOf(line []byte) string {
	rest, ok := bytes.CutPrefix(line, []byte(`{"record":"`))
	kind, _, found := bytes.Cut(rest, []byte(`"`))
	if !ok || !found {
		return ""
	}
	return string(kind)
}

func read[T any](line []byte, take func(p *parser, l *T) any) (any, error) {
	var l T
	if err := json.Unmarshal(line, &l); err != nil {
		return nil, err
	}
	var p parser
	v := take(&p, &l)
	return v, p.err
}

func readGap(p *parser, l *gapLine) any {
	p.code("agent", l.Agent)
	if l.From >= l.Next || l.Next > wire.MaxSeq || l.Seq >= wire.MaxSeq {
		p.fail("numbers from %d to %d are not in order or past %d", l.From, l.Next, uint64(wire.MaxSeq))
	}
	p.between("begin_ms", l.Begin, 0, maxMs)
	p.between("end_ms", l.End, l.Begin, maxMs)
	p.between("received_ms", l.Received, -maxMs, maxMs)
	return history.AgentLoss{Agent: l.Agent, Loss: history.Loss{
		Epoch: p.epoch(l.Epoch), Seq: l.Seq, Received: time.UnixMilli(l.Received),
		Gap: wire.Gap{From: l.From, Next: l.Next, Begin: l.Begin, End: l.End, Clock: word(p, "clock", l.Clock, clocks), Why: word(p, "why", l.Why, whys)},
	}}
}

func readSeen(p *parser, l *seenLine) any {
	p.code("camera", l.Camera)
	s := history.Seen{Camera: l.Camera, Enrolled: p.day("enrolled", l.Enrolled), Verified: history.NoDay, MeasuredAt: l.Measured, Codec: word(p, "codec", l.Codec, codecs), Width: l.Width, Height: l.Height, FrameRate: l.FrameRate}
	if l.Verified != "" {
		s.Verified = p.day("verified", l.Verified)
	}
	p.between("measured_ms", l.Measured, 0, maxMs)
	p.between("width", int64(l.Width), 0, 1<<16)
	p.between("height", int64(l.Height), 0, 1<<16)
	if !(l.FrameRate >= 0 && l.FrameRate <= 1e12) {
		p.fail("frame_rate: %g", l.FrameRate)
	}
	return s
}

func readDay(p *parser, l *dayLine, loc *time.Location) any {
	p.code("camera", l.Camera)
	d := history.Day{Camera: l.Camera, Number: p.day("day", l.Day), Revision: l.Revision, Timeline: readTimeline(p, l.Timeline)}
	if p.err == nil {
		if err := d.Check(d.Number.Seconds(loc)); err != nil {
			p.fail("day %s of camera %s: %w", l.Day, l.Camera, err)
		}
	}
	return d
}

func readTimeline(p *parser, s string) history.Timeline {
	if s == "" {
		return nil
	}
	var t history.Timeline
	for run := range strings.SplitSeq(s, ", ") {
		seconds, rest, _ := strings.Cut(run, " ")
		n, err := strconv.Atoi(seconds)
		if err != nil || n < 1 || n >= maxRuns {
			p.fail("timeline, run %d: %q is no number of seconds", len(t), seconds)
			return nil
		}
		r := history.Run{Seconds: n}
		status, why, _ := strings.Cut(rest, " ")
		if status != "unknown" {
			r.Status = word(p, "timeline", status, statuses)
		}
		if r.Status == wire.StatusDown {
			fault, rung, _ := strings.Cut(why, " ")
			r.Fault, r.FellOn = word(p, "timeline, fault", fault, faults), word(p, "timeline, rung", rung, rungs)
		}
		if t = append(t, r); len(t) > maxRuns || p.err != nil {
			p.fail("timeline: more than %d runs", maxRuns)
			return nil
		}
	}
	return t
}

func readChange(p *parser, l *changeLine, loc *time.Location) any {
	p.code("camera", l.Camera)
	c := history.Change{Camera: l.Camera, Day: p.day("day", l.Day), Revision: l.Revision, At: time.UnixMilli(l.At)}
	p.between("revision", int64(l.Revision), 1, math.MaxInt32)
	p.between("at_ms", l.At, -maxMs, maxMs)
	if p.err != nil {
		return c
	}
	length := int64(c.Day.Seconds(loc))
	for _, k := range [...]counts{l.Before, l.After} {
		for _, n := range [...]int64{k.Up, k.Degraded, k.Down, k.Unknown, int64(k.Outages)} {
			p.between("seconds", n, 0, length)
		}
		if n := k.Up + k.Degraded + k.Down + k.Unknown; n != length {
			p.fail("before and after: %d seconds, the day %s has %d", n, l.Day, length)
		}
	}
	c.Before, c.After = history.Count(l.Before), history.Count(l.After)
	return c
}

func readObservation(p *parser, l *observationLine) any {
	p.code("agent", l.Agent)
	o := history.Identified{Agent: l.Agent, Epoch: p.epoch(l.Epoch), Seq: l.Seq, Observation: wire.Observation{
		Camera: l.Camera, From: l.From, To: l.To, Status: word(p, "status", l.Status, statuses), Rung: word(p, "rung", l.Rung, rungs), Fault: word(p, "fault", l.Fault, faults),
		RTSPStatus: l.RTSPStatus, Probes: l.Probes, Codec: word(p, "codec", l.Codec, codecs), Width: l.Width, Height: l.Height, Clock: word(p, "clock", l.Clock, clocks),
		FrameRate: p.stat("frame_rate", l.FrameRate), BitRate: p.stat("bit_rate", l.BitRate), KeyframeGap: p.stat("keyframe_gap", l.KeyframeGap), Loss: p.stat("loss", l.Loss), Jitter: p.stat("jitter", l.Jitter),
	}}
	if l.Seq >= wire.MaxSeq {
		p.fail("seq: %d, up to %d is allowed", l.Seq, uint64(wire.MaxSeq-1))
	}
	if l.FellOn != "" {
		o.FellOn = word(p, "fell_on", l.FellOn, rungs)
	}
	for _, r := range l.Reasons {
		o.Reasons = append(o.Reasons, word(p, "reasons", r, reasons))
	}
	for _, s := range l.Stages {
		o.Stages = append(o.Stages, wire.Stage{Rung: word(p, "stages", s.Rung, rungs), Time: p.stat("stages", s.Time)})
	}
	if p.err == nil {
		if err := o.Check(); err != nil {
			p.fail("%w", err)
		}
	}
	return o
}
