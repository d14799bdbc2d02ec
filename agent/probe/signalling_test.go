package probe_test

import (
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/probe/probetest"
	"github.com/phukin/phukin/hub/wire"
)

const goodMode = "h264 with parameter sets in the description"

// names is a resolver with one answer. Without addresses it waits for its
// context.
type names []string

func (n names) LookupNetIP(ctx context.Context, network, _ string) ([]netip.Addr, error) {
	var out []netip.Addr
	for _, s := range n {
		out = append(out, netip.MustParseAddr(s))
	}
	if network != "ip" || len(out) == 0 {
		<-ctx.Done()
	}
	return out, ctx.Err()
}

func TestEveryAddressOfANameIsTried(t *testing.T) {
	for _, tc := range []struct {
		name    string
		ips     names
		address string // that answers, "" if none
		fault   wire.Fault
		text    string
	}{
		{"one", names{"127.0.0.1"}, "127.0.0.1", 0, ""},
		{"the first refuses", names{"127.0.0.3", "127.0.0.1"}, "127.0.0.1", 0, ""},
		{"IPv6 refuses", names{"::1", "::ffff:127.0.0.1"}, "127.0.0.1", 0, ""},
		{"the only one of its family comes last", names{"::1", "::2", "::3", "::4", "127.0.0.1"}, "127.0.0.1", 0, ""},
		{"all refuse", names{"127.0.0.3", "127.0.0.4", "127.0.0.4"}, "", wire.FaultRefused, "2 addresses, none answers"},
		{"one refuses and one has no route", names{"127.0.0.3", "fe80::1"}, "", wire.FaultRefused, "2 addresses"},
		{"the resolver is silent", nil, "", wire.FaultTimeout, "no answer in time"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			cam := start(t, mode(t, goodMode))
			_, port, _ := strings.Cut(strings.TrimPrefix(cam.URL(), "rtsp://"), ":")
			res := probe.Probe(t.Context(), probe.Target{URL: "rtsp://camera.test:" + port, Depth: probe.Light, Timeout: 600 * time.Millisecond, Resolver: tc.ips})
			t.Log(res.Err)
			want := netip.AddrPort{}
			if tc.address != "" {
				want = netip.MustParseAddrPort(tc.address + ":" + port[:strings.Index(port, "/")])
			}
			if res.Address != want || res.Fault != tc.fault || res.OK() != (tc.fault == 0) {
				t.Errorf("%v answers, want %v; fault %v, want %v: %v", res.Address, want, res.Fault, tc.fault, res.Err)
			}
			if tc.text != "" && !strings.Contains(res.Err.Error(), tc.text) {
				t.Errorf("%v lacks %q", res.Err, tc.text)
			}
			if res.Elapsed > 600*time.Millisecond+slack {
				t.Errorf("took %v", res.Elapsed)
			}
		})
	}
}

// A light probe finds what a full one finds as far as it goes, and opens no
// session.
func TestALightProbeEndsWithTheDescription(t *testing.T) {
	for _, m := range probetest.Modes() {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			try(t, func(r reporter) {
				cam := start(t, m)
				res := probe.Probe(t.Context(), probe.Target{URL: cam.URL(), Depth: probe.Light, Timeout: 800 * time.Millisecond, Insecure: m.Insecure, RootCAs: cam.RootCAs()})
				cam.Wait()
				fault, on := m.Fault, m.FellOn
				if on > wire.RungAuth || m.Name == "asks for a password only at SETUP" {
					fault, on = wire.FaultNone, wire.RungNone
				}
				if res.Depth != probe.Light || res.Fault != fault || res.FellOn != on || res.OK() != (fault == wire.FaultNone) || res.Aborted() {
					r.Errorf("fault %v on %v, ok %v; want %v on %v: %v", res.Fault, res.FellOn, res.OK(), fault, on, res.Err)
				}
				if res.OK() && res.Reached != wire.RungAuth || res.Elapsed > 800*time.Millisecond+slack {
					r.Errorf("reached %v after %v", res.Reached, res.Elapsed)
				}
				checkStages(r, m.TLS, &res)
				for _, q := range cam.Requests() {
					if slices.Contains([]string{"SETUP", "PLAY", "TEARDOWN"}, q.Method) {
						r.Errorf("it sent %s", q.Method)
					}
				}
			})
		})
	}
}

