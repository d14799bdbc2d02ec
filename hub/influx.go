package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/influx"
	"github.com/phukin/phukin/hub/sqlite"
)

// Influx says where observations and ledger days are kept instead of the
// database. See influx.Options for what may be there.
type Influx struct {
	URL, Org, Bucket, Token string
}

// openHistory makes the store: the database alone, or as the register of what
// InfluxDB keeps. A history stays where it began.
func (h *Hub) openHistory(ctx context.Context) error {
	c := &h.config
	if c.Influx == nil {
		h.store = h.db
		_, elsewhere, err := h.db.RegisterID(ctx)
		if err == nil && elsewhere {
			err = fmt.Errorf("lịch sử của %s nằm trong InfluxDB: hãy thêm --influx-url / the history of %s is in InfluxDB: give --influx-url", c.Database, c.Database)
		}
		return err
	}
	r, err := h.db.Register(ctx)
	if errors.Is(err, sqlite.ErrOwnHistory) {
		return fmt.Errorf("%s đã có lịch sử riêng: hãy chuyển lịch sử sang tệp mới, xem docs/influxdb.md / %s has a history of its own: move it into a new file, see docs/influxdb.md: %w", c.Database, c.Database, err)
	}
	if err != nil {
		return err
	}
	h.influx, err = influx.Open(ctx, influx.Options{
		URL: c.Influx.URL, Org: c.Influx.Org, Bucket: c.Influx.Bucket, Token: c.Influx.Token,
		Retention: c.Retention, Register: r.ID, Now: c.Now, Log: c.Log.With("component", "influx"),
	})
	if err != nil {
		return err
	}
	h.store, err = history.Join(r, h.influx, history.JoinOptions{Location: c.Plan.Location, Keep: c.Retention, Now: c.Now})
	return err
}

func (h *Hub) closeHistory() error {
	if h.influx != nil {
		h.influx.Close()
	}
	return h.db.Close()
}

// seal puts days that are over together.
func (h *Hub) seal(ctx context.Context) {
	if h.influx == nil {
		return
	}
	n, err := h.influx.Seal(ctx, influx.SealBefore(h.config.Now(), h.config.Plan.Location))
	if err != nil && ctx.Err() == nil {
		h.config.Log.Warn("days of the ledger not sealed; trying again later", "error", err)
	}
	if n > 0 {
		h.config.Log.Info("days of the ledger sealed", "days", n)
	}
}

// Trouble says since when the store that keeps the history cannot be reached,
// and why; nil while it can.
func (h *Hub) Trouble() (since time.Time, what *history.AwayError) {
	if h.influx == nil {
		return time.Time{}, nil
	}
	return h.influx.Trouble()
}
