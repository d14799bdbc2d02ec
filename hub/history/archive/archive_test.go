package archive_test

import (
	"bytes"
	"cmp"
	"errors"
	"iter"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/history/archive"
	"github.com/phukin/phukin/hub/wire"
	"github.com/phukin/phukin/hub/wire/wiretest"
)

const today history.DayNumber = 20_780

// unread leaves out what a record knows of the file that it was read from.
var unread = cmpopts.IgnoreUnexported(archive.Record{})

func vietnam(t testing.TB) *time.Location {
	loc, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// records is a history with a record of every kind.
func records(t testing.TB) []archive.Record {
	at := today.Start(vietnam(t)).UnixMilli()
	degraded := wire.Observation{
		Camera: "c1", From: at + 28_800_000, To: at + 29_100_456, Status: wire.StatusDegraded, Rung: wire.RungFresh, Reasons: []wire.Reason{wire.ReasonLowResolution, wire.ReasonLoss}, Probes: 10,
		Codec: wire.CodecH265, Width: 640, Height: 360, FrameRate: wire.Stat{N: 10, Min: 11.5, Mean: 12.25, Max: 12.5}, Loss: wire.Stat{N: 10, Max: 0.25, Mean: 0.0625},
		Stages: []wire.Stage{{Rung: wire.RungConnect, Time: wire.Stat{N: 10, Min: 2.87, Mean: 3.83, Max: 8.25}}},
	}
	down := wire.Observation{Camera: "c2", From: at, To: at + 60_000, Status: wire.StatusDown, Rung: wire.RungDescribe, Fault: wire.FaultBusy, FellOn: wire.RungSetup, RTSPStatus: 453, Probes: 3, Clock: wire.ClockOwn}
	day := history.Timeline{{Seconds: 28_800}, {Seconds: 301, Status: wire.StatusDegraded}, {Seconds: 60, Status: wire.StatusDown, Fault: wire.FaultTimeout, FellOn: wire.RungConnect}, {Seconds: 57_239, Status: wire.StatusUp}}
	var all []archive.Record
	for _, v := range []any{
		history.Marks{Zone: "Asia/Ho_Chi_Minh", Pruned: at - 86_400_000*90},
		history.Accounted{Agent: "xa-a", Epoch: 1, First: 0, Next: 8}, history.Accounted{Agent: "xa-a", Epoch: 1<<63 + 5, First: 3, Next: 9}, history.Accounted{Agent: "xa-a", Epoch: 1<<63 + 5, First: 10, Next: 11},
		history.AgentLoss{Agent: "xa-a", Loss: history.Loss{Epoch: 1, Seq: 7, Gap: wire.Gap{From: 5, Next: 7, Begin: at, End: at + 5, Clock: wire.ClockHub, Why: wire.GapOverflow}, Received: time.UnixMilli(at + 9)}},
		history.AgentAside{Agent: "xa-b", Messages: 3, Records: 7},
		history.Seen{Camera: "c1", Enrolled: today - 5, Verified: today, MeasuredAt: at, Codec: wire.CodecH265, Width: 640, Height: 360, FrameRate: 12.25},
		history.Seen{Camera: "c2", Enrolled: today, Verified: history.NoDay},
		history.Day{Camera: "c1", Number: today, Revision: 2, Timeline: day}, history.Day{Camera: "c2", Number: today, Revision: 1, Timeline: history.Timeline{{Seconds: 86_400, Status: wire.StatusUp}}},
		history.Change{Camera: "c1", Day: today, Revision: 2, At: time.UnixMilli(at + 1e8), Before: history.Count{Unknown: 86_400}, After: day.Count()},
		history.Identified{Agent: "xa-a", Epoch: 1, Seq: 0, Observation: degraded}, history.Identified{Agent: "xa-a", Epoch: 1<<63 + 5, Seq: 3, Observation: down},
	} {
		all = append(all, archive.Record{Value: v})
	}
	return all
}

func source(all []archive.Record) archive.Source {
	return func(yield func(archive.Record, error) bool) {
		for _, r := range all {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func write(t testing.TB, src archive.Source) []byte {
	t.Helper()
	var w bytes.Buffer
	if _, err := archive.Write(&w, src, nil); err != nil {
		t.Fatal(err)
	}
	return w.Bytes()
}

func collect(src archive.Source) (all []archive.Record, err error) {
	for r, err := range src {
		if err != nil {
			return all, err
		}
		all = append(all, r)
	}
	return all, nil
}

// The files that there are must be read for ever.
func TestTheFilesStayWhatTheyAre(t *testing.T) {
	for name, got := range map[string]func() []byte{
		"history.jsonl": func() []byte { return write(t, source(records(t))) },
		"days.csv":      func() []byte { return table(t, archive.KindDay) },
		"changes.csv":   func() []byte { return table(t, archive.KindChange) },
		"gaps.csv":      func() []byte { return table(t, archive.KindGap) },
		"observations.csv": func() []byte {
			return table(t, archive.KindObservation)
		},
		"points.lp": func() []byte {
			var w bytes.Buffer
			if n, err := archive.WriteLineProtocol(&w, source(records(t))); n != 4 || err != nil {
				t.Errorf("%d points, %v", n, err)
			}
			return w.Bytes()
		},
	} {
		path := "testdata/" + name
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(path, got(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got()), "\n")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	all, err := collect(open(t, "testdata/history.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range records(t) {
		if want.Line = i + 1; i >= len(all) || !gocmp.Equal(want, all[i], unread) {
			t.Errorf("line %d (-want +got):\n%s", i+1, gocmp.Diff(want, all[i], unread))
		}
	}
}

func table(t *testing.T, kind archive.Kind) []byte {
	var w bytes.Buffer
	if n, err := archive.WriteCSV(&w, source(records(t)), kind); n == 0 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	return w.Bytes()
}

func open(t testing.TB, path string) archive.Source {
	t.Helper()
	p, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return archive.Read(bytes.NewReader(p))
}

func TestACompressedFileIsReadAsItIs(t *testing.T) {
	plain := write(t, source(records(t)))
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	packed := z.EncodeAll(plain, nil)
	all, err := collect(archive.Read(bytes.NewReader(packed)))
	if err != nil || len(all) != len(records(t)) {
		t.Errorf("%d records, %v", len(all), err)
	}
	if _, err := collect(archive.Read(bytes.NewReader(packed[:len(packed)-20]))); err == nil {
		t.Error("a compressed file that is cut is taken")
	}
}

// Whatever is wrong with a file, the error names the line and says what to do.
func TestAFileThatIsWrongIsRefusedAtItsLine(t *testing.T) {
	whole := string(write(t, source(records(t))))
	lines := slices.Collect(strings.Lines(whole))
	replace := func(a, b string) string {
		if !strings.Contains(whole, a) {
			t.Fatalf("there is no %s", a)
		}
		return strings.Replace(whole, a, b, 1)
	}
	without := func(i int) string { return strings.Join(slices.Delete(slices.Clone(lines), i-1, i), "") }
	twice := func(i int) string { return strings.Join(slices.Insert(slices.Clone(lines), i, lines[i-1]), "") }
	for name, c := range map[string]struct {
		text string
		line int
		says string
	}{
		"nothing":                {"", 1, "its last line is missing"},
		"a letter":               {"Dear Sir,\n", 1, "no history written by phukin-hub"},
		"no first line":          {without(1), 1, "does not begin with"},
		"cut in a line":          {whole[:len(whole)/2], strings.Count(whole[:len(whole)/2], "\n") + 1, "not whole"},
		"cut after a line":       {strings.Join(lines[:9], ""), 10, "export again"},
		"without its last end":   {strings.TrimSuffix(whole, "\n"), 14, "not whole"},
		"another version":        {replace(`"version":1`, `"version":2`), 1, "version 2 of the form, this program knows 1"},
		"no zone":                {replace(`"Asia/Ho_Chi_Minh"`, `"Asia/Atlantis"`), 1, `"Asia/Atlantis" is no time zone`},
		"a wrong number":         {replace(`"revision":2`, `"revision":"two"`), 9, "revision"},
		"a number past bounds":   {replace(`"revision":2`, `"revision":0`), 9, "revision 0, 1 to"},
		"a number not as it is":  {replace(`"seq":7`, `"seq":7.0`), 5, "seq"},
		"no date":                {replace(`"day":"2026-11-23"`, `"day":"2026-11-31"`), 9, `"2026-11-31" is not a date`},
		"a second too few":       {replace(`57239 up`, `57238 up`), 9, "86399 seconds, the day has 86400"},
		"an unknown status":      {replace(`57239 up`, `57239 fine`), 9, `"fine" is not known`},
		"an unknown fault":       {replace(`down timeout`, `down tired`), 9, `"tired" is not known`},
		"an unknown kind":        {replace(`{"record":"gap"`, `{"record":"hole"`), 5, "kind that is known"},
		"a field too many":       {replace(`"messages":3`, `"messages":3,"more":1`), 6, "not as phukin-hub writes it, from byte 48 on"},
		"a blank too many":       {replace(`"messages":3`, `"messages": 3`), 6, "not as phukin-hub writes it"},
		"an odd code":            {replace(`"camera":"c2","enrolled"`, `"camera":"c 2","enrolled"`), 8, `code "c 2"`},
		"no observation":         {replace(`"probes":3`, `"probes":0`), 13, "probes 0"},
		"a record twice":         {twice(9), 10, "another day of the same name"},
		"two with other content": {strings.Join(lines[:9], "") + strings.Replace(lines[8], `"revision":2`, `"revision":1`, 1) + strings.Join(lines[9:], ""), 10, "another day of the same name"},
		"two histories":          {whole + whole, 15, "more after the last line"},
		"a second head":          {twice(1), 2, "a second first line"},
		"records in disorder":    {strings.Join(slices.Concat(lines[:8], []string{lines[9], lines[8]}, lines[10:]), ""), 10, "stands after one that comes later"},
		"kinds in disorder":      {strings.Join(slices.Concat(lines[:5], []string{lines[6], lines[5]}, lines[7:]), ""), 7, "order of their kinds"},
		"a line that is lost":    {without(10), 13, "1 lines of day, its last line says 2"},
		"a line that is changed": {replace("57239 up", "57239 degraded"), 14, "the file was changed"},
		"numbers unaccounted":    {replace(`"first":3,"next":9`, `"first":4,"next":9`), 13, "number 3 of agent xa-a, epoch 8000000000000005, is not accounted for"},
		"runs that touch":        {replace(`"first":10,"next":11`, `"first":9,"next":11`), 4, "begins with 9"},
		"changes that don't sum": {replace(`"unknown":86400`, `"unknown":86399`), 11, "86399 seconds, the day 2026-11-23 has 86400"},
		"a line without end":     {whole[:strings.Index(whole, "\n")+1] + strings.Repeat("x", 9<<20), 2, "more than 8388608 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := collect(archive.Read(strings.NewReader(c.text)))
			var line *archive.LineError
			if !errors.As(err, &line) || line.Line != c.line || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error is %v, want one of line %d with %q", err, c.line, c.says)
			}
		})
	}
}

// genRecords gives histories of days and what belongs to them.
func genRecords(t *rapid.T, loc *time.Location) []archive.Record {
	all := []archive.Record{{Value: history.Marks{Zone: loc.String(), Pruned: rapid.Int64Range(0, 2e12).Draw(t, "pruned")}}}
	next := rapid.Uint64Range(1, wire.MaxSeq).Draw(t, "next")
	all = append(all, archive.Record{Value: history.Accounted{Agent: "a", Epoch: rapid.Uint64().Draw(t, "epoch"), Next: next}})
	for _, camera := range []string{"C3", "b.9", "c1", "c10"} {
		for n := range history.DayNumber(rapid.IntRange(0, 3).Draw(t, "days")) {
			day := history.DayNumber(rapid.IntRange(0, 20_000).Draw(t, "day"))*4 + n
			d := history.Day{Camera: camera, Number: day, Revision: rapid.IntRange(1, 1<<31-1).Draw(t, "revision")}
			for left := day.Seconds(loc); left > 0; {
				r := history.Run{Seconds: min(left, rapid.IntRange(1, 40_000).Draw(t, "seconds")), Status: wire.Status(rapid.IntRange(0, 3).Draw(t, "status"))}
				if r.Status == wire.StatusDown {
					r.Fault, r.FellOn = rapid.SampledFrom(wire.Faults()).Draw(t, "fault"), wire.Rung(rapid.IntRange(0, 11).Draw(t, "rung"))
				}
				if k := len(d.Timeline); k > 0 && d.Timeline[k-1].Status == r.Status && d.Timeline[k-1].Fault == r.Fault && d.Timeline[k-1].FellOn == r.FellOn {
					d.Timeline[k-1].Seconds += r.Seconds
				} else {
					d.Timeline = append(d.Timeline, r)
				}
				left -= r.Seconds
			}
			all = append(all, archive.Record{Value: d})
		}
	}
	slices.SortStableFunc(all, func(x, y archive.Record) int {
		a, ok := x.Value.(history.Day)
		b, both := y.Value.(history.Day)
		if !ok || !both {
			return cmp.Compare(x.Kind(), y.Kind())
		}
		return cmp.Or(cmp.Compare(a.Camera, b.Camera), cmp.Compare(a.Number, b.Number))
	})
	return slices.CompactFunc(all, func(x, y archive.Record) bool {
		a, ok := x.Value.(history.Day)
		b, both := y.Value.(history.Day)
		return ok && both && a.Camera == b.Camera && a.Number == b.Number
	})
}

func TestAFileComesBackAsItWas(t *testing.T) {
	zones := []*time.Location{vietnam(t), time.UTC}
	for _, name := range []string{"Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "Australia/Lord_Howe"} {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		zones = append(zones, loc)
	}
	rapid.Check(t, func(rt *rapid.T) {
		want := genRecords(rt, rapid.SampledFrom(zones).Draw(rt, "zone"))
		p := write(t, source(want))
		got, err := collect(archive.Read(bytes.NewReader(p)))
		if err != nil {
			rt.Fatalf("%v of\n%s", err, p)
		}
		for i := range want {
			if want[i].Line = i + 1; !gocmp.Equal(want[i], got[i], unread) {
				rt.Fatalf("line %d (-want +got):\n%s", i+1, gocmp.Diff(want[i], got[i], unread))
			}
		}
		if again := write(t, source(got)); !bytes.Equal(again, p) {
			rt.Fatalf("%s\nis written again as\n%s", p, again)
		}
	})
}

// Whatever a file holds, reading it ends, and what it gives is written back as
// it was.
func FuzzRead(f *testing.F) {
	whole := write(f, source(records(f)))
	f.Add(whole)
	for line := range bytes.Lines(whole) {
		f.Add(append(bytes.Clone(whole[:bytes.IndexByte(whole, '\n')+1]), line...))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		var w bytes.Buffer
		var failed error
		_, err := archive.Write(&w, func(yield func(archive.Record, error) bool) {
			next, stop := iter.Pull2(archive.Read(bytes.NewReader(p)))
			defer stop()
			for r, err, more := next(); more; r, err, more = next() {
				if failed = err; err != nil || !yield(r, nil) {
					return
				}
			}
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := w.Bytes()
		if failed == nil && !bytes.Equal(got, p) && !bytes.HasPrefix(p, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
			t.Errorf("%q is written again as %q", p, got)
		}
		// As far as it was read it is the same.
		if end := bytes.LastIndex(got[:max(len(got)-1, 0)], []byte("\n")); end > 0 && !bytes.HasPrefix(p, got[:end]) && !bytes.HasPrefix(p, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
			t.Errorf("%q was read as %q", p, got[:end])
		}
	})
}

// The quick way to a line is the slow one.
func TestAnObservationIsWrittenAsJSONWritesIt(t *testing.T) {
	same := func(t rapid.TB, o *history.Identified) {
		t.Helper()
		want, err := archive.MarshalObservation(o)
		if got := archive.AppendObservation(o); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%s\nwant %s, %v", got, want, err)
		}
	}
	n := uint64(0)
	for o := range wiretest.Day(3, 20) {
		if n++; n%7 == 0 {
			same(t, &history.Identified{Agent: "xa-a", Epoch: n << 50, Seq: n, Observation: o})
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		stat := func() wire.Stat {
			f := rapid.OneOf(rapid.Just(float32(0)), rapid.Float32Range(0, 1e12), rapid.Float32Range(0, 1e-5), rapid.Float32Range(0, 100))
			s := wire.Stat{N: rapid.IntRange(0, 1<<20).Draw(t, "n")}
			if s.N > 0 {
				s.Min, s.Mean, s.Max = f.Draw(t, "min"), f.Draw(t, "mean"), f.Draw(t, "max")
			}
			return s
		}
		o := history.Identified{Agent: "a", Epoch: rapid.Uint64().Draw(t, "epoch"), Seq: rapid.Uint64().Draw(t, "seq"), Observation: wire.Observation{
			Camera: "c", From: rapid.Int64().Draw(t, "from"), To: rapid.Int64().Draw(t, "to"), Status: wire.Status(rapid.IntRange(1, 3).Draw(t, "status")),
			Rung: wire.Rung(rapid.IntRange(0, 11).Draw(t, "rung")), Fault: wire.Fault(rapid.IntRange(0, 23).Draw(t, "fault")), FellOn: wire.Rung(rapid.IntRange(0, 11).Draw(t, "fell on")),
			RTSPStatus: rapid.IntRange(0, 999).Draw(t, "rtsp"), Probes: rapid.IntRange(0, 9).Draw(t, "probes"), Codec: wire.Codec(rapid.IntRange(0, 3).Draw(t, "codec")),
			Width: rapid.IntRange(0, 2).Draw(t, "width"), Height: rapid.IntRange(0, 2).Draw(t, "height"), Clock: wire.Clock(rapid.IntRange(0, 2).Draw(t, "clock")),
			FrameRate: stat(), BitRate: stat(), KeyframeGap: stat(), Loss: stat(), Jitter: stat(), Reasons: rapid.SliceOfN(rapid.SampledFrom(wire.Reasons()), 0, 3).Draw(t, "reasons"),
		}}
		for range rapid.IntRange(0, 3).Draw(t, "stages") {
			o.Stages = append(o.Stages, wire.Stage{Rung: wire.Rung(rapid.IntRange(1, 11).Draw(t, "stage")), Time: stat()})
		}
		same(t, &o)
	})
}
