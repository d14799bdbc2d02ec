package e2e_test

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/phukin/phukin/api/client"
)

// A real agent tells a real hub how its device is, and of cameras that nobody
// can reach the hub makes one alert.
func TestADeviceTellsHowItIsAndWhatNeedsSomebody(t *testing.T) {
	s := newSite(t)
	s.startHub("--mqtt-listen", "127.0.0.1:"+s.mqttPort)
	s.startAgent(freePort(t), s.enrol())
	eventually(t, 30*time.Second, "the device tells how it is", func() error {
		a, err := s.ask("").GetAgentVitals(t.Context(), client.GetAgentVitalsParams{Code: agentCode})
		if err != nil {
			return err
		}
		v := a.Body.Vitals
		if !a.Body.Online || v == nil || v.Cores == nil || *v.Cores != int64(runtime.NumCPU()) || v.Implausible != 0 || v.AgeS > 60 {
			return fmt.Errorf("%+v", a.Body)
		}
		if runtime.GOOS == "linux" && (v.UptimeS == nil || *v.UptimeS < 1 || v.MemoryMib == nil || v.FreeMib == nil || v.Load == nil) {
			return fmt.Errorf("on Linux more is known than %+v", v)
		}
		return nil
	})
	eventually(t, 60*time.Second, "both cameras are one alert of their agent", func() error {
		l, err := s.ask("").ListAlerts(t.Context(), client.ListAlertsParams{Agent: agentCode})
		if err != nil {
			return err
		}
		for _, a := range l.Body.Items {
			if a.Kind == "agent_cameras_down" && a.Fault == "refused" && slices.Equal(a.Cameras, []string{"CAM-H264", "CAM-H265"}) {
				return nil
			}
		}
		return fmt.Errorf("%+v", l.Body.Items)
	})
}
