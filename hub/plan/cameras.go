package plan

import "strings"

var cameraColumns = []column{
	{"code", true}, {"site", true}, {"agent", true}, {"phase", true},
	{"azimuth", true}, {"fov", true}, {"width", true}, {"height", true},
	{"frame_rate", false}, {"mounting_height", false},
	{"owner", true}, {"funding", false}, {"cost", false},
	{"due", false}, {"planned", false}, {"surveyed", false},
	{"installed", false}, {"accepted", false}, {"retired", false},
}

func (d *draft) cameras(data []byte) {
	d.table(camerasFile, data, cameraColumns, func(r *record) {
		d.add(camerasFile, r.row)
		d.plan.Cameras = append(d.plan.Cameras, Camera{
			Code:       r.text("code"),
			Site:       r.text("site"),
			Agent:      r.text("agent"),
			Phase:      r.text("phase"),
			Azimuth:    r.number("azimuth"),
			FOV:        r.number("fov"),
			Width:      r.whole("width"),
			Height:     r.whole("height"),
			FrameRate:  r.number("frame_rate"),
			MountingAt: r.number("mounting_height"),
			Owner:      Owner(strings.ToLower(r.text("owner"))),
			Funding:    r.text("funding"),
			Cost:       r.number("cost"),
			Due:        r.date("due"),
			Planned:    r.date("planned"),
			Surveyed:   r.date("surveyed"),
			Installed:  r.date("installed"),
			Accepted:   r.date("accepted"),
			Retired:    r.date("retired"),
		})
	})
}

// milestone is a date of a camera, under the name of its column.
type milestone struct {
	column string
	day    Date
}

// milestones gives the dates of a camera in the order in which they come.
func (c *Camera) milestones() []milestone {
	return []milestone{
		{"planned", c.Planned}, {"surveyed", c.Surveyed}, {"installed", c.Installed},
		{"accepted", c.Accepted}, {"retired", c.Retired},
	}
}
