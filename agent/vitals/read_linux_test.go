package vitals_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/phukin/phukin/agent/vitals"
	"github.com/phukin/phukin/hub/wire"
)

// below writes files below a root of its own.
func below(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for path, text := range files {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestTheVitalsOfABoardAreRead(t *testing.T) {
	files := map[string]string{
		"proc/uptime": "1209600.30 4000000.00\n", "proc/loadavg": "1.50 1.35 1.10 2/120 4711\n",
		"proc/meminfo":                         "MemTotal: 944264 kB\nMemFree: 1 kB\nMemAvailable: 626000 kB\n" + strings.Repeat("HugePages_Free: 0\n", 1000),
		"sys/class/thermal/thermal_zone0/type": "cpu-thermal\n", "sys/class/thermal/thermal_zone0/temp": "77800\n",
		"sys/class/thermal/thermal_zone1/type": "cpu1-thermal\n", "sys/class/thermal/thermal_zone1/temp": "71000\n",
		"sys/class/thermal/thermal_zone2/type": "iwlwifi_1\n", "sys/class/thermal/thermal_zone2/temp": "99000\n",
		"sys/devices/platform/soc/soc:firmware/get_throttled": "50000\n",
		"sys/class/hwmon/hwmon0/name":                         "cpu_thermal\n", "sys/class/hwmon/hwmon1/name": "rpi_volt\n", "sys/class/hwmon/hwmon1/in0_lcrit_alarm": "1\n",
	}
	root := below(t, files)
	v := vitals.ReadBelow(root, root)
	if !v.Disk.Known || !v.Free.Known || v.Disk.Value < 1 || v.Free.Value > v.Disk.Value {
		t.Errorf("the disk is %+v, free %+v", v.Disk, v.Free)
	}
	v.Disk, v.Free = wire.Reading{}, wire.Reading{}
	want := wire.Vitals{
		Uptime: wire.Read(1209600), Load: wire.Read(135), Memory: wire.Read(922), Available: wire.Read(611), Temperature: wire.Read(78),
		Power: wire.Read(int64(wire.UnderVoltageSeen | wire.SlowedSeen)),
	}
	if v != want {
		t.Errorf("vitals are %+v, want %+v", v, want)
	}
	delete(files, "sys/devices/platform/soc/soc:firmware/get_throttled") // as with another kernel
	if got := vitals.ReadBelow(below(t, files), root).Power; got != wire.Read(int64(wire.UnderVoltage)) {
		t.Errorf("power by its sensor is %+v", got)
	}
}

func TestWhatCannotBeReadIsNotKnown(t *testing.T) {
	root := t.TempDir()
	if v := vitals.ReadBelow(root, filepath.Join(root, "gone")); v != (wire.Vitals{}) {
		t.Errorf("vitals of nothing are %+v", v)
	}
}

func TestTheVitalsOfThisMachineArePlausible(t *testing.T) {
	v := vitals.Read(t.TempDir())
	if good, bad := v.Plausible(); bad > 0 || good != v {
		t.Errorf("vitals are %+v", v)
	}
	for name, r := range map[string]wire.Reading{"uptime": v.Uptime, "load": v.Load, "cores": v.Cores, "memory": v.Memory, "disk": v.Disk, "free": v.Free} {
		if !r.Known {
			t.Errorf("%s is not known here", name)
		}
	}
}
