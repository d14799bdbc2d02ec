package uptime

import (
	"math"
	"math/big"
	"strconv"
)

// Verdict is what can be said of a figure beside another, or beside a target.
// It follows from the bounds alone: whatever happened while nobody looked, it
// stays true.
type Verdict string

// The verdicts. CannotTell says that the bounds overlap: what happened while
// nobody looked decides, and nobody knows it.
const (
	Met        Verdict = "met"
	Missed     Verdict = "missed"
	Better     Verdict = "better"
	Worse      Verdict = "worse"
	Same       Verdict = "same" // and everything of both was observed
	CannotTell Verdict = "cannot_tell"
	NoFigure   Verdict = "no_figure" // there was no time in service
)

// Against compares with a target of availability in percent, exactly.
func (f Figure) Against(percent float64) Verdict {
	in := f.InService()
	if in == 0 {
		return NoFigure
	}
	target, ok := new(big.Rat).SetString(strconv.FormatFloat(percent, 'f', -1, 64))
	if !ok { // not a finite number
		return CannotTell
	}
	target.Quo(target, big.NewRat(100, 1))
	switch {
	case big.NewRat(f.Up+f.Degraded, in).Cmp(target) >= 0:
		return Met
	case big.NewRat(f.Up+f.Degraded+f.Unknown, in).Cmp(target) < 0:
		return Missed
	}
	return CannotTell
}

// Than compares with the figure of another period.
func (f Figure) Than(before Figure) Verdict {
	if f.InService() == 0 || before.InService() == 0 {
		return NoFigure
	}
	low, high := f.ratios()
	lowBefore, highBefore := before.ratios()
	switch {
	case low.Cmp(highBefore) > 0:
		return Better
	case high.Cmp(lowBefore) < 0:
		return Worse
	case low.Cmp(high) == 0 && lowBefore.Cmp(highBefore) == 0:
		return Same
	}
	return CannotTell
}

func (f Figure) ratios() (low, high *big.Rat) {
	return big.NewRat(f.Up+f.Degraded, f.InService()), big.NewRat(f.Up+f.Degraded+f.Unknown, f.InService())
}

// Within compares the mean time to restore with a target in hours.
func (r Repairs) Within(hours float64) Verdict {
	low, high, ok := r.MTTR()
	switch {
	case !ok:
		return NoFigure
	case math.IsNaN(hours):
		return CannotTell
	case high <= hours*3600:
		return Met
	case low > hours*3600:
		return Missed
	}
	return CannotTell
}
