package api

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/uptime"
	"github.com/phukin/phukin/hub/wire"
)

// maxObservationDays is how long the period of a list of observations is at
// most: they are kept for 90 days if nobody says otherwise.
const maxObservationDays = 100

type observationsInput struct {
	CameraPeriod
	Limit int    `query:"limit" default:"200" minimum:"1" maximum:"5000" doc:"So many observations at most"`
	After string `query:"after" maxLength:"200" doc:"Go on after a page: its next"`
}

func (s *Server) registerObservations() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "listCameraObservations", Method: http.MethodGet, Path: "/api/v1/cameras/{code}/observations", Tags: []string{"cameras"},
		Summary: "What agents saw of one camera, as they sent it, newest first", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *observationsInput) (*answer[ObservationList], error) {
		body, at, err := f.observations(ctx, in)
		if err != nil {
			return nil, err
		}
		return respond(in.Conditional, body, at, f.Plan.Simulated)
	})
}

func (f *figures) observations(ctx context.Context, in *observationsInput) (*ObservationList, time.Time, error) {
	if f.Plan.Camera(in.Code) == nil {
		return nil, time.Time{}, missing("cameras", in.Code)
	}
	at := f.Now()
	days, _, err := f.period(in.Period, at)
	if err != nil {
		return nil, time.Time{}, err
	}
	if n := days.Last - days.First + 1; n > maxObservationDays {
		first := "from"
		if in.Period.Period != "" {
			first = "period"
		}
		return nil, time.Time{}, invalid(first, days.First.String(),
			fmt.Sprintf("kỳ có %d ngày, được phép nhiều nhất %d cho các quan sát; /api/v1/cameras/%s/timeline có cả kỳ dài hơn", n, maxObservationDays, in.Code),
			fmt.Sprintf("the period has %d days, at most %d are allowed for observations; /api/v1/cameras/%s/timeline has longer ones", n, maxObservationDays, in.Code))
	}
	after, err := parseObservationCursor(in.After)
	if err != nil {
		return nil, time.Time{}, invalid("after", in.After, "phải là next của trang trước, giữ nguyên", "must be the next of the page before, as it is")
	}
	body := &ObservationList{Code: in.Code, From: days.First.String(), To: days.Last.String(), Items: []EvidenceHere{}}
	page, more, err := f.newest(ctx, in.Code, days, after, in.Limit)
	if err != nil {
		return nil, time.Time{}, err
	}
	for i := range page {
		body.Items = append(body.Items, evidenceHere(&page[i]))
	}
	if more {
		body.Next = observationCursor(&page[len(page)-1])
	}
	return body, at, nil
}

// newest gives the newest observations of a camera that touch some days and come
// before one in order, newest first, and whether there are more. It reads a few
// days at a time, so that a page costs what is on it.
func (f *figures) newest(ctx context.Context, camera string, days uptime.Days, before *history.Identified, limit int) (page []history.Identified, more bool, err error) {
	w := days.Window(f.Plan.Location)
	first, end := w.From*1000, w.To*1000
	if before != nil {
		// What began before the period is found by the first moment of it.
		end = min(end, max(before.From, first)+1)
	}
	const most = 16 * 24 * time.Hour
	for span := 24 * time.Hour; end > first && len(page) <= limit; span = min(2*span, most) {
		from := max(end-span.Milliseconds(), first)
		var part []history.Identified
		for o, err := range f.Store.Observations(ctx, history.Period{Cameras: []string{camera}, From: from, To: end}) {
			switch {
			case err != nil:
				return nil, false, err
			case o.From < from && from > first: // it is in the part before, where it begins
			case before != nil && history.CompareIdentified(o, *before) >= 0:
			default:
				part = append(part, o)
			}
		}
		slices.Reverse(part)
		page = append(page, part...)
		end = from
	}
	if len(page) > limit {
		return page[:limit], true, nil
	}
	return page, false, nil
}

func evidenceHere(o *history.Identified) EvidenceHere {
	row := EvidenceHere{
		Agent: o.Agent, Epoch: fmt.Sprintf("%016x", o.Epoch), Seq: int64(min(o.Seq, math.MaxInt64)),
		From: time.UnixMilli(o.From).UTC(), To: time.UnixMilli(o.To).UTC(), Clock: o.Clock.String(), Status: o.Status.String(),
		Rung: rungOrNone(o.Rung), FellOn: rungOrNone(o.FellOn), RTSPStatus: o.RTSPStatus, Probes: o.Probes,
		FrameRate: stat(o.FrameRate), BitRate: stat(o.BitRate), KeyframeGap: stat(o.KeyframeGap), Loss: stat(o.Loss), Jitter: stat(o.Jitter),
	}
	if o.Fault != wire.FaultNone {
		row.Fault = o.Fault.String()
	}
	for _, r := range o.Reasons {
		row.Reasons = append(row.Reasons, r.String())
	}
	if o.Width > 0 {
		row.Picture = &Picture{Codec: o.Codec.String(), Width: o.Width, Height: o.Height}
	}
	for i := range o.Stages {
		if t := stat(o.Stages[i].Time); t != nil {
			row.Stages = append(row.Stages, StageTime{o.Stages[i].Rung.String(), *t})
		}
	}
	return row
}

