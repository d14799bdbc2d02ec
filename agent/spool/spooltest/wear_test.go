package spooltest_test

import (
	"testing"

	"github.com/phukin/phukin/agent/spool/spooltest"
)

func TestARecordOfTwoKilobytesWearsTheDeviceByEightAtMost(t *testing.T) {
	w, err := spooltest.MeasureWear(t.Context(), t.TempDir(), 1000, 2000)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", w)
	if w.Pages > 8000 || w.Device > 8000 {
		t.Errorf("%+v", w)
	}
}
