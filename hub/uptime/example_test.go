package uptime_test

import (
	"fmt"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/uptime"
	"github.com/phukin/phukin/hub/wire"
)

// A camera accepted at noon of the first of two days. Of the 36 hours in
// service it was up for 20, degraded for 4, down for 6 over midnight, and for
// 6 hours nobody looked.
func ExampleSnapshot_Series() {
	loc := time.UTC
	const hour, day = 3600, history.DayNumber(20_000)
	index := uptime.NewIndex(loc)
	index.Put(
		history.Day{Camera: "TB-1", Number: day, Timeline: history.Timeline{
			{Seconds: 13 * hour, Status: wire.StatusUp}, // twelve of these before the acceptance
			{Seconds: 4 * hour, Status: wire.StatusDegraded},
			{Seconds: 6 * hour},
			{Seconds: 1 * hour, Status: wire.StatusDown, Fault: wire.FaultTimeout, FellOn: wire.RungConnect},
		}},
		history.Day{Camera: "TB-1", Number: day + 1, Timeline: history.Timeline{
			{Seconds: 5 * hour, Status: wire.StatusDown, Fault: wire.FaultRefused, FellOn: wire.RungConnect},
			{Seconds: 19 * hour, Status: wire.StatusUp},
		}},
	)
	noon := day.Start(loc).Add(12 * time.Hour).Unix()
	service := uptime.Union(uptime.Window{From: noon, To: noon + 1000*hour})
	known := index.Snapshot()
	total := known.Figure("TB-1", service, uptime.Days{First: day, Last: day + 1}.Window(loc))

	a, _ := total.Availability()
	observed, _ := total.Observed()
	low, high, _ := total.Bounds()
	fmt.Println("in service", total.InService()/hour, "h, outages", total.Outages)
	fmt.Printf("A        = (20 + 4) / (20 + 4 + 6) = %.4f\n", a)
	fmt.Printf("observed = (20 + 4 + 6) / 36       = %.4f\n", observed)
	fmt.Printf("A_low    = (20 + 4) / 36           = %.4f\n", low)
	fmt.Printf("A_high   = (20 + 4 + 6) / 36       = %.4f\n", high)
	days := uptime.Moments(uptime.Cuts(day, day+1, uptime.Daily), loc)
	for _, d := range known.Series("TB-1", service, days, nil) {
		fmt.Println("day:", d.Up/hour, d.Degraded/hour, d.Down/hour, d.Unknown/hour, "outages", d.Outages)
	}
	// Output:
	// in service 36 h, outages 1
	// A        = (20 + 4) / (20 + 4 + 6) = 0.8000
	// observed = (20 + 4 + 6) / 36       = 0.8333
	// A_low    = (20 + 4) / 36           = 0.6667
	// A_high   = (20 + 4 + 6) / 36       = 0.8333
	// day: 1 4 1 6 outages 1
	// day: 19 0 5 0 outages 1
}
