package discover

import (
	"bytes"
	"net/netip"
)

var somewhere = netip.MustParseAddr("192.0.2.7")

// ReadMatches is readMatches for tests.
func ReadMatches(id string, data []byte) (ds []Device) {
	_, _ = parse(bytes.NewReader(data))
	for _, m := range readMatches(somewhere, id, data) {
		ds = append(ds, Device{Endpoint: m.endpoint, Service: m.service, Name: m.name})
	}
	return ds
}

// StreamURL is streamURL for tests.
func StreamURL(text string) (string, error) {
	s, _, err := streamURL(match{from: somewhere}, text)
	return s, err
}

// Parse is parse for tests.
func Parse(data []byte) error {
	_, err := parse(bytes.NewReader(data))
	return err
}
