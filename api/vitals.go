package api

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/wire"
)

type vitalsInput struct {
	Conditional
	Code string `path:"code" minLength:"1" maxLength:"64" doc:"Code of an agent"`
}

// VitalsAnswer is the answer of /agents/{code}/vitals.
type VitalsAnswer struct {
	Head
	Agent  string     `json:"agent" doc:"Code"`
	Online bool       `json:"online" doc:"A live message came in time"`
	Vitals *VitalsRow `json:"vitals,omitempty" doc:"Absent when it told none since the hub started"`
}

// VitalsRow is how a device itself is. What it could not tell is absent.
type VitalsRow struct {
	At        time.Time `json:"at" doc:"When the device told it"`
	Age       int64     `json:"age_s" doc:"Seconds since then. Agents tell it every 10 minutes"`
	Uptime    *int64    `json:"uptime_s,omitempty" doc:"Seconds since the device started"`
	Load      *float64  `json:"load,omitempty" doc:"Processes that run or wait, mean of five minutes; more than cores is too much"`
	Cores     *int64    `json:"cores,omitempty" doc:"Processors"`
	Memory    *int64    `json:"memory_mib,omitempty" doc:"MiB in all"`
	Available *int64    `json:"available_mib,omitempty" doc:"MiB of it for new programs"`
	Celsius   *int64    `json:"celsius,omitempty" doc:"Temperature of the processor, degrees"`
	Disk      *int64    `json:"disk_mib,omitempty" doc:"MiB of the disk with the spool"`
	Free      *int64    `json:"free_mib,omitempty" doc:"MiB of it that the agent may write yet"`

	UnderVoltage     *bool `json:"under_voltage,omitempty" doc:"The supply has too little voltage"`
	UnderVoltageSeen *bool `json:"under_voltage_seen,omitempty" doc:"It had, at some time since the device started"`
	Slowed           *bool `json:"slowed,omitempty" doc:"The device slows itself down: it is too hot or lacks power"`
	SlowedSeen       *bool `json:"slowed_seen,omitempty" doc:"It did, at some time since it started"`

	Implausible int64 `json:"implausible" doc:"Values that it told since the hub started and that cannot be: they are passed over"`
}

func (s *Server) registerVitals() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "getAgentVitals", Method: http.MethodGet, Path: "/api/v1/agents/{code}/vitals", Tags: []string{"agents"},
		Summary: "How a commune device itself is, as it said last",
	}, func(_ context.Context, in *vitalsInput) (*answer[VitalsAnswer], error) {
		a, heard := f.Live.Agent(in.Code)
		if !f.watches(in.Code) || !heard && !hasAgent(f.Plan, in.Code) {
			return nil, newProblem(http.StatusNotFound,
				fmt.Sprintf("không có thiết bị xã %q trong kế hoạch, cũng chưa từng nghe thấy; /api/v1/agents có danh sách", in.Code),
				fmt.Sprintf("%q is no agent that the plan names or that was heard of; /api/v1/agents lists them", in.Code))
		}
		now := f.Now()
		body := &VitalsAnswer{Agent: in.Code, Online: a.Online}
		if !a.VitalsAt.IsZero() {
			body.Vitals = vitalsRow(&a.Vitals, a.VitalsAt, now)
			body.Vitals.Implausible = int64(min(a.Implausible, math.MaxInt64))
		}
		return respond(in.Conditional, body, now, f.Plan.Simulated)
	})
}

func vitalsRow(v *wire.Vitals, at, now time.Time) *VitalsRow {
	known := func(r wire.Reading) *int64 {
		if !r.Known {
			return nil
		}
		return &r.Value
	}
	row := &VitalsRow{
		At: at.UTC(), Age: max(int64(now.Sub(at)/time.Second), 0), Uptime: known(v.Uptime), Cores: known(v.Cores), Memory: known(v.Memory), Available: known(v.Available),
		Celsius: known(v.Temperature), Disk: known(v.Disk), Free: known(v.Free),
	}
	if v.Load.Known {
		load := float64(v.Load.Value) / 100
		row.Load = &load
	}
	if v.Power.Known {
		bit := func(p wire.Power) *bool {
			set := wire.Power(v.Power.Value)&p != 0
			return &set
		}
		row.UnderVoltage, row.UnderVoltageSeen, row.Slowed, row.SlowedSeen = bit(wire.UnderVoltage), bit(wire.UnderVoltageSeen), bit(wire.Slowed), bit(wire.SlowedSeen)
	}
	return row
}
