package wire_test

import (
	"encoding/binary"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/proto"

	"github.com/phukin/phukin/hub/wire"
	"github.com/phukin/phukin/hub/wire/wirepb"
	"github.com/phukin/phukin/hub/wire/wiretest"
)

// columns makes a message Columns of one observation. The camera's code is c.
func columns(stream func(w *wire.BitWriter)) []byte {
	var w wire.BitWriter
	w.Number(1)
	stream(&w)
	p, err := proto.Marshal(&wirepb.Columns{Text: []byte("c"), Bits: w.End()})
	if err != nil {
		panic(err)
	}
	return p
}

// upto writes the tables of one observation that is up and has no statistics, or
// those that shape gives.
func upto(w *wire.BitWriter, shape ...int64) {
	w.Number(1) // codes: neither counted up nor shared, one letter
	for _, v := range []int64{0, 0, 1} {
		w.Column(v)
	}
	w.Number(1) // verdicts
	for _, v := range []int64{1, 11, 0, 0, 0, 0, 0} {
		w.Column(v)
	}
	w.Number(1) // pictures
	for range 3 {
		w.Column(0)
	}
	if shape == nil {
		shape = []int64{10, 0, 0, 0}
	}
	w.Number(1)
	for _, v := range shape {
		w.Column(v)
	}
}

// rows writes the rest: one row, from begin for 5 minutes.
func rows(w *wire.BitWriter) {
	for range 4 {
		w.Column(0)
	}
	w.Number(wiretest.Begin + 300_000)
	w.Number(30_000)
	w.Column(0)
}

func TestWhatOnlyANewerProgramKnowsIsPassedOver(t *testing.T) {
	o := wire.Observation{Camera: "c", From: wiretest.Begin, To: wiretest.Begin + 300_000, Status: wire.StatusUp, Rung: wire.RungFresh, Probes: 10}
	for name, p := range map[string][]byte{
		"nothing": columns(func(w *wire.BitWriter) { upto(w); rows(w) }),
		"more statistics": columns(func(w *wire.BitWriter) {
			upto(w, 10, 3, 1<<20|1<<31, 0)
			rows(w)
			w.Column(7000)
			w.Column(8)
			w.Column(1, 2)
			w.Column(3, 4)
		}),
		"more columns at the end": columns(func(w *wire.BitWriter) { upto(w); rows(w); w.Column(77) }),
	} {
		got, err := wire.UnmarshalObservation(p)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		same(t, o, got, nil)
	}
	// A statistic that is known beside one that is not.
	got, err := wire.UnmarshalObservation(columns(func(w *wire.BitWriter) {
		upto(w, 10, 2, 1|1<<16, 0)
		rows(w)
		w.Column(2304 + 144) // 25 a second: 9 × 256 steps to 16, then 16 a frame
		w.Column(5)
		w.Column(1, 0)
		w.Column(2, 0)
	}))
	o.FrameRate = wire.Stat{N: 2, Min: wantRate(t, -1), Mean: wantRate(t, 0), Max: wantRate(t, 2)}
	same(t, o, got, err)
}

// wantRate gives the frame rate of some steps from number 2448.
func wantRate(t *testing.T, steps int64) float32 {
	t.Helper()
	for v := float32(1); v < 1e6; v += v / 512 {
		o := wire.Observation{FrameRate: wire.Stat{N: 1, Mean: v}}
		if o.Round(); wire.GridNumber(0, v) == 2448+steps {
			return o.FrameRate.Mean
		}
	}
	t.Fatal("no such step")
	return 0
}

// refusedBody wants a batch whose body cannot be read to be refused as such.
func refusedBody(t *testing.T, body *wirepb.Batch, want string) {
	t.Helper()
	body.Epoch, body.FirstSeq, body.OldestSeq, body.Stamp = 5, 40, 39, 77
	p := encode(t, &wirepb.Up{Version: 1, Body: &wirepb.Up_Batch{Batch: body}})
	_, err := wire.UnmarshalUp(p)
	refused(t, err, want)
	agree(t, new(wire.Decoder), p)
	var b *wire.BatchError
	if !errors.As(err, &b) || b.Epoch != 5 || b.FirstSeq != 40 || b.Count != int(body.Count) || b.OldestSeq != 39 || b.Stamp != 77 {
		t.Errorf("error %v does not say which records they are: %+v", err, b)
	}
}

func TestABodyThatCannotBeReadIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		columns []byte
		want    string
	}{
		"nothing":                   {nil, "count is 1, and 0 observations are there"},
		"no message":                {[]byte{0xff}, "columns"},
		"cut in a field":            {[]byte{0x12, 5, 1}, "columns"},
		"ends after the tables":     {columns(func(w *wire.BitWriter) { upto(w) }), "end too early"},
		"more codes than rows":      {columns(func(w *wire.BitWriter) { w.Number(2) }), "2 codes, 1 to 1"},
		"codes without end":         {columns(func(w *wire.BitWriter) { w.Number(math.MaxUint64) }), "codes, 1 to 1"},
		"code from nowhere":         {columns(func(w *wire.BitWriter) { w.Number(1); w.Column(1) }), "code 0 is 1 more than none"},
		"code shares with nothing":  {columns(func(w *wire.BitWriter) { w.Number(1); w.Column(0); w.Column(1); w.Column(1) }), "code 0 shares 1 bytes of 0"},
		"code longer than the text": {columns(func(w *wire.BitWriter) { w.Number(1); w.Column(0); w.Column(0); w.Column(2) }), "has 2 of 1 more"},
		"code of less than nothing": {columns(func(w *wire.BitWriter) { w.Number(1); w.Column(0); w.Column(0); w.Column(-1) }), "has -1 of 1 more"},
		"text that is left over":    {columns(func(w *wire.BitWriter) { w.Number(1); w.Column(0); w.Column(0); w.Column(0) }), "1 letters belong to no code"},
		"verdict out of its table":  {columns(func(w *wire.BitWriter) { upto(w); w.Column(1) }), "verdict 1 of 1"},
		"picture out of its table":  {columns(func(w *wire.BitWriter) { upto(w); w.Column(0); w.Column(-1) }), "picture -1 of 1"},
		"shape out of its table":    {columns(func(w *wire.BitWriter) { upto(w); w.Column(0); w.Column(0); w.Column(1 << 40) }), "shape 1099511627776 of 1"},
		"camera out of its table":   {columns(func(w *wire.BitWriter) { upto(w); w.Column(0); w.Column(0); w.Column(0); w.Column(1) }), "camera 1 of 1"},
		"table inside of a table": {columns(func(w *wire.BitWriter) {
			w.Number(1)
			w.Bits(30, 5)
			w.Number(1)
			w.Bits(30, 5)
		}), "inside of another"},
		"table of more than there are": {columns(func(w *wire.BitWriter) { w.Number(1); w.Bits(30, 5); w.Number(2) }), "1 numbers has 2 different ones"},
		"table of none":                {columns(func(w *wire.BitWriter) { w.Number(1); w.Bits(30, 5); w.Number(0) }), "has 0 different ones"},
		"number out of the table":      {columns(func(w *wire.BitWriter) { w.Number(1); w.Bits(30, 5); w.Number(1); w.Column(0); w.Column(1) }), "number 1 of 1 different"},
	} {
		t.Run(name, func(t *testing.T) {
			refusedBody(t, &wirepb.Batch{Count: 1, Body: &wirepb.Batch_Columns{Columns: c.columns}}, c.want)
		})
	}
	refusedBody(t, batch(3, func(b *wirepb.Batch) { b.Count = 2 }), "count is 2, and 3 observations are there")
	refusedBody(t, &wirepb.Batch{Count: 1}, "no body that this program knows")
}

// Single values that no grid has make an observation a bad one.
func TestAStatisticBeyondItsGridIsBad(t *testing.T) {
	for name, c := range map[string]struct {
		shape             []int64
		mean, below, more int64
	}{
		"mean beyond the last value":     {[]int64{10, 2, 1, 0}, 1 << 20, 0, 0},
		"mean below 0":                   {[]int64{10, 1, 1, 0}, -1, 0, 0},
		"least below 0":                  {[]int64{10, 2, 1, 0}, 5, 6, 0},
		"least above the mean":           {[]int64{10, 2, 1, 0}, 5, -1, 0},
		"greatest below the mean":        {[]int64{10, 2, 1, 0}, 5, 0, -1},
		"greatest beyond the last value": {[]int64{10, 2, 1, 0}, 5, 0, 1 << 20},
		"sums that overflow":             {[]int64{10, 2, 1, 0}, 5, math.MinInt64, math.MaxInt64},
		"of nothing":                     {[]int64{10, 0, 1, 0}, 5, 0, 0},
		"of too many":                    {[]int64{10, 1<<20 + 1, 1, 0}, 5, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			for stat, want := range map[int]string{0: "frame_rate: n -1", 4: "jitter: n -1"} {
				c.shape[2] = 1 << stat
				p := columns(func(w *wire.BitWriter) {
					upto(w, c.shape...)
					rows(w)
					w.Column(c.mean)
					w.Column(c.below)
					w.Column(c.more)
				})
				_, err := wire.UnmarshalObservation(p)
				refused(t, err, want)
				inBatch := encode(t, &wirepb.Up{Version: 1, Body: &wirepb.Up_Batch{Batch: &wirepb.Batch{Count: 1, Body: &wirepb.Batch_Columns{Columns: p}}}})
				if agree(t, new(wire.Decoder), inBatch) {
					t.Error("briefs come of a bad one")
				}
			}
		})
	}
}

