package ingest

import (
	"context"
	"time"
)

// A fold computes whole days, so while much comes in it would do the same
// days again and again. It waits until nothing has come for foldQuiet, but
// foldLatest at most, and longer than foldRest times what the last one took.
const (
	foldQuiet  = 300 * time.Millisecond
	foldLatest = 10 * time.Second
	foldRest   = 9
)

// runFold keeps the ledger behind the batches as little as makes sense. It
// begins with what an earlier run left behind.
func (in *Ingest) runFold(ctx context.Context) {
	for {
		begin := time.Now()
		if _, err := in.Store.Fold(ctx); err != nil && ctx.Err() == nil {
			in.Log.Log(ctx, severity(err), "ledger days not brought up to date; trying again", "error", err)
			pause(ctx, retryAfter)
			signal(in.dirty)
		}
		rest := foldRest * time.Since(begin)
		select {
		case <-ctx.Done():
			return
		case <-in.dirty:
		}
		in.settle(ctx, rest)
	}
}

// settle waits for quiet, or until waiting on is worse than folding.
func (in *Ingest) settle(ctx context.Context, rest time.Duration) {
	latest, quiet := time.NewTimer(max(foldLatest, rest)), time.NewTimer(foldQuiet)
	defer latest.Stop()
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-latest.C:
			return
		case <-quiet.C:
			return
		case <-in.dirty:
			quiet.Reset(foldQuiet)
		}
	}
}
