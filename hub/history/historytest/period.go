package historytest

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

func manyCameras(t *testing.T, open Open) {
	b := vietnam(t, open)
	var all []history.Identified
	for i := range 40 { // of 20 cameras, which 3 agents share, in batches that mix them
		agent := []string{"xa-a", "xa-b", "xa-c"}[i%3]
		batch := b.batch(agent, 1, uint64(i)*7)
		for k := range 7 {
			camera := fmt.Sprintf("c%d", (i*3+k*5)%20)
			batch.Observations = append(batch.Observations, see(camera, b.at(today-history.DayNumber(i%4), (i*11+k)%24, 0), b.at(today-history.DayNumber(i%4), (i*11+k)%24, 30), wire.StatusUp))
		}
		b.append(batch)
		all = append(all, identified(batch)...)
	}
	slices.SortFunc(all, func(x, y history.Identified) int {
		return cmp.Or(cmp.Compare(x.Camera, y.Camera), history.CompareIdentified(x, y))
	})
	from, to := b.at(today-2, 5, 15), b.at(today-1, 8, 0)
	for _, p := range []history.Period{
		history.Always(), {From: from, To: to}, {Cameras: []string{}, From: from, To: to}, {Cameras: []string{"c19", "c3", "nobody", "c3", "c10"}, From: 0, To: always},
		{Cameras: []string{"c7"}, From: from, To: to}, {From: to, To: from},
	} {
		var want []history.Identified
		for _, o := range all {
			if o.From < p.To && o.To > p.From && p.From < p.To && (p.Cameras == nil || slices.Contains(p.Cameras, o.Camera)) {
				want = append(want, o)
			}
		}
		var got []history.Identified
		for o, err := range b.s.Observations(b.ctx, p) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, o)
		}
		if diff := gocmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("observations of %+v (-want +got):\n%s", p, diff)
		}
	}
}
