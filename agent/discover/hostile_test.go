package discover_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/phukin/phukin/agent/discover"
	"github.com/phukin/phukin/hub/wire"
)

// endless writes for as long as it is read.
func endless(chunk string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := fmt.Fprint(w, chunk); err != nil {
				return
			}
		}
	}
}

func text(s string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, s) }
}

const laughs = `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>`

func TestHostileServicesEndInOneFaultAndInTime(t *testing.T) {
	trap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("another host was asked") }))
	defer trap.Close()
	const timeout = 700 * time.Millisecond
	for _, c := range []struct {
		name, action string
		f            func(http.ResponseWriter, *http.Request)
		want         discover.Fault
	}{
		{"silence", "GetDeviceInformation", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, discover.FaultNoAnswer},
		{"silence at the first question", "GetSystemDateAndTime", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, discover.FaultNoAnswer},
		{"drip", "GetDeviceInformation", func(w http.ResponseWriter, r *http.Request) {
			for {
				_, _ = fmt.Fprint(w, " ")
				_ = http.NewResponseController(w).Flush()
				select {
				case <-r.Context().Done():
					return
				case <-time.After(10 * time.Millisecond):
				}
			}
		}, discover.FaultNoAnswer},
		{"endless spaces", "GetDeviceInformation", endless(strings.Repeat(" ", 4096)), discover.FaultMalformed},
		{"endless elements", "GetDeviceInformation", endless("<a></a>"), discover.FaultMalformed},
		{"endless depth", "GetProfiles", endless("<a>"), discover.FaultMalformed},
		{"endless attribute", "GetProfiles", endless(`<a b="` + strings.Repeat("x", 4096)), discover.FaultMalformed},
		{"many laughs", "GetDeviceInformation", text(laughs + envelope(`<x:GetDeviceInformationResponse xmlns:x="x"><x:Model>&c;</x:Model></x:GetDeviceInformationResponse>`)), discover.FaultMalformed},
		{"a document type and nothing else wrong", "GetDeviceInformation", text(`<!DOCTYPE l [<!ENTITY a "ha">]>` + envelope(`<x:GetDeviceInformationResponse xmlns:x="x"/>`)), discover.FaultMalformed},
		{"an entity of its own", "GetDeviceInformation", text(envelope(`<x:GetDeviceInformationResponse xmlns:x="x"><x:Model>&c;</x:Model></x:GetDeviceInformationResponse>`)), discover.FaultMalformed},
		{"a page", "GetDeviceInformation", text("<html><body>Welcome<br></body></html>"), discover.FaultMalformed},
		{"a picture", "GetDeviceInformation", text("\xff\xd8\xff\xe0\x00\x10JFIF"), discover.FaultMalformed},
		{"nothing", "GetDeviceInformation", text(""), discover.FaultMalformed},
		{"an answer to another question", "GetDeviceInformation", text(envelope("<x/>")), discover.FaultMalformed},
		{"half an answer", "GetDeviceInformation", text(envelope("<x/>")[:150]), discover.FaultMalformed},
		{"two documents", "GetDeviceInformation", text("<a></a><b></b>"), discover.FaultMalformed},
		{"another encoding", "GetDeviceInformation", text(`<?xml version="1.0" encoding="utf-16"?><a/>`), discover.FaultMalformed},
		{"an error of the server", "GetDeviceInformation", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, discover.FaultMalformed},
		{"refusal by HTTP", "GetDeviceInformation", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }, discover.FaultAuthRequired},
		{"redirect to another host", "GetDeviceInformation", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, trap.URL, http.StatusTemporaryRedirect)
		}, discover.FaultMalformed},
		{"redirect to itself", "GetDeviceInformation", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
		}, discover.FaultMalformed},
		{"hanging up", "GetDeviceInformation", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, discover.FaultNoAnswer},
		{"endless headers", "GetDeviceInformation", func(w http.ResponseWriter, _ *http.Request) {
			for i := range 2000 {
				w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("y", 100))
			}
		}, discover.FaultNoAnswer},
		{"no profile", "GetProfiles", text(envelope("<GetProfilesResponse/>")), discover.FaultNoMedia},
		{"a stream in a file", "GetStreamUri", text(envelope("<GetStreamUriResponse><MediaUri><Uri>file:///etc/passwd</Uri></MediaUri></GetStreamUriResponse>")), discover.FaultMalformed},
		{"a stream that breaks YAML", "GetStreamUri", text(envelope("<GetStreamUriResponse><MediaUri><Uri>rtsp://h/?x=&quot;&#10;evil: yes</Uri></MediaUri></GetStreamUriResponse>")), discover.FaultMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := start(t, &device{serve: map[string]func(http.ResponseWriter, *http.Request){c.action: c.f}})
			began := time.Now()
			got := find(t, d, discover.Options{Timeout: timeout})
			if took := time.Since(began); took > timeout+2*time.Second {
				t.Errorf("it took %v", took)
			}
			if got.Fault != c.want || got.Err == nil || len(got.Streams) != 0 {
				t.Errorf("fault %q, %v, %v", got.Fault, got.Err, got.Streams)
			}
			if strings.ContainsAny(got.Err.Error(), "\n\x1b") {
				t.Errorf("%q", got.Err)
			}
		})
	}
}

