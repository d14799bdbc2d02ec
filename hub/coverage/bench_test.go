package coverage_test

import (
	"testing"
	"time"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/coverage/coveragetest"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
)

func everyCamera(*plan.Camera) bool { return true }

// largePlan is a plan of 2,000 cameras on 200 routes of 200 points.
func largePlan() *plan.Plan { return coveragetest.Network(200, 200, 2000, 1) }

func BenchmarkAllMeasuresFromNothing(b *testing.B) {
	p := largePlan()
	for b.Loop() {
		e, err := coverage.NewEye(p, detection, nil)
		if err != nil {
			b.Fatal(err)
		}
		if e.Cover(everyCamera).Total.InView == 0 {
			b.Fatal("nothing is in view")
		}
	}
}

func BenchmarkOneCamerasChange(b *testing.B) {
	e, err := coverage.NewEye(largePlan(), detection, nil)
	if err != nil {
		b.Fatal(err)
	}
	board := e.Board()
	for i := range e.Cameras() {
		board.Set(i, true)
	}
	b.ReportAllocs()
	i, on := 0, false
	for b.Loop() {
		board.Set(i, on)
		if board.Total().Length == 0 {
			b.Fatal("no length")
		}
		if i++; i == e.Cameras() {
			i, on = 0, !on
		}
	}
}

func BenchmarkAMonthOverTime(b *testing.B) {
	p := largePlan()
	e, err := coverage.NewEye(p, detection, nil)
	if err != nil {
		b.Fatal(err)
	}
	const first, days = 20000, 30
	ledger := coveragetest.Ledger(p, first, days, 1)
	all := []coverage.Window{{From: 0, To: 1 << 40}}
	ev := coverage.Evidence{Location: time.UTC,
		Days:    func(code string) []history.Day { return ledger[code] },
		Service: func(*plan.Camera) []coverage.Window { return all }}
	w := coverage.Window{From: first * 86400, To: (first + days) * 86400}
	for b.Loop() {
		if p := e.Over(w, ev); p.Total.InView.Seen == 0 {
			b.Fatal("nothing was seen")
		}
	}
}
