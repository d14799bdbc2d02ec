package historytest

import (
	"context"

	"github.com/phukin/phukin/hub/history"
)

// Cutting is an Evidence that fails when it is told to, before it does
// something or after it has done it: as when a program or a server is killed.
type Cutting struct {
	history.Evidence
	// Fail is asked before Put and PutDays, by their names, and after them, by
	// "after Put" and "after PutDays". What it gives is their error.
	Fail func(call string) error
}

// Put implements history.Evidence.
func (c *Cutting) Put(ctx context.Context, records []history.Records) error {
	return c.cut("Put", func() error { return c.Evidence.Put(ctx, records) })
}

// PutDays implements history.Evidence.
func (c *Cutting) PutDays(ctx context.Context, days []history.Day) error {
	return c.cut("PutDays", func() error { return c.Evidence.PutDays(ctx, days) })
}

func (c *Cutting) cut(call string, f func() error) error {
	if err := c.Fail(call); err != nil {
		return err
	}
	if err := f(); err != nil {
		return err
	}
	return c.Fail("after " + call)
}
