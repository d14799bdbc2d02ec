package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/uptime"
	"github.com/phukin/phukin/hub/wire"
)

// maxSpans is how many spans a timeline has at most.
const maxSpans = 100_000

func (s *Server) registerTimeline() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "getCameraTimeline", Method: http.MethodGet, Path: "/api/v1/cameras/{code}/timeline", Tags: []string{"cameras"},
		Summary: "What one camera was from second to second, by local days", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *CameraPeriod) (*answer[Timeline], error) {
		body, at, err := f.timeline(ctx, in)
		if err != nil {
			return nil, err
		}
		return respond(in.Conditional, body, at, f.Plan.Simulated)
	})
}

func (f *figures) timeline(ctx context.Context, in *CameraPeriod) (*Timeline, time.Time, error) {
	if f.Plan.Camera(in.Code) == nil {
		return nil, time.Time{}, missing("cameras", in.Code)
	}
	m, err := f.now(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	days, period, err := f.period(in.Period, m.at)
	if err != nil {
		return nil, time.Time{}, err
	}
	known, err := f.ledger.snapshot(ctx, days.First, m.at)
	if err != nil {
		return nil, time.Time{}, err
	}
	service := f.service[in.Code]
	body := &Timeline{
		Code: in.Code, From: days.First.String(), To: days.Last.String(), Items: []SpanHere{},
		Uptime: uptimeRow(sums{known.Figure(in.Code, service.Counted(), period), paused(service, period)}),
	}
	for d := days.First; d <= days.Last; d++ {
		from, to := d.Start(f.Plan.Location).Unix(), (d + 1).Start(f.Plan.Location).Unix()
		body.Items = appendSpans(body.Items, d, uptime.Window{From: from, To: min(to, period.To)}, known.Timeline(in.Code, d), service)
		if len(body.Items) > maxSpans {
			return nil, time.Time{}, invalid("period", in.Period.Period,
				fmt.Sprintf("dòng thời gian có hơn %d đoạn: hãy chọn kỳ ngắn hơn", maxSpans), fmt.Sprintf("makes more than %d spans: ask for a shorter period", maxSpans))
		}
	}
	return body, m.at, nil
}

// appendSpans appends what a day was in a window that begins with it, given what
// was seen. Neighbours within the day differ.
func appendSpans(spans []SpanHere, d history.DayNumber, day uptime.Window, seen history.Timeline, service uptime.Service) []SpanHere {
	first := len(spans)
	put := func(w uptime.Window, s SpanHere) {
		if w.To <= w.From {
			return
		}
		if n := len(spans); n > first && spans[n-1].Status == s.Status && spans[n-1].Fault == s.Fault && spans[n-1].FellOn == s.FellOn {
			spans[n-1].To = time.Unix(w.To, 0).UTC()
			spans[n-1].Seconds += w.Seconds()
			return
		}
		s.Day, s.From, s.To, s.Seconds = d.String(), time.Unix(w.From, 0).UTC(), time.Unix(w.To, 0).UTC(), w.Seconds()
		spans = append(spans, s)
	}
	at := day.From
	for _, r := range seen {
		run := uptime.Window{From: at, To: at + int64(r.Seconds)}.And(day)
		at += int64(r.Seconds)
		state := SpanHere{Status: "unknown"}
		if !r.Unknown() {
			state.Status = r.Status.String()
		}
		if r.Status == wire.StatusDown {
			state.Fault, state.FellOn = r.Fault.String(), r.FellOn.String()
		}
		cut(run, service.In, func(w uptime.Window, in bool) {
			if !in {
				put(w, SpanHere{Status: "not_in_service"})
				return
			}
			cut(w, service.Pauses, func(w uptime.Window, paused bool) {
				if paused {
					put(w, SpanHere{Status: "maintenance"})
				} else {
					put(w, state)
				}
			})
		})
	}
	return spans
}

// cut cuts a window where it enters and leaves a set.
func cut(w uptime.Window, set uptime.Spans, each func(part uptime.Window, in bool)) {
	for _, in := range set.Within(w) {
		each(uptime.Window{From: w.From, To: in.From}, false)
		each(in, true)
		w.From = in.To
	}
	each(w, false)
}

// Table gives a row for each span.
func (l *Timeline) Table() Table {
	return tableOf(Text{VI: "Dòng thời gian", EN: "Timeline"}, l.Items, []part[SpanHere]{{"", []Column{
		column("day", "Ngày", "Day"), column("from", "Từ (UTC)", "From (UTC)"), column("to", "Đến (UTC)", "To (UTC)"), column("seconds", "Số giây", "Seconds"),
		column("status", "Tình trạng", "Status"), column("fault", "Lỗi", "Fault"), column("fell_on", "Hỏng ở bước", "Fell on"),
	}, func(r *SpanHere) []any {
		return []any{r.Day, momentCell(&r.From), momentCell(&r.To), r.Seconds, r.Status, orNil(r.Fault), orNil(r.FellOn)}
	}}}, nil)
}
