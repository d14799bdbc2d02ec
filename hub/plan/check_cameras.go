package plan

import (
	"fmt"
	"math"
)

// Bounds of what a camera can be.
const (
	maxPixels    = 32768 // width and height
	maxFrameRate = 240   // frames per second
	maxMounting  = 200   // metres
	maxCost      = 1e6   // million VND
	maxGap       = 600   // seconds between key frames
	maxStorage   = 3650  // days
)

func (d *draft) checkCameras() {
	p := &d.plan
	sites := make(map[string]bool, len(p.Sites))
	for _, s := range p.Sites {
		sites[s.Code] = true
	}
	phases := make(map[string]bool, len(p.Phases))
	for _, ph := range p.Phases {
		phases[ph.Code] = true
	}
	phasesKnown := d.has(Phases)
	codes := newRegister("camera")
	for i := range p.Cameras {
		c := &p.Cameras[i]
		s := d.at(Cameras, i, c.Code)
		codes.code(s, c.Code)
		s.checkCode("agent", c.Agent)
		if d.has(Sites) && !sites[c.Site] {
			s.fault("site", quote(c.Site)+" is not in "+d.nameOf(Sites), "write the code of a site")
		}
		if phasesKnown && !phases[c.Phase] {
			s.fault("phase", quote(c.Phase)+" is not in "+d.nameOf(Phases), "write the code of a phase")
		}
		s.checkView(c)
		s.checkStream(c)
		s.checkMoney(c)
		s.checkMilestones(c)
	}
}

func (s spot) checkView(c *Camera) {
	if !math.IsNaN(c.Azimuth) { // it is known
		s.checkRange("azimuth", c.Azimuth, 0, 360, " degrees clockwise from north")
	}
	if !math.IsNaN(c.FOV) && !(c.FOV > 0 && c.FOV <= 360) {
		s.fault("fov", formatNumber(c.FOV)+" is out of range", "write the horizontal field of view in degrees, over 0 to 360")
	}
	s.checkRange("width", float64(c.Width), 1, maxPixels, " pixels")
	s.checkRange("height", float64(c.Height), 1, maxPixels, " pixels")
	s.checkRange("frame_rate", c.FrameRate, 0, maxFrameRate, " frames per second")
	s.checkRange("mounting_height", c.MountingAt, 0, maxMounting, " m")
}

func (s spot) checkMoney(c *Camera) {
	s.checkWord("owner", string(c.Owner), "kind of owner", true)
	s.checkWord("signage", string(c.Signage), "answer", false)
	s.checkText("recorder", c.Recorder, false)
	s.checkRange("storage_days", float64(c.StorageDays), 0, maxStorage, " days")
	s.checkText("funding", c.Funding, false)
	s.checkRange("cost", c.Cost, 0, maxCost, " million VND")
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

// checkMilestones looks at the order of a camera's dates. Surveys are not
// always on record, but what is accepted was installed on some day.
func (s spot) checkMilestones(c *Camera) {
	s.checkYear("due", c.Due)
	var last milestone
	for _, m := range c.milestones() {
		s.checkYear(m.column, m.day)
		if m.day.IsZero() || !s.sound(m.column) {
			continue
		}
		if m.day < last.day {
			s.fault(m.column, fmt.Sprintf("%s lies before the day in %s, %s", m.day, last.column, last.day),
				"the order is planned, surveyed, installed, accepted, retired")
			continue
		}
		last = m
	}
	if !c.Accepted.IsZero() && c.Installed.IsZero() && s.sound("installed", "accepted") {
		s.fault("installed", "empty beside the day of acceptance", "write the day of installation")
	}
}
