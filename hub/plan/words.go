package plan

// This file holds the words and addresses of sites and cameras.

// Side is the side of a road, seen in the direction in which its chainage
// grows.
type Side string

// The sides; the empty one is not known.
const (
	SideLeft   Side = "left"
	SideRight  Side = "right"
	SideMiddle Side = "middle"
)

// Signage says whether a notice at the place says that there is a camera.
type Signage string

// The answers; the empty one is not known.
const (
	SignageYes Signage = "yes"
	SignageNo  Signage = "no"
)

// Address is the address of a camera's stream, without user name and
// password. It prints as *** because it is not for everybody's eyes; Reveal
// gives it.
type Address string

// String hides the address from logs.
func (a Address) String() string {
	if a == "" {
		return ""
	}
	return "***"
}

// MarshalText hides the address from JSON.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// Reveal gives the address itself.
func (a Address) Reveal() string { return string(a) }
