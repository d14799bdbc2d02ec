package wire_test

import (
	"cmp"
	"slices"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/wire"
)

// Generators of messages that keep every bound of the contract, its extremes
// included.

const endOfTime = 32_503_680_000_000 // the greatest moment the contract takes

func genCode() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}`),
		rapid.SampledFrom([]string{"a", "...", "cam-01", "xa.tan-lap_7", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}),
	)
}

func genTime() *rapid.Generator[int64]  { return rapid.Int64Range(0, endOfTime) }
func genClock() *rapid.Generator[int64] { return rapid.Int64Range(-endOfTime, endOfTime) }

func genStat() *rapid.Generator[wire.Stat] {
	return rapid.Custom(func(t *rapid.T) wire.Stat {
		if rapid.Bool().Draw(t, "nothing measured") {
			return wire.Stat{}
		}
		v := rapid.SliceOfN(rapid.Float32Range(0, 1e12), 3, 3).Draw(t, "values")
		slices.Sort(v)
		return wire.Stat{N: rapid.IntRange(1, 1<<20).Draw(t, "n"), Min: v[0], Mean: v[1], Max: v[2]}
	})
}

func genReasons(t *rapid.T) []wire.Reason {
	rs := rapid.SliceOfDistinct(rapid.SampledFrom(wire.Reasons()), func(r wire.Reason) wire.Reason { return r }).Draw(t, "reasons")
	slices.Sort(rs)
	return rs
}

func genState() *rapid.Generator[wire.State] {
	return rapid.Custom(func(t *rapid.T) wire.State {
		s := wire.State{
			Camera: genCode().Draw(t, "camera"),
			Status: rapid.SampledFrom([]wire.Status{wire.StatusUp, wire.StatusDegraded, wire.StatusDown}).Draw(t, "status"),
			Rung:   wire.Rung(rapid.IntRange(0, int(wire.RungFresh)).Draw(t, "rung")),
			Since:  genClock().Draw(t, "since"), Probed: genClock().Draw(t, "probed"),
			Codec: rapid.SampledFrom([]wire.Codec{wire.CodecNone, wire.CodecH264, wire.CodecH265}).Draw(t, "codec"),
			Width: rapid.IntRange(0, 1<<16).Draw(t, "width"), Height: rapid.IntRange(0, 1<<16).Draw(t, "height"),
		}
		switch s.Status {
		case wire.StatusDown:
			s.Fault = rapid.SampledFrom(wire.Faults()).Draw(t, "fault")
			s.FellOn = wire.Rung(rapid.IntRange(0, int(wire.RungFresh)).Draw(t, "fell on"))
			s.RTSPStatus = rapid.IntRange(0, 999).Draw(t, "rtsp status")
		case wire.StatusDegraded:
			s.Reasons = genReasons(t)
		}
		return s
	})
}

func genObservation() *rapid.Generator[wire.Observation] {
	return rapid.Custom(func(t *rapid.T) wire.Observation {
		s := genState().Draw(t, "verdict")
		from := genTime().Draw(t, "from")
		o := wire.Observation{
			Camera: s.Camera, From: from, To: from + rapid.Int64Range(1, wire.MaxLength).Draw(t, "length"),
			Status: s.Status, Rung: s.Rung, Fault: s.Fault, FellOn: s.FellOn, RTSPStatus: s.RTSPStatus, Reasons: s.Reasons,
			Clock: wire.Clock(rapid.IntRange(0, 2).Draw(t, "clock")), Probes: rapid.IntRange(1, 1<<20).Draw(t, "probes"), Codec: s.Codec, Width: s.Width, Height: s.Height,
			FrameRate: genStat().Draw(t, "frame rate"), BitRate: genStat().Draw(t, "bit rate"), KeyframeGap: genStat().Draw(t, "key frame gap"),
			Loss: genStat().Draw(t, "loss"), Jitter: genStat().Draw(t, "jitter"),
		}
		for _, r := range rapid.SliceOfDistinct(rapid.SampledFrom(wire.Rungs()), func(r wire.Rung) wire.Rung { return r }).Draw(t, "stages") {
			o.Stages = append(o.Stages, wire.Stage{Rung: r, Time: genStat().Draw(t, "stage")})
		}
		slices.SortFunc(o.Stages, func(a, b wire.Stage) int { return cmp.Compare(a.Rung, b.Rung) })
		return o
	})
}

func genUp() *rapid.Generator[wire.UpMessage] {
	return rapid.Custom(func(t *rapid.T) wire.UpMessage {
		first := rapid.Uint64Range(0, wire.MaxSeq-100).Draw(t, "first seq")
		if rapid.Bool().Draw(t, "hello") {
			return wire.UpMessage{Hello: &wire.Hello{
				Epoch: rapid.Uint64().Draw(t, "epoch"), FirstSeq: first, NextSeq: rapid.Uint64Range(first, wire.MaxSeq).Draw(t, "next seq"),
				AgentVersion: rapid.StringN(0, -1, wire.MaxText).Draw(t, "version"), Sent: genClock().Draw(t, "sent"),
				Boot: rapid.Uint64().Draw(t, "boot"), Session: rapid.Uint64().Draw(t, "session"), Stamp: genClock().Draw(t, "stamp"), Key: genKey().Draw(t, "key"),
			}}
		}
		if rapid.Bool().Draw(t, "gaps") {
			return wire.UpMessage{Batch: &wire.Batch{
				Epoch: rapid.Uint64().Draw(t, "epoch"), FirstSeq: first, OldestSeq: rapid.Uint64Range(0, first).Draw(t, "oldest seq"),
				Gaps: rapid.SliceOfN(genGap(), 1, 8).Draw(t, "gaps"), Stamp: genClock().Draw(t, "stamp"),
			}}
		}
		return wire.UpMessage{Batch: &wire.Batch{
			Epoch: rapid.Uint64().Draw(t, "epoch"), FirstSeq: first, OldestSeq: rapid.Uint64Range(0, first).Draw(t, "oldest seq"),
			Observations: rapid.SliceOfN(genObservation(), 1, 8).Draw(t, "observations"), Stamp: genClock().Draw(t, "stamp"),
		}}
	})
}

func genGap() *rapid.Generator[wire.Gap] {
	return rapid.Custom(func(t *rapid.T) wire.Gap {
		g := wire.Gap{From: rapid.Uint64Range(0, wire.MaxSeq-1).Draw(t, "from"), Why: wire.GapWhy(rapid.IntRange(1, 5).Draw(t, "why")), Clock: wire.Clock(rapid.IntRange(0, 2).Draw(t, "clock"))}
		g.Next = rapid.Uint64Range(g.From+1, wire.MaxSeq).Draw(t, "next")
		g.Begin = genTime().Draw(t, "begin")
		g.End = rapid.Int64Range(g.Begin, endOfTime).Draw(t, "end")
		return g
	})
}

func genDown() *rapid.Generator[wire.DownMessage] {
	return rapid.Custom(func(t *rapid.T) wire.DownMessage {
		if rapid.Bool().Draw(t, "ack") {
			return wire.DownMessage{Ack: &wire.Ack{Epoch: rapid.Uint64().Draw(t, "epoch"), Upto: rapid.Uint64Range(0, wire.MaxSeq).Draw(t, "upto"), HubTime: genTime().Draw(t, "hub time"), Stamp: genClock().Draw(t, "stamp")}}
		}
		if rapid.Bool().Draw(t, "ask") {
			return wire.DownMessage{Ask: &wire.Ask{Live: rapid.Bool().Draw(t, "live")}}
		}
		return wire.DownMessage{Refusal: &wire.Refusal{Code: wire.RefusalCode(rapid.IntRange(0, 3).Draw(t, "code")), Stamp: genClock().Draw(t, "stamp"), Reason: rapid.StringN(0, -1, wire.MaxText).Draw(t, "reason"), HubTime: genTime().Draw(t, "hub time")}}
	})
}

func genLive() *rapid.Generator[wire.LiveMessage] {
	return rapid.Custom(func(t *rapid.T) wire.LiveMessage {
		m := wire.LiveMessage{
			Online: rapid.Bool().Draw(t, "online"), Sent: genClock().Draw(t, "sent"), Spooled: rapid.Uint64().Draw(t, "spooled"),
			Cameras: rapid.IntRange(0, 1<<20).Draw(t, "cameras"), Interval: rapid.Int64Range(0, 24*3600*1000).Draw(t, "interval"),
			States: rapid.SliceOfN(genState(), 0, 8).Draw(t, "states"), Session: rapid.Uint64().Draw(t, "session"), Whole: rapid.Bool().Draw(t, "whole"),
			Digest: rapid.Uint32().Draw(t, "digest"), Looked: rapid.Int64Range(0, 24*3600*1000).Draw(t, "looked"), Overruns: rapid.Uint64().Draw(t, "overruns"),
			List: rapid.Uint64().Draw(t, "list"), ListRevision: rapid.Uint32().Draw(t, "list revision"), ListRefused: rapid.IntRange(0, wire.MaxList).Draw(t, "list refused"),
		}
		if rapid.Bool().Draw(t, "vitals") {
			v := genVitals().Draw(t, "of the device")
			m.Vitals = &v
		}
		return m
	})
}

func genReading(low, high int64) *rapid.Generator[wire.Reading] {
	return rapid.Custom(func(t *rapid.T) wire.Reading {
		if rapid.Bool().Draw(t, "unknown") {
			return wire.Reading{}
		}
		return wire.Read(rapid.Int64Range(low, high).Draw(t, "value"))
	})
}

func genVitals() *rapid.Generator[wire.Vitals] {
	return rapid.Custom(func(t *rapid.T) wire.Vitals {
		return wire.Vitals{
			Uptime: genReading(0, 100*366*86400).Draw(t, "uptime"), Load: genReading(0, 1_000_000).Draw(t, "load"), Cores: genReading(1, 4096).Draw(t, "cores"),
			Memory: genReading(1<<20, 1<<24).Draw(t, "memory"), Available: genReading(0, 1<<20).Draw(t, "available"), Temperature: genReading(-60, 150).Draw(t, "temperature"),
			Disk: genReading(1<<20, 1<<30).Draw(t, "disk"), Free: genReading(0, 1<<20).Draw(t, "free"), Power: genReading(0, 15).Draw(t, "power"),
		}
	})
}

func genKey() *rapid.Generator[wire.Key] {
	return rapid.Custom(func(t *rapid.T) wire.Key {
		return wire.Key(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "bytes"))
	})
}

func genAssigned() *rapid.Generator[wire.Assigned] {
	interval := rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(100, 3600*1000))
	return rapid.Custom(func(t *rapid.T) wire.Assigned {
		a := wire.Assigned{
			Camera: genCode().Draw(t, "camera"), Address: rapid.StringMatching(`rtsps?://(192\.0\.2\.[1-9]|\[2001:db8::1\]|cam-[a-z]{1,9}\.example)(:[1-9][0-9]{0,3})?(/[a-z0-9._-]{0,30}){0,3}(\?ch=[0-9])?`).Draw(t, "address"),
			Width: rapid.IntRange(0, 1<<16).Draw(t, "width"), Height: rapid.IntRange(0, 1<<16).Draw(t, "height"), FrameRate: rapid.Float64Range(0, 1000).Draw(t, "frame rate"),
			KeyframeGap:   rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(100, 600_000)).Draw(t, "gap"),
			LightInterval: interval.Draw(t, "light"), FullInterval: interval.Draw(t, "full"),
			Depth: wire.Depth(rapid.IntRange(0, 2).Draw(t, "depth")), Transport: wire.Transport(rapid.IntRange(0, 3).Draw(t, "transport")),
		}
		if s := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "sealed"); len(s) > 0 {
			a.Sealed = s
		}
		return a
	})
}

func genList() *rapid.Generator[wire.List] {
	return rapid.Custom(func(t *rapid.T) wire.List {
		return wire.List{
			Revision: rapid.Uint32().Draw(t, "revision"),
			Cameras:  rapid.SliceOfNDistinct(genAssigned(), 0, 12, func(a wire.Assigned) string { return a.Camera }).Draw(t, "cameras"),
		}
	})
}
