package plan

func (d *draft) checkGeometry() {}
