package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"github.com/phukin/phukin/deploy/bench/proc"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// fleetSize is how many cameras one agent watches here.
const fleetSize = 200

// maxFleetKiB bounds the agent's RSS.
const maxFleetKiB = 20 << 10

// fleet runs the built agent with fleetSize cameras, once with its default
// settings and, in the long form, once with full probes of all of them all
// the time.
func fleet(ctx context.Context, o options, f *figures) error {
	dir, err := os.MkdirTemp("", "phukin-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "phukin-agent")
	if err := build(ctx, program, "github.com/phukin/phukin/agent/cmd/phukin-agent"); err != nil {
		return err
	}
	info, err := os.Stat(program)
	if err != nil {
		return err
	}
	time40, time90 := 40*time.Second, 95*time.Second
	length := time90
	if o.short {
		length = time40
	}
	d, err := flock(ctx, filepath.Join(dir, "default"), program, "", length)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("agent, %d cameras, default settings, MQTT over TLS, %v", fleetSize, length)
	f.add(what+": peak RSS", mib(d.peak), fmt.Sprintf("of it anonymous; program %.1f MB", float64(info.Size())/(1<<20)), mib(d.anonymous), "", "≤ 20 MB", d.peak <= maxFleetKiB)
	f.add("… probes in that time", fmt.Sprintf("%d full, %d light", d.full, d.light), "the agent's CPU in all", ms(d.cpu), "", "", true)
	if !o.short {
		// After the first minute only light probes are left: what they cost tells
		// what the full ones before did.
		light := float64(d.lateCPU) / float64(max(1, d.lateLight))
		full := (float64(d.cpu-d.lateCPU) - light*float64(d.light-d.lateLight)) / float64(max(1, d.full))
		f.add("… CPU per light probe, all the agent does included", ms(time.Duration(light)), "per full probe with its window of 2 s", ms(time.Duration(full)), "", "", true)
		f.add("… CPU per camera and hour (108 light, 12 full)", ms(time.Duration(108*light+12*full)), "share of one core for all", fmt.Sprintf("%.2f %%", (108*light+12*full)*fleetSize/float64(time.Hour)*100), "", "", true)

		// All cameras by full probes only, as fast as the sessions allow.
		all, err := flock(ctx, filepath.Join(dir, "full"), program, "depth: full\nlight_interval: 30s\nfull_interval: 30s\nmax_sessions: 32\n", 60*time.Second)
		if err != nil {
			return err
		}
		f.add("agent, 200 cameras, full probes every 30 s, 32 at once: peak RSS", mib(all.peak), fmt.Sprintf("%d full probes; CPU in all", all.full), ms(all.cpu), "", "", true)
	} else {
		f.add("… CPU per camera and hour at this mix", ms(time.Duration(float64(d.cpu)/fleetSize*float64(time.Hour)/float64(length))), "the first minute has most full probes", "", "", "", true)
	}
	return nil
}

// flight is what a run of the agent was like.
type flight struct {
	peak, anonymous     int // KiB
	cpu                 time.Duration
	full, light         int64
	lateCPU             time.Duration // of the last third of the run
	lateLight, lateFull int64
}

// flock runs the agent for a time against simulated cameras in a second and
// a broker in a third process.
func flock(ctx context.Context, dir, program, settings string, length time.Duration) (fl flight, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fl, err
	}
	var cam camerasAnswer
	cameras, err := spawn(ctx, "camera", camerasOrder{Cameras: fleetSize}, &cam)
	if err != nil {
		return fl, err
	}
	defer cameras.close()
	var hub brokerAnswer
	broker, err := spawn(ctx, "broker", struct{}{}, &hub)
	if err != nil {
		return fl, err
	}
	defer broker.close()

	ca, config := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "agent.yaml")
	var b strings.Builder
	fmt.Fprintf(&b, "agent: bench\nbroker:\n  url: mqtts://%s\n  password: secret\n  ca_file: %s\nspool:\n  dir: %s\n%scameras:\n", hub.Addr, ca, filepath.Join(dir, "spool"), settings)
	for i, addr := range cam.Addrs {
		fmt.Fprintf(&b, "  - {code: CAM-%03d, url: \"rtsp://%s/live/main\", username: %s, password: %s, width: 1920, height: 1080, frame_rate: 15}\n", i, addr, cameraUser, cameraPassword)
	}
	if err := errors.Join(os.WriteFile(ca, hub.CA, 0o600), os.WriteFile(config, []byte(b.String()), 0o600)); err != nil {
		return fl, err
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, program, "run", "--config", config)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		return fl, err
	}
	pid := cmd.Process.Pid
	fail := func(err error) (flight, error) {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return fl, fmt.Errorf("%w\n%s", err, tail(said.String()))
	}
	end := time.NewTimer(length)
	late := time.NewTimer(length * 2 / 3)
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	var lateCPU time.Duration
	var atLate camerasAnswer
	for running := true; running; {
		select {
		case <-end.C:
			running = false
		case <-late.C:
			if lateCPU, err = cpuOf(pid); err == nil {
				err = cameras.ask(camerasOrder{}, &atLate)
			}
		case <-tick.C:
			var anonymous int
			if anonymous, err = proc.Status(pid, "RssAnon"); err == nil {
				fl.anonymous = max(fl.anonymous, anonymous)
			}
		case <-ctx.Done():
			err = ctx.Err()
		}
		if err != nil {
			return fail(err)
		}
	}
	if fl.peak, err = proc.Status(pid, "VmHWM"); err == nil {
		fl.cpu, err = cpuOf(pid)
	}
	if err = errors.Join(err, cameras.ask(camerasOrder{}, &cam), broker.ask(struct{}{}, &hub)); err != nil {
		return fail(err)
	}
	fl.full, fl.light = cam.Plays, cam.Describes-cam.Plays
	fl.lateCPU, fl.lateFull, fl.lateLight = fl.cpu-lateCPU, cam.Plays-atLate.Plays, (cam.Describes-cam.Plays)-(atLate.Describes-atLate.Plays)
	// What was measured counts only if the agent did its work.
	up := hub.Cameras["up"]
	if hub.Refused != "" || hub.Live == 0 || up < min(fleetSize, fl.full)*9/10 || fl.full == 0 {
		return fail(fmt.Errorf("the agent did not do its work: %d of %d cameras up, %d live messages, %v, refused %q", up, fleetSize, hub.Live, hub.Cameras, hub.Refused))
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fail(err)
	}
	if err := cmd.Wait(); err != nil {
		return fl, fmt.Errorf("the agent ended: %w\n%s", err, tail(said.String()))
	}
	if err := broker.ask(struct{}{}, &hub); err != nil {
		return fl, err
	}
	if hub.Refused != "" {
		return fl, errors.New("refused: " + hub.Refused)
	}
	return fl, nil
}

func tail(s string) string {
	if len(s) > 3000 {
		s = "…" + s[len(s)-3000:]
	}
	return s
}
