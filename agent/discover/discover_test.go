package discover_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phukin/phukin/agent"
	"github.com/phukin/phukin/agent/discover"
	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/hub/wire"
)

var update = flag.Bool("update", false, "write the golden files anew")

// find finds one device.
func find(t *testing.T, d *device, o discover.Options) discover.Device {
	t.Helper()
	o.Targets = []string{d.addr()}
	if o.Wait == 0 {
		o.Wait = 10 * time.Second
	}
	ds, err := discover.Find(t.Context(), o)
	if err != nil || len(ds) != 1 {
		t.Fatalf("%v, %v", ds, err)
	}
	return ds[0]
}

func TestADeviceTellsWhatItIsAndWhereItsStreamsAre(t *testing.T) {
	for name, d := range map[string]*device{
		"without a login": {}, "with a login": {password: "hunter2"}, "with a login by a clock that is wrong": {password: "hunter2", clock: -72 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			start(t, d)
			o := discover.Options{}
			if d.password != "" {
				o.Username, o.Password = "admin", probe.Secret(d.password)
			}
			got := find(t, d, o)
			want := discover.Device{
				Addr: netip.MustParseAddr("127.0.0.1"), Endpoint: "urn:uuid:1", Service: d.http.URL + "/onvif/device_service", Name: "Cổng chào",
				Manufacturer: "Maker", Model: "M-1", Serial: "0042",
				Streams: []discover.Stream{
					{Profile: "main", Encoding: "H264", Width: 1920, Height: 1080, FrameRate: 25, URL: "rtsp://127.0.0.1:554/main?a=1&b=2"},
					{Profile: "sub", Encoding: "H264", Width: 640, Height: 360, FrameRate: 25, URL: "rtsp://127.0.0.1:554/sub?a=1&b=2"},
				},
			}
			if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestALoginThatIsMissingAndOneThatIsWrongAreToldApart(t *testing.T) {
	for _, c := range []struct {
		name, user, password string
		want                 discover.Fault
	}{
		{"missing", "", "", discover.FaultAuthRequired},
		{"wrong password", "admin", "letmein", discover.FaultAuthRejected},
		{"wrong user", "root", "hunter2", discover.FaultAuthRejected},
	} {
		d := start(t, &device{password: "hunter2"})
		got := find(t, d, discover.Options{Username: c.user, Password: probe.Secret(c.password)})
		if got.Fault != c.want || got.Err == nil || got.Name != "Cổng chào" || len(got.Streams) != 0 {
			t.Errorf("%s: %+v", c.name, got)
		}
		if n := strings.Count(d.actions(), "GetDeviceInformation"); n != 1 {
			t.Errorf("%s: the login was tried %d times: cameras lock accounts", c.name, n)
		}
	}
}

func TestADeviceThatKnowsOnlyGetServicesIsUnderstood(t *testing.T) {
	d := &device{bodys: map[string]string{"GetCapabilities": `<s:Fault><s:Reason><s:Text>no</s:Text></s:Reason></s:Fault>`}}
	start(t, d)
	d.bodys["GetServices"] = `<GetServicesResponse><Service><Namespace>http://www.onvif.org/ver20/media/wsdl</Namespace><XAddr>` + d.http.URL + `/no</XAddr></Service>` +
		`<Service><Namespace>http://www.onvif.org/ver10/media/wsdl</Namespace><XAddr>` + d.http.URL + `/yes</XAddr></Service></GetServicesResponse>`
	if got := find(t, d, discover.Options{}); len(got.Streams) != 2 || got.Fault != "" {
		t.Errorf("%+v", got)
	}
}

func TestTheSearchEndsWithItsContext(t *testing.T) {
	d := start(t, &device{probe: func(*device, string) []string { return nil }})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := discover.Find(ctx, discover.Options{Targets: []string{d.addr()}, Wait: time.Hour}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestWhatCannotBeSearchedIsSaid(t *testing.T) {
	for want, o := range map[string]discover.Options{
		`interface "no-such0" cannot be used`: {Interfaces: []string{"no-such0"}},
		`target "x" is not host:port`:         {Targets: []string{"x"}},
		`a negative time`:                     {Wait: -1},
	} {
		if _, err := discover.Find(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

var printed = []discover.Device{
	{
		Addr: netip.MustParseAddr("192.168.1.64"), Endpoint: "urn:uuid:1", Service: "http://192.168.1.64/onvif/device_service", Name: "Cổng chào",
		Manufacturer: "Maker", Model: "M-1", Serial: "0042",
		Streams: []discover.Stream{
			{Profile: "main", Encoding: "H264", Width: 1920, Height: 1080, FrameRate: 25, URL: "rtsp://192.168.1.64:554/main?a=1&b=2"},
			{Profile: "sub", Encoding: "H264", Width: 640, Height: 360, FrameRate: 25, URL: "rtsp://192.168.1.64:554/sub"},
		},
	},
	{Addr: netip.MustParseAddr("192.168.1.65"), Name: "IPC", Fault: discover.FaultAuthRequired, Err: errors.New("GetDeviceInformation: the device asks for a login")},
	{Addr: netip.MustParseAddr("192.168.1.66"), Model: "NVR", Streams: []discover.Stream{{Encoding: "H265", URL: "rtsp://10.0.0.9/x", OtherHost: true}}},
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(path, got, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s (write it anew with -update):\n%s", path, d)
	}
}

func TestTheListReadsAsTheGoldenFiles(t *testing.T) {
	for _, lang := range []wire.Lang{wire.VI, wire.EN} {
		var text, none bytes.Buffer
		if err := errors.Join(discover.Print(&text, lang, "admin", printed), discover.Print(&none, lang, "", nil)); err != nil {
			t.Fatal(err)
		}
		golden(t, "list_"+string(lang)+".txt", append(text.Bytes(), none.Bytes()...))
	}
	var j bytes.Buffer
	if err := discover.PrintJSON(&j, wire.EN, printed); err != nil {
		t.Fatal(err)
	}
	golden(t, "list.json", j.Bytes())
}

func TestWhatIsPrintedCanBePastedIntoAConfiguration(t *testing.T) {
	var text bytes.Buffer
	if err := discover.Print(&text, wire.EN, `o"brien \ x`, printed); err != nil {
		t.Fatal(err)
	}
	_, cameras, _ := strings.Cut(text.String(), "\ncameras:\n")
	path := filepath.Join(t.TempDir(), "agent.yaml")
	if err := os.WriteFile(path, []byte("agent: A\nbroker: {url: mqtt://h}\ncameras:\n"+cameras), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := agent.LoadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Cameras) != 2 || c.Cameras[0].URL != printed[0].Streams[0].URL || c.Cameras[0].Username != `o"brien \ x` || c.Cameras[0].Width != 1920 || c.Cameras[1].Code != "CAMERA-2" {
		t.Errorf("%+v", c.Cameras)
	}
}
