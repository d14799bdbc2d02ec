package uptime

import (
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"slices"

	"github.com/phukin/phukin/hub/wire"
)

// Row is a camera of a grid.
type Row struct {
	Camera  string
	Counted Spans
}

// AppendGrid appends the figures of cameras between each two neighbouring
// moments as JSON, an array of
//
//	{"code":"TB-1","figures":[[up,degraded,down,unknown,outages,A,low,high,observed],…]}
//
// with seconds, and ratios as AppendFigure writes them. Where nothing counts it
// is null in place of the figure. It is made for reports of many cameras and
// months; what a figure is says Series.
func (s *Snapshot) AppendGrid(p []byte, rows []Row, at []int64) []byte {
	places := s.cuts(at)
	figures := make([]Figure, max(len(at)-1, 0))
	p = append(p, '[')
	for i, r := range rows {
		if i > 0 {
			p = append(p, ',')
		}
		s.column(r.Camera).figures(s, r.Counted, places, figures)
		p = append(p, `{"code":`...)
		p = appendString(p, r.Camera)
		p = append(p, `,"figures":[`...)
		for k := range figures {
			if k > 0 {
				p = append(p, ',')
			}
			p = AppendFigure(p, &figures[k])
		}
		p = append(p, `]}`...)
	}
	return append(p, ']')
}

// appendString writes a code. Those that agents may report need no escapes.
func appendString(p []byte, code string) []byte {
	if wire.CheckCode(code) == nil {
		return append(append(append(p, '"'), code...), '"')
	}
	q, _ := json.Marshal(code) // a string always can be
	return append(p, q...)
}

// AppendFigure appends a figure as the JSON array
// [up, degraded, down, unknown, outages, A, low, high, observed], or null if
// nothing counts. Ratios have six decimals: low is rounded down and high up, so
// that what stands between them stays true; A and observed are rounded to the
// nearest, but to 0 or 1 only if they are just that. A is null when nothing was
// observed.
func AppendFigure(p []byte, f *Figure) []byte {
	in := uint64(f.InService())
	if in == 0 {
		return append(p, "null"...)
	}
	works, down, unknown := uint64(f.Up+f.Degraded), uint64(f.Down), uint64(f.Unknown)
	p = slices.Grow(p, longestFigure)
	start := len(p)
	b := p[start : start+longestFigure]
	b[0] = '['
	n := number(b, 1, uint64(f.Up))
	n = number(b, n, uint64(f.Degraded))
	n = number(b, n, down)
	n = number(b, n, unknown)
	n = number(b, n, uint64(f.Outages))
	switch seen := works + down; {
	case unknown == 0 && down == 0:
		n += copy(b[n:], "1,1,1,1]")
	case seen == 0:
		n += copy(b[n:], "null,0,1,0]")
	case unknown == 0: // the three are one
		of := over(in)
		low, rest := of.millionths(works)
		n = share(b, n, of.nearest(low, rest, works))
		n = share(b, n, low)
		n = share(b, n, up(low, rest))
		n += copy(b[n:], "1]")
	default:
		of := over(seen)
		q, rest := of.millionths(works)
		n = share(b, n, of.nearest(q, rest, works))
		of = over(in)
		q, _ = of.millionths(works)
		n = share(b, n, q)
		q, rest = of.millionths(works + unknown)
		n = share(b, n, up(q, rest))
		q, rest = of.millionths(seen)
		n = share(b, n, of.nearest(q, rest, seen))
		b[n-1] = ']'
	}
	return p[:start+n]
}

// longestFigure is room for five numbers of 20 digits and four ratios.
const longestFigure = 5*21 + 4*9 + 2

const million = 1_000_000

// divisor is the whole of some shares, and about a millionth of its inverse.
type divisor struct {
	whole uint64
	scale float64
}

func over(whole uint64) divisor { return divisor{whole, million / float64(int64(whole))} }

// millionths gives how many millionths of the whole are in part, and what is
// left of part × 10⁶.
func (d divisor) millionths(part uint64) (q, rest uint64) {
	if part >= 1<<43 {
		hi, lo := bits.Mul64(part, million)
		return bits.Div64(hi, lo, d.whole)
	}
	n := int64(float64(int64(part)) * d.scale) // off by one at most
	left := int64(part)*million - n*int64(d.whole)
	if left < 0 {
		n, left = n-1, left+int64(d.whole)
	} else if left >= int64(d.whole) {
		n, left = n+1, left-int64(d.whole)
	}
	return uint64(n), uint64(left)
}

func up(q, rest uint64) uint64 {
	if rest > 0 {
		q++
	}
	return q
}

// nearest rounds what millionths gave of part.
func (d divisor) nearest(q, rest, part uint64) uint64 {
	q += 1 - (2*rest-d.whole)>>63 // one more if 2 × rest ≥ whole, which both are far below 2⁶³
	switch {
	case q == 0 && part > 0:
		return 1
	case q == million && part < d.whole:
		return million - 1
	}
	return q
}

// share writes q millionths, 0 to 1, and a comma into b at n, and gives where it
// ends.
func share(b []byte, n int, q uint64) int {
	if q == 0 || q == million {
		b[n], b[n+1] = byte('0'+q/million), ','
		return n + 2
	}
	p := b[n : n+9 : n+9]
	x := q / 10000
	q -= x * 10000
	y := q / 100
	binary.LittleEndian.PutUint16(p, '0'|'.'<<8)
	binary.LittleEndian.PutUint16(p[2:], pairs[x&127])
	binary.LittleEndian.PutUint16(p[4:], pairs[y&127])
	binary.LittleEndian.PutUint16(p[6:], pairs[(q-100*y)&127])
	p[8] = ','
	return n + 9
}

// number writes a number and a comma into b at n, and gives where it ends.
func number(b []byte, n int, v uint64) int {
	if v < 10 {
		b[n], b[n+1] = byte('0'+v), ','
		return n + 2
	}
	n += digits(v)
	end := n
	b[end] = ','
	for v >= 10_000 { // four digits at a time, whose pairs do not wait for each other
		q := v / 10_000
		x := v - 10_000*q
		y := x / 100
		n -= 4
		binary.LittleEndian.PutUint16(b[n:], pairs[y&127])
		binary.LittleEndian.PutUint16(b[n+2:], pairs[(x-100*y)&127])
		v = q
	}
	if v >= 100 {
		q := v / 100
		n -= 2
		binary.LittleEndian.PutUint16(b[n:], pairs[(v-100*q)&127])
		v = q
	}
	if v >= 10 {
		binary.LittleEndian.PutUint16(b[n-2:], pairs[v&127])
	} else {
		b[n-1] = byte('0' + v)
	}
	return end + 1
}

// digits gives how many a number above 0 has.
func digits(v uint64) int {
	n := bits.Len64(v) * 1233 >> 12 // about the logarithm
	if v >= tens[n] {
		n++
	}
	return n
}

// tens are the powers of ten.
var tens = [20]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}

// pairs are the two digits of 0 to 99, the first in the low byte.
var pairs = func() (p [128]uint16) {
	for i := range uint16(100) {
		p[i] = '0' + i/10 | ('0'+i%10)<<8
	}
	return p
}()
