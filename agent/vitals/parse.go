package vitals

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"github.com/phukin/phukin/hub/wire"
)

// This file reads what the kernel writes: proc(5), and Documentation/driver-api/thermal
// and /hwmon of the kernel. It takes any bytes.

// word gives the text before the first blank or end of line.
func word(p []byte) string {
	fields := bytes.Fields(p)
	if len(fields) == 0 {
		return ""
	}
	return string(fields[0])
}

// decimal gives a decimal number that is not below zero times scale, rounded down.
func decimal(s string, scale float64) wire.Reading {
	if strings.Trim(s, "0123456789.") != "" {
		return wire.Reading{} // no sign, exponent, infinity or hexadecimal digits
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f*scale >= 1<<62 {
		return wire.Reading{}
	}
	return wire.Read(int64(math.Floor(f*scale + 1e-6)))
}

// uptime reads /proc/uptime: seconds since the start, seconds idle.
func uptime(p []byte) wire.Reading { return decimal(word(p), 1) }

// load reads /proc/loadavg, whose second number is the mean of five minutes.
func load(p []byte) wire.Reading {
	fields := bytes.Fields(p)
	if len(fields) < 2 {
		return wire.Reading{}
	}
	return decimal(string(fields[1]), 100)
}

// memory reads /proc/meminfo, in MiB. MemAvailable is there since Linux 3.14.
func memory(p []byte) (all, available wire.Reading) {
	for line := range bytes.Lines(p) {
		fields := bytes.Fields(line)
		if len(fields) != 3 || string(fields[2]) != "kB" {
			continue
		}
		switch string(fields[0]) {
		case "MemTotal:":
			all = decimal(string(fields[1]), 1./1024)
		case "MemAvailable:":
			available = decimal(string(fields[1]), 1./1024)
		}
	}
	return all, available
}

// ofProcessor says whether a thermal zone is that of the processor, by its type.
func ofProcessor(p []byte) bool {
	t := strings.ToLower(word(p))
	for _, part := range []string{"cpu", "soc", "x86_pkg"} {
		if strings.Contains(t, part) {
			return true
		}
	}
	return false
}

// celsius reads thousandths of degrees, rounded to whole ones.
func celsius(p []byte) wire.Reading {
	n, err := strconv.ParseInt(word(p), 10, 32)
	if err != nil {
		return wire.Reading{}
	}
	return wire.Read(int64(math.Round(float64(n) / 1000)))
}

// throttled reads what the firmware of a Raspberry Pi says, in hexadecimal digits:
// bit 0 under-voltage now, 1 frequency capped, 2 throttled, 3 soft temperature
// limit; the same from bit 16 on, since the start.
func throttled(p []byte) wire.Reading {
	n, err := strconv.ParseUint(strings.TrimPrefix(word(p), "0x"), 16, 32)
	if err != nil {
		return wire.Reading{}
	}
	var bits wire.Power
	for bit, mask := range map[wire.Power]uint64{wire.UnderVoltage: 1, wire.UnderVoltageSeen: 1 << 16, wire.Slowed: 0xe, wire.SlowedSeen: 0xe << 16} {
		if n&mask != 0 {
			bits |= bit
		}
	}
	return wire.Read(int64(bits))
}

// alarm reads in0_lcrit_alarm: 1 while there is too little voltage.
func alarm(p []byte) wire.Reading {
	switch word(p) {
	case "0":
		return wire.Read(0)
	case "1":
		return wire.Read(int64(wire.UnderVoltage))
	}
	return wire.Reading{}
}
