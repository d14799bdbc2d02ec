package api_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

func TestWhatWasSetAsideIsListedAndCanBeLookedAt(t *testing.T) {
	w := newWorld(t)
	camera := w.inService(0)
	from := w.clock().Add(time.Hour).UnixMilli()
	o := wire.Observation{Camera: camera.Code, From: from, To: from + 60_000, Status: wire.StatusDown, Fault: wire.FaultTimeout, FellOn: wire.RungConnect, Probes: 2, Clock: wire.ClockOwn}
	batches := []history.Batch{
		{Agent: camera.Agent, Epoch: 1 << 63, FirstSeq: 7, Received: w.clock(), Aside: &history.Aside{Count: 1, Reason: "ends 1h1m0s from now"},
			Payload: wire.MarshalUp(wire.UpMessage{Batch: &wire.Batch{Epoch: 1 << 63, FirstSeq: 7, Observations: []wire.Observation{o}}})},
		{Agent: camera.Agent, Received: w.clock(), Aside: &history.Aside{Reason: "decode message"}, Payload: []byte("\xff nonsense")},
		{Agent: "another", Epoch: 1, FirstSeq: 9, Received: w.clock(), Gaps: []wire.Gap{{From: 2, Next: 9, Why: wire.GapOverflow}}},
		{Agent: "another", Epoch: 1, FirstSeq: 10, Received: w.clock(), Aside: &history.Aside{Count: 3, Reason: "x"}},
	}
	if err := w.store.Append(t.Context(), batches); err != nil {
		t.Fatal(err)
	}
	all := answer[api.EntryList](w, "/api/v1/quarantine")
	if len(all.Items) != 3 || all.Items[0].Agent != "another" || all.Items[0].Count != 3 {
		t.Errorf("entries are %+v", all.Items)
	}
	own := answer[api.EntryList](w, "/api/v1/quarantine?agent="+camera.Agent)
	if len(own.Items) != 2 || own.Items[1].Reason != "ends 1h1m0s from now" || own.Items[1].Epoch != "8000000000000000" || own.Items[0].Epoch != "" {
		t.Fatalf("entries of %s are %+v", camera.Agent, own.Items)
	}
	good := answer[api.EntryAnswer](w, "/api/v1/quarantine/"+strconv.FormatInt(own.Items[1].ID, 10))
	if len(good.Observations) != 1 || good.Unread != "" || string(good.Payload) != string(batches[0].Payload) {
		t.Fatalf("the entry is %+v", good)
	}
	want := api.ObservationRow{Seq: 7, Camera: camera.Code, From: time.UnixMilli(o.From).UTC(), To: time.UnixMilli(o.To).UTC(), Clock: "own", Status: "down", Fault: "timeout", FellOn: "connect", Probes: 2}
	if good.Observations[0] != want {
		t.Errorf("the observation is %+v, want %+v", good.Observations[0], want)
	}
	bad := answer[api.EntryAnswer](w, "/api/v1/quarantine/"+strconv.FormatInt(own.Items[0].ID, 10))
	if len(bad.Observations) != 0 || !strings.Contains(bad.Unread, "decode message") || string(bad.Payload) != "\xff nonsense" {
		t.Errorf("what nobody can read is %+v", bad)
	}
	for path, status := range map[string]int{"quarantine/4711": http.StatusNotFound, "quarantine/0": http.StatusUnprocessableEntity, "quarantine/x": http.StatusUnprocessableEntity, "quarantine?agent=" + strings.Repeat("a", 65): http.StatusUnprocessableEntity} {
		if rec := w.get("/api/v1/" + path); rec.Code != status {
			t.Errorf("GET %s: %d %s, want %d", path, rec.Code, rec.Body, status)
		}
	}
	for _, row := range answer[api.AgentList](w, "/api/v1/agents").Items {
		if row.Code == camera.Agent && (row.SetAside != 1 || row.SetAsideMessages != 2 || row.Quarantine != 2) {
			t.Errorf("the agent is %+v", row)
		}
		if row.Code == "another" {
			t.Error("an agent is listed that neither the plan names nor anybody heard")
		}
	}
}

func TestAnAgentShowsWhatItIsRefusedFor(t *testing.T) {
	w := newWorld(t)
	find := func(code string) api.AgentRow {
		for _, row := range answer[api.AgentList](w, "/api/v1/agents").Items {
			if row.Code == code {
				return row
			}
		}
		t.Fatalf("no agent %s", code)
		return api.AgentRow{}
	}
	greet := func(epoch, session uint64) {
		t.Helper()
		if _, err := w.store.Hello(t.Context(), []history.Greeting{{Agent: "stray", Hello: wire.Hello{Epoch: epoch, Session: session}, At: w.clock()}}); err != nil {
			t.Fatal(err)
		}
	}
	first := w.clock()
	greet(1, 1)
	greet(1, 1)
	w.pass(time.Hour)
	greet(1, 1)
	w.live.Refuse("stray", 0, wire.Refusal{Code: wire.RefusalVersion, Reason: "update this device"})
	row := find("stray")
	if c := row.Conflict; c == nil || c.Count != 2 || !c.First.Equal(first) || !c.Last.Equal(first.Add(time.Hour)) || !strings.Contains(c.What, "connection number 1") {
		t.Errorf("the conflict is %+v", c)
	}
	if r := row.Refusal; r == nil || r.Code != "version" || r.Reason != "update this device" || !r.At.Equal(w.clock()) {
		t.Errorf("the refusal is %+v", r)
	}
	w.live.Take("stray", &wire.LiveMessage{Online: true, Whole: true, Overruns: 5, Sent: w.clock().UnixMilli()})
	if row := find("stray"); row.Overruns != 5 {
		t.Errorf("%d overruns", row.Overruns)
	}
}