// The greatest may be the last value of the grid, and no more.
func TestTheGreatestEndsWithItsGrid(t *testing.T) {
	for _, stat := range []int{0, 4} {
		top := wire.GridNumber(stat, 1e12)
		for more, ok := range map[int64]bool{top - 5: true, top - 4: false} {
			p := columns(func(w *wire.BitWriter) {
				upto(w, 10, 2, 1<<stat, 0)
				rows(w)
				w.Column(5)
				w.Column(0)
				w.Column(more)
			})
			if _, err := wire.UnmarshalObservation(p); (err == nil) != ok {
				t.Errorf("statistic %d, greatest %d beyond the last: %v", stat, more+5-top, err)
			}
			inBatch := encode(t, &wirepb.Up{Version: 1, Body: &wirepb.Up_Batch{Batch: &wirepb.Batch{Count: 1, Body: &wirepb.Batch_Columns{Columns: p}}}})
			if agree(t, new(wire.Decoder), inBatch) != ok {
				t.Errorf("statistic %d, greatest %d beyond the last: briefs of it are %t", stat, more+5-top, !ok)
			}
		}
	}
}

// compressed makes a body of zstd. A bomb is a few bytes that become many.
func compressed(t testing.TB, p []byte, o ...zstd.EOption) *wirepb.Batch {
	t.Helper()
	e, err := zstd.NewWriter(nil, append(o, zstd.WithEncoderConcurrency(1))...)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	return &wirepb.Batch{Count: 1, Body: &wirepb.Batch_ColumnsZstd{ColumnsZstd: e.EncodeAll(p, nil)}}
}

func TestABombIsRefusedCheaply(t *testing.T) {
	noSize := compressed(t, nil)
	var streamed strings.Builder
	e, err := zstd.NewWriter(&streamed, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	for range 64 {
		_, _ = e.Write(make([]byte, 1<<20))
	}
	_ = e.Close()
	noSize.Body = &wirepb.Batch_ColumnsZstd{ColumnsZstd: []byte(streamed.String())}

	liar := compressed(t, []byte("little"), zstd.WithSingleSegment(true)).GetColumnsZstd()
	liar = append([]byte{}, liar...)
	liar = append(append(liar[:4:4], 0xe0|liar[4]&4), append(binary.LittleEndian.AppendUint64(nil, 1<<40), liar[6:]...)...)

	tiny := make([][]byte, 0, 4096) // many frames, each small
	frame := compressed(t, make([]byte, 1<<10)).GetColumnsZstd()
	for range cap(tiny) {
		tiny = append(tiny, frame)
	}
	many := []byte{}
	for _, f := range tiny {
		many = append(many, f...)
	}
	for name, b := range map[string]*wirepb.Batch{
		"size told":         compressed(t, make([]byte, 64<<20)),
		"size not told":     noSize,
		"size lied about":   {Count: 1, Body: &wirepb.Batch_ColumnsZstd{ColumnsZstd: liar}},
		"window of 8 MiB":   compressed(t, make([]byte, 2<<20), zstd.WithWindowSize(8<<20)),
		"many small frames": {Count: 1, Body: &wirepb.Batch_ColumnsZstd{ColumnsZstd: many}},
		"no zstd at all":    {Count: 1, Body: &wirepb.Batch_ColumnsZstd{ColumnsZstd: []byte("hello")}},
		"cut":               {Count: 1, Body: &wirepb.Batch_ColumnsZstd{ColumnsZstd: frame[:len(frame)-3]}},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			refusedBody(t, b, "decompress")
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
				t.Errorf("%d bytes were allocated", used)
			}
		})
	}
}
