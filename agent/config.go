package agent

import (
	"cmp"
	"path/filepath"
	"runtime"

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

	LightInterval Duration `yaml:"light_interval"` // time between probes of a camera: 30s; at least 100ms, at most 1h
	FullInterval  Duration `yaml:"full_interval"`  // time between full probes of it: 5m; at least light_interval, at most 1h
	Depth         Depth    `yaml:"depth"`          // "both" (default), or "full": no light probes, one full probe every full_interval
	Window        Duration `yaml:"window"`         // time for which a picture is measured: 2s
	Timeout       Duration `yaml:"timeout"`        // deadline of a probe, window included: 10s; at least twice the window, at most light_interval
	Confirm       int      `yaml:"confirm"`        // failed probes that confirm the first one: 2; 0 to 10
	ConfirmAfter  Duration `yaml:"confirm_after"`  // time between them: 5s; 10ms to 10m
	ReportEvery   Duration `yaml:"report_every"`   // an observation is reported at the latest after this time: 5m; 100ms to 1h
	LiveEvery     Duration `yaml:"live_every"`     // time between live messages when nothing changes: 2m; 100ms to 10m
	Linger        Duration `yaml:"linger"`         // how long an observation that is no news waits for others: report_every; 10ms to 1h
	MaxRate       int      `yaml:"max_rate"`       // KiB a second of observations to the hub: 256; 1 to 1048576
	MaxSessions   int      `yaml:"max_sessions"`   // cameras probed at once: 8; 1 to 256

	Transport  Transport        `yaml:"transport"`  // of the video: "auto" (TCP, and UDP when a camera wants it; default), "tcp" or "udp"
	UDPPorts   string           `yaml:"udp_ports"`  // local ports for video over UDP, like "50000-50100"; left out: any
	Thresholds ThresholdsConfig `yaml:"thresholds"` // past which a stream is degraded

	// Cameras are the cameras to watch, at most MaxCameras. If there are none the
	// hub says which: see Assigned.
	Cameras []CameraConfig `yaml:"cameras"`
	// Credentials are those of cameras that the hub says; not beside Cameras.
	Credentials []CredentialsConfig `yaml:"credentials"`
}

// Assigned says whether the cameras come from the hub: there are none in the
// configuration.
func (c *Config) Assigned() bool { return len(c.Cameras) == 0 }

// BrokerConfig says where the MQTT broker is.
type BrokerConfig struct {
	URL          string       `yaml:"url"`           // mqtt://host[:1883] or mqtts://host[:8883]; needed
	Username     string       `yaml:"username"`      // it defaults to the agent's code
	Password     probe.Secret `yaml:"password"`      // this or password_file
	PasswordFile string       `yaml:"password_file"` // file that holds the password on its first line
	CAFile       string       `yaml:"ca_file"`       // PEM certificates to trust with mqtts; it defaults to those of the system
	CertFile     string       `yaml:"cert_file"`     // PEM certificate of the agent, to show to a broker that asks for one; only with mqtts
	KeyFile      string       `yaml:"key_file"`      // PEM private key of it
}

// SpoolConfig says where observations wait for the hub.
type SpoolConfig struct {
	Dir   string `yaml:"dir"`    // it defaults to /var/lib/phukin-agent/spool, on Windows C:\ProgramData\phukin-agent\spool
	MaxMB int    `yaml:"max_mb"` // bound of all its files: 64 (MiB); 1 to 10240
}

// CameraConfig is one camera.
type CameraConfig struct {
	Code     string       `yaml:"code"` // as in the plan; needed
	URL      string       `yaml:"url"`  // rtsp://host[:554]/path or rtsps://host[:322]/path; needed
	Username string       `yaml:"username"`
	Password probe.Secret `yaml:"password"`

	// What the plan expects; 0 or left out: not compared.
	Width     int     `yaml:"width"`      // pixels
	Height    int     `yaml:"height"`     // pixels
	FrameRate float64 `yaml:"frame_rate"` // frames per second

	// What follows defaults to what holds for all.
	LightInterval Duration         `yaml:"light_interval"`
	FullInterval  Duration         `yaml:"full_interval"`
	Depth         Depth            `yaml:"depth"`
	Transport     Transport        `yaml:"transport"`
	Thresholds    ThresholdsConfig `yaml:"thresholds"`

	Insecure bool   `yaml:"insecure"` // rtsps: take any certificate; the way is then not secure
	CAFile   string `yaml:"ca_file"`  // rtsps: PEM certificates to trust; it defaults to those of the system
}

