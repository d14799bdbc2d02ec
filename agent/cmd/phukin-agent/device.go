package main

import (
	"fmt"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// deviceLines says how the device is, as far as it can tell.
func deviceLines(v wire.Vitals) (lines []string) {
	add := func(known bool, format string, args ...any) {
		if known {
			lines = append(lines, fmt.Sprintf(format, args...))
		}
	}
	add(v.Uptime.Known, "runs for %v", time.Duration(v.Uptime.Value)*time.Second)
	add(v.Load.Known && v.Cores.Known, "load %.2f on %d processors", float64(v.Load.Value)/100, v.Cores.Value)
	add(v.Available.Known && v.Memory.Known, "memory: %d MiB of %d available", v.Available.Value, v.Memory.Value)
	add(v.Free.Known && v.Disk.Known, "disk of the spool: %d MiB of %d free", v.Free.Value, v.Disk.Value)
	add(v.Temperature.Known, "processor at %d °C", v.Temperature.Value)
	for bit, what := range []string{"too little voltage now", "too little voltage since the start", "slowed down now: too hot, or too little power", "slowed down since the start: too hot, or too little power"} {
		add(v.Power.Known && v.Power.Value>>bit&1 == 1, "%s", what)
	}
	return lines
}
