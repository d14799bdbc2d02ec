package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/phukin/phukin/hub/geo"
)

// Position is a GeoJSON position: longitude, latitude and perhaps an
// altitude, which is passed over.
type Position geo.Point

var errPosition = errors.New("a position is [lon, lat]")

// UnmarshalJSON reads an array of two or three numbers.
func (p *Position) UnmarshalJSON(raw []byte) error {
	if len(raw) > 1000 {
		return errPosition
	}
	var v []*float64
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	if len(v) < 2 || len(v) > 3 || slices.Contains(v, nil) {
		return errPosition
	}
	*p = Position{Lon: *v[0], Lat: *v[1]}
	return nil
}

// strange says what is wrong with a position and what would be right, or
// nothing.
func strange(p geo.Point) (got, want string) {
	here := fmt.Sprintf("longitude %s, latitude %s", formatNumber(p.Lon), formatNumber(p.Lat))
	switch in := func(v, most float64) bool { return math.Abs(v) <= most }; {
	case in(p.Lon, 180) && in(p.Lat, 90):
		return "", ""
	case in(p.Lon, 90) && in(p.Lat, 180):
		return here + " are swapped", "write the longitude first, then the latitude"
	default:
		return here + " is no place on earth", "write degrees in WGS84, longitude -180 to 180 and latitude -90 to 90"
	}
}
