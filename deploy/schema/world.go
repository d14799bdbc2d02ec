package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

// samplePlan is the plan of the demonstration, in the module's folder.
const samplePlan = "deploy/demo/plan"

// pastDays is how much history the hub has.
const pastDays = 60

// world is what a hub and its tester are started with.
type world struct {
	dir, db string
	plan    *plan.Plan
	token   string // of an administrator
}

// newWorld makes a database with the sample plan, a made-up history, what was
// set aside, users and a token.
func newWorld(ctx context.Context, dir string) (_ *world, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	w := &world{dir: dir, db: filepath.Join(dir, "hub.db")}
	p, err := plan.ReadDir(samplePlan)
	if err != nil {
		return nil, err
	}
	db, err := sqlite.Open(ctx, w.db, sqlite.Options{Location: p.Location})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	doc, err := p.Document()
	if err != nil {
		return nil, err
	}
	if _, err := db.Plan().Commit(ctx, 0, doc, plan.Revision{At: time.Now(), Author: "schema", Reason: "mô phỏng · simulation"}); err != nil {
		return nil, err
	}
	c, err := plan.LoadNewest(ctx, db.Plan())
	if err != nil {
		return nil, err
	}
	w.plan = c.Plan
	if err := fillHistory(ctx, db, w.plan); err != nil {
		return nil, err
	}
	return w, w.letIn(ctx, db.Accounts())
}

// fillHistory gives every camera two months of hours that were mostly well, and
// the quarantine a few messages.
func fillHistory(ctx context.Context, db *sqlite.DB, p *plan.Plan) error {
	rng := rand.New(rand.NewPCG(1, 2))
	end := time.Now().Truncate(time.Hour)
	sequence := map[string]uint64{}
	for day := end.AddDate(0, 0, -pastDays); day.Before(end); day = day.AddDate(0, 0, 1) {
		by := map[string][]wire.Observation{}
		for i := range p.Cameras {
			c := &p.Cameras[i]
			from, to, ok := c.Service(p.Location)
			if ok && !day.Before(from) && day.Before(to) {
				by[c.Agent] = append(by[c.Agent], dayOf(c.Code, day, rng)...)
			}
		}
		var batches []history.Batch
		for agent, all := range by {
			batches = append(batches, history.Batch{Agent: agent, Epoch: 1, FirstSeq: sequence[agent], Observations: all, Received: day.AddDate(0, 0, 1)})
			sequence[agent] += uint64(len(all))
		}
		if err := db.Append(ctx, batches); err != nil {
			return err
		}
	}
	for agent, n := range sequence {
		aside := history.Batch{Agent: agent, Epoch: 1, FirstSeq: n, Aside: &history.Aside{Count: 1, Reason: "a record of the trial"}, Payload: []byte{0x0a, 0x01}, Received: end}
		if err := db.Append(ctx, []history.Batch{aside}); err != nil {
			return err
		}
	}
	for {
		n, err := db.Fold(ctx)
		if err != nil || n == 0 {
			return err
		}
	}
}

// dayOf gives what was seen of a camera on a day, with some hours of trouble now
// and then and some of which nobody knows.
func dayOf(camera string, day time.Time, rng *rand.Rand) []wire.Observation {
	var all []wire.Observation
	for hour := day; hour.Before(day.AddDate(0, 0, 1)); {
		next := hour.Add(time.Duration(1+rng.IntN(12)) * time.Hour)
		o := wire.Observation{Camera: camera, From: hour.UnixMilli(), To: next.UnixMilli(), Status: wire.StatusUp, Rung: wire.RungFresh, Codec: wire.CodecH264, Width: 1920, Height: 1080, Probes: 12}
		switch rng.IntN(20) {
		case 0:
			o.Status, o.Rung, o.Fault, o.FellOn = wire.StatusDown, wire.RungResolve, wire.FaultTimeout, wire.RungConnect
			o.Codec, o.Width, o.Height = wire.CodecNone, 0, 0
		case 1:
			o.Status, o.Reasons, o.Width, o.Height = wire.StatusDegraded, []wire.Reason{wire.ReasonLowResolution}, 640, 360
		}
		if rng.IntN(15) > 0 {
			all = append(all, o)
		}
		hour = next
	}
	return all
}

// letIn makes users and the token of the one who asks.
func (w *world) letIn(ctx context.Context, store account.Store) error {
	desk := account.NewDesk(store, account.DefaultParams, time.Now)
	now := time.Now()
	for name, g := range map[string]account.Grant{"an": {Role: account.Admin}, "binh": {Role: account.Technician, Area: w.plan.Areas[0].Code}} {
		g.Since = now
		if _, _, err := desk.AddUser(ctx, account.User{Name: name, FullName: "Người dùng mô phỏng", Grants: []account.Grant{g}}); err != nil {
			return err
		}
	}
	secret, _, err := desk.NewToken(ctx, account.Token{Name: "schema", Scope: account.ScopeWrite, Grant: account.Grant{Role: account.Admin, Since: now}})
	w.token = secret.Reveal()
	return err
}
