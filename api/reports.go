package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/report"
	"github.com/phukin/phukin/hub/uptime"
)

type sectionInput struct {
	Period
	AsOf
	Area  string `query:"area" doc:"Code of an area, by its meaning on the last day; all of the plan when absent"`
	Level string `query:"level" doc:"Code of the coverage level; the plan's own when absent"`
}

// mostGaps is how many gaps the section lists.
const mostGaps = 100

func (s *Server) registerReports() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "getSecurityReport", Method: http.MethodGet, Path: "/api/v1/reports/security-infrastructure", Tags: []string{"reports"},
		Summary: "What the security-infrastructure section of a report cites: every figure with its rule, what was counted of how much, bounds, and a sentence",
	}, func(ctx context.Context, in *sectionInput) (*answer[SectionAnswer], error) {
		section, at, err := f.section(ctx, in)
		if err != nil {
			return nil, err
		}
		g, err := f.by(ctx, in.Revision)
		if err != nil {
			return nil, err
		}
		return respond(in.Conditional, sectionAnswer(g, section), at.at, f.simulated(ctx, in.Revision))
	})
}

func (f *figures) section(ctx context.Context, in *sectionInput) (*report.Section, *moment, error) {
	if f.shared != nil {
		return f.cutSection(ctx, in)
	}
	f, m, err := f.asOf(ctx, in.AsOf)
	if err != nil {
		return nil, nil, err
	}
	level, err := f.level(in.Level)
	if err != nil {
		return nil, nil, err
	}
	days, period, err := f.periodAt(in.Period, m)
	if err != nil {
		return nil, nil, err
	}
	if in.Area != "" && f.Plan.AreaOn(in.Area, dateOf(days.Last)) == nil {
		return nil, nil, noArea(in.Area, dateOf(days.Last))
	}
	known, err := f.reaching(ctx, m, days.Before().First, period)
	if err != nil {
		return nil, nil, err
	}
	claims, err := f.eyes.at(level, dateOf(days.Last), nil)
	if err != nil {
		return nil, nil, err
	}
	measured, err := f.eyes.at(level, dateOf(days.Last), f.widths(m))
	if err != nil {
		return nil, nil, err
	}
	status := func(c *plan.Camera) report.Status {
		if dateOf(days.Last) == m.today {
			return m.reported(c)
		}
		return report.StatusAt(known, c, f.service[c.Code], period.To)
	}
	working := measured.Cover(func(c *plan.Camera) bool { return status(c).Works() })
	maybe := measured.Cover(func(c *plan.Camera) bool { return status(c).Works() || status(c) == report.Unknown })
	section, err := report.Make(report.Input{
		Plan: f.Plan, Area: in.Area, Days: days, At: m.at, Level: level, Seen: m.seen, Status: status, Known: known,
		Service: func(c *plan.Camera) uptime.Service { return f.service[c.Code] },
		Claimed: func(on plan.Date) *coverage.Result {
			accepted, _ := coverage.ByPlan(coverage.Accepted, on)
			r := claims.Cover(accepted)
			return &r
		},
		Working: &working, Maybe: &maybe,
	})
	return section, m, err
}

// reported gives how a camera is now.
func (m *moment) reported(c *plan.Camera) report.Status {
	s := m.status[c.Code]
	_, paused := m.paused[c.Code]
	switch {
	case !s.InService:
		return report.NotInService
	case paused:
		return report.InMaintenance
	case !s.Known:
		return report.Unknown
	}
	return report.OfEvidence(s.State.Status)
}

// SectionAnswer is the answer of /reports/security-infrastructure.
type SectionAnswer struct {
	Head
	Area     Ref          `json:"area"`
	From     string       `json:"from" doc:"First day of the period, yyyy-mm-dd"`
	To       string       `json:"to" doc:"Last day of the period; states are those of its end, or of now if it is today"`
	Level    LevelRow     `json:"level" doc:"Level of the coverage"`
	Revision int          `json:"revision" doc:"Revision of the plan; 0 for one that is kept in files"`
	Figures  []FigureRow  `json:"figures"`
	Gaps     []SectionGap `json:"gaps" doc:"Stretches that no camera known to work controls, longest first, at most 100; only of the whole plan"`
}

// FigureRow is one figure of a section.
type FigureRow struct {
	Code        string   `json:"code" doc:"What it is; the same for all parts"`
	Part        PartRow  `json:"part"`
	Name        Text     `json:"name"`
	Rule        Text     `json:"rule" doc:"How it is counted"`
	Basis       string   `json:"basis" enum:"plan,evidence,hand" doc:"What it rests on: dates that people entered, what agents saw, or numbers that people entered"`
	Unit        string   `json:"unit" enum:"cameras,sites,communes,places,gateways,km,hours,million_vnd,days,cases,stretches"`
	Numerator   *float64 `json:"numerator" doc:"The number; null if it is not known, and then missing says why"`
	Denominator *float64 `json:"denominator" doc:"What it is a part of"`
	Share       *float64 `json:"share" doc:"Numerator divided by denominator"`
	Verified    *float64 `json:"verified" doc:"What evidence shows of a number that the plan claims"`
	Observed    *float64 `json:"observed" doc:"Share of the time in service that somebody looked, or of the cameras in service whose state is known"`
	Low         *float64 `json:"low" doc:"Lower bound, whatever is unknown: of the share of availability, of the verified number if there is one, else of the number"`
	High        *float64 `json:"high" doc:"Upper bound"`
	Target      *float64 `json:"target" doc:"What the plan wants to reach, in the unit; of availability in percent"`
	Previous    *float64 `json:"previous" doc:"The number at the end of the period before; of availability the share over it"`
	Sentence    Text     `json:"sentence"`
	Missing     *Text    `json:"missing" doc:"Why there is no number; null if there is one"`
}

