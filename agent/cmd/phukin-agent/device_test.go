package main

import (
	"slices"
	"testing"

	"github.com/phukin/phukin/hub/wire"
)

func TestStatusSaysOfTheDeviceWhatItCanTell(t *testing.T) {
	if lines := deviceLines(wire.Vitals{}); len(lines) != 0 {
		t.Errorf("of what nobody knows: %q", lines)
	}
	got := deviceLines(wire.Vitals{
		Uptime: wire.Read(90061), Load: wire.Read(135), Cores: wire.Read(4), Memory: wire.Read(922), Available: wire.Read(611), Disk: wire.Read(29_512), Free: wire.Read(0),
		Temperature: wire.Read(-3), Power: wire.Read(int64(wire.UnderVoltageSeen)),
	})
	want := []string{"runs for 25h1m1s", "load 1.35 on 4 processors", "memory: 611 MiB of 922 available", "disk of the spool: 0 MiB of 29512 free", "processor at -3 °C", "too little voltage since the start"}
	if !slices.Equal(got, want) {
		t.Errorf("lines are %q, want %q", got, want)
	}
}
