package e2e_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/api"
)

func dial(port string) error {
	c, err := net.DialTimeout("tcp", "127.0.0.1:"+port, time.Second)
	if err != nil {
		return err
	}
	return c.Close()
}

// The demonstration as a newcomer sees it: live data at once, two years of
// labelled history soon after, states that change within a minute, a page
// that works in a browser, and nothing left behind after Ctrl-C.
func TestTheDemonstration(t *testing.T) {
	temp := t.TempDir()
	port := freePort(t)
	demo := startWith(t, []string{"TMPDIR=" + temp}, filepath.Join(binaries, "demo"), "--addr", "127.0.0.1:"+port, "--cameras", "60")
	address := demo.find(`(http://\S+)/`)
	started := time.Now()

	var list api.CameraList
	read := func(path string) error {
		if err := get(t.Context(), address+path, &list); err != nil {
			return err
		}
		if !list.Simulated {
			return errFinal{fmt.Errorf("%s is not labelled as simulated", path)}
		}
		return nil
	}
	eventually(t, time.Minute, "most cameras work", func() error {
		if err := read("/api/v1/cameras?days=730"); err != nil {
			return err
		}
		if n := list.Count; n.Up < 30 || len(list.Items) != 60 {
			return fmt.Errorf("%+v of %d", n, len(list.Items))
		}
		return nil
	})
	eventually(t, 2*time.Minute, "two years of history are there", func() error {
		if err := read("/api/v1/cameras?days=730"); err != nil {
			return err
		}
		if u := list.Total; u.Observed == nil || *u.Observed < 0.9 || u.Down == 0 {
			return fmt.Errorf("%+v", *u)
		}
		return nil
	})
	t.Logf("two years of history after %v", time.Since(started).Round(time.Second))

	faults := map[string]bool{}
	eventually(t, time.Minute+started.Sub(time.Now().Add(-time.Minute)), "states change in several ways", func() error {
		if err := read("/api/v1/cameras?fields=code,status"); err != nil {
			return err
		}
		for _, r := range list.Items {
			for _, what := range []string{r.Status.Fault, strings.Join(r.Status.Reasons, "+"), r.Status.Cause} {
				if what != "" && what != "not_enrolled" {
					faults[what] = true
				}
			}
		}
		if len(faults) < 4 {
			return fmt.Errorf("seen: %v", faults)
		}
		return nil
	})
	t.Logf("seen within %v: %v", time.Since(started).Round(time.Second), faults)

	t.Run("the page in a browser", func(t *testing.T) { browse(t, address) })

	demo.stop(testPatience)
	if err := dial(port); err == nil {
		t.Error("something still listens on the page's port")
	}
	left, err := os.ReadDir(temp)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range left {
		t.Errorf("left behind: %s", f.Name())
	}
}

// browse runs the page's own browser tests against an address.
func browse(t *testing.T, address string) {
	_, err := exec.LookPath("chromium")
	need(t, err == nil, "Chromium", "apt-get install chromium")
	_, err = os.Stat("../../api/web/node_modules/playwright-core")
	need(t, err == nil, "the page's test tools", "make web")
	_, err = os.Stat("../../api/web/dist/index.html")
	need(t, err == nil, "the built page", "make web")
	cmd := exec.CommandContext(t.Context(), "npm", "run", "--silent", "test:browser")
	cmd.Dir = "../../api/web"
	cmd.Env = append(os.Environ(), "PAGE_URL="+address+"/")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v", err)
	}
	t.Logf("\n%s", out)
}
