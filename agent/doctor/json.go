package doctor

import (
	"encoding/json"
	"io"
	"math"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// The shape of the JSON report: an array of checks in the order of the text.
// Fields are added, never changed; none is left out when it is empty.
type jsonCheck struct {
	Name    Name        `json:"name"`    // configuration, clock, disk, dns, broker, camera
	Subject string      `json:"subject"` // a file, a folder, a host, or a camera's code or address
	OK      bool        `json:"ok"`      // well; for a camera: up
	Status  string      `json:"status"`  // of a camera: up, degraded, down, "" when it could not be looked at
	Fault   string      `json:"fault"`   // "" or a Fault; for a camera one of the contract
	Text    string      `json:"text"`    // the fault in words
	Hint    string      `json:"hint"`    // what to do about it
	Detail  string      `json:"detail"`
	TookMS  float64     `json:"took_ms"`
	Stages  []jsonStage `json:"stages"` // what was good, in order: rungs of a camera, stages of the broker
	Camera  *jsonCamera `json:"camera"` // null for the others
}

type jsonStage struct {
	Name string  `json:"name"`
	MS   float64 `json:"ms"`
}

type jsonCamera struct {
	Address     string   `json:"address"` // without credentials and path
	Rung        string   `json:"rung"`    // highest reached
	FellOn      string   `json:"fell_on"` // "" when it did not fall
	RTSPStatus  int      `json:"rtsp_status"`
	Reasons     []string `json:"reasons"`     // why it is degraded
	NoPassword  bool     `json:"no_password"` // it gave its picture without asking for one
	Codec       string   `json:"codec"`
	Width       int      `json:"width"`
	Height      int      `json:"height"`
	NominalRate float64  `json:"nominal_rate"` // frames per second that the stream declares, 0 when it does not
	FrameRate   float64  `json:"frame_rate"`   // frames per second; this and what follows is 0 when nothing was measured
	BitRate     float64  `json:"bit_rate"`     // bits per second
	KeyframeGap float64  `json:"keyframe_gap"` // seconds, 0 when fewer than two were seen
	Loss        float64  `json:"loss"`         // fraction
	Jitter      float64  `json:"jitter"`       // milliseconds
}

func (p printer) jsonFinding(c Check, f Finding, took time.Duration) jsonCheck {
	j := jsonCheck{
		Name: c.Name, Subject: c.Subject, OK: f.Fault == "", Fault: string(f.Fault), Text: p.l.faults[f.Fault], Hint: p.l.hints[f.Fault],
		TookMS: milliseconds(took), Stages: []jsonStage{},
	}
	if f.Err != nil {
		j.Detail = oneLine(f.Err)
	}
	for _, st := range f.Stages {
		j.Stages = append(j.Stages, jsonStage{string(st.Stage), milliseconds(st.Took)})
	}
	return j
}

func (p printer) jsonCamera(c Camera, v verdict) jsonCheck {
	r := v.r
	k := &jsonCamera{
		Address: c.Target.String(), Rung: r.Reached.String(), RTSPStatus: r.RTSPStatus, Reasons: []string{}, NoPassword: v.open, Codec: r.Codec.String(),
		Width: r.Width, Height: r.Height, NominalRate: finite(r.NominalRate), FrameRate: finite(r.FrameRate), BitRate: finite(r.BitRate), KeyframeGap: finite(r.KeyframeGap), Loss: finite(r.Loss), Jitter: finite(r.Jitter),
	}
	for _, reason := range v.reasons {
		k.Reasons = append(k.Reasons, reason.String())
	}
	j := jsonCheck{Name: NameCamera, Subject: c.name(), OK: v.status == wire.StatusUp, TookMS: milliseconds(r.Elapsed), Stages: []jsonStage{}, Camera: k}
	if v.status != 0 {
		j.Status = v.status.String()
	}
	if r.Fault != wire.FaultNone {
		k.FellOn = r.FellOn.String()
		j.Fault, j.Text, j.Hint = r.Fault.String(), p.t.Fault(r.Fault), p.t.Hint(r.Fault)
	}
	if r.Err != nil {
		j.Detail = oneLine(r.Err)
	}
	for _, st := range r.Stages {
		j.Stages = append(j.Stages, jsonStage{st.Rung.String(), milliseconds(st.Duration)})
	}
	return j
}

// finite keeps what JSON has no number for out of it.
func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}

func writeJSON(out io.Writer, report []jsonCheck) error {
	if report == nil {
		report = []jsonCheck{}
	}
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(report)
}
