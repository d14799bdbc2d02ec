package agent

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// problem is something wrong with the value at a YAML path such as
// "cameras[2].url".
type problem struct{ path, message string }

type problems []problem

func (ps *problems) add(path, format string, args ...any) {
	*ps = append(*ps, problem{path, fmt.Sprintf(format, args...)})
}

func (ps *problems) between(path string, d Duration, least, most time.Duration) {
	if v := time.Duration(d); v < least || v > most {
		ps.add(path, "%v is out of range, %v to %v is allowed", v, least, most)
	}
}

func (ps *problems) number(path string, n, least, most int) {
	if n < least || n > most {
		ps.add(path, "%d is out of range, %d to %d is allowed", n, least, most)
	}
}

func (ps *problems) oneOf(path, got string, allowed ...string) {
	if !slices.Contains(allowed, got) {
		ps.add(path, "%q is not known: write %s", got, strings.Join(allowed, " or "))
	}
}

func (ps *problems) thresholds(at string, t ThresholdsConfig, inherits bool) {
	share := func(path string, v, least float64) {
		if !(v >= least && v <= 1) && (v != 0 || !inherits) {
			ps.add(at+path, "%g is out of range, %g to 1 is allowed", v, least)
		}
	}
	share("thresholds.frame_rate", t.FrameRate, 0.01)
	share("thresholds.loss", t.Loss, 0.0001)
	if t.KeyframeGap != 0 || !inherits {
		ps.between(at+"thresholds.keyframe_gap", t.KeyframeGap, 100*time.Millisecond, 10*time.Minute)
	}
}

// camera finds what is wrong with a camera but for its code. at begins the paths;
// timingOK says that windows, timeouts and ports of all are in order.
func (ps *problems) camera(c *Config, k *CameraConfig, at string, timingOK bool) {
	if timingOK {
		t, err := c.target(k)
		if err == nil {
			err = t.Validate()
		}
		if err != nil {
			key, text, _ := strings.Cut(err.Error(), ": ")
			ps.add(at+key, "%s", text)
		}
	}
	ps.number(at+"width", k.Width, 0, 1<<16)
	ps.number(at+"height", k.Height, 0, 1<<16)
	if !(k.FrameRate >= 0 && k.FrameRate <= 1000) {
		ps.add(at+"frame_rate", "%g is out of range, 0 to 1000 is allowed", k.FrameRate)
	}
	if k.Depth != "" {
		ps.oneOf(at+"depth", string(k.Depth), "both", "full")
	}
	if k.Transport != "" {
		ps.oneOf(at+"transport", string(k.Transport), "auto", "tcp", "udp")
	}
	ps.thresholds(at, k.Thresholds, true)
	light, full := cmp.Or(k.LightInterval, c.LightInterval), cmp.Or(k.FullInterval, c.FullInterval)
	if k.LightInterval != 0 {
		ps.between(at+"light_interval", k.LightInterval, max(100*time.Millisecond, time.Duration(c.Timeout)), time.Hour)
	}
	if k.FullInterval != 0 {
		ps.between(at+"full_interval", k.FullInterval, 100*time.Millisecond, time.Hour)
	}
	if (k.LightInterval != 0 || k.FullInterval != 0) && full < light {
		key := "full_interval"
		if k.FullInterval == 0 {
			key = "light_interval"
		}
		ps.add(at+key, "full_interval, which is %v, must not be shorter than light_interval, which is %v", full, light)
	}
}

// credentials finds what is wrong with those of cameras that the hub says.
func (ps *problems) credentials(c *Config) {
	if len(c.Credentials) > 0 && !c.Assigned() {
		ps.add("credentials", "they are for cameras that come from the hub: leave cameras out, or write user name and password there")
		return
	}
	if len(c.Credentials) > MaxCameras {
		ps.add("credentials", "those of %d cameras, at most %d are allowed", len(c.Credentials), MaxCameras)
	}
	seen := map[string]bool{}
	for i := range c.Credentials {
		k := &c.Credentials[i]
		at := fmt.Sprintf("credentials[%d].", i)
		switch err := wire.CheckCode(k.Code); {
		case k.Code == "":
			ps.add(at+"code", "is missing: it is the camera's code in the plan")
		case err != nil:
			ps.add(at+"code", "%v", err)
		case seen[k.Code]:
			ps.add(at+"code", "camera %s is there twice", k.Code)
		}
		seen[k.Code] = true
		t, err := c.target(&CameraConfig{URL: "rtsps://camera/", Username: k.Username, Password: k.Password, Insecure: k.Insecure, CAFile: k.CAFile})
		if err == nil {
			t.Window, t.Timeout = 0, 0 // they are looked at elsewhere
			err = t.Validate()
		}
		if key, text, _ := strings.Cut(fmt.Sprint(err), ": "); err != nil && key != "udp_ports" {
			ps.add(at+key, "%s", text)
		}
	}
}

