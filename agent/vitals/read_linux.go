package vitals

import (
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/phukin/phukin/hub/wire"
)

const (
	// maxFile is how much of a file is read, bytes: what is looked for stands at
	// the beginning of /proc/meminfo, and the others are shorter.
	maxFile = 2048
	// maxSensors is how many sensors of a kind are looked at.
	maxSensors = 32
)

// read gives what the kernel tells below root; dir lies on the disk that is asked
// for.
func read(root, dir string) wire.Vitals {
	var v wire.Vitals
	file := func(path string) []byte { return head(filepath.Join(root, path)) }
	v.Uptime = uptime(file("proc/uptime"))
	v.Load = load(file("proc/loadavg"))
	v.Memory, v.Available = memory(file("proc/meminfo"))
	v.Temperature = temperature(root)
	v.Power = power(root)
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) == nil && st.Bsize > 0 {
		size := uint64(st.Bsize) //nolint:unconvert // the types differ by machine
		v.Disk, v.Free = mebibytes(st.Blocks, size), mebibytes(st.Bavail, size)
	}
	return v
}

// mebibytes gives the size of blocks, unknown if it cannot be.
func mebibytes(blocks, size uint64) wire.Reading {
	if blocks > 1<<62/size {
		return wire.Reading{}
	}
	return wire.Read(int64(blocks * size >> 20))
}

// head gives the beginning of a file, nothing if it cannot be read.
func head(path string) []byte {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	p, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil
	}
	return p
}

// sensors lists the directories that a pattern means, a bounded number of them.
func sensors(root, pattern string) []string {
	all, _ := filepath.Glob(filepath.Join(root, pattern)) // the pattern is a good one
	return all[:min(len(all), maxSensors)]
}

// temperature gives the highest of the processor's zones.
func temperature(root string) wire.Reading {
	var highest wire.Reading
	for _, zone := range sensors(root, "sys/class/thermal/thermal_zone*") {
		if !ofProcessor(head(filepath.Join(zone, "type"))) {
			continue
		}
		if t := celsius(head(filepath.Join(zone, "temp"))); t.Known && (!highest.Known || t.Value > highest.Value) {
			highest = t
		}
	}
	return highest
}

// power gives what a Raspberry Pi tells of its supply: its firmware, by the
// vendor's kernel, and the alarm of the sensor rpi_volt, by any newer one.
func power(root string) wire.Reading {
	p := throttled(head(filepath.Join(root, "sys/devices/platform/soc/soc:firmware/get_throttled")))
	if p.Known {
		return p
	}
	for _, dir := range sensors(root, "sys/class/hwmon/hwmon*") {
		if word(head(filepath.Join(dir, "name"))) == "rpi_volt" {
			return alarm(head(filepath.Join(dir, "in0_lcrit_alarm")))
		}
	}
	return wire.Reading{}
}
