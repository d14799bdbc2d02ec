package historytest

import (
	"bytes"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/history/archive"
	"github.com/phukin/phukin/hub/wire"
)

// moving gives the bench's store as one whose records can be moved.
func (b *bench) moving(t *testing.T) history.Moving {
	t.Helper()
	m, ok := b.s.(history.Moving)
	if !ok {
		t.Fatal("this store is no history.Moving: its records can be neither exported nor imported")
	}
	return m
}

// export writes the store's history as a file.
func export(t testing.TB, s history.Moving) []byte {
	t.Helper()
	var w bytes.Buffer
	if _, err := archive.Write(&w, archive.OfStore(t.Context(), s), nil); err != nil {
		t.Fatalf("export: %v", err)
	}
	return w.Bytes()
}

func file(p []byte) archive.Source {
	return func(yield func(archive.Record, error) bool) {
		for r, err := range archive.Read(bytes.NewReader(p)) {
			if !yield(r, err) {
				return
			}
		}
	}
}

func sameFile(t testing.TB, what string, want, got []byte) {
	t.Helper()
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

// fill gives a store something of every kind.
func (b *bench) fill() {
	rich := see("c1", b.at(today-1, 8, 0), b.at(today-1, 8, 30), wire.StatusDegraded)
	rich.Reasons = []wire.Reason{wire.ReasonLowResolution, wire.ReasonLoss}
	rich.Codec, rich.Width, rich.Height, rich.Probes = wire.CodecH265, 640, 360, 12
	rich.FrameRate = wire.Stat{N: 12, Min: 11.5, Mean: 12.25, Max: 12.5}
	rich.Stages = []wire.Stage{{Rung: wire.RungConnect, Time: wire.Stat{N: 12, Min: 2.87, Mean: 3.83, Max: 8.25}}}
	busy := see("c2", b.at(today-1, 9, 0), b.at(today-1, 10, 0), wire.StatusDown)
	busy.Rung, busy.Fault, busy.FellOn, busy.RTSPStatus = wire.RungDescribe, wire.FaultBusy, wire.RungSetup, 453
	wrong := see("c3", 5000, 9000, wire.StatusUp)
	wrong.Clock = wire.ClockWrong
	b.append(
		b.batch("xa-a", 1, 0, rich, busy, b.hour("c2", today-1, 23, wire.StatusUp), wrong),
		b.batch("xa-a", 1<<63+5, 7, b.hour("c1", today-400, 1, wire.StatusUp)),
		b.batch("xa-b", 1, 100, b.hour("c2", today-1, 9, wire.StatusUp), b.hour("c2", today, 9, wire.StatusUp)),
		history.Batch{Agent: "xa-b", Epoch: 1, FirstSeq: 103, Gaps: []wire.Gap{{From: 90, Next: 104, Begin: b.at(today-2, 0, 0), End: b.at(today-2, 1, 0), Clock: wire.ClockOwn, Why: wire.GapOverflow}}, Received: b.clock.now()},
		b.aside("xa-c", 3, 0, 4, "poison", nil), b.aside("xa-c", 3, 0, 0, "nonsense", nil),
	)
	b.fold()
	b.clock.set(b.clock.now().Add(72*time.Hour + 5*time.Millisecond))
	b.append(b.batch("xa-a", 1, 4, b.hour("c1", today-1, 9, wire.StatusDown), b.hour("c1", today-400, 2, wire.StatusUp)))
	b.fold()
	b.prune(b.at(today-300, 0, 0))
	b.fold()
}

func moved(t *testing.T, open Open) {
	a := vietnam(t, open)
	a.moving(t)
	a.fill()
	want := export(t, a.moving(t))
	for kind := range archive.Kinds() {
		if name := archive.Kinds()[kind].String(); !bytes.Contains(want, []byte(`{"record":"`+name+`",`)) {
			t.Errorf("the history has no %s", name)
		}
	}

	// Stopped anywhere, in its first stage or its second, it can be done again; a
	// hub may have run meanwhile.
	n, step := bytes.Count(want, []byte("\n"))-1, 3
	if a.o.Slow {
		step = 11
	}
	for at := 1; at < 2*n; at += step {
		b := newBench(t, open, a.loc, today)
		b.clock.set(a.clock.now())
		left, broken := at, errors.New("stopped")
		_, err := archive.Import(t.Context(), func(yield func(archive.Record, error) bool) {
			for r, err := range file(want) {
				if left--; left == 0 {
					yield(archive.Record{}, broken)
					return
				}
				if !yield(r, err) {
					return
				}
			}
		}, b.moving(t), archive.Options{})
		wantError(t, "an import that is stopped", err, broken)
		if days := b.query(history.EveryDay()); at <= n && len(days) > 0 {
			t.Errorf("stopped while it was checked it left %v", days)
		}
		if n := b.fold(); n != 0 {
			t.Errorf("stopped at %d: a fold wrote %d days", at, n)
		}
		if _, err := archive.Import(t.Context(), file(want), b.moving(t), archive.Options{}); err != nil {
			t.Fatal(err)
		}
		sameFile(t, "the history after it was moved at the second try", want, export(t, b.moving(t)))
		b.o.Close()
	}

	b := vietnam(t, open)
	b.clock.set(a.clock.now())
	for again := range 3 {
		r0 := b.s.Revision()
		got, err := archive.Import(t.Context(), file(want), b.moving(t), archive.Options{})
		if err != nil {
			t.Fatalf("import: %v", err)
		}
		sums, err := archive.SumOf(archive.OfStore(t.Context(), a.moving(t)), nil)
		if diff := cmp.Diff(sums, got.Sums); err != nil || diff != "" {
			t.Errorf("sums %v (-want +got):\n%s", err, diff)
		}
		fresh := 0
		for _, taken := range got.Taken {
			fresh += taken.New
		}
		if (fresh > 0) != (again == 0) || got.Taken[archive.KindDay].Older > 0 {
			t.Errorf("import %d took %+v", again, got.Taken)
		}
		if again == 0 && b.s.Revision() == r0 {
			t.Error("days came, and the counter is as it was")
		}
		if n := b.fold(); n != 0 {
			t.Errorf("a fold after import %d wrote %d days", again, n)
		}
		sameFile(t, "the history after it was moved", want, export(t, b.moving(t)))
		if again == 1 {
			b.s = b.o.Reopen(t)
		}
	}
	if n, err := archive.Missing(t.Context(), archive.OfStore(t.Context(), a.moving(t)), b.moving(t)); n != 0 || err != nil {
		t.Errorf("%d records are missing, %v", n, err)
	}
	// Both live on as one.
	for _, o := range []*bench{a, b} {
		o.append(o.batch("xa-a", 1, 2, o.hour("c9", today, 1, wire.StatusUp)), // its number is accounted for
			o.batch("xa-a", 1, 6, o.hour("c2", today-1, 20, wire.StatusUp), see("c1", o.at(today-400, 1, 30), o.at(today-400, 5, 0), wire.StatusDown)))
		o.fold()
	}
	sameFile(t, "a day later", export(t, a.moving(t)), export(t, b.moving(t)))
	if n, err := archive.Missing(t.Context(), archive.OfStore(t.Context(), a.moving(t)), b.moving(t)); n != 0 || err != nil {
		t.Errorf("%d records are missing, %v", n, err)
	}
	for _, o := range []*bench{a, b} {
		v, err := archive.Verify(t.Context(), o.moving(t), nil)
		if err != nil || v.Wrong != 0 || v.Days < 4 || v.Recomputed < 3 || v.Observations < 7 {
			t.Errorf("verified %+v, %v", v, err)
		}
	}
}

// exportsWhileItIsWritten has a store get records of every kind between those
// that are exported: what comes out is whole all the same.
func exportsWhileItIsWritten(t *testing.T, open Open) {
	b := vietnam(t, open)
	b.moving(t)
	b.fill()
	seq := uint64(1000)
	var w bytes.Buffer
	if _, err := archive.Write(&w, func(yield func(archive.Record, error) bool) {
		for r, err := range archive.OfStore(t.Context(), b.moving(t)) {
			b.append(
				b.batch("xa-a", 1, seq, b.hour("c1", today-history.DayNumber(seq%50), 3, wire.StatusUp)),
				b.batch("xa-0", 1, seq, b.hour("c0", today, 3, wire.StatusUp)),
				history.Batch{Agent: "xa-b", Epoch: 9, FirstSeq: seq, Gaps: []wire.Gap{{From: seq - 5, Next: seq, Why: wire.GapDamaged}}, Received: b.clock.now()},
			)
			b.fold()
			if seq += 7; !yield(r, err) {
				return
			}
		}
	}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := archive.SumOf(file(w.Bytes()), nil); err != nil {
		t.Errorf("what was exported meanwhile is refused: %v\n%s", err, w.Bytes())
	}
}

// merged has two stores with different evidence of the same days, as when a
// hub went on with an empty one.
func merged(t *testing.T, open Open) {
	a, b, both := vietnam(t, open), vietnam(t, open), vietnam(t, open)
	a.moving(t)
	for _, o := range []*bench{a, both} {
		o.append(o.batch("xa-a", 1, 0, o.hour("c1", today, 1, wire.StatusUp), o.hour("c1", today, 2, wire.StatusUp), o.hour("c2", today, 1, wire.StatusUp)))
	}
	for _, o := range []*bench{b, both} {
		// The same agent goes on, and another one looks at the same camera.
		o.append(o.batch("xa-a", 1, 3, o.hour("c1", today, 3, wire.StatusDown)), o.batch("xa-b", 1, 0, o.hour("c1", today, 5, wire.StatusDown), o.hour("c3", today, 1, wire.StatusUp)))
	}
	for _, o := range []*bench{a, b, both} {
		o.fold()
	}
	imported, err := archive.Import(t.Context(), file(export(t, a.moving(t))), b.moving(t), archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := imported.Taken[archive.KindDay], (history.Taken{New: 2}); got != want {
		t.Errorf("days: %+v, want %+v", got, want)
	}
	sameFile(t, "two histories that became one", export(t, both.moving(t)), export(t, b.moving(t)))
	if n, err := archive.Missing(t.Context(), archive.OfStore(t.Context(), a.moving(t)), b.moving(t)); n != 0 || err != nil {
		t.Errorf("%d records are missing, %v", n, err)
	}
	if n, err := archive.Missing(t.Context(), archive.OfStore(t.Context(), b.moving(t)), a.moving(t)); n != 5 || err != nil { // 2 days, 3 observations
		t.Errorf("the other way round %d records are missing, %v, want 5", n, err)
	}

	// Two that contradict each other.
	c := vietnam(t, open)
	c.append(c.batch("xa-c", 1, 0, c.hour("c0", today, 1, wire.StatusUp), see("c1", c.at(today, 1, 30), c.at(today, 1, 40), wire.StatusDegraded)))
	c.fold()
	lines := bytes.Split(export(t, c.moving(t)), []byte("\n"))
	_, err = archive.Import(t.Context(), file(export(t, c.moving(t))), b.moving(t), archive.Options{})
	var line *archive.LineError
	if !errors.As(err, &line) || !strings.Contains(err.Error(), "ledger day 2026-11-23 of camera c1") || !bytes.HasPrefix(lines[line.Line-1], []byte(`{"record":"day","camera":"c1"`)) {
		t.Errorf("a contradiction gives %v", err)
	}
	sameFile(t, "after an import that failed", export(t, both.moving(t)), export(t, b.moving(t)))
}

// takes holds Take to its word, record by record.
func takes(t *testing.T, open Open) {
	b := vietnam(t, open)
	m := b.moving(t)
	marks := history.Marks{Zone: "Asia/Ho_Chi_Minh"}
	up := func(from, length int) history.Timeline {
		return history.Timeline{{Seconds: from}, {Seconds: length, Status: wire.StatusUp}, {Seconds: 86_400 - from - length}}
	}
	day := func(revision int, tl history.Timeline) *history.Parcel {
		return &history.Parcel{Marks: marks, Days: []history.Day{{Camera: "c1", Number: today - 50, Revision: revision, Timeline: tl}}}
	}
	for i, c := range []struct {
		p    *history.Parcel
		want history.Taken
		now  string
	}{
		{day(2, up(100, 100)), history.Taken{New: 1}, "r2 100×unknown 100×up 86200×unknown"},
		{day(2, up(100, 100)), history.Taken{Same: 1}, "r2 100×unknown 100×up 86200×unknown"},
		{day(1, up(500, 100)), history.Taken{Older: 1}, "r2 100×unknown 100×up 86200×unknown"},
		{day(2, up(100, 99)), history.Taken{Older: 1}, "r2 100×unknown 100×up 86200×unknown"},
		{day(2, up(100, 200)), history.Taken{New: 1}, "r2 100×unknown 200×up 86100×unknown"},
		{day(2, up(50_000, 100)), history.Taken{New: 1}, "r2 100×unknown 200×up 49700×unknown 100×up 36300×unknown"},
		{day(3, up(500, 100)), history.Taken{New: 1}, "r3 500×unknown 100×up 85800×unknown"},
	} {
		for _, dry := range []bool{true, false} {
			got, err := m.Take(b.ctx, c.p, dry)
			if err != nil || got != c.want {
				t.Errorf("%d (dry: %v): %+v, %v, want %+v", i, dry, got, err, c.want)
			}
		}
		d := b.ledger("c1", today-50)
		if got := d.String(); got != "c1 2026-10-04 "+c.now {
			t.Errorf("%d: %s, want %s", i, got, c.now)
		}
	}
	conflict := day(3, append(up(400, 100)[:1:1], history.Run{Seconds: 150, Status: wire.StatusDegraded}, history.Run{Seconds: 85_850}))
	conflict.Days = append([]history.Day{{Camera: "c0", Number: today, Revision: 1, Timeline: up(1, 1)}}, conflict.Days...)
	_, err := m.Take(b.ctx, conflict, false)
	var ce *history.ConflictError
	if !errors.As(err, &ce) || ce.Kind != "day" || ce.At != 1 {
		t.Errorf("a contradiction gives %v", err)
	}
	if n := len(b.query(history.EveryDay())); n != 1 {
		t.Errorf("%d days after a parcel that contradicts, want 1: all or none", n)
	}
	change := history.Change{Camera: "c1", Day: today - 50, Revision: 3, At: time.UnixMilli(5), Before: history.Count{Unknown: 86_400}, After: history.Count{Up: 100, Unknown: 86_300}}
	for _, want := range []history.Taken{{New: 1}, {Same: 1}} {
		if got, err := m.Take(b.ctx, &history.Parcel{Marks: marks, Changes: []history.Change{change}}, false); got != want || err != nil {
			t.Errorf("a change gives %+v, %v, want %+v", got, err, want)
		}
	}
	change.At = time.UnixMilli(6)
	if _, err := m.Take(b.ctx, &history.Parcel{Marks: marks, Changes: []history.Change{change}}, false); !errors.As(err, &ce) || ce.Kind != "change" || ce.At != 0 {
		t.Errorf("another change of the same revision gives %v", err)
	}
	for name, p := range map[string]*history.Parcel{
		"another zone":       {Marks: history.Marks{Zone: "Europe/Berlin"}},
		"no zone":            {},
		"a day too short":    {Marks: marks, Days: []history.Day{{Camera: "c1", Number: today, Revision: 1, Timeline: up(1, 1)[:2]}}},
		"a revision of zero": day(0, up(1, 1)),
		"numbers reversed":   {Marks: marks, Accounted: []history.Accounted{{Agent: "xa-a", Epoch: 1, First: 5, Next: 5}}},
		"no observation":     {Marks: marks, Observations: []history.Identified{{Agent: "xa-a", Epoch: 1}}},
	} {
		if _, err := m.Take(b.ctx, p, false); err == nil {
			t.Errorf("%s: taken", name)
		} else if strings.Contains(name, "zone") {
			wantError(t, name, err, history.ErrZone)
		}
	}
	// A gap accounts for nothing, observations do: Accounted comes last.
	o := history.Identified{Agent: "xa-a", Epoch: 1, Seq: 4, Observation: b.hour("c1", today, 1, wire.StatusUp)}
	loss := history.AgentLoss{Agent: "xa-a", Loss: history.Loss{Epoch: 1, Seq: 9, Gap: wire.Gap{From: 2, Next: 6, Why: wire.GapDamaged}, Received: time.UnixMilli(7)}}
	if _, err := m.Take(b.ctx, &history.Parcel{Marks: marks, Losses: []history.AgentLoss{loss}}, false); err != nil {
		t.Fatal(err)
	}
	if got, err := m.Take(b.ctx, &history.Parcel{Marks: marks, Observations: []history.Identified{o}}, false); got != (history.Taken{New: 1}) || err != nil {
		t.Errorf("an observation gives %+v, %v", got, err)
	}
	b.has("c1", o)
	if n := b.fold(); n != 0 {
		t.Errorf("its day was computed: %d", n)
	}
	if _, err := m.Take(b.ctx, &history.Parcel{Marks: marks, Accounted: []history.Accounted{{Agent: "xa-a", Epoch: 1, First: 2, Next: 10}}, Behind: []history.DayOfAgent{{Agent: "xa-a", Day: today}}}, false); err != nil {
		t.Fatal(err)
	}
	b.committed("xa-a", 1, 2, 10)
	if n := b.fold(); n != 1 {
		t.Errorf("a day that is behind: %d were computed", n)
	}
	losses, err := b.s.Losses(b.ctx, "xa-a")
	if diff := cmp.Diff([]history.Loss{loss.Loss}, losses); err != nil || diff != "" {
		t.Errorf("losses %v (-want +got):\n%s", err, diff)
	}
	// What both saw of a camera.
	if _, err := m.Take(b.ctx, &history.Parcel{Marks: marks, Seen: []history.Seen{
		{Camera: "c1", Enrolled: today - 8, Verified: today + 5, MeasuredAt: 9, Codec: wire.CodecH264, Width: 640, Height: 360, FrameRate: 12},
		{Camera: "c5", Enrolled: today, Verified: history.NoDay},
	}}, false); err != nil {
		t.Fatal(err)
	}
	want := map[string]history.Seen{
		"c1": {Camera: "c1", Enrolled: today - 8, Verified: today, MeasuredAt: 9, Codec: wire.CodecH264, Width: 640, Height: 360, FrameRate: 12},
		"c5": {Camera: "c5", Enrolled: today, Verified: history.NoDay},
	}
	if got, err := b.s.Seen(b.ctx); err != nil || !maps.Equal(got, want) {
		t.Errorf("seen %+v, %v, want %+v", got, err, want)
	}
}

// moves wants that what the reference's store holds is the same in another one
// that takes it.
func (m *reference) moves(open Open) error {
	s, ok := m.s.(history.Moving)
	if !ok || len(m.have)%4 != 1 { // it opens another store, so not every time
		return nil
	}
	other := newBench(m.t, open, m.loc, m.first)
	defer other.o.Close()
	other.clock.set(m.clock.now())
	want := export(m.t, s)
	_, err := archive.Import(m.ctx, archive.OfStore(m.ctx, s), other.s.(history.Moving), archive.Options{})
	for n := 0; err != nil && m.o.Fails && n < 1000; n++ {
		_, err = archive.Import(m.ctx, archive.OfStore(m.ctx, s), other.s.(history.Moving), archive.Options{})
	}
	if err != nil {
		return err
	}
	if got := export(m.t, other.s.(history.Moving)); !bytes.Equal(got, want) {
		return errors.New("moved it is\n" + string(got) + "and was\n" + string(want))
	}
	if n, err := other.s.Fold(m.ctx); n != 0 || err != nil {
		return errors.Join(err, errors.New("moved days are computed again"))
	}
	v, err := archive.Verify(m.ctx, s, nil)
	if err == nil && v.Wrong > 0 {
		err = errors.New(strings.Join(v.Faults, "\n"))
	}
	return err
}
