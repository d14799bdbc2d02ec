package api

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"sync"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/uptime"
)

// cameraRows keep of each camera of a plan the row without figures, and how it is
// encoded: it stays as long as what is known of the camera does, however often
// the moment is another. Rows are those of who sees exactly where all sites are.
type cameraRows struct {
	mu   sync.Mutex
	rows []keptCamera // by camera of the plan
}

// keptCamera is a row with what it follows from besides the plan.
type keptCamera struct {
	today   plan.Date
	status  live.Status
	seen    history.Seen
	pause   uptime.Window
	wasSeen bool
	paused  bool

	row *CameraRow // nil if none is kept
}

// cameraRow gives the row of the i-th camera, without figures.
func (f *figures) cameraRow(m *moment, i int, where placing) CameraRow {
	c := &f.Plan.Cameras[i]
	if !where.exact.Whole {
		return f.camera(m, c, where)
	}
	now := keptCamera{today: m.today, status: m.status[c.Code]}
	now.seen, now.wasSeen = m.seen[c.Code]
	now.pause, now.paused = m.paused[c.Code]
	k := &f.cameraRows
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.rows == nil {
		k.rows = make([]keptCamera, len(f.Plan.Cameras))
	}
	kept := &k.rows[i]
	if kept.row == nil || !kept.sameAs(&now) {
		made := f.camera(m, c, where)
		made.encoded = made.begun()
		now.row = &made
		*kept = now
	}
	return *kept.row
}

// sameAs says whether the same row follows from both.
func (k *keptCamera) sameAs(o *keptCamera) bool {
	a, b := &k.status, &o.status
	return k.today == o.today && k.seen == o.seen && k.wasSeen == o.wasSeen && k.pause == o.pause && k.paused == o.paused &&
		a.InService == b.InService && a.Known == b.Known && a.Cause == b.Cause && a.Since.Equal(b.Since) &&
		a.State.Status == b.State.Status && a.State.Fault == b.State.Fault && a.State.FellOn == b.State.FellOn && a.State.RTSPStatus == b.State.RTSPStatus &&
		a.State.Since == b.State.Since && a.State.Codec == b.State.Codec && a.State.Width == b.State.Width && a.State.Height == b.State.Height &&
		slices.Equal(a.State.Reasons, b.State.Reasons)
}

// uptimeName is where figures begin in a row that is encoded.
var uptimeName = []byte(`,"uptime":`)

// begun encodes a row up to its figures, nil if it cannot be.
func (r *CameraRow) begun() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(r) != nil {
		return nil
	}
	// What comes after has numbers alone.
	at := bytes.LastIndex(b.Bytes(), uptimeName)
	return bytes.Clone(b.Bytes()[:at+len(uptimeName)])
}

// encodeTo writes the list as encoding/json would, false if it is not one of rows
// that are kept, with all of their fields.
func (l *CameraList) encodeTo(b *bytes.Buffer) (bool, error) {
	if len(l.fields) > 0 || len(l.Items) == 0 {
		return false, nil
	}
	size := 0
	for i := range l.Items {
		r := &l.Items[i]
		if r.encoded == nil {
			return false, nil
		}
		size += len(r.encoded) + 300 + 24*len(r.Bars)
	}
	without := *l
	without.Items = []CameraRow{}
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(&without); err != nil {
		return true, err
	}
	const end = "]}\n"
	b.Truncate(b.Len() - len(end))
	b.Grow(size)
	p := b.AvailableBuffer()
	for i := range l.Items {
		if i > 0 {
			p = append(p, ',')
		}
		r := &l.Items[i]
		p = r.Uptime.appendTo(append(p, r.encoded...))
		if len(r.Bars) > 0 {
			p = appendBars(append(p, `,"bars":`...), r.Bars)
		}
		p = append(p, '}')
	}
	b.Write(p)
	b.WriteString(end)
	return true, nil
}

// appendTo appends figures as encoding/json would. Ratios are numbers between 0
// and 1.
func (u *Uptime) appendTo(p []byte) []byte {
	for _, x := range []struct {
		name  string
		value int64
	}{
		{`{"in_service_s":`, u.InService}, {`,"up_s":`, u.Up}, {`,"degraded_s":`, u.Degraded}, {`,"down_s":`, u.Down}, {`,"unknown_s":`, u.Unknown}, {`,"maintenance_s":`, u.Maintenance},
	} {
		p = strconv.AppendInt(append(p, x.name...), x.value, 10)
	}
	for _, x := range []struct {
		name  string
		value *float64
	}{
		{`,"availability":`, u.Availability}, {`,"observed":`, u.Observed}, {`,"low":`, u.Low}, {`,"high":`, u.High},
	} {
		if x.value != nil {
			p = appendNumber(append(p, x.name...), *x.value)
		}
	}
	p = strconv.AppendInt(append(p, `,"outages":`...), int64(u.Outages), 10)
	return append(p, '}')
}

// appendNumber appends a finite number as encoding/json would.
func appendNumber(p []byte, v float64) []byte {
	if v == 0 && !math.Signbit(v) || v == 1 {
		return append(p, '0'+byte(v))
	}
	if size := math.Abs(v); size == 0 || size >= 1e-6 && size < 1e21 {
		return strconv.AppendFloat(p, v, 'f', -1, 64)
	}
	p = strconv.AppendFloat(p, v, 'e', -1, 64)
	if n := len(p); n >= 4 && p[n-4] == 'e' && p[n-3] == '-' && p[n-2] == '0' { // e-09 is e-9
		p[n-2] = p[n-1]
		p = p[:n-1]
	}
	return p
}

func appendBars(p []byte, days [][4]int) []byte {
	p = append(p, '[')
	for i, day := range days {
		if i > 0 {
			p = append(p, ',')
		}
		for k, seconds := range day {
			p = strconv.AppendInt(append(p, "[,,,"[k]), int64(seconds), 10)
		}
		p = append(p, ']')
	}
	return append(p, ']')
}