// PartRow says what a figure is about.
type PartRow struct {
	By   string `json:"by" enum:"total,area,route,owner,funding"`
	Code string `json:"code" doc:"Empty in total, and for what belongs to none"`
	Name Text   `json:"name"`
}

// SectionGap is a stretch without control.
type SectionGap struct {
	Route  Ref     `json:"route"`
	From   string  `json:"from" doc:"Chainage"`
	To     string  `json:"to" doc:"Chainage"`
	Length float64 `json:"length" doc:"Metres"`
}

func sectionAnswer(f *figures, s *report.Section) *SectionAnswer {
	a := &SectionAnswer{
		Area: Ref{s.Area.Code, s.Area.Name}, From: s.Days.First.String(), To: s.Days.Last.String(),
		Level: LevelRow{s.Level.Code, Text(s.Level.Name), s.Level.Density}, Revision: s.Revision.Number, Figures: make([]FigureRow, len(s.Figures)), Gaps: []SectionGap{},
	}
	for i := range s.Figures {
		g := &s.Figures[i]
		row := FigureRow{
			Code: g.Code, Part: PartRow{g.Part.By, g.Part.Code, Text(g.Part.Name)}, Name: Text(g.Name), Rule: Text(g.Rule), Basis: string(g.Basis), Unit: string(g.Unit),
			Numerator: g.Numerator, Denominator: g.Denominator, Verified: g.Verified, Observed: g.Observed, Low: g.Low, High: g.High, Target: g.Target, Previous: g.Previous, Sentence: Text(g.Sentence),
		}
		if v, ok := g.Share(); ok {
			row.Share = &v
		}
		if g.Numerator == nil {
			row.Missing = &Text{g.Missing.VI, g.Missing.EN}
		}
		a.Figures[i] = row
	}
	for _, g := range s.Gaps[:min(len(s.Gaps), mostGaps)] {
		a.Gaps = append(a.Gaps, SectionGap{f.route(g.Route), geo.FormatChainage(g.FromChainage), geo.FormatChainage(g.ToChainage), metres(g.Length())})
	}
	return a
}

// Table gives the figures, one a row.
func (a *SectionAnswer) Table() Table {
	t := Table{Name: Text{"Hạ tầng an ninh", "Security infrastructure"}, Columns: []Column{
		{"code", Text{"Mã chỉ số", "Figure"}, 0}, {"by", Text{"Theo", "By"}, 0}, {"part", Text{"Mã phần", "Part"}, 0},
		{"name_vi", Text{"Chỉ số", "Name (Vietnamese)"}, 0}, {"name_en", Text{"Chỉ số (tiếng Anh)", "Name"}, 0}, {"unit", Text{"Đơn vị", "Unit"}, 0}, {"basis", Text{"Căn cứ", "Basis"}, 0},
		{"numerator", Text{"Số", "Number"}, 3}, {"denominator", Text{"Trên", "Of"}, 3}, {"share_percent", Text{"Tỷ lệ (%)", "Share (%)"}, 2}, {"verified", Text{"Đã kiểm chứng", "Verified"}, 3},
		{"observed_percent", Text{"Quan sát được (%)", "Observed (%)"}, 2}, {"low", Text{"Chặn dưới", "Low"}, 4}, {"high", Text{"Chặn trên", "High"}, 4},
		{"target", Text{"Chỉ tiêu", "Target"}, 3}, {"previous", Text{"Kỳ trước", "Previous"}, 4},
		{"sentence_vi", Text{"Câu", "Sentence (Vietnamese)"}, 0}, {"sentence_en", Text{"Câu (tiếng Anh)", "Sentence"}, 0}, {"rule_vi", Text{"Cách tính", "Rule (Vietnamese)"}, 0}, {"rule_en", Text{"Cách tính (tiếng Anh)", "Rule"}, 0},
	}}
	number := func(v *float64, times float64) any {
		if v == nil {
			return nil
		}
		return *v * times
	}
	for i := range a.Figures {
		f := &a.Figures[i]
		t.Rows = append(t.Rows, []any{
			f.Code, f.Part.By, f.Part.Code, f.Name.VI, f.Name.EN, f.Unit, f.Basis, number(f.Numerator, 1), number(f.Denominator, 1), number(f.Share, 100), number(f.Verified, 1),
			number(f.Observed, 100), number(f.Low, 1), number(f.High, 1), number(f.Target, 1), number(f.Previous, 1), f.Sentence.VI, f.Sentence.EN, f.Rule.VI, f.Rule.EN,
		})
	}
	return t
}
