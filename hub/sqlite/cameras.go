package sqlite

import (
	"database/sql"
	"slices"
	"strings"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// camera notes what an observation says of its camera's summary: nothing, if
// its clock is not right.
func (a *appender) camera(agent int64, o *history.Brief, day history.DayNumber, right bool) error {
	k := &a.db.known
	c := k.camera(o)
	if c == nil {
		var err error
		if c, err = a.newCamera(strings.Clone(o.Camera)); err != nil { // it may be a part of a whole message
			return err
		}
	}
	if o.Memo != nil && o.Memo.V != c {
		o.Memo.V = c
	}
	if c.agent != agent && !slices.Contains(c.agents, agent) {
		if _, err := a.stmts.insertPair.ExecContext(a.ctx, c.id, agent); err != nil {
			return err
		}
		c.agents = append(c.agents, agent)
	}
	c.agent = agent
	if !right || !c.note(o, day) {
		return nil
	}
	return a.update(c)
}

// newCamera enters a camera that nobody has spoken of before.
func (a *appender) newCamera(code string) (*camera, error) {
	k := &a.db.known
	res, err := a.stmts.insertCamera.ExecContext(a.ctx, code)
	if err != nil {
		return nil, err
	}
	c := &camera{home: k.home, seen: history.Seen{Camera: code, Enrolled: history.NoDay, Verified: history.NoDay}}
	if c.id, err = res.LastInsertId(); err != nil {
		return nil, err
	}
	k.cameras[code] = c
	return c, nil
}

// update writes what was seen of a camera.
func (a *appender) update(c *camera) error {
	s := &c.seen
	_, err := a.stmts.updateCamera.ExecContext(a.ctx, dayOrNull(s.Enrolled), dayOrNull(s.Verified), s.MeasuredAt, uint8(s.Codec), s.Width, s.Height, s.FrameRate, c.id)
	return err
}

// camera gives a camera that came before, nil if it did not.
func (k *known) camera(o *history.Brief) *camera {
	if o.Memo != nil {
		if c, ok := o.Memo.V.(*camera); ok && c.home == k.home {
			return c
		}
	}
	return k.cameras[o.Camera]
}

func dayOrNull(d history.DayNumber) sql.NullInt64 {
	return sql.NullInt64{Int64: int64(d), Valid: d != history.NoDay}
}

const dayMs = 86_400_000

// note takes an observation into the summary and says whether it changed it.
func (c *camera) note(o *history.Brief, day history.DayNumber) bool {
	s, changed := &c.seen, false
	if s.Enrolled == history.NoDay || day < s.Enrolled {
		s.Enrolled, changed = day, true
	}
	if o.Status != wire.StatusDown && (s.Verified == history.NoDay || day < s.Verified) {
		s.Verified, changed = day, true
	}
	if o.Width > 0 && o.From >= c.measured {
		c.measured = o.From
		width, height := int(o.Width), int(o.Height)
		same := s.Codec == o.Codec && s.Width == width && s.Height == height
		if !same || o.From >= s.MeasuredAt+dayMs {
			s.MeasuredAt, s.Codec, s.Width, s.Height, s.FrameRate = o.From, o.Codec, width, height, o.FrameRate
			changed = true
		}
	}
	return changed
}
