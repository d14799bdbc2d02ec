package vitals_test

import (
	"testing"

	"github.com/phukin/phukin/agent/vitals"
	"github.com/phukin/phukin/hub/wire"
)

func TestWhatTheKernelWritesIsRead(t *testing.T) {
	memory := func(p []byte) wire.Reading { all, _ := vitals.Memory(p); return all }
	available := func(p []byte) wire.Reading { _, a := vitals.Memory(p); return a }
	meminfo := "MemTotal:         944264 kB\nMemFree:          101234 kB\nMemAvailable:     626000 kB\nBuffers:           20000 kB\n"
	var unknown wire.Reading
	for _, x := range []struct {
		name string
		read func([]byte) wire.Reading
		text string
		want wire.Reading
	}{
		{"uptime", vitals.Uptime, "350735.47 234388.90\n", wire.Read(350735)},
		{"uptime at once", vitals.Uptime, "0.99 0.50\n", wire.Read(0)},
		{"no uptime", vitals.Uptime, "", unknown},
		{"an uptime below zero", vitals.Uptime, "-3.0 1.0\n", unknown},
		{"an uptime without end", vitals.Uptime, "inf 1\n", unknown},
		{"an uptime past all numbers", vitals.Uptime, "99999999999999999999999999 1\n", unknown},
		{"load of five minutes", vitals.Load, "0.20 0.18 0.12 1/80 11206\n", wire.Read(18)},
		{"a hundredth is not lost", vitals.Load, "0.20 0.29 0.12 1/80 11206\n", wire.Read(29)},
		{"no load", vitals.Load, "0.20", unknown},
		{"memory", memory, meminfo, wire.Read(922)},
		{"memory available", available, meminfo, wire.Read(611)},
		{"memory of an old kernel", available, "MemTotal: 944264 kB\nMemFree: 101234 kB\n", unknown},
		{"memory in other units", memory, "MemTotal: 944264 MB\n", unknown},
		{"temperature", vitals.Celsius, "48312\n", wire.Read(48)},
		{"temperature rounded", vitals.Celsius, "48500\n", wire.Read(49)},
		{"temperature below zero", vitals.Celsius, "-5000\n", wire.Read(-5)},
		{"no temperature", vitals.Celsius, "warm\n", unknown},
		{"all is well", vitals.Throttled, "0\n", wire.Read(0)},
		{"under-voltage and throttled now and before", vitals.Throttled, "50005\n", wire.Read(int64(wire.UnderVoltage | wire.UnderVoltageSeen | wire.Slowed | wire.SlowedSeen))},
		{"under-voltage before", vitals.Throttled, "0x10000\n", wire.Read(int64(wire.UnderVoltageSeen))},
		{"too hot now", vitals.Throttled, "8\n", wire.Read(int64(wire.Slowed))},
		{"no word of the firmware", vitals.Throttled, "\n", unknown},
		{"the sensor's alarm", vitals.Alarm, "1\n", wire.Read(int64(wire.UnderVoltage))},
		{"no alarm", vitals.Alarm, "0\n", wire.Read(0)},
		{"an alarm of another kind", vitals.Alarm, "2\n", unknown},
	} {
		if got := x.read([]byte(x.text)); got != x.want {
			t.Errorf("%s: %+v, want %+v", x.name, got, x.want)
		}
	}
	for kind, want := range map[string]bool{"cpu-thermal\n": true, "x86_pkg_temp\n": true, "soc_thermal\n": true, "iwlwifi_1\n": false, "acpitz\n": false, "": false} {
		if got := vitals.OfProcessor([]byte(kind)); got != want {
			t.Errorf("%q is a processor's: %t", kind, got)
		}
	}
}

// Whatever stands in a file, no value is made that a kernel cannot mean.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"350735.47 234388.90\n", "0.20 0.18 0.12 1/80 11206\n", "MemTotal: 944264 kB\nMemAvailable: 626000 kB\n", "-48312\n", "50005\n", "1\n", "1e9 0x1p9"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		all, available := vitals.Memory(p)
		for name, r := range map[string]wire.Reading{
			"uptime": vitals.Uptime(p), "load": vitals.Load(p), "memory": all, "available": available, "power": vitals.Throttled(p), "alarm": vitals.Alarm(p),
		} {
			if r.Value < 0 || !r.Known && r.Value != 0 {
				t.Errorf("%s of %q is %+v", name, p, r)
			}
		}
		if r := vitals.Throttled(p); r.Value > int64(wire.UnderVoltage|wire.UnderVoltageSeen|wire.Slowed|wire.SlowedSeen) {
			t.Errorf("power of %q is %+v", p, r)
		}
		if r := vitals.Celsius(p); r.Value < -2147484 || r.Value > 2147484 {
			t.Errorf("temperature of %q is %+v", p, r)
		}
		vitals.OfProcessor(p)
	})
}
