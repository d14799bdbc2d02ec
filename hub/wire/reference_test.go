package wire_test

import (
	"fmt"
	"math/bits"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/wire"
	"github.com/phukin/phukin/hub/wire/wirepb"
	"github.com/phukin/phukin/hub/wire/wiretest"
)

// reference reads a message Columns bit by bit, as docs/wire.md describes it:
// slow, and with no checks.
type reference struct {
	bytes []byte
	at    int
}

func (r *reference) bits(n int) (v int64) {
	for i := range n {
		v |= int64(r.bytes[r.at/8]>>(r.at%8)&1) << i
		r.at++
	}
	return v
}

func (r *reference) number() (v int64) {
	for shift := 0; ; shift += 4 {
		more := r.bits(1)
		v |= r.bits(4) << shift
		if more == 0 {
			return v
		}
	}
}

func signed(v int64) int64 {
	if v&1 == 1 {
		return ^int64(uint64(v) >> 1)
	}
	return int64(uint64(v) >> 1)
}

func (r *reference) column(n int) []int64 {
	if n == 0 {
		return nil
	}
	vs := make([]int64, n)
	low := int(r.bits(5))
	if low == 30 {
		rows := r.column(int(r.number()))
		for i, place := range r.column(n) {
			vs[i] = rows[place]
		}
		return vs
	}
	base := int64(0)
	if low != 29 {
		base = signed(r.number())
	}
	for i := range vs {
		more := int64(0)
		if low < 29 {
			ones := 0
			for ones < 8 && r.bits(1) == 1 {
				ones++
			}
			if ones < 8 {
				more = int64(ones)<<low + r.bits(low)
			} else {
				more = r.bits(int(r.bits(6)) + 1)
			}
		}
		vs[i] = base + more
	}
	return vs
}

func (r *reference) table(columns int) [][]int64 {
	n := int(r.number())
	rows := make([][]int64, n)
	for range columns {
		for i, v := range r.column(n) {
			rows[i] = append(rows[i], v)
		}
	}
	return rows
}

func (r *reference) codes(text string) []string {
	codes := make([]string, r.number())
	steps := r.column(len(codes))
	var spelled []int
	for i, s := range steps {
		if s == 0 {
			spelled = append(spelled, i)
		}
	}
	shared, follows := r.column(len(spelled)), r.column(len(spelled))
	before := ""
	for i, s := range steps {
		c := []byte(before)
		if s == 0 {
			c = append(c[:shared[0]], text[:follows[0]]...)
			text, shared, follows = text[follows[0]:], shared[1:], follows[1:]
		}
		for ; s > 0; s-- { // one by one
			j := len(c) - 1
			for c[j] < '0' || c[j] > '9' || c[j] == '9' {
				if c[j] == '9' {
					c[j] = '0'
				}
				j--
			}
			c[j]++
		}
		before = string(c)
		codes[i] = before
	}
	return codes
}

// readReference reads n observations; values are numbers of their grids.
func readReference(p []byte, n int) (lines []string) {
	var pb wirepb.Columns
	if err := proto.Unmarshal(p, &pb); err != nil {
		panic(err)
	}
	r := &reference{bytes: pb.Bits}
	if rows := int(r.number()); rows != n {
		panic(fmt.Sprint(rows, " rows"))
	}
	codes, verdicts, pictures, shapes := r.codes(string(pb.Text)), r.table(7), r.table(3), r.table(4)
	odd, stats := 0, int64(0)
	for _, s := range shapes {
		stats ^= s[2]
		s[2] = stats
		odd += bits.OnesCount64(uint64(s[3]))
	}
	oddN := r.column(odd)
	for i, s := range shapes {
		for k := range 16 {
			n := s[1]
			if k >= 5 && k <= 10 {
				n = s[0]
			}
			if s[3]>>k&1 == 1 {
				n, oddN = oddN[0], oddN[1:]
			}
			shapes[i] = append(shapes[i], n)
		}
	}
	verdict, picture, shape, camera := r.column(n), r.column(n), r.column(n), r.column(n)
	to := append([]int64{r.number()}, r.column(n-1)...)
	interval, rest := r.number(), r.column(n)
	before := int64(0)
	for i := range n {
		v, p, s := verdicts[verdict[i]], pictures[picture[i]], shapes[shape[i]]
		before += to[i]
		lines = append(lines, fmt.Sprint(codes[camera[i]], before-interval*s[0]-signed(rest[i]), before, v, p[0], p[1], p[2]+p[1]*9/16, s[0]))
	}
	spread := func(has [][2]int) {
		below, above := r.column(len(has)), r.column(len(has))
		for j, h := range has {
			lines[h[0]] += fmt.Sprintf(" %d:-%d+%d", h[1], below[j], above[j])
		}
	}
	var full [][2]int
	for k := range 16 {
		var has []int
		var many [][2]int
		for i := range n {
			if s := shapes[shape[i]]; s[2]>>k&1 == 1 {
				has = append(has, i)
				if s[4+k] > 1 {
					many = append(many, [2]int{i, k})
				}
			}
		}
		for j, mean := range r.column(len(has)) {
			lines[has[j]] += fmt.Sprintf(" %d:%d×%d", k, shapes[shape[has[j]]][4+k], mean)
		}
		if k >= 5 && k <= 10 {
			spread(many)
		} else {
			full = append(full, many...)
		}
	}
	spread(full)
	return lines
}