// CredentialsConfig is what the plan does not say of a camera. It wins over
// credentials that were entered at the hub.
type CredentialsConfig struct {
	Code     string       `yaml:"code"` // as in the plan; needed
	Username string       `yaml:"username"`
	Password probe.Secret `yaml:"password"`
	Insecure bool         `yaml:"insecure"` // as in CameraConfig
	CAFile   string       `yaml:"ca_file"`  // as in CameraConfig
}

// ThresholdsConfig says past which values a stream is degraded.
type ThresholdsConfig struct {
	FrameRate   float64  `yaml:"frame_rate"`   // least share of the planned frame rate: 0.6; 0.01 to 1
	KeyframeGap Duration `yaml:"keyframe_gap"` // longest time between key frames: 10s; 100ms to 10m
	Loss        float64  `yaml:"loss"`         // greatest fraction of RTP packets lost: 0.02; 0.0001 to 1
}

// Depth says which probes a camera gets.
type Depth string

// The depths.
const (
	DepthBoth Depth = "both" // light ones, and full ones now and then
	DepthFull Depth = "full" // full ones only
)

// Transport says how video comes.
type Transport string

// The transports.
const (
	TransportAuto Transport = "auto" // TCP first, UDP when the camera takes no TCP
	TransportTCP  Transport = "tcp"
	TransportUDP  Transport = "udp"
)

// MaxCameras bounds the cameras of one agent.
const MaxCameras = 1000

// DefaultConfig is what holds where the file says nothing.
func DefaultConfig() Config {
	return Config{
		Spool:         SpoolConfig{Dir: defaultSpoolDir(), MaxMB: spool.DefaultMaxBytes >> 20},
		LightInterval: Duration(watch.DefaultLightInterval),
		FullInterval:  Duration(watch.DefaultFullInterval),
		Depth:         DepthBoth,
		Transport:     TransportAuto,
		Thresholds: ThresholdsConfig{
			FrameRate: watch.DefaultFrameRateShare, KeyframeGap: Duration(watch.DefaultKeyframeGap), Loss: watch.DefaultLoss,
		},
		Window:       Duration(probe.DefaultWindow),
		Timeout:      Duration(probe.DefaultTimeout),
		Confirm:      watch.DefaultConfirm,
		ConfirmAfter: Duration(watch.DefaultConfirmAfter),
		ReportEvery:  Duration(watch.DefaultReportEvery),
		LiveEvery:    Duration(uplink.DefaultLiveEvery),
		MaxRate:      uplink.DefaultMaxRate >> 10,
		MaxSessions:  watch.DefaultMaxSessions,
	}
}

func defaultSpoolDir() string {
	if runtime.GOOS == "windows" {
		return `C:\ProgramData\phukin-agent\spool`
	}
	return filepath.FromSlash("/var/lib/phukin-agent/spool")
}

// planDir is where the list of cameras from the hub is kept, with the key to
// their credentials.
func (c *Config) planDir() string { return filepath.Join(c.Spool.Dir, "plan") }

// linger is how long an observation that is no news waits for others.
func (c *Config) linger() Duration { return cmp.Or(c.Linger, c.ReportEvery) }

func (c *Config) broker() uplink.Broker {
	return uplink.Broker{
		URL: c.Broker.URL, Agent: c.Agent, Username: c.Broker.Username, Password: c.Broker.Password, CAFile: c.Broker.CAFile,
		CertFile: c.Broker.CertFile, KeyFile: c.Broker.KeyFile,
	}
}
