// Command demo is the whole system on one machine: simulated cameras that
// speak real RTSP, a real agent for every commune, the hub with its broker,
// database, API and page. Nothing needs to be configured, everything listens
// on loopback, and nothing is left behind.
//
// What it shows is made up, and says so on every page and in every answer.
// The cameras fail as cameras do, in a course that depends on the seed alone.
package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/sync/errgroup"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/api/web"
	"github.com/phukin/phukin/hub"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/sqlite"
)

//go:embed plan
var planFiles embed.FS

type options struct {
	Addr    string `default:"127.0.0.1:8080" help:"Address of the page, on loopback (${default})."`
	Cameras int    `default:"180" help:"How many cameras of the sample plan take part (${default}: all)."`
	Seed    uint64 `default:"1" help:"Seed of the course of events (${default})."`
	Verbose bool   `help:"Log what agents and hub do."`
}

func main() {
	var o options
	kong.Parse(&o, kong.Name("phukin-demo"), kong.Description("Phủ Kín on one machine, with simulated cameras."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "phukin-demo:", err)
		os.Exit(1)
	}
}

// run opens everything in order, runs it, and closes it in reverse order.
func run(ctx context.Context, o options) (err error) {
	begin := time.Now()
	p, err := samplePlan(o.Cameras)
	if err != nil {
		return err
	}
	if err := loopback(o.Addr); err != nil {
		return err
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.Addr)
	if err != nil {
		return fmt.Errorf("the page cannot listen on %s: %w; choose another with ADDR=127.0.0.1:8081", o.Addr, err)
	}
	defer func() { err = errors.Join(err, ignoreClosed(ln.Close())) }()
	dir, err := os.MkdirTemp("", "phukin-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	log := quiet(o.Verbose)
	fleet, p, err := openFleet(p, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, fleet.close()) }()
	db := filepath.Join(dir, "hub.db")
	if p, err = storePlan(ctx, db, p); err != nil {
		return err
	}
	h, err := hub.New(ctx, hub.Config{Plan: p, Database: db, MQTTListen: "127.0.0.1:0", Log: log.With("component", "hub")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	a, err := api.New(api.Config{Plan: p, PlanNow: h.Plan, PlanAt: h.PlanAt, Lists: h.Lists, Store: h.Store(), Live: h.Live(), Page: web.Handler(), Accounts: h.Accounts(), Open: true, Log: log.With("component", "api")})
	if err != nil {
		return err
	}
	if err := fleet.openAgents(ctx, h, dir, o.Seed); err != nil {
		return err
	}
	// The agents go before the hub that they speak to; closing twice is harmless.
	defer func() { err = errors.Join(err, fleet.close()) }()

	fmt.Printf("\n  Phủ Kín, DỮ LIỆU MÔ PHỎNG · SIMULATED DATA\n  %d camera, %d thiết bị xã · %d cameras, %d agents (%.0f s)\n\n  → http://%s/\n  Ai mở trang cũng xem được, không cần đăng nhập · anybody may read, without a login\n\n  Sửa kế hoạch · change the plan: phukin-hub plan export|import --db %s\n\n  Ctrl-C: dừng · stop\n\n",
		len(fleet.cameras), len(fleet.agents), len(fleet.cameras), len(fleet.agents), time.Since(begin).Seconds(), ln.Addr(), db)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return h.Run(ctx) })
	g.Go(func() error { return a.Serve(ctx, ln) })
	g.Go(func() error { return fleet.run(ctx, o.Seed) })
	g.Go(func() error { tellWhenFolded(ctx, h, begin); return nil })
	err = g.Wait()
	fmt.Println("\n  Đã dừng · stopped")
	return err
}

// storePlan makes the plan the first revision in the hub's database, and gives
// it as the hub reads it: so it can be changed there while all this runs.
func storePlan(ctx context.Context, path string, p *plan.Plan) (_ *plan.Plan, err error) {
	doc, err := p.Document()
	if err != nil {
		return nil, err
	}
	db, err := sqlite.Open(ctx, path, sqlite.Options{Location: p.Location})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.Plan().Commit(ctx, 0, doc, plan.Revision{At: time.Now(), Author: "phukin-demo", Reason: "mô phỏng · simulation"}); err != nil {
		return nil, err
	}
	c, err := plan.LoadNewest(ctx, db.Plan())
	if err != nil {
		return nil, err
	}
	return c.Plan, nil
}

// samplePlan reads the sample plan and keeps n of its cameras, spread evenly
// over its list.
func samplePlan(n int) (*plan.Plan, error) {
	sub, err := fs.Sub(planFiles, "plan")
	if err != nil {
		return nil, err
	}
	p, err := plan.Read(sub)
	if err != nil {
		return nil, fmt.Errorf("sample plan:\n%w", err)
	}
	all := len(p.Cameras)
	switch {
	case n == all:
		return p, nil
	case n < 1 || n > all:
		return nil, fmt.Errorf("CAMERAS=%d: the sample plan has %d cameras, so 1 to %d can take part", n, all, all)
	}
	part := *p
	part.Cameras = nil
	for i := range n {
		part.Cameras = append(part.Cameras, p.Cameras[i*all/n])
	}
	return plan.Build(part)
}

// tellWhenFolded prints when the simulated past has become history.
func tellWhenFolded(ctx context.Context, h *hub.Hub, begin time.Time) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	last, still := h.Store().Revision(), 0
	for still < 2 {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		waiting := uint64(0)
		for _, a := range h.Live().Agents() {
			waiting += a.Spooled
		}
		if r := h.Store().Revision(); r == last || waiting > 1000 || r < 100 {
			last, still = r, 0
			continue
		}
		still++
	}
	fmt.Printf("  lịch sử mô phỏng hai năm đã sẵn sàng · two years of simulated history are there (%.0f s)\n", time.Since(begin).Seconds())
}

// quiet gives a log that tells of the simulation's events, and of the rest
// only when asked to.
func quiet(verbose bool) *slog.Logger {
	level := slog.LevelError
	if verbose {
		level = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
}

func loopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err == nil && (host == "localhost" || ip != nil && ip.IsLoopback()) {
		return nil
	}
	return fmt.Errorf("ADDR=%s: the demonstration has no login and listens on loopback alone; write ADDR=127.0.0.1:8080", addr)
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
