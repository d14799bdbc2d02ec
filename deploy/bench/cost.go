package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"time"
)

// window is that of the full probes whose cost is shown beside: the shortest
// that a probe takes.
const window = 100 * time.Millisecond

// conversation is a probe and its peers on the same camera.
type conversation struct {
	kind   string // of the probe
	window time.Duration
	warmUp int // conversations before those that count
	times  int // conversations in a round
	rounds int
}

// cost is the CPU time of one conversation, as medians of the rounds, and the
// medians of the ratios, each of one round.
type cost struct {
	probe, bare, replay  time.Duration
	overBare, overReplay float64
	least, most          float64 // between these lies half of the ratios over bare
}

// costs is what looking at one camera once costs, as CPU time of the process
// that looks.
func costs(ctx context.Context, o options, f *figures) error {
	light, keyframe := conversation{"light", 0, 2000, 240, 151}, conversation{"keyframe", 0, 2000, 160, 101}
	full, ffprobes := conversation{"full", window, 8, 80, 9}, 9
	if o.short {
		light.rounds, keyframe.rounds, full.rounds, full.times, ffprobes = 101, 41, 3, 40, 5
	}
	b := &costBench{}
	var err error
	if b.process, err = spawn(ctx, "camera", camerasOrder{Cameras: 1}, &b.camera); err != nil {
		return err
	}
	defer b.process.close()

	k, err := b.measure(ctx, keyframe)
	if err != nil {
		return err
	}
	f.add("full probe to the first whole key frame", ms(k.probe), "bare TCP client that has the same exchange", ms(k.bare), ratioText(k.overBare), "≤ 1.30×", k.overBare <= 1.3)
	f.add("… half of the rounds between", ratioText(k.least)+" and "+ratioText(k.most), "the recorded bytes, replayed without reading them", ms(k.replay), ratioText(k.overReplay), "", true)
	l, err := b.measure(ctx, light)
	if err != nil {
		return err
	}
	f.add("light probe", ms(l.probe), "bare TCP client that has the same exchange", ms(l.bare), ratioText(l.overBare), "≤ 1.15×", l.overBare <= 1.15)
	f.add("… half of the rounds between", ratioText(l.least)+" and "+ratioText(l.most), "the recorded bytes, replayed without reading them", ms(l.replay), ratioText(l.overReplay), "", true)

	var fs []time.Duration
	for range ffprobes {
		used, err := ffprobe(ctx, b.camera.Addrs[0])
		if err != nil {
			return err
		}
		fs = append(fs, used)
	}
	times := float64(median(fs)) / float64(k.probe)
	f.add("the same answer (codec, size, rate)", ms(k.probe), "ffprobe", ms(median(fs)), fmt.Sprintf("%.0f× less", times), "≥ 150× less", times >= 150)

	w, err := b.measure(ctx, full)
	if errors.Is(err, errFailed) { // the camera's frames come too late for so short a window
		f.add("full probe with a window of 100 ms", "not measured", "the machine is too busy for it", "", "", "", true)
		return nil
	}
	if err != nil {
		return err
	}
	f.add("full probe with a window of 100 ms", ms(w.probe), "bare TCP client, reading for the same time", ms(w.bare), ratioText(w.overBare), "", true)
	return nil
}

// costBench is the camera that the costs are measured on.
type costBench struct {
	process *process
	camera  camerasAnswer
}

// script has one probe of a kind and gives its conversation, which its peers
// will have.
func (b *costBench) script(ctx context.Context, c conversation) ([]step, error) {
	var a clientAnswer
	if err := once(ctx, "client", clientOrder{Kind: c.kind, Addr: b.camera.Addrs[0], Times: 1, Window: c.window}, &a); err != nil || a.Failed != "" {
		return nil, errors.Join(err, fmt.Errorf("%s probe: %w: %s", c.kind, errFailed, a.Failed))
	}
	time.Sleep(100 * time.Millisecond) // the camera hears of the end a moment later
	if err := b.process.ask(camerasOrder{}, &b.camera); err != nil {
		return nil, err
	}
	if len(b.camera.Script) == 0 {
		return nil, errors.New("the camera recorded no conversation")
	}
	return b.camera.Script, nil
}

// measure lets the probe and its peers take turns of some ten milliseconds, so
// that whatever else the machine does meets all of them. Each is a process that
// lives through all rounds and has warmed up, as an agent that runs for months:
// a heap that is new costs the kernel a fault for each of its pages.
func (b *costBench) measure(ctx context.Context, c conversation) (cost, error) {
	script, err := b.script(ctx, c)
	if err != nil {
		return cost{}, err
	}
	var clients [3]*process
	var orders [3]clientOrder
	for i, kind := range []string{c.kind, "bare", "replay"} {
		o := clientOrder{Kind: kind, Addr: b.camera.Addrs[0], Times: c.warmUp, Window: c.window}
		if i > 0 {
			o.Script, o.KeyFrame = script, b.camera.KeyFrame
		}
		var a clientAnswer // of the warm-up, which may fail
		if clients[i], err = spawn(ctx, "client", o, &a); err != nil {
			return cost{}, err
		}
		defer clients[i].close()
		o.Times = c.times
		orders[i] = o
	}
	var used [3][]time.Duration
	var overBare, overReplay []float64
	for round := range c.rounds {
		var cpu [3]time.Duration
		for i := range cpu { // who comes first changes from round to round
			k := (i + round) % len(cpu)
			if cpu[k], err = turn(clients[k], orders[k]); err != nil {
				return cost{}, err
			}
			used[k] = append(used[k], cpu[k])
		}
		overBare = append(overBare, float64(cpu[0])/float64(cpu[1]))
		overReplay = append(overReplay, float64(cpu[0])/float64(cpu[2]))
	}
	slices.Sort(overBare)
	n := len(overBare)
	return cost{median(used[0]), median(used[1]), median(used[2]), median(overBare), median(overReplay), overBare[n/4], overBare[n-1-n/4]}, nil
}

// errFailed says that a conversation failed.
var errFailed = errors.New("a conversation failed")

// turn lets a client have its conversations. On a machine too busy to keep the
// camera's pace it has its turn again.
func turn(client *process, o clientOrder) (time.Duration, error) {
	for try := 0; ; try++ {
		var a clientAnswer
		if err := client.ask(o, &a); err != nil {
			return 0, err
		}
		if a.Failed == "" {
			return a.CPU, nil
		}
		if try == 5 {
			return 0, fmt.Errorf("%s: %w: %s", o.Kind, errFailed, a.Failed)
		}
	}
}

// ffprobe asks the same of ffprobe and gives its own CPU time.
func ffprobe(ctx context.Context, addr string) (time.Duration, error) {
	cmd := exec.CommandContext(ctx, "ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries", "stream=codec_name,width,height,avg_frame_rate", "-of", "csv=p=0",
		"rtsp://"+cameraUser+":"+cameraPassword+"@"+addr+"/live/main")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("ffprobe (apt-get install ffmpeg): %w\n%s", err, out)
	}
	if want := "h264,1920,1080,15/1\n"; string(out) != want {
		return 0, fmt.Errorf("ffprobe says %q, want %q", out, want)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}

func median[T int | float64 | time.Duration](xs []T) T {
	xs = slices.Clone(xs)
	slices.Sort(xs)
	return xs[len(xs)/2]
}

func ms(d time.Duration) string {
	if d > 10*time.Millisecond {
		return fmt.Sprintf("%.1f ms", d.Seconds()*1000)
	}
	return fmt.Sprintf("%.3f ms", d.Seconds()*1000)
}

func ratioText(r float64) string { return fmt.Sprintf("%.2f×", r) }
