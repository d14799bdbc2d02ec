package plan

// SelfCrossing is selfCrossing for its property test.
var SelfCrossing = selfCrossing

// Canonical is canonical for its tables.
func (c *Column) Canonical(cell string) string { return c.canonical(cell) }

// InVietnamese is inVietnamese for its test.
var InVietnamese = inVietnamese
