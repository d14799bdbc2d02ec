package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

type entriesInput struct {
	Conditional
	Listing
	Agent string `query:"agent" maxLength:"64" doc:"Code of an agent; all when absent"`
}

type entryInput struct {
	Conditional
	ID int64 `path:"id" minimum:"1"`
}

func (s *Server) registerQuarantine() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "listQuarantine", Method: http.MethodGet, Path: "/api/v1/quarantine", Tags: []string{"agents"},
		Summary: "What agents sent and the history could not take, newest first",
	}, func(ctx context.Context, in *entriesInput) (*answer[EntryList], error) {
		pages, err := newPager(ctx, entryList, &in.Listing)
		if err != nil {
			return nil, err
		}
		entries, err := f.Store.Entries(ctx, history.Selection{Agent: in.Agent})
		if err != nil {
			return nil, err
		}
		if _, heard := f.Live.Agent(in.Agent); in.Agent != "" && len(entries) == 0 && !heard && !hasAgent(f.Plan, in.Agent) {
			return nil, noAgent(in.Agent)
		}
		for i := range entries {
			if f.watches(entries[i].Agent) {
				row := entryRow(&entries[i])
				pages.add(&row)
			}
		}
		list := &EntryList{}
		list.Items, list.Page = pages.rows()
		return respond(in.Conditional, list, f.Now(), f.Plan.Simulated)
	})
	register(s, huma.Operation{
		OperationID: "getQuarantined", Method: http.MethodGet, Path: "/api/v1/quarantine/{id}", Tags: []string{"agents"},
		Summary: "One entry of it, with the message",
	}, func(ctx context.Context, in *entryInput) (*answer[EntryAnswer], error) {
		e, err := f.Store.Entry(ctx, in.ID)
		if errors.Is(err, history.ErrNotFound) || err == nil && !f.watches(e.Agent) {
			return nil, newProblem(http.StatusNotFound, fmt.Sprintf("khu cách ly không có mục %d", in.ID), fmt.Sprintf("there is no entry %d in the quarantine", in.ID))
		}
		if err != nil {
			return nil, err
		}
		return respond(in.Conditional, entryAnswer(&e), f.Now(), f.Plan.Simulated)
	})
}

func entryRow(e *history.Entry) EntryRow {
	r := EntryRow{ID: e.ID, Agent: e.Agent, FirstSeq: int64(e.FirstSeq), Count: e.Count, Reason: e.Reason, Received: e.Received.UTC(), Bytes: e.Bytes}
	if e.Count > 0 {
		r.Epoch = fmt.Sprintf("%016x", e.Epoch)
	}
	return r
}

func entryAnswer(e *history.Entry) *EntryAnswer {
	a := &EntryAnswer{EntryRow: entryRow(e), Observations: []ObservationRow{}, Payload: e.Payload}
	obs, _, err := e.Look()
	if err != nil {
		a.Unread = err.Error()
	}
	for i := range obs {
		o := &obs[i]
		a.Observations = append(a.Observations, ObservationRow{
			Seq: int64(o.Seq), Camera: o.Camera, From: time.UnixMilli(o.From).UTC(), To: time.UnixMilli(o.To).UTC(),
			Clock: o.Clock.String(), Status: o.Status.String(), Fault: o.Fault.String(), FellOn: rungOrNone(o.FellOn), Probes: o.Probes,
		})
	}
	return a
}

func rungOrNone(r wire.Rung) string {
	if r == wire.RungNone {
		return ""
	}
	return r.String()
}
