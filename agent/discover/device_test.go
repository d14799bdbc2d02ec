package discover_test

import (
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// device is a scripted ONVIF camera on loopback.
type device struct {
	t        *testing.T
	http     *httptest.Server
	udp      *net.UDPConn
	password string        // of the user "admin"; empty: it asks for none
	clock    time.Duration // its clock minus ours

	// Answers of the script, in place of the good ones.
	probe func(d *device, id string) []string
	bodys map[string]string                                       // by action
	serve map[string]func(w http.ResponseWriter, r *http.Request) // by action

	mu    sync.Mutex
	asked []string
	done  chan struct{}
}

var action = regexp.MustCompile(`<e:Body><(\w+)`)

func start(t *testing.T, d *device) *device {
	t.Helper()
	d.t, d.done = t, make(chan struct{})
	d.http = httptest.NewServer(http.HandlerFunc(d.answer))
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	d.udp = conn
	go d.respond()
	t.Cleanup(func() {
		_ = conn.Close()
		<-d.done
		d.http.CloseClientConnections()
		d.http.Close()
	})
	return d
}

func (d *device) addr() string { return d.udp.LocalAddr().String() }

var messageID = regexp.MustCompile(`<w:MessageID>([^<]+)<`)

// respond answers probes until the socket is closed.
func (d *device) respond() {
	defer close(d.done)
	buf := make([]byte, 64<<10)
	for {
		n, from, err := d.udp.ReadFromUDP(buf)
		if err != nil {
			return
		}
		m := messageID.FindSubmatch(buf[:n])
		if m == nil {
			d.t.Errorf("no probe: %s", buf[:n])
			return
		}
		answers := []string{d.match(string(m[1]), d.http.URL+"/onvif/device_service")}
		if d.probe != nil {
			answers = d.probe(d, string(m[1]))
		}
		for _, a := range answers {
			_, _ = d.udp.WriteToUDP([]byte(a), from)
		}
	}
}

func (d *device) match(id, xaddrs string) string {
	return `<?xml version="1.0" encoding="utf-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">` +
		`<SOAP-ENV:Header><a:RelatesTo>` + id + `</a:RelatesTo></SOAP-ENV:Header><SOAP-ENV:Body><d:ProbeMatches><d:ProbeMatch><a:EndpointReference><a:Address>urn:uuid:1</a:Address></a:EndpointReference>` +
		`<d:Scopes>onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/C%E1%BB%95ng%20ch%C3%A0o</d:Scopes><d:XAddrs>` + xaddrs + `</d:XAddrs></d:ProbeMatch></d:ProbeMatches></SOAP-ENV:Body></SOAP-ENV:Envelope>`
}

func envelope(body string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tt="http://www.onvif.org/ver10/schema"><s:Body>` + body + `</s:Body></s:Envelope>`
}

func profile(token string, w, h int) string {
	return fmt.Sprintf(`<trt:Profiles token=%q><tt:Name>%s</tt:Name><tt:VideoEncoderConfiguration token="v"><tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>%d</tt:Width><tt:Height>%d</tt:Height></tt:Resolution>`+
		`<tt:RateControl><tt:FrameRateLimit>25</tt:FrameRateLimit></tt:RateControl></tt:VideoEncoderConfiguration></trt:Profiles>`, token, token, w, h)
}

func (d *device) answer(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	m := action.FindSubmatch(text)
	if m == nil {
		d.t.Errorf("no action: %s", text)
		return
	}
	name := string(m[1])
	d.mu.Lock()
	d.asked = append(d.asked, name)
	d.mu.Unlock()
	if f := d.serve[name]; f != nil {
		f(w, r)
		return
	}
	if name != "GetSystemDateAndTime" && !d.allowed(string(text)) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, envelope(`<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code></s:Fault>`))
		return
	}
	body, ok := d.bodys[name]
	if !ok {
		body = d.good(name, string(text))
	}
	_, _ = io.WriteString(w, envelope(body))
}

func (d *device) good(name, text string) string {
	switch name {
	case "GetSystemDateAndTime":
		at := time.Now().Add(d.clock).UTC()
		return fmt.Sprintf(`<x:GetSystemDateAndTimeResponse xmlns:x="x"><x:SystemDateAndTime><tt:UTCDateTime><tt:Time><tt:Hour>%d</tt:Hour><tt:Minute>%d</tt:Minute><tt:Second>%d</tt:Second></tt:Time>`+
			`<tt:Date><tt:Year>%d</tt:Year><tt:Month>%d</tt:Month><tt:Day>%d</tt:Day></tt:Date></tt:UTCDateTime></x:SystemDateAndTime></x:GetSystemDateAndTimeResponse>`,
			at.Hour(), at.Minute(), at.Second(), at.Year(), at.Month(), at.Day())
	case "GetDeviceInformation":
		return `<x:GetDeviceInformationResponse xmlns:x="x"><x:Manufacturer>Maker</x:Manufacturer><x:Model>M-1</x:Model><x:SerialNumber>0042</x:SerialNumber></x:GetDeviceInformationResponse>`
	case "GetCapabilities":
		// The device believes in an address that it does not have any more.
		port := d.http.URL[strings.LastIndexByte(d.http.URL, ':')+1:]
		return `<x:GetCapabilitiesResponse xmlns:x="x"><x:Capabilities><tt:Media><tt:XAddr>http://192.0.2.1:` + port + `/onvif/media</tt:XAddr></tt:Media></x:Capabilities></x:GetCapabilitiesResponse>`
	case "GetProfiles":
		return `<trt:GetProfilesResponse xmlns:trt="x">` + profile("sub", 640, 360) + `<trt:Profiles token="audio"/>` + profile("main", 1920, 1080) + `</trt:GetProfilesResponse>`
	case "GetStreamUri":
		token := regexp.MustCompile(`<ProfileToken>([^<]*)<`).FindStringSubmatch(text)[1]
		return `<x:GetStreamUriResponse xmlns:x="x"><x:MediaUri><tt:Uri>rtsp://admin:hunter2@127.0.0.1:554/` + token + `?a=1&amp;b=2</tt:Uri></x:MediaUri></x:GetStreamUriResponse>`
	}
	return `<s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code><s:Reason><s:Text>what?</s:Text></s:Reason></s:Fault>`
}

// allowed checks the digest as WSS UsernameToken Profile 1.0 tells it, and that
// it was made by the device's own clock.
func (d *device) allowed(text string) bool {
	if d.password == "" {
		return true
	}
	get := func(pattern string) string {
		if m := regexp.MustCompile(pattern).FindStringSubmatch(text); m != nil {
			return m[1]
		}
		return ""
	}
	if strings.Contains(text, d.password) {
		d.t.Error("the password is sent in the clear")
	}
	nonce, err := base64.StdEncoding.DecodeString(get(`<s:Nonce[^>]*>([^<]*)<`))
	created := get(`<u:Created>([^<]*)<`)
	at, err2 := time.Parse(time.RFC3339, created)
	if err != nil || err2 != nil || len(nonce) < 16 || get(`<s:Username>([^<]*)<`) != "admin" {
		return false
	}
	sum := sha1.Sum([]byte(string(nonce) + created + d.password))
	return get(`<s:Password[^>]*>([^<]*)<`) == base64.StdEncoding.EncodeToString(sum[:]) && at.Sub(time.Now().Add(d.clock)).Abs() < 30*time.Second
}

func (d *device) actions() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.asked, " ")
}
