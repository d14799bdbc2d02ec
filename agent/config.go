package agent

import (
	"path/filepath"
	"runtime"
	"time"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/agent/uplink"
	"github.com/phukin/phukin/agent/watch"
)

// Config is the agent's configuration file. Durations are written like 30s or
// 5m. Paths that are not absolute count from the directory of the file.
type Config struct {
	// Agent is the agent's code, as the hub knows it (see wire.CheckCode).
	// It is needed.
	Agent  string       `yaml:"agent"`
	Broker BrokerConfig `yaml:"broker"`
	Spool  SpoolConfig  `yaml:"spool"`

	Interval     Duration `yaml:"interval"`      // time between probes of a camera: 60s; at least 100ms, at most 1h
	Window       Duration `yaml:"window"`        // time for which a picture is measured: 2s
	Timeout      Duration `yaml:"timeout"`       // deadline of a probe, window included: 10s; at least twice the window, at most the interval
	Confirm      int      `yaml:"confirm"`       // failed probes that confirm the first one: 2; 0 to 10
	ConfirmAfter Duration `yaml:"confirm_after"` // time between them: 5s; 10ms to 10m
	ReportEvery  Duration `yaml:"report_every"`  // an observation is reported at the latest after this time: 5m; 100ms to 1h
	LiveEvery    Duration `yaml:"live_every"`    // time between live messages: 10s; 100ms to 10m
	MaxSessions  int      `yaml:"max_sessions"`  // cameras probed at once: 8; 1 to 256

	Cameras []CameraConfig `yaml:"cameras"` // at most MaxCameras
}

// BrokerConfig says where the MQTT broker is.
type BrokerConfig struct {
	URL          string       `yaml:"url"`           // mqtt://host[:1883] or mqtts://host[:8883]; needed
	Username     string       `yaml:"username"`      // it defaults to the agent's code
	Password     probe.Secret `yaml:"password"`      // this or password_file
	PasswordFile string       `yaml:"password_file"` // file that holds the password on its first line
	CAFile       string       `yaml:"ca_file"`       // PEM certificates to trust with mqtts; it defaults to those of the system
}

// SpoolConfig says where observations wait for the hub.
type SpoolConfig struct {
	Dir   string `yaml:"dir"`    // it defaults to /var/lib/phukin-agent/spool, on Windows C:\ProgramData\phukin-agent\spool
	MaxMB int    `yaml:"max_mb"` // bound of all its files: 64 (MiB); 1 to 10240
}

// CameraConfig is one camera.
type CameraConfig struct {
	Code     string       `yaml:"code"` // as in the plan; needed
	URL      string       `yaml:"url"`  // rtsp://host[:554]/path; needed
	Username string       `yaml:"username"`
	Password probe.Secret `yaml:"password"`

	// What the plan expects; 0 or left out: not compared.
	Width     int     `yaml:"width"`      // pixels
	Height    int     `yaml:"height"`     // pixels
	FrameRate float64 `yaml:"frame_rate"` // frames per second

	Interval Duration `yaml:"interval"` // it defaults to the interval of all
}

// MaxCameras bounds the cameras of one agent.
const MaxCameras = 1000

// DefaultConfig is what holds where the file says nothing.
func DefaultConfig() Config {
	return Config{
		Spool:        SpoolConfig{Dir: defaultSpoolDir(), MaxMB: spool.DefaultMaxBytes >> 20},
		Interval:     Duration(watch.DefaultInterval),
		Window:       Duration(probe.DefaultWindow),
		Timeout:      Duration(probe.DefaultTimeout),
		Confirm:      watch.DefaultConfirm,
		ConfirmAfter: Duration(watch.DefaultConfirmAfter),
		ReportEvery:  Duration(watch.DefaultReportEvery),
		LiveEvery:    Duration(uplink.DefaultLiveEvery),
		MaxSessions:  watch.DefaultMaxSessions,
	}
}

func defaultSpoolDir() string {
	if runtime.GOOS == "windows" {
		return `C:\ProgramData\phukin-agent\spool`
	}
	return filepath.FromSlash("/var/lib/phukin-agent/spool")
}

// target is what the probe is told of a camera.
func (c *Config) target(k *CameraConfig) probe.Target {
	return probe.Target{
		URL: k.URL, Username: k.Username, Password: k.Password,
		Window: time.Duration(c.Window), Timeout: time.Duration(c.Timeout),
	}
}

func (k *CameraConfig) expectation() watch.Expectation {
	return watch.Expectation{Width: k.Width, Height: k.Height, FrameRate: k.FrameRate}
}

func (c *Config) broker() uplink.Broker {
	return uplink.Broker{
		URL: c.Broker.URL, Agent: c.Agent, Username: c.Broker.Username, Password: c.Broker.Password, CAFile: c.Broker.CAFile,
	}
}