// stat gives what was measured, nil when nothing was. More than six digits were
// not.
func stat(s wire.Stat) *Stat {
	if s.N == 0 {
		return nil
	}
	return &Stat{N: s.N, Min: single(s.Min), Mean: single(s.Mean), Max: single(s.Max)}
}

// single gives the shortest decimal number that is v among those of its kind.
func single(v float32) float64 {
	d, err := strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', -1, 32), 64)
	if err != nil || math.IsInf(d, 0) || math.IsNaN(d) {
		return 0
	}
	return d
}

// observationCursor names an observation by where it stands in order.
func observationCursor(o *history.Identified) string {
	return fmt.Sprintf("%d_%x_%d_%s", o.From, o.Epoch, o.Seq, o.Agent)
}

// parseObservationCursor reads what observationCursor wrote, nil for none.
func parseObservationCursor(text string) (*history.Identified, error) {
	if text == "" {
		return nil, nil
	}
	parts := strings.SplitN(text, "_", 4)
	if len(parts) < 4 || parts[3] == "" {
		return nil, fmt.Errorf("%q names no observation", text)
	}
	o := &history.Identified{Agent: parts[3]}
	var errs [3]error
	o.From, errs[0] = strconv.ParseInt(parts[0], 10, 64)
	o.Epoch, errs[1] = strconv.ParseUint(parts[1], 16, 64)
	o.Seq, errs[2] = strconv.ParseUint(parts[2], 10, 64)
	for _, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("%q names no observation", text)
		}
	}
	return o, nil
}

// Table gives a row for each observation, with the means of what was measured.
func (l *ObservationList) Table() Table {
	t := Table{Name: Text{VI: "Quan sát", EN: "Observations"}, Rows: make([][]any, len(l.Items)), Columns: []Column{
		column("agent", "Thiết bị xã", "Agent"), column("epoch", "Bộ đệm", "Spool"), column("seq", "Bản ghi số", "Record"),
		column("from", "Từ (UTC)", "From (UTC)"), column("to", "Đến (UTC)", "To (UTC)"), column("clock", "Đồng hồ", "Clock"),
		column("status", "Tình trạng", "Status"), column("rung", "Bước cao nhất", "Highest rung"), column("fault", "Lỗi", "Fault"), column("fell_on", "Hỏng ở bước", "Fell on"),
		column("rtsp_status", "Mã RTSP", "RTSP status"), column("reasons", "Lý do suy giảm", "Reasons"), column("probes", "Số lần dò", "Probes"),
		column("codec", "Mã hóa", "Codec"), column("width", "Rộng (điểm ảnh)", "Width (px)"), column("height", "Cao (điểm ảnh)", "Height (px)"),
		column("frame_rate", "Tốc độ khung (khung/giây)", "Frame rate (fps)"), column("bit_rate", "Tốc độ bit (bit/giây)", "Bit rate (bit/s)"),
		column("keyframe_gap_s", "Cách khung chính (giây)", "Key frame gap (s)"), ratio("loss", "Tỷ lệ mất gói", "Loss"), column("jitter_ms", "Biến động trễ (ms)", "Jitter (ms)"),
	}}
	for i := range l.Items {
		o := &l.Items[i]
		row := []any{
			o.Agent, o.Epoch, o.Seq, o.From.Format("2006-01-02T15:04:05.000Z07:00"), o.To.Format("2006-01-02T15:04:05.000Z07:00"), o.Clock,
			o.Status, orNil(o.Rung), orNil(o.Fault), orNil(o.FellOn), nonzero(o.RTSPStatus), orNil(strings.Join(o.Reasons, " ")), o.Probes,
		}
		row = append(row, o.Picture.cells()[:3]...)
		for _, s := range []*Stat{o.FrameRate, o.BitRate, o.KeyframeGap, o.Loss, o.Jitter} {
			if s == nil {
				row = append(row, nil)
			} else {
				row = append(row, s.Mean)
			}
		}
		t.Rows[i] = row
	}
	return t
}
