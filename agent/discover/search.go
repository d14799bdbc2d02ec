package discover

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/ipv4"
)

// group is the multicast group of WS-Discovery (ONVIF Core §7.3).
var group = netip.MustParseAddrPort("239.255.255.250:3702")

const (
	maxDatagram  = 64 << 10
	maxDatagrams = 4096 // looked at in one search
	maxPerHost   = 4    // devices at one address: a recorder may speak for some, but not for a street
)

// match is one answer to our question.
type match struct {
	from     netip.Addr
	endpoint string
	service  string // made of the device's path and port and the address it came from
	name     string
}

// search asks the network who is there.
func search(ctx context.Context, o Options) ([]match, error) {
	links, err := open(ctx, o)
	if err != nil {
		return nil, err
	}
	id := "uuid:" + uuid()
	question := []byte(strings.ReplaceAll(probeMessage, "{id}", id))
	end := time.Now().Add(o.Wait)
	var (
		mu    sync.Mutex
		found []match
		seen  = map[string]bool{}
		count = map[netip.Addr]int{}
		wg    sync.WaitGroup
		left  = maxDatagrams
	)
	take := func(from netip.Addr, data []byte) (matched, more bool) {
		mu.Lock()
		defer mu.Unlock()
		if left--; left < 0 || len(found) >= MaxDevices {
			return false, false
		}
		for _, m := range readMatches(from, id, data) {
			key := m.from.String() + " " + m.endpoint
			if !seen[key] && count[m.from] < maxPerHost && len(found) < MaxDevices {
				seen[key] = true
				count[m.from]++
				matched = true
				found = append(found, m)
			}
		}
		return matched, true
	}
	var sendErr error
	sent := 0
	for _, l := range links {
		defer func() { _ = l.conn.Close() }()
		if err := l.ask(question); err != nil {
			sendErr = errors.Join(sendErr, err)
			continue
		}
		sent++
		_ = l.conn.SetReadDeadline(end)
		stop := context.AfterFunc(ctx, func() { _ = l.conn.SetReadDeadline(time.Unix(1, 0)) })
		defer stop()
		wg.Go(func() { l.listen(end, question, take) })
	}
	wg.Wait()
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("discover: %w", ctx.Err())
	case sent == 0:
		return nil, fmt.Errorf("discover: no question could be sent: %w", sendErr)
	}
	return found, nil
}

// link is a socket and whom it asks.
type link struct {
	conn   *net.UDPConn
	to     netip.AddrPort
	name   string
	single bool // one answer is all there can be
}

func (l link) ask(question []byte) error {
	if _, err := l.conn.WriteToUDPAddrPort(question, l.to); err != nil {
		return fmt.Errorf("%s: %w", l.name, err)
	}
	return nil
}

// listen takes answers until end. UDP may lose the question, so it is
// repeated once, half-way (SOAP-over-UDP §3.4).
func (l link) listen(end time.Time, question []byte, take func(netip.Addr, []byte) (matched, more bool)) {
	again := time.AfterFunc(time.Until(end)/3, func() { _ = l.ask(question) })
	defer again.Stop()
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := l.conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// An ICMP error of one target (on Windows also of the socket) is no
			// reason to stop, but must not spin.
			if _, more := take(netip.Addr{}, nil); !more || time.Now().After(end) {
				return
			}
			continue
		}
		if matched, more := take(from.Addr().Unmap(), buf[:n]); !more || matched && l.single {
			return
		}
	}
}

// open opens a socket for every interface or target.
func open(ctx context.Context, o Options) (links []link, err error) {
	defer func() {
		if err != nil {
			for _, l := range links {
				_ = l.conn.Close()
			}
		}
	}()
	for _, t := range o.Targets {
		to, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", hostOf(t))
		port, perr := net.DefaultResolver.LookupPort(ctx, "udp", portOf(t))
		if err != nil || perr != nil || len(to) == 0 {
			return links, fmt.Errorf("discover: target %q is not host:port", t)
		}
		conn, err := net.ListenUDP("udp4", nil)
		if err != nil {
			return links, fmt.Errorf("discover: %w", err)
		}
		links = append(links, link{conn, netip.AddrPortFrom(to[0].Unmap(), uint16(port)), t, true}) // LookupPort gives 0 to 65535
	}
	if len(o.Targets) > 0 {
		return links, nil
	}
	chosen, err := interfaces(o.Interfaces)
	if err != nil {
		return nil, err
	}
	for _, c := range chosen {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: c.ip})
		if err != nil {
			return links, fmt.Errorf("discover: interface %s: %w", c.ifi.Name, err)
		}
		links = append(links, link{conn, group, "interface " + c.ifi.Name, false})
		p := ipv4.NewPacketConn(conn)
		if err := errors.Join(p.SetMulticastInterface(&c.ifi), p.SetMulticastTTL(1)); err != nil {
			return links, fmt.Errorf("discover: interface %s: %w", c.ifi.Name, err)
		}
	}
	return links, nil
}

