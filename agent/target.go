package agent

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/watch"
)

// maxCA bounds a file of certificates.
const maxCA = 1 << 20

// target is what the probe is told of a camera. It reads the camera's ca_file;
// its error begins with the key that is wrong.
func (c *Config) target(k *CameraConfig) (probe.Target, error) {
	t := probe.Target{
		URL: k.URL, Username: k.Username, Password: k.Password,
		Window: time.Duration(c.Window), Timeout: time.Duration(c.Timeout), Insecure: k.Insecure,
	}
	switch cmp.Or(k.Transport, c.Transport) {
	case TransportTCP:
		t.Transport = probe.TransportTCP
	case TransportUDP:
		t.Transport = probe.TransportUDP
	}
	var err error
	if t.UDPPorts, err = parsePorts(c.UDPPorts); err != nil {
		return probe.Target{}, fmt.Errorf("udp_ports: %w", err)
	}
	if k.CAFile != "" {
		if t.RootCAs, err = readCA(k.CAFile); err != nil {
			return probe.Target{}, fmt.Errorf("ca_file: %w", err)
		}
	}
	return t, nil
}

func readCA(path string) (*x509.CertPool, error) {
	pem, err := readFile(path, maxCA)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("holds no PEM certificate")
	}
	return pool, nil
}

// parsePorts reads "first-last"; the empty text is no range.
func parsePorts(text string) (r probe.PortRange, err error) {
	if text == "" {
		return r, nil
	}
	first, last, _ := strings.Cut(text, "-")
	from, err1 := strconv.ParseUint(strings.TrimSpace(first), 10, 16)
	to, err2 := strconv.ParseUint(strings.TrimSpace(last), 10, 16)
	// RTP takes an even port and RTCP the one after it (RFC 3550 §11).
	if err1 != nil || err2 != nil || from < 1024 || from+from%2+1 > to {
		return r, fmt.Errorf("%q is no range of ports: write it like 50000-50100, from 1024 to 65535, an even one and the one after it at least", text)
	}
	return probe.PortRange{First: uint16(from), Last: uint16(to)}, nil
}

// expectation is what the camera's stream is compared with.
func (c *Config) expectation(k *CameraConfig) watch.Expectation {
	return watch.Expectation{Width: k.Width, Height: k.Height, FrameRate: k.FrameRate, Thresholds: watch.Thresholds{
		FrameRate:   cmp.Or(k.Thresholds.FrameRate, c.Thresholds.FrameRate),
		KeyframeGap: time.Duration(cmp.Or(k.Thresholds.KeyframeGap, c.Thresholds.KeyframeGap)),
		Loss:        cmp.Or(k.Thresholds.Loss, c.Thresholds.Loss),
	}}
}

// watched is what the watch is told of a camera.
func (c *Config) watched(k *CameraConfig) (watch.Camera, error) {
	t, err := c.target(k)
	return watch.Camera{
		Code: k.Code, Target: t, Expect: c.expectation(k), FullOnly: cmp.Or(k.Depth, c.Depth) == DepthFull,
		LightInterval: time.Duration(k.LightInterval), FullInterval: time.Duration(k.FullInterval),
	}, err
}
