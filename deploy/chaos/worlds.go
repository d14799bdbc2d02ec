package main

import (
	"hash/fnv"
	"time"
)

// The worlds. What is done to one beyond kills gives it its name.
func longPlots() []plot {
	kills := map[blow]int{killAgent: 4, killBroker: 3, killHub: 3}
	return []plot{
		{Name: "kills", Length: 150 * time.Second, Pace: 250 * time.Millisecond, Agents: 5, Cameras: 20, Blows: kills},
		{Name: "kills, embedded broker", Length: 90 * time.Second, Pace: 350 * time.Millisecond, Agents: 5, Cameras: 20, Embedded: true, Blows: with(kills, killBroker, 0)},
		{Name: "bad lines", Length: 90 * time.Second, Pace: 350 * time.Millisecond, Agents: 5, Cameras: 20, Blows: with(kills, makeIll, 12)},
		{Name: "full disks", Length: 90 * time.Second, Pace: 400 * time.Millisecond, Agents: 5, Cameras: 20, Disk: diskMemory, Blows: with(kills, fillDisk, 4)},
		{Name: "power cuts", Length: 90 * time.Second, Pace: 400 * time.Millisecond, Agents: 5, Cameras: 20, Disk: diskImage, Blows: with(kills, cutPower, 8)},
		{Name: "damaged spools", Length: 90 * time.Second, Pace: 400 * time.Millisecond, Agents: 5, Cameras: 20, Blows: with(with(with(kills, tearTail, 3), flipBits, 3), hubAway, 2)},
		{Name: "overflowing spools", Length: 90 * time.Second, Pace: 1500 * time.Millisecond, Agents: 2, Cameras: 150, Overflow: true, Blows: map[blow]int{hubAway: 12, killBroker: 2, killAgent: 1}},
		{Name: "clocks and reboots", Length: 90 * time.Second, Pace: 400 * time.Millisecond, Agents: 5, Cameras: 20, Blows: with(with(kills, stepClock, 8), reboot, 4)},
		{Name: "everything, RTSP", Length: 150 * time.Second, Pace: 700 * time.Millisecond, Agents: 4, Cameras: 6, Real: true, Disk: diskImage,
			Blows: map[blow]int{killAgent: 1, killBroker: 4, killHub: 5, makeIll: 4, cutPower: 1, stepClock: 3, reboot: 1}},
	}
}

func shortPlots() []plot {
	kills := map[blow]int{killAgent: 3, killBroker: 3, killHub: 3}
	return []plot{
		{Name: "kills and bad lines", Length: 14 * time.Second, Pace: 200 * time.Millisecond, Agents: 4, Cameras: 12, Blows: with(kills, makeIll, 3)},
		{Name: "power cuts, full disks, clocks", Length: 12 * time.Second, Pace: 250 * time.Millisecond, Agents: 4, Cameras: 12, Disk: diskImage,
			Blows: map[blow]int{killAgent: 2, killBroker: 3, killHub: 3, cutPower: 2, fillDisk: 1, stepClock: 2, reboot: 1}},
		{Name: "damaged spools, embedded broker", Length: 10 * time.Second, Pace: 250 * time.Millisecond, Agents: 4, Cameras: 12, Embedded: true,
			Blows: map[blow]int{killAgent: 2, killHub: 4, hubAway: 1, tearTail: 2, flipBits: 2}},
	}
}

// with gives the blows with one more.
func with(blows map[blow]int, b blow, weight int) map[blow]int {
	more := map[blow]int{b: weight}
	for k, v := range blows {
		if k != b {
			more[k] = v
		}
	}
	if weight == 0 {
		delete(more, b)
	}
	return more
}

// seedOf gives a world its own seed, so that one of them can be run alone.
func seedOf(seed uint64, name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return seed ^ h.Sum64()
}