func hostOf(t string) string { h, _, _ := net.SplitHostPort(t); return h }
func portOf(t string) string { _, p, _ := net.SplitHostPort(t); return p }

type choice struct {
	ifi net.Interface
	ip  net.IP
}

// interfaces gives those named, or all that can be used.
func interfaces(names []string) (chosen []choice, err error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("discover: interfaces cannot be listed: %w", err)
	}
	byName, usable := map[string]choice{}, []string{}
	for _, ifi := range all {
		addrs, _ := ifi.Addrs()
		for _, a := range addrs {
			n, ok := a.(*net.IPNet)
			if !ok || n.IP.To4() == nil || ifi.Flags&net.FlagUp == 0 || ifi.Flags&net.FlagMulticast == 0 {
				continue
			}
			byName[ifi.Name] = choice{ifi, n.IP.To4()}
			usable = append(usable, ifi.Name)
			if len(names) == 0 && ifi.Flags&net.FlagLoopback == 0 {
				chosen = append(chosen, byName[ifi.Name])
			}
			break
		}
	}
	for _, name := range names {
		c, ok := byName[name]
		if !ok {
			return nil, fmt.Errorf("discover: interface %q cannot be used: it must be up, have an IPv4 address and be able to multicast; there are: %s", name, strings.Join(usable, ", "))
		}
		chosen = append(chosen, c)
	}
	if len(chosen) == 0 {
		return nil, errors.New("discover: no interface is up, has an IPv4 address and can multicast")
	}
	return chosen, nil
}

// readMatches reads a datagram. What is not an answer to the question id is
// nothing.
func readMatches(from netip.Addr, id string, data []byte) (ms []match) {
	env, err := parse(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	if to := env.text("Header", "RelatesTo"); to != id && to != "urn:"+id {
		return nil
	}
	for _, m := range env.all("Body", "ProbeMatches", "ProbeMatch") {
		x := match{from: from, endpoint: clean(m.text("EndpointReference", "Address")), name: scopeName(m.text("Scopes"))}
		x.service = serviceOf(from, m.text("XAddrs"))
		ms = append(ms, x)
	}
	return ms
}

// serviceOf makes the address of the device service from what the device says:
// its path and port, but the address that its answer came from.
func serviceOf(from netip.Addr, xaddrs string) string {
	for _, x := range strings.Fields(xaddrs) {
		if s := atDevice(from, x); s != "" {
			return s
		}
	}
	return atDevice(from, "http://device/onvif/device_service") // ONVIF Core §5.1.1
}

// atDevice gives the address x on the host from, "" when x is not HTTP.
func atDevice(from netip.Addr, x string) string {
	u, err := url.Parse(x)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || len(x) > 500 {
		return ""
	}
	host := from.String()
	if from.Is6() {
		host = "[" + host + "]"
	}
	if p := u.Port(); p != "" {
		host = net.JoinHostPort(from.String(), p)
	}
	return (&url.URL{Scheme: u.Scheme, Host: host, Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}).String()
}

// scopeName gives the name in the scopes of ONVIF Core §7.3.2.
func scopeName(scopes string) string {
	for _, s := range strings.Fields(scopes) {
		if name, ok := strings.CutPrefix(s, "onvif://www.onvif.org/name/"); ok {
			if text, err := url.PathUnescape(name); err == nil {
				return clean(text)
			}
		}
	}
	return ""
}

// uuid makes a random UUID (RFC 9562 §5.4).
func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

const probeMessage = `<?xml version="1.0" encoding="UTF-8"?>` +
	`<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" ` +
	`xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">` +
	`<e:Header><w:MessageID>{id}</w:MessageID><w:To e:mustUnderstand="true">urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>` +
	`<w:Action e:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>` +
	`<e:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>`