// Validate returns an error that names every key that is wrong and says what
// would be right, or nil. LoadConfig has done that already, with the lines.
func (c *Config) Validate() error {
	var errs []error
	for _, p := range c.problems(func(string) int { return 0 }) {
		errs = append(errs, fmt.Errorf("configuration: %s: %s", p.path, p.message))
	}
	return errors.Join(errs...)
}

// problems finds what is wrong. line gives the line of a path, 0 when it is
// not known.
func (c *Config) problems(line func(path string) int) []problem {
	var ps problems
	add, between, number := ps.add, ps.between, ps.number

	agentOK := true
	if c.Agent == "" {
		add("agent", "is missing: it is the agent's code, as the hub knows it")
		agentOK = false
	} else if err := wire.CheckCode(c.Agent); err != nil {
		add("agent", "%v", err)
		agentOK = false
	}
	if c.Broker.URL == "" {
		add("broker.url", "is missing: write mqtts://host or mqtt://host")
	} else if b := c.broker(); agentOK {
		if err := b.Validate(); err != nil {
			path, text := "broker.url", strings.TrimPrefix(err.Error(), "broker: ")
			for about, key := range map[string]string{"CA file": "broker.ca_file", "certificate file": "broker.cert_file", "key file": "broker.key_file"} {
				if rest, ok := strings.CutPrefix(text, about); ok {
					path, text = key, strings.TrimPrefix(rest, ": ")
				}
			}
			add(path, "%s", strings.TrimPrefix(text, "url "))
		}
	}
	if c.Spool.Dir == "" {
		add("spool.dir", "is empty: it must be a directory")
	}
	number("spool.max_mb", c.Spool.MaxMB, 1, 10240)
	between("light_interval", c.LightInterval, 100*time.Millisecond, time.Hour)
	between("full_interval", c.FullInterval, 100*time.Millisecond, time.Hour)
	between("confirm_after", c.ConfirmAfter, 10*time.Millisecond, 10*time.Minute)
	between("report_every", c.ReportEvery, 100*time.Millisecond, time.Hour)
	between("live_every", c.LiveEvery, 100*time.Millisecond, 10*time.Minute)
	if c.Linger != 0 {
		between("linger", c.Linger, 10*time.Millisecond, time.Hour)
	}
	number("max_rate", c.MaxRate, 1, 1<<20)
	number("confirm", c.Confirm, 0, 10)
	number("max_sessions", c.MaxSessions, 1, 256)

	ps.oneOf("depth", string(c.Depth), "both", "full")
	ps.oneOf("transport", string(c.Transport), "auto", "tcp", "udp")
	ps.thresholds("", c.Thresholds, false)

	// The probe knows what windows, timeouts and ports it takes.
	timing, err := c.target(&CameraConfig{URL: "rtsp://camera/"})
	if err == nil {
		err = timing.Validate()
	}
	timingOK := err == nil
	if !timingOK {
		key, text, _ := strings.Cut(err.Error(), ": ")
		add(key, "%s", text)
	} else if c.Timeout > c.LightInterval {
		add("timeout", "%v is longer than light_interval, which is %v", c.Timeout, c.LightInterval)
	}
	if c.FullInterval < c.LightInterval {
		path := "full_interval"
		if line(path) == 0 {
			path = "light_interval"
		}
		add(path, "full_interval, which is %v, must not be shorter than light_interval, which is %v", c.FullInterval, c.LightInterval)
	}

	if len(c.Cameras) > MaxCameras {
		add("cameras", "%d cameras, at most %d are allowed", len(c.Cameras), MaxCameras)
	}
	first := map[string]string{}
	for i := range c.Cameras {
		k := &c.Cameras[i]
		at := fmt.Sprintf("cameras[%d]", i)
		if k.Code == "" {
			add(at+".code", "is missing: it is the camera's code in the plan")
		} else if err := wire.CheckCode(k.Code); err != nil {
			add(at+".code", "%v", err)
		} else if before, ok := first[k.Code]; ok {
			text := "camera %s is there twice"
			if n := line(before); n > 0 {
				text += fmt.Sprintf(", first on line %d", n)
			}
			add(at+".code", text, k.Code)
		} else {
			first[k.Code] = at + ".code"
		}
		ps.camera(c, k, at+".", timingOK)
	}
	ps.credentials(c)
	return ps
}
