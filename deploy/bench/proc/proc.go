// Package proc reads what Linux tells of a process.
package proc

import (
	"errors"
	"os"
	"strconv"
	"strings"
)

// Status reads a value of /proc/PID/status in KiB.
func Status(pid int, key string) (int, error) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == key+":" {
			return strconv.Atoi(f[1])
		}
	}
	return 0, errors.New("/proc/…/status has no " + key)
}