// A probe to the key frame finds what a full one finds as far as it goes, has
// the codec, the size and the declared rate, measures nothing, and says goodbye.
func TestAProbeToTheKeyFrameEndsWithIt(t *testing.T) {
	for _, m := range probetest.Modes() {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			try(t, func(r reporter) {
				cam := start(t, m)
				fault, on := m.Fault, m.FellOn
				target := probe.Target{URL: cam.URL(), Depth: probe.Keyframe, Timeout: 800 * time.Millisecond, Insecure: m.Insecure, RootCAs: cam.RootCAs()}
				if m.Good() || on == wire.RungFresh { // it may have to wait for a key frame
					fault, on, target.Timeout = wire.FaultNone, wire.RungNone, 4*time.Second
				}
				if m.UDP {
					target.Transport = probe.TransportUDP
				}
				res := probe.Probe(t.Context(), target)
				cam.Wait()
				if res.Depth != probe.Keyframe || res.Fault != fault || res.FellOn != on || res.OK() != (fault == wire.FaultNone) || res.Aborted() {
					r.Errorf("fault %v on %v, ok %v; want %v on %v: %v", res.Fault, res.FellOn, res.OK(), fault, on, res.Err)
				}
				if res.OK() && res.Reached != wire.RungKeyframe || res.Elapsed > target.Timeout+slack {
					r.Errorf("reached %v after %v", res.Reached, res.Elapsed)
				}
				checkStages(r, m.TLS, &res)
				checkRequests(r, m, cam, &res)
				if m.Good() && (res.Codec != m.Codec || res.Width != m.Width || res.Height != m.Height || math.Abs(res.NominalRate-m.NominalRate) > 0.001) {
					r.Errorf("%v %d×%d at %v, want %v %d×%d at %v", res.Codec, res.Width, res.Height, res.NominalRate, m.Codec, m.Width, m.Height, m.NominalRate)
				}
				if res.Packets != 0 || res.FrameRate != 0 || res.BitRate != 0 {
					r.Errorf("%d packets were measured: %v frames per second, %v bit/s", res.Packets, res.FrameRate, res.BitRate)
				}
			})
		})
	}
}

func setups(cam *probetest.Camera) (out []string) {
	for _, r := range cam.Requests() {
		if r.Method == "SETUP" {
			out = append(out, r.Header["transport"])
		}
	}
	return out
}

func TestTheTransportOfTheTargetIsKept(t *testing.T) {
	for _, tc := range []struct {
		mode      string
		transport probe.Transport
		setups    int
		used      probe.Transport
		fault     wire.Fault
	}{
		{goodMode, probe.TransportAuto, 1, probe.TransportTCP, 0},
		{goodMode, probe.TransportTCP, 1, probe.TransportTCP, 0},
		{goodMode, probe.TransportUDP, 1, probe.TransportUDP, 0},
		{"UDP only", probe.TransportAuto, 2, probe.TransportUDP, 0},
		{"UDP only", probe.TransportTCP, 1, probe.TransportAuto, wire.FaultUnsupportedTransport},
		{"neither TCP nor UDP", probe.TransportAuto, 2, probe.TransportAuto, wire.FaultUnsupportedTransport},
		{"TCP in the answer to SETUP for UDP", probe.TransportUDP, 1, probe.TransportTCP, 0},
	} {
		t.Run(fmt.Sprintf("%s, %v", tc.mode, tc.transport), func(t *testing.T) {
			t.Parallel()
			cam := start(t, mode(t, tc.mode))
			res := probe.Probe(t.Context(), probe.Target{URL: cam.URL(), Transport: tc.transport, Window: 300 * time.Millisecond, Timeout: 3 * time.Second})
			cam.Wait()
			if res.Fault != tc.fault || res.Transport != tc.used || len(setups(cam)) != tc.setups {
				t.Errorf("fault %v, transport %v, %q: %v", res.Fault, res.Transport, setups(cam), res.Err)
			}
			if by := map[probe.Transport]probe.LossBy{probe.TransportTCP: probe.LossByCamera, probe.TransportUDP: probe.LossByLine}[tc.used]; res.LossBy != by {
				t.Errorf("loss by %q, want %q", res.LossBy, by)
			}
		})
	}
}

// freePairs gives a range of n pairs of ports that are free now.
func freePairs(t *testing.T, n int) probe.PortRange {
	t.Helper()
	for first := 42000; first < 60000; first += 2 * n {
		free := true
		for p := first; p < first+2*n; p++ {
			c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: p})
			if err != nil {
				free = false
				break
			}
			_ = c.Close()
		}
		if free {
			return probe.PortRange{First: uint16(first), Last: uint16(first + 2*n - 1)}
		}
	}
	t.Fatal("no free ports")
	return probe.PortRange{}
}

