package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"time"
)

// window is that of the full probes whose cost is measured: the shortest that
// a probe takes, since what is asked for is the cost up to the first key frame.
const window = 100 * time.Millisecond

// costs is what looking at one camera once costs, as CPU time of the process
// that looks.
func costs(ctx context.Context, o options, f *figures) error {
	rounds, full, light, ffprobes := 11, 200, 2000, 5
	if o.short {
		rounds, full, light, ffprobes = 3, 80, 1000, 2
	}
	var cam camerasAnswer
	camera, err := spawn(ctx, "camera", camerasOrder{Cameras: 1}, &cam)
	if err != nil {
		return err
	}
	defer camera.close()
	addr := cam.Addrs[0]

	// What the probe says now is what the bare client will say.
	script := func(kind string) ([]step, error) {
		var a clientAnswer
		if err := once(ctx, "client", clientOrder{Kind: kind, Addr: addr, Times: 1, Window: window}, &a); err != nil || a.Failed != "" {
			return nil, errors.Join(err, fmt.Errorf("%s probe: %s", kind, a.Failed))
		}
		time.Sleep(100 * time.Millisecond) // the camera hears of the end a moment later
		if err := camera.ask(camerasOrder{}, &cam); err != nil {
			return nil, err
		}
		if len(cam.Script) == 0 {
			return nil, errors.New("the camera recorded no conversation")
		}
		return cam.Script, nil
	}
	measure := func(kind string, n int) (probed, bare time.Duration, ratio float64, err error) {
		s, err := script(kind)
		if err != nil {
			return 0, 0, 0, err
		}
		orders := []clientOrder{
			{Kind: kind, Addr: addr, Times: n, Window: window},
			{Kind: "bare", Addr: addr, Times: n, Window: window, Script: s, KeyFrame: cam.KeyFrame},
		}
		var ps, bs []time.Duration
		var rs []float64
		for round := range rounds {
			var a [2]clientAnswer
			for i := range orders { // which comes first changes from round to round
				k := (i + round) % 2
				// A machine too busy to keep the camera's pace has its round again.
				for try := 0; ; try++ {
					a[k] = clientAnswer{}
					if err := once(ctx, "client", orders[k], &a[k]); err != nil {
						return 0, 0, 0, err
					}
					if a[k].Failed == "" {
						break
					}
					if try == 5 {
						return 0, 0, 0, fmt.Errorf("%s: %s", orders[k].Kind, a[k].Failed)
					}
				}
			}
			ps, bs, rs = append(ps, a[0].CPU), append(bs, a[1].CPU), append(rs, float64(a[0].CPU)/float64(a[1].CPU))
		}
		return median(ps), median(bs), median(rs), nil
	}

	probed, bare, ratio, err := measure("full", full)
	if err != nil {
		return err
	}
	f.add("full probe to the first whole key frame (and 100 ms of window)", ms(probed), "bare TCP client, same bytes for the same time", ms(bare), ratioText(ratio), "≤ 1.30×", ratio <= 1.3)
	lightCost, bareLight, lightRatio, err := measure("light", light)
	if err != nil {
		return err
	}
	f.add("light probe", ms(lightCost), "bare TCP client, same bytes", ms(bareLight), ratioText(lightRatio), "≤ 1.15×", lightRatio <= 1.15)

	var fs []time.Duration
	for range ffprobes {
		used, err := ffprobe(ctx, addr)
		if err != nil {
			return err
		}
		fs = append(fs, used)
	}
	times := float64(median(fs)) / float64(probed)
	f.add("the same answer (codec, size, rate)", ms(probed), "ffprobe", ms(median(fs)), fmt.Sprintf("%.0f× less", times), "≥ 150× less", times >= 150)
	return nil
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
