package probe_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/probe/probetest"
	"github.com/phukin/phukin/hub/wire"
)

const slack = 100 * time.Millisecond // what a probe may take beyond its timeout

func start(t *testing.T, m probetest.Mode) *probetest.Camera {
	t.Helper()
	cam, err := probetest.Start(m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cam.Close)
	return cam
}

func TestEveryModeIsReportedAsWhatItIs(t *testing.T) {
	names := map[string]bool{}
	for _, m := range probetest.Modes() {
		if names[m.Name] {
			t.Fatalf("two modes are called %q", m.Name)
		}
		names[m.Name] = true
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			try(t, func(r reporter) {
				cam := start(t, m)
				target := probe.Target{URL: cam.URL(), Window: 400 * time.Millisecond, Timeout: 1200 * time.Millisecond,
					Insecure: m.Insecure, RootCAs: cam.RootCAs()}
				if m.UDP {
					target.Transport = probe.TransportUDP
				}
				if m.Good() {
					// The second key frame after the first comes 800 ms later:
					// well within the window, not on its border.
					target.Window, target.Timeout = 860*time.Millisecond, 4*time.Second
				}
				res := probe.Probe(t.Context(), target)
				cam.Wait()
				check(r, m, target, &res)
				checkRequests(r, m, cam, &res)
			})
		})
	}
}

func check(t reporter, m probetest.Mode, target probe.Target, res *probe.Result) {
	t.Helper()
	t.Logf("reached %v, fault %v on %v after %v: %v", res.Reached, res.Fault, res.FellOn, res.Elapsed.Round(time.Millisecond), res.Err)
	if res.Redirects != m.Redirects {
		t.Errorf("followed %d redirects, want %d", res.Redirects, m.Redirects)
	}
	if res.Fault != m.Fault || res.FellOn != m.FellOn || res.RTSPStatus != m.Status || res.AuthAsked != m.AuthAsked {
		t.Errorf("fault %v on %v, status %d, auth asked %v; want %v on %v, %d, %v: %v", res.Fault, res.FellOn, res.RTSPStatus, res.AuthAsked,
			m.Fault, m.FellOn, m.Status, m.AuthAsked, res.Err)
	}
	if res.Elapsed > target.Timeout+slack {
		t.Errorf("took %v, the timeout was %v", res.Elapsed, target.Timeout)
	}
	if res.Aborted() || (res.Err == nil) != m.Good() || res.OK() != m.Good() {
		t.Errorf("ok %v, aborted %v, error %v", res.OK(), res.Aborted(), res.Err)
	}
	checkStages(t, m.TLS, res)
	if res.Err != nil {
		text := res.Err.Error()
		if m.Password != "" && strings.Contains(text, m.Password) || strings.Contains(text, "/live") {
			t.Errorf("the error %q holds a password or a path", text)
		}
		if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) || len(text) > 300 {
			t.Errorf("the error %q is not fit to print", text)
		}
	}
	if m.Good() {
		checkGood(t, m, res)
	}
}

func checkStages(t reporter, tls bool, res *probe.Result) {
	t.Helper()
	want := wire.RungNone
	var sum time.Duration
	for _, s := range res.Stages {
		if want++; want == wire.RungTLS && !tls {
			want++
		}
		if s.Rung != want || s.Duration < 0 {
			t.Errorf("stage %v of %v, want %v", s.Rung, s.Duration, want)
		}
		sum += s.Duration
	}
	if res.Reached != want || sum > res.Elapsed {
		t.Errorf("reached %v, the last stage is %v; stages sum to %v of %v", res.Reached, want, sum, res.Elapsed)
	}
	if want++; want == wire.RungTLS && !tls {
		want++
	}
	if res.FellOn != want && !res.OK() {
		t.Errorf("fell on %v, but the next rung is %v", res.FellOn, want)
	}
}