func TestUDPPortsAreTakenFromTheirRange(t *testing.T) {
	r := freePairs(t, 2)
	m := mode(t, "UDP by configuration")
	target := probe.Target{Transport: probe.TransportUDP, UDPPorts: probe.PortRange{First: r.First - 1, Last: r.Last}, Window: 100 * time.Millisecond, Timeout: 3 * time.Second}
	var held []*net.UDPConn
	for i, want := range []string{fmt.Sprintf("client_port=%d-%d", r.First, r.First+1), fmt.Sprintf("client_port=%d-%d", r.First+2, r.First+3), ""} {
		for _, c := range held {
			_ = c.Close()
		}
		held = nil
		for p := r.First; p <= r.Last; p++ { // all are taken but those wanted
			if want != "" && (p-r.First)/2 == uint16(i) {
				continue
			}
			c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(p)})
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, c)
		}
		cam := start(t, m)
		target.URL = cam.URL()
		res := probe.Probe(t.Context(), target)
		cam.Wait()
		if want == "" {
			if !res.Aborted() || res.OK() || res.FellOn != wire.RungNone || !strings.Contains(res.Err.Error(), fmt.Sprint(r.Last)) || len(setups(cam)) != 0 {
				t.Errorf("without free ports: %+v", res)
			}
			continue
		}
		if s := setups(cam); !res.OK() || len(s) != 1 || !strings.Contains(s[0], want) {
			t.Errorf("%q, want %s: %v", s, want, res.Err)
		}
	}
	for _, c := range held {
		_ = c.Close()
	}
}

func TestWithoutMediaOverUDPTheErrorSpeaksOfTheFirewall(t *testing.T) {
	for name, want := range map[string]string{
		"UDP that a firewall drops": "a firewall must let UDP",
		"UDP from another port":     "came from another address or port",
		"UDP to another port":       "the camera sends it to port 5000",
	} {
		cam := start(t, mode(t, name))
		res := probe.Probe(t.Context(), probe.Target{URL: cam.URL(), Window: 100 * time.Millisecond, Timeout: 400 * time.Millisecond})
		if res.Err == nil || !strings.Contains(res.Err.Error(), want) {
			t.Errorf("%s: %v", name, res.Err)
		}
	}
}

func TestTheSessionIsKeptAlive(t *testing.T) {
	for _, tc := range []struct {
		mode         string
		get, options int // besides the first OPTIONS
	}{
		{"keep-alive", 4, 0},
		{"keep-alive refused", 1, 3},
		{"keep-alive never answered", 4, 0},
		{"keep-alive whose nonce ran out", 4, 0},
		{"a session timeout of 0", 0, 0},
	} {
		t.Run(tc.mode, func(t *testing.T) {
			t.Parallel()
			cam := start(t, mode(t, tc.mode))
			res := probe.Probe(t.Context(), probe.Target{URL: cam.URL(), Window: 2400 * time.Millisecond, Timeout: 6 * time.Second})
			cam.Wait()
			get, options := 0, -1
			for _, r := range cam.Requests() {
				switch r.Method {
				case "GET_PARAMETER":
					get++
					if r.Header["session"] != "4711" {
						t.Errorf("session %q", r.Header["session"])
					}
				case "OPTIONS":
					options++
				}
			}
			if !res.OK() || get != tc.get || options != tc.options {
				t.Errorf("%d GET_PARAMETER and %d OPTIONS, want %d and %d: %v", get, options, tc.get, tc.options, res.Err)
			}
		})
	}
}