func TestHostileAnswersToTheSearchAreNothing(t *testing.T) {
	// It listens on another loopback address than the device.
	l, err := net.Listen("tcp4", "127.0.0.2:0")
	if err != nil { // nothing can be installed against it, so it is no failure where peers are required
		why := fmt.Sprintf("LOUD SKIP: there is only one loopback address (%v); mend it with: ifconfig lo0 alias 127.0.0.2 up", err)
		fmt.Fprintln(os.Stderr, why)
		t.Skip(why)
	}
	trap := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("another host was asked") })}}
	trap.Start()
	defer trap.Close()
	wait := 300 * time.Millisecond
	for _, c := range []struct {
		name   string
		answer func(d *device, id string) []string
		want   int // devices
	}{
		{"silence", func(*device, string) []string { return nil }, 0},
		{"garbage", func(*device, string) []string { return []string{"\x00\x01\x02", "<", strings.Repeat("<a>", 20000)} }, 0},
		{"an answer to somebody else", func(d *device, _ string) []string { return []string{d.match("uuid:other", d.http.URL)} }, 0},
		{"laughs", func(d *device, id string) []string { return []string{laughs + d.match(id, d.http.URL)[39:]} }, 0},
		{"the same again and again", func(d *device, id string) (as []string) {
			for range 50 {
				as = append(as, d.match(id, d.http.URL))
			}
			return as
		}, 1},
		{"a street of devices behind one address", func(d *device, id string) []string {
			one := d.match(id, d.http.URL)
			from, to := strings.Index(one, "<d:ProbeMatch>"), strings.Index(one, "</d:ProbeMatches>")
			var many strings.Builder
			for i := range 50 {
				many.WriteString(strings.Replace(one[from:to], "uuid:1<", fmt.Sprintf("uuid:%d<", i), 1))
			}
			return []string{one[:from] + many.String() + one[to:]}
		}, 4},
		{"services that are no HTTP", func(d *device, id string) []string { return []string{d.match(id, "file:///x gopher://y ftp://z")} }, 1},
		{"a service of somebody else", func(d *device, id string) []string {
			return []string{d.match(id, trap.URL)}
		}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := start(t, &device{probe: c.answer})
			o := discover.Options{Targets: []string{d.addr()}, Wait: wait, Timeout: time.Second}
			ds, err := discover.Find(t.Context(), o)
			if err != nil || len(ds) != c.want {
				t.Errorf("%d devices, %v", len(ds), err)
			}
			for _, x := range ds {
				if !strings.HasPrefix(x.Service, "http://127.0.0.1") {
					t.Errorf("service is %s", x.Service)
				}
			}
		})
	}
}

func TestManyProfilesAreNotAllAskedFor(t *testing.T) {
	var many strings.Builder
	for i := range 200 {
		many.WriteString(profile(fmt.Sprint("p", i), 640+i, 360))
	}
	d := start(t, &device{bodys: map[string]string{"GetProfiles": `<trt:GetProfilesResponse xmlns:trt="x">` + many.String() + `</trt:GetProfilesResponse>`}})
	got := find(t, d, discover.Options{})
	if n := strings.Count(d.actions(), "GetStreamUri"); n != discover.MaxStreams || len(got.Streams) != n {
		t.Errorf("%d streams asked for, %d told", n, len(got.Streams))
	}
}

func TestNoTextOfADeviceReachesTheTerminalAsItIs(t *testing.T) {
	evil := "\x1b[2J\u202eevil\u0007" + strings.Repeat("A", 5000)
	evil = strings.NewReplacer("\x1b", "", "\u0007", "").Replace(evil) // XML cannot carry these two
	d := start(t, &device{bodys: map[string]string{
		"GetDeviceInformation": `<x:GetDeviceInformationResponse xmlns:x="x"><x:Manufacturer>` + evil + `</x:Manufacturer><x:Model>a&#10;b</x:Model></x:GetDeviceInformationResponse>`,
		"GetProfiles":          `<trt:GetProfilesResponse xmlns:trt="x">` + profile("x\u202e&lt;y&gt;", 1, 1) + `</trt:GetProfilesResponse>`,
	}})
	var out bytes.Buffer
	if err := discover.Print(&out, wire.EN, "", []discover.Device{find(t, d, discover.Options{})}); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(out.String(), "\n") {
		if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) || len(line) > 800 {
			t.Errorf("%q", line)
		}
	}
	if strings.Contains(out.String(), "hunter2") {
		t.Error("a password of a stream's address is shown")
	}
}
