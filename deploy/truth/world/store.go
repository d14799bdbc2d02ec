package world

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/history/archive"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

// PlayStored plays a script as Play does, with the hub's store in a file that is
// not there yet: it takes what arrives, twice as it came, folds and seals it while
// days go by, and is opened again in the end. Figures are made of what is read
// back from it.
func PlayStored(ctx context.Context, s Script, path string) (w *World, err error) {
	loc, err := time.LoadLocation(s.Zone)
	if err != nil {
		return nil, err
	}
	k := &keeper{ctx: ctx, path: path, loc: loc, random: rand.New(rand.NewPCG(s.Seed, 2))}
	if err := k.open(); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, k.db.Close()) }()
	return play(s, nil, k)
}

// keeper is a store with a clock.
type keeper struct {
	ctx    context.Context // of the one call of PlayStored
	path   string
	loc    *time.Location
	random *rand.Rand // apart, so that the world is the same
	now    time.Time
	db     *sqlite.DB
}

func (k *keeper) open() (err error) {
	k.db, err = sqlite.Open(k.ctx, k.path, sqlite.Options{Location: k.loc, Now: func() time.Time { return k.now }})
	return err
}

const sealedAfter = 5 * 24 * time.Hour // with room

// round has the store take parcels in the order in which they came, and reads
// back what it makes of them. Between rounds none to some days go by, so some
// parcels are for days that are sealed.
func (k *keeper) round(w *World, parcels []parcel) error {
	var batches []history.Batch
	for i := range parcels {
		p := &parcels[i]
		k.now = later(k.now, time.UnixMilli(w.begin+p.at))
		batches = append(batches, history.Batch{Agent: p.Agent, Epoch: p.Epoch, FirstSeq: p.Seq, Observations: []wire.Observation{p.Observation}, Received: k.now})
	}
	k.now = k.now.Add(time.Duration(k.random.Int64N(int64(sealedAfter))))
	if err := k.db.Append(k.ctx, batches); err != nil {
		return err
	}
	return k.fold(w)
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func (k *keeper) fold(w *World) error {
	if _, err := k.db.Fold(k.ctx); err != nil {
		return err
	}
	return w.index.Update(k.db.Days(k.ctx, history.EveryDay()))
}

// end has everything sealed, and the file opened again and held to itself.
func (k *keeper) end(w *World) error {
	k.now = k.now.Add(2 * sealedAfter)
	if err := k.fold(w); err != nil {
		return err
	}
	if err := k.db.Close(); err != nil {
		return err
	}
	if err := k.open(); err != nil {
		return err
	}
	v, err := archive.Verify(k.ctx, k.db, nil)
	if err == nil && v.Wrong > 0 {
		err = fmt.Errorf("the store contradicts itself: %s", strings.Join(v.Faults, "; "))
	}
	if err != nil {
		return err
	}
	return w.index.Update(k.db.Days(k.ctx, history.EveryDay()))
}
