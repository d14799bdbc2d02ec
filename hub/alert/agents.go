package alert

import (
	"maps"
	"slices"
	"time"

	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// agents looks at who speaks for cameras. Of several causes why nothing comes of
// an agent only the first is told: its identity, its refusal, its silence.
func (f *finder) agents() {
	heard := map[string]live.Agent{}
	all := map[string]bool{}
	for _, a := range f.Agents {
		heard[a.Code], all[a.Code] = a, true
	}
	for code := range f.Conflicts {
		all[code] = true
	}
	for code := range f.byAgent {
		all[code] = true
	}
	delete(all, "")
	for _, code := range slices.Sorted(maps.Keys(all)) {
		f.agent(code, heard[code])
	}
}

func (f *finder) agent(code string, a live.Agent) {
	var blind []string
	for _, e := range f.byAgent[code] {
		if !a.Online && !e.status.Known && len(e.windows) == 0 && (e.serves || f.neverSeen(e)) {
			blind = append(blind, e.Code)
		}
	}
	s := Subject{Thing: Agent, Code: code}
	conflict, doubted := f.Conflicts[code]
	switch {
	case doubted:
		f.add(IdentityConflict, s, conflict.First, identityText(code, &conflict), blind...)
	case a.Refusal.Reason != "" && a.Refusal.Code != wire.RefusalSetAside:
		f.add(AgentRefused, s, a.RefusedSince, refusedText(code, a.Refusal.Reason), blind...)
	case len(blind) > 0 && f.missed(a.LastSeen):
		f.add(AgentOffline, s, a.LastSeen, offlineText(code, len(blind)), blind...)
	}
	for _, c := range blind { // whatever is said of the agent, and if it is nothing yet
		f.explained[c] = true
	}
	if a.Online && a.ClockOff.Abs() > ClockWithin {
		f.add(ClockWrong, s, time.Time{}, clockText(code, a.ClockOff))
	}
}

// missed says whether an agent that is not online has been silent for long
// enough.
func (f *finder) missed(lastSeen time.Time) bool {
	return f.At.Sub(lastSeen) >= OfflineAfter && f.At.Sub(f.Started) >= OfflineAfter
}

// lists looks whether agents that are online work from their lists.
func (f *finder) lists() {
	for _, code := range slices.Sorted(maps.Keys(f.Lists)) {
		l, s := f.Lists[code], Subject{Thing: Agent, Code: code}
		a, online := f.online[code]
		lost := slices.DeleteFunc(slices.Clone(l.Lost), func(c string) bool { return f.byCode[c] == nil || !f.byCode[c].InPlan(f.today) })
		if len(lost) > 0 {
			f.add(CredentialsLost, s, time.Time{}, lostText(code, len(lost)), lost...)
		}
		switch {
		case l.Trouble != "":
			f.add(ListNotTaken, s, time.Time{}, troubleText(code, l.Trouble))
		case online && l.Takes && !l.Current && f.At.Sub(l.Made) >= ListAfter && f.At.Sub(a.OnlineSince) >= ListAfter:
			f.add(ListNotTaken, s, l.Made, notTakenText(code))
		}
		if online && a.ListRefused > 0 {
			f.add(ListRefused, s, time.Time{}, listRefusedText(code, a.ListRefused))
		}
	}
}

// records looks at what came in of agents and could not be taken, and what they
// lost.
func (f *finder) records() {
	for _, code := range slices.Sorted(maps.Keys(f.Aside)) {
		if q := f.Aside[code]; q.Entries > 0 && f.At.Sub(q.Newest) < AsideWithin {
			f.add(QuarantineGrows, Subject{Thing: Agent, Code: code}, q.Oldest, asideText(code, &q))
		}
	}
	for _, code := range slices.Sorted(maps.Keys(f.Gaps)) {
		if g := f.Gaps[code]; g.Gaps > 0 && f.At.Sub(g.Newest) < GapWithin {
			f.add(EvidenceLost, Subject{Thing: Agent, Code: code}, g.Newest, gapText(code, &g))
		}
	}
}

// devices looks at how the devices of agents are that are online.
func (f *finder) devices() {
	for i := range f.Agents {
		a := &f.Agents[i]
		if !a.Online || a.VitalsAt.IsZero() || f.At.Sub(a.VitalsAt) > VitalsWithin {
			continue
		}
		v, s := &a.Vitals, Subject{Thing: Agent, Code: a.Code}
		full := v.Free.Value < FullBelow || v.Disk.Known && v.Free.Value*100 < v.Disk.Value*FullShare
		if v.Free.Known && full {
			f.add(DiskFull, s, time.Time{}, fullText(a.Code, v))
		}
		if v.Temperature.Known && v.Temperature.Value >= HotAt {
			f.add(DeviceHot, s, time.Time{}, hotText(a.Code, v.Temperature.Value))
		}
		switch power := wire.Power(v.Power.Value); {
		case power&wire.UnderVoltage != 0:
			f.add(UnderVoltage, s, time.Time{}, voltageText(a.Code))
		case power&wire.UnderVoltageSeen != 0:
			f.add(PowerWeak, s, time.Time{}, weakText(a.Code))
		}
	}
}

// notProbed looks for cameras of which an agent says nothing although it is
// online.
func (f *finder) notProbed() {
	for _, code := range slices.Sorted(maps.Keys(f.byAgent)) {
		a, online := f.online[code]
		if !online || f.At.Sub(a.OnlineSince) < NotProbedAfter {
			continue
		}
		var silent []string
		for _, e := range f.byAgent[code] {
			if e.counts() && !e.status.Known && !f.neverSeen(e) {
				silent = append(silent, e.Code)
			}
		}
		if len(silent) > 0 {
			f.add(NotProbed, Subject{Thing: Agent, Code: code}, time.Time{}, notProbedText(code, len(silent)), silent...)
		}
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func both(vi, en string) plan.Text { return plan.Text{VI: vi, EN: en} }