func checkGood(t reporter, m probetest.Mode, res *probe.Result) {
	t.Helper()
	if res.Codec != m.Codec || res.Width != m.Width || res.Height != m.Height {
		t.Errorf("%v %d×%d, want %v %d×%d", res.Codec, res.Width, res.Height, m.Codec, m.Width, m.Height)
	}
	if math.Abs(res.FrameRate-m.FrameRate) > 0.15*m.FrameRate {
		t.Errorf("%.2f frames per second, want %.0f", res.FrameRate, m.FrameRate)
	}
	if math.Abs(res.NominalRate-m.NominalRate) > 0.001 {
		t.Errorf("%.2f frames per second declared, want %.2f", res.NominalRate, m.NominalRate)
	}
	if (res.Loss > 0) != m.Lost || (res.Lost > 0) != m.Lost || res.BitRate <= 0 || res.Packets < 1 || res.Frames < 2 || res.Keyframes < 2 {
		t.Errorf("loss %v of %d packets by the %s, %v bit/s, %d packets, %d frames, %d key frames", res.Loss, res.Lost, res.LossBy, res.BitRate, res.Packets, res.Frames, res.Keyframes)
	}
	if res.KeyframeGap < 0.75*m.KeyframeGap || res.KeyframeGap > 1.125*m.KeyframeGap {
		t.Errorf("key frames %.3f s apart, want %.3f s", res.KeyframeGap, m.KeyframeGap)
	}
	if res.SuspectStatic != m.SuspectStatic || res.TimestampFaults != m.TimestampFaults || res.SequenceRestarts != m.SequenceRestarts {
		t.Errorf("suspect static %v, %d timestamp faults, %d restarts, want %v, %d, %d", res.SuspectStatic, res.TimestampFaults, res.SequenceRestarts,
			m.SuspectStatic, m.TimestampFaults, m.SequenceRestarts)
	}
	if (res.SenderReports > 1) != m.SenderReports || math.Abs(res.SenderReportDrift) > 1 || math.Abs(res.SenderReportSkew) > 500 {
		t.Errorf("%d sender reports in %v, drift %.2f ms, skew %.2f ms", res.SenderReports, res.SenderReportSpan, res.SenderReportDrift, res.SenderReportSkew)
	}
	if res.Jitter < 0 || res.Jitter > 200 {
		t.Errorf("jitter of %v ms", res.Jitter)
	}
}

// checkRequests checks what the camera saw: credentials only after it asked,
// a bounded number of tries, one connection, and TEARDOWN after SETUP.
func checkRequests(t reporter, m probetest.Mode, cam *probetest.Camera, res *probe.Result) {
	t.Helper()
	rs := cam.Requests()
	if len(rs) > 40 || cam.Connections() > 1+m.Redirects {
		t.Errorf("%d requests on %d connections", len(rs), cam.Connections())
	}
	var methods []string
	for _, r := range rs {
		methods = append(methods, r.Method)
		if strings.Contains(r.URI, "localhost") && r.Header["authorization"] != "" {
			t.Errorf("%s gives credentials to another host", r.Method)
		}
		if _, sent := r.Header["authorization"]; sent && !m.AuthAsked {
			t.Errorf("%s carries credentials that nobody asked for", r.Method)
		}
	}
	describe := slices.IndexFunc(rs, func(r probetest.Request) bool { return r.Method == "DESCRIBE" })
	if describe >= 0 && rs[describe].Header["authorization"] != "" {
		t.Errorf("the first DESCRIBE carries credentials")
	}
	tries := 0
	for _, r := range rs {
		if r.Header["authorization"] != "" {
			tries++
		}
	}
	if most := map[bool]int{false: 1, true: 2}[m.Name == "every nonce has run out"]; m.Fault == wire.FaultAuthRejected && tries != most {
		t.Errorf("%d tries with credentials that are refused, want %d: cameras lock accounts", tries, most)
	}
	for _, r := range rs {
		if strings.Contains(r.URI, "@") {
			t.Errorf("%s names credentials in its URL %s", r.Method, r.URI)
		}
	}
	// A camera that closed cannot be told goodbye any more; one that is silent
	// reads no more requests.
	if res.Reached >= wire.RungSetup && res.Fault != wire.FaultClosed && res.Fault != wire.FaultMalformed && res.Fault != wire.FaultTimeout &&
		!slices.Contains(methods, "TEARDOWN") {
		t.Errorf("no TEARDOWN among %v", methods)
	}
}