// inWords gives what readReference should read.
func inWords(os []wire.Observation) (lines []string) {
	for i := range os {
		o := &os[i]
		reasons := int64(0)
		for _, r := range o.Reasons {
			reasons |= 1 << (r - 1)
		}
		line := fmt.Sprint(o.Camera, o.From, o.To, []int64{int64(o.Status), int64(o.Rung), reasons, int64(o.Fault), int64(o.FellOn), int64(o.RTSPStatus), int64(o.Clock)},
			int64(o.Codec), o.Width, o.Height, o.Probes)
		stats := [16]wire.Stat{o.FrameRate, o.BitRate, o.KeyframeGap, o.Loss, o.Jitter}
		for _, s := range o.Stages {
			stats[4+int(s.Rung)] = s.Time
		}
		late := ""
		for k, s := range stats {
			if s.N == 0 {
				continue
			}
			mean := wire.GridNumber(k, s.Mean)
			line += fmt.Sprintf(" %d:%d×%d", k, s.N, mean)
			spread := fmt.Sprintf(" %d:-%d+%d", k, mean-wire.GridNumber(k, s.Min), wire.GridNumber(k, s.Max)-mean)
			switch {
			case s.N == 1:
			case k >= 5 && k <= 10:
				line += spread
			default:
				late += spread
			}
		}
		lines = append(lines, line+late)
	}
	return lines
}

func TestTheColumnsAreWhatTheDocumentSays(t *testing.T) {
	t.Run("realistic", func(t *testing.T) {
		for b := range wiretest.Batches(1, 50, 500) {
			same(t, inWords(b.Observations), readReference(wire.AppendColumns(nil, b.Observations), len(b.Observations)), nil)
		}
	})
	t.Run("any", rapid.MakeCheck(func(t *rapid.T) {
		os := rapid.SliceOfN(genObservation(), 1, 20).Draw(t, "observations")
		same(t, inWords(os), readReference(wire.AppendColumns(nil, os), len(os)), nil)
	}))
}

func TestColumnsOfNumbersComeBack(t *testing.T) {
	// A window of the stream that is all ones.
	far := []int64{5, 5, -1 << 63, 5, 1<<63 - 1}
	var w wire.BitWriter
	w.Column(far...)
	got, _, err := wire.ReadColumn(w.End(), len(far))
	same(t, far, got, err)
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.SampledFrom([]*rapid.Generator[int64]{
			rapid.Int64(), rapid.Int64Range(0, 3), rapid.Int64Range(-20, 20), rapid.Int64Range(1e6, 1e6+100), rapid.SampledFrom([]int64{5, 70_000, -1 << 63, 1<<63 - 1}), rapid.Just(int64(0)),
		}).Draw(t, "kind")
		vs := rapid.SliceOfN(number, 1, 100).Draw(t, "numbers")
		var w wire.BitWriter
		w.Column(vs...)
		p := w.End()
		got, bits, err := wire.ReadColumn(p, len(vs))
		same(t, vs, got, err)
		if (bits+7)/8 != len(p) {
			t.Errorf("%d bits were read of %d bytes", bits, len(p))
		}
		same(t, vs, (&reference{bytes: append(p, 0)}).column(len(vs)), nil)
		if _, _, err := wire.ReadColumn(p[:len(p)-1], len(vs)); err == nil && bits > 8*(len(p)-1) {
			t.Error("a column that is cut was taken")
		}
	})
}
