package doctor

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/hub/wire"
)

type printer struct {
	l     labels
	t     *wire.Catalogue
	width int // of the column of rungs
	names int // of the column of checks
}

func newPrinter(lang wire.Lang) printer {
	if lang != wire.VI {
		lang = wire.EN
	}
	p := printer{l: languages[lang], t: wire.Texts(lang)}
	for _, r := range wire.Rungs() {
		p.width = max(p.width, utf8.RuneCountInString(p.t.Rung(r)))
	}
	for _, n := range p.l.names {
		p.names = max(p.names, utf8.RuneCountInString(n))
	}
	return p
}

// finding prints a check of this device: one line, and when it failed two more.
func (p printer) finding(c Check, f Finding) string {
	var s strings.Builder
	mark, parts := "✓", p.facts(f)
	if f.Fault != "" {
		mark, parts = "✗", []string{p.l.faults[f.Fault] + " (" + string(f.Fault) + ")"}
	}
	text := strings.Join(parts, "; ")
	if c.Subject != "" {
		text = strings.TrimSuffix(c.Subject+": "+text, ": ")
	}
	fmt.Fprintf(&s, "  %s %s  %s\n", mark, pad(p.l.names[c.Name], p.names), text)
	if f.Fault != "" {
		fmt.Fprintf(&s, "    %s: %s\n", p.l.hint, p.l.hints[f.Fault])
		for _, line := range strings.Split(f.Err.Error(), "\n") {
			fmt.Fprintf(&s, "    %s: %s\n", p.l.detail, strings.Join(strings.Fields(line), " "))
		}
	}
	return s.String()
}

// facts tells what a check that went well has to tell.
func (p printer) facts(f Finding) (parts []string) {
	x := f.Facts
	if x.Agent != "" {
		if x.Assigned {
			parts = append(parts, fmt.Sprintf(p.l.assigned, x.Agent))
		} else {
			parts = append(parts, fmt.Sprintf(p.l.config, x.Agent, x.Cameras))
		}
	}
	if l := x.List; l != nil {
		if l.Known {
			parts = append(parts, fmt.Sprintf(p.l.list, l.Cameras, l.Revision, l.Received.Format("2006-01-02 15:04:05 -07:00")))
		} else {
			parts = append(parts, p.l.noList)
		}
	}
	if !x.Time.IsZero() {
		parts = append(parts, x.Time.Format("2006-01-02 15:04:05 -07:00"), p.l.clock)
	}
	if x.Bound > 0 {
		if x.Free >= 0 {
			parts = append(parts, fmt.Sprintf(p.l.free, p.size(x.Free)))
		}
		parts = append(parts, fmt.Sprintf(p.l.bound, p.size(x.Bound)))
	}
	if len(x.Addresses) > 0 {
		parts = append(parts, strings.Join(x.Addresses, ", "))
	}
	var stages []string
	for _, st := range f.Stages {
		stages = append(stages, fmt.Sprintf("%s %d ms", p.l.stages[st.Stage], st.Took.Milliseconds()))
	}
	if len(stages) > 0 {
		parts = append(parts, strings.Join(stages, ", "))
	}
	if x.ReachOnly {
		parts = append(parts, p.l.running)
	}
	return parts
}

func (p printer) size(n int64) string {
	if n >= 1<<30 {
		return p.number("%.1f GiB", float64(n)/(1<<30))
	}
	return fmt.Sprintf("%d MiB", n>>20)
}

// camera prints one camera.
func (p printer) camera(n, of int, c Camera, v verdict) string {
	var s strings.Builder
	r := v.r
	name := c.Target.String()
	if c.Code != "" {
		name = c.Code + "  " + name
	}
	fmt.Fprintf(&s, "[%d/%d] %s: %s\n", n, of, name, p.verdict(v))
	for _, st := range r.Stages {
		p.line(&s, p.t.Rung(st.Rung), fmt.Sprintf("%6d ms", st.Duration.Milliseconds()))
	}
	if r.Fault != wire.FaultNone {
		what := p.t.Fault(r.Fault) + " (" + r.Fault.String()
		if r.RTSPStatus != 0 {
			what += fmt.Sprintf(", RTSP %d", r.RTSPStatus)
		}
		p.line(&s, p.t.Rung(r.FellOn), "     ✗    "+what+")")
		fmt.Fprintf(&s, "  %s: %s\n", p.l.hint, p.t.Hint(r.Fault))
	}
	if r.Err != nil {
		fmt.Fprintf(&s, "  %s: %s\n", p.l.detail, oneLine(r.Err))
	}
	if r.OK() {
		fmt.Fprintf(&s, "  %s\n", p.measured(r))
	}
	for _, reason := range v.reasons {
		fmt.Fprintf(&s, "  ! %s (%s)\n", p.t.Reason(reason), reason)
	}
	if v.open {
		fmt.Fprintf(&s, "  ! %s\n", p.l.open)
	}
	s.WriteByte('\n')
	return s.String()
}

func (p printer) verdict(v verdict) string {
	if v.status == 0 {
		return p.l.noResult
	}
	return p.t.Status(v.status)
}

func (p printer) line(s *strings.Builder, rung, what string) {
	fmt.Fprintf(s, "  %s %s\n", pad(rung, p.width), what)
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}

func (p printer) measured(r *probe.Result) string {
	parts := []string{fmt.Sprintf("%s %d×%d", r.Codec, r.Width, r.Height)}
	if r.Reached < wire.RungFresh { // nothing was measured
		if r.NominalRate > 0 {
			parts = append(parts, p.number("%.1f ", r.NominalRate)+p.l.frames+" "+p.l.declared)
		}
		return strings.Join(append(parts, p.l.quick), "; ")
	}
	parts = append(parts, p.number("%.1f ", r.FrameRate)+p.l.frames, p.number("%.2f Mbit/s", r.BitRate/1e6))
	if r.KeyframeGap > 0 {
		parts = append(parts, p.l.keyframe+" "+p.number("%.1f s", r.KeyframeGap))
	}
	parts = append(parts, p.l.loss+" "+p.number("%.1f %%", 100*r.Loss), p.l.jitter+" "+p.number("%.1f ms", r.Jitter))
	return strings.Join(parts, "; ")
}

func (p printer) number(format string, v float64) string {
	s := fmt.Sprintf(format, v)
	if p.l.comma {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

func (p printer) summary(sum Summary, cameras int) string {
	var parts []string
	if cameras > 0 {
		parts = append(parts, fmt.Sprintf(p.l.summary, sum.Working, sum.Degraded, sum.Failed))
	}
	if sum.Open > 0 {
		parts = append(parts, fmt.Sprintf(p.l.summaryOpen, sum.Open))
	}
	if sum.Trouble > 0 {
		parts = append(parts, fmt.Sprintf(p.l.trouble, sum.Trouble))
	}
	last := p.l.notWell
	if sum.OK() {
		last = p.l.allWell
	}
	return strings.Join(append(parts, last), " ") + "\n"
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