func TestEverySessionIsTornDown(t *testing.T) {
	for name, session := range map[string]string{
		goodMode: "4711", "rtsps": "4711", "UDP only": "4711", "channels beyond a byte": "", "UDP ports beyond 16 bits": "4711",
		"multicast": "4711", "multicast for everything": "1", "busy at PLAY": "4711", "no such session": "4711", "no packets": "4711",
		"UDP that a firewall drops": "4711", "garbage over UDP without end": "4711", "no codec": "4711",
		"digest whose nonce runs out before TEARDOWN": "4711", "UDP in the answer to SETUP for TCP, and then refused": "4711",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := mode(t, name)
			cam := start(t, m)
			probe.Probe(t.Context(), probe.Target{URL: cam.URL(), RootCAs: cam.RootCAs(), Window: 200 * time.Millisecond, Timeout: 900 * time.Millisecond})
			cam.Wait()
			rs := cam.Requests()
			last := rs[len(rs)-1]
			if last.Method != "TEARDOWN" || last.Header["session"] != session {
				t.Errorf("the last request is %s of session %q, want TEARDOWN of %q", last.Method, last.Header["session"], session)
			}
			goodbyes := 1
			if m.Name == "digest whose nonce runs out before TEARDOWN" {
				goodbyes = 2 // the first was answered with 401
			}
			if n := slices.IndexFunc(rs, func(r probetest.Request) bool { return r.Method == "TEARDOWN" }); n != len(rs)-goodbyes {
				t.Errorf("TEARDOWN is request %d of %d", n+1, len(rs))
			}
		})
	}
}

func TestCertificatesAreJudgedByTheGivenClock(t *testing.T) {
	for _, tc := range []struct {
		mode  string
		days  int
		fault wire.Fault
	}{
		{"a certificate that has expired", -1, 0},
		{"a certificate that is not yet valid", 1, 0},
		{"rtsps", 0, 0},
		{"rtsps", 30, wire.FaultCertExpired},
		{"rtsps", -20000, wire.FaultCertExpired}, // a device that woke up in 1970
	} {
		cam := start(t, mode(t, tc.mode))
		res := probe.Probe(t.Context(), probe.Target{URL: cam.URL(), RootCAs: cam.RootCAs(), Depth: probe.Light, Timeout: 3 * time.Second,
			Now: func() time.Time { return time.Now().AddDate(0, 0, tc.days) }})
		if res.Fault != tc.fault || res.OK() != (tc.fault == 0) {
			t.Errorf("%s, %d days from now: %v", tc.mode, tc.days, res.Err)
		}
		if tc.fault != 0 && !strings.Contains(res.Err.Error(), "our clock says") {
			t.Errorf("%v does not name the clock", res.Err)
		}
	}
}

// listenIPv6 skips the test loudly where the kernel has no IPv6. Nothing can be
// installed against that, so it is no failure where peers are required.
func listenIPv6(t *testing.T) *net.TCPListener {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "[::1]:0")
	if err != nil {
		why := fmt.Sprintf("LOUD SKIP: no IPv6 here (%v); mend it with: sysctl net.ipv6.conf.lo.disable_ipv6=0, or a kernel that has it", err)
		fmt.Fprintln(os.Stderr, why)
		t.Skip(why)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return ln.(*net.TCPListener)
}

func TestACameraIsProbedOverIPv6(t *testing.T) {
	ln := listenIPv6(t)
	cam := start(t, mode(t, goodMode))
	at := strings.TrimPrefix(cam.URL(), "rtsp://")
	at, path, _ := strings.Cut(at, "/")
	done := make(chan error, 1)
	go func() { // carries one connection on to the camera
		done <- func() error {
			in, err := ln.Accept()
			if err != nil {
				return err
			}
			defer in.Close()
			out, err := net.Dial("tcp", at)
			if err != nil {
				return err
			}
			defer out.Close()
			back := make(chan struct{})
			go func() { defer close(back); _, _ = io.Copy(in, out); _ = in.Close() }()
			_, _ = io.Copy(out, in)
			_ = out.Close()
			<-back
			return nil
		}()
	}()
	res := probe.Probe(t.Context(), probe.Target{URL: "rtsp://" + ln.Addr().String() + "/" + path, Depth: probe.Keyframe, Timeout: 3 * time.Second})
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	cam.Wait()
	if !res.OK() || res.Address.String() != ln.Addr().String() || res.Width == 0 {
		t.Errorf("%v at %v, %d×%d: %v", res.Reached, res.Address, res.Width, res.Height, res.Err)
	}
}

func TestAnIPv6AddressThatRefusesIsReported(t *testing.T) {
	ln := listenIPv6(t)
	_ = ln.Close()
	res := probe.Probe(t.Context(), probe.Target{URL: "rtsp://" + ln.Addr().String(), Depth: probe.Light, Timeout: time.Second})
	if res.Fault != wire.FaultRefused {
		t.Errorf("%v: %v", res.Fault, res.Err)
	}
}

func TestDatagramsThatNobodyTakesDoNotHoldUpTheEnd(t *testing.T) {
	done := make(chan error)
	go func() { done <- probe.FillQueue() }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("close hangs")
	}
}
