package discover

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	deviceNS = "http://www.onvif.org/ver10/device/wsdl"
	mediaNS  = "http://www.onvif.org/ver10/media/wsdl"
	schemaNS = "http://www.onvif.org/ver10/schema"
)

// ask asks one device what it is and where its streams are.
func ask(ctx context.Context, o Options, m match) Device {
	d := Device{Addr: m.from, Endpoint: m.endpoint, Service: m.service, Name: m.name}
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	c := newClient(o)
	defer c.close()
	fail := func(err error) Device {
		d.Err = err
		if f := (*failure)(nil); errors.As(err, &f) {
			d.Fault = f.fault
		}
		return d
	}
	// Anybody may ask for the time (ONVIF Core §8.3), and a login is good only
	// by the device's own clock.
	c.offset = c.clockOffset(ctx, d.Service)

	info, err := c.call(ctx, d.Service, "GetDeviceInformation", `<GetDeviceInformation xmlns="`+deviceNS+`"/>`)
	if err != nil {
		return fail(err)
	}
	d.Manufacturer, d.Model, d.Serial = clean(info.text("Manufacturer")), clean(info.text("Model")), clean(info.text("SerialNumber"))
	media, err := c.media(ctx, m)
	if err != nil {
		return fail(err)
	}
	d.Streams, err = c.streams(ctx, m, media)
	if err != nil {
		return fail(err)
	}
	if len(d.Streams) == 0 {
		return fail(failed(FaultNoMedia, "GetProfiles: the device has no video stream"))
	}
	return d
}

// clockOffset is the device's clock minus ours; 0 when it does not say.
func (c *client) clockOffset(ctx context.Context, service string) time.Duration {
	anonymous := client{http: c.http}
	n, err := anonymous.call(ctx, service, "GetSystemDateAndTime", `<GetSystemDateAndTime xmlns="`+deviceNS+`"/>`)
	if err != nil {
		return 0
	}
	utc := n.all("SystemDateAndTime", "UTCDateTime")
	if len(utc) == 0 {
		return 0
	}
	v := func(path ...string) int { return number(utc[0].text(path...)) }
	at := time.Date(v("Date", "Year"), time.Month(v("Date", "Month")), v("Date", "Day"), v("Time", "Hour"), v("Time", "Minute"), v("Time", "Second"), 0, time.UTC)
	if at.Year() < 1970 || at.Year() > 2200 {
		return 0
	}
	return time.Until(at)
}

// media gives the address of the media service.
func (c *client) media(ctx context.Context, m match) (string, error) {
	n, err := c.call(ctx, m.service, "GetCapabilities", `<GetCapabilities xmlns="`+deviceNS+`"><Category>Media</Category></GetCapabilities>`)
	if err == nil {
		if at := atDevice(m.from, n.text("Capabilities", "Media", "XAddr")); at != "" {
			return at, nil
		}
	} else if f := (*failure)(nil); errors.As(err, &f) && f.fault != FaultMalformed {
		return "", err
	}
	// Newer devices may have only GetServices.
	n, err = c.call(ctx, m.service, "GetServices", `<GetServices xmlns="`+deviceNS+`"><IncludeCapability>false</IncludeCapability></GetServices>`)
	if err != nil {
		return "", err
	}
	for _, s := range n.all("Service") {
		if s.text("Namespace") == mediaNS {
			if at := atDevice(m.from, s.text("XAddr")); at != "" {
				return at, nil
			}
		}
	}
	return "", failed(FaultNoMedia, "GetServices: the device has no media service of version 1")
}

// streams asks for the address of every profile.
func (c *client) streams(ctx context.Context, m match, media string) ([]Stream, error) {
	n, err := c.call(ctx, media, "GetProfiles", `<GetProfiles xmlns="`+mediaNS+`"/>`)
	if err != nil {
		return nil, err
	}
	var (
		streams []Stream
		asked   int
	)
	for _, p := range n.all("Profiles") {
		video := p.all("VideoEncoderConfiguration")
		if len(video) == 0 || len(p.token) > 100 {
			continue
		}
		if asked++; asked > MaxStreams {
			break
		}
		v := video[0]
		s := Stream{
			Profile: clean(cmp.Or(p.text("Name"), p.token)), Encoding: clean(v.text("Encoding")),
			Width: number(v.text("Resolution", "Width")), Height: number(v.text("Resolution", "Height")),
			FrameRate: float64(min(number(v.text("RateControl", "FrameRateLimit")), 1000)),
		}
		uri, e := c.call(ctx, media, "GetStreamUri", `<GetStreamUri xmlns="`+mediaNS+`"><StreamSetup><Stream xmlns="`+schemaNS+`">RTP-Unicast</Stream>`+
			`<Transport xmlns="`+schemaNS+`"><Protocol>RTSP</Protocol></Transport></StreamSetup><ProfileToken>`+escape(p.token)+`</ProfileToken></GetStreamUri>`)
		if e == nil {
			s.URL, s.OtherHost, e = streamURL(m, uri.text("MediaUri", "Uri"))
		}
		if e != nil {
			err = e
			continue
		}
		streams = append(streams, s)
	}
	if len(streams) > 0 {
		err = nil // one that can be used is enough
	}
	slices.SortStableFunc(streams, func(a, b Stream) int { return b.Width*b.Height - a.Width*a.Height })
	return streams, err
}

// streamURL checks the address of a stream and takes credentials out of it.
func streamURL(m match, text string) (string, bool, error) {
	u, err := url.Parse(text)
	if err != nil || len(text) > 1024 || u.Scheme != "rtsp" && u.Scheme != "rtsps" || u.Hostname() == "" {
		return "", false, failed(FaultMalformed, "GetStreamUri: the address is not rtsp://host/…")
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	s := u.String()
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '"' || r == '\\' || r == '\'' }) {
		return "", false, failed(FaultMalformed, "GetStreamUri: the address has characters that must be written as %%XX")
	}
	return s, u.Hostname() != m.from.String(), nil
}

// number reads a whole number from 0 to 65535, 0 for anything else.
func number(s string) int {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0
	}
	return int(n)
}
