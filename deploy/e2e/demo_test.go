package e2e_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/api/client"
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

	var list client.CameraList
	hub := asking(t, address, "")
	read := func(q client.ListCamerasParams) error {
		answer, err := hub.ListCameras(t.Context(), q)
		if err != nil {
			return err
		}
		list = answer.Body
		if !list.Simulated {
			return errFinal{fmt.Errorf("the answer to %+v is not labelled as simulated", q)}
		}
		return nil
	}
	years := client.ListCamerasParams{Days: new(int64(730))}
	eventually(t, time.Minute, "most cameras work", func() error {
		if err := read(years); err != nil {
			return err
		}
		if n := list.Count; n.Up < 30 || len(list.Items) != 60 {
			return fmt.Errorf("%+v of %d", n, len(list.Items))
		}
		return nil
	})
	eventually(t, 2*time.Minute, "two years of history are there", func() error {
		if err := read(years); err != nil {
			return err
		}
		if u := list.Uptime; u.Observed == nil || *u.Observed < 0.9 || u.DownS == 0 {
			return fmt.Errorf("%+v", *u)
		}
		return nil
	})
	t.Logf("two years of history after %v", time.Since(started).Round(time.Second))

	faults := map[string]bool{}
	eventually(t, time.Minute+started.Sub(time.Now().Add(-time.Minute)), "states change in several ways", func() error {
		if err := read(client.ListCamerasParams{Fields: []string{"code", "status"}}); err != nil {
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

	t.Run("the plan can be changed", func(t *testing.T) { changeDemoPlan(t, demo.find(`--db (\S+)$`), address) })
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

// changeDemoPlan takes the address of a camera out of the plan, in the
// demonstration's own database: its agent stops to watch it.
func changeDemoPlan(t *testing.T, db, address string) {
	dir := filepath.Join(t.TempDir(), "plan")
	hub := func(args ...string) {
		t.Helper()
		if out, stderr, code := run(t, hubProgram(), args...); code != 0 {
			t.Fatalf("%v: %d %s%s", args, code, out, stderr)
		}
	}
	hub("plan", "export", dir, "--db", db)
	path := filepath.Join(dir, "cameras.csv")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^(C-[0-9]+),[^,]*,([^,]*),.*(rtsp://127\.0\.0\.1:[0-9]+/[^,]*),`).FindSubmatchIndex(text)
	if found == nil {
		t.Fatalf("the demonstration's plan has no addresses:\n%.500s", text)
	}
	camera, agent := string(text[found[2]:found[3]]), string(text[found[4]:found[5]])
	configured := func() (int64, int64, error) {
		list, err := asking(t, address, "").ListAgents(t.Context(), client.ListAgentsParams{})
		if err != nil {
			return 0, 0, err
		}
		for _, a := range list.Body.Items {
			if a.Code == agent && a.List != nil {
				return a.Configured, a.List.Revision, nil
			}
		}
		return 0, 0, fmt.Errorf("agent %s has no list", agent)
	}
	before, revision, err := configured()
	if err != nil || before == 0 || revision != 1 {
		t.Fatalf("%d cameras of revision %d, %v", before, revision, err)
	}
	write(t, dir, "cameras.csv", string(text[:found[6]])+string(text[found[7]:]))
	hub("plan", "import", dir, "--db", db, "--author", "an", "--reason", "x")
	eventually(t, 90*time.Second, "agent "+agent+" stops to watch camera "+camera, func() error {
		n, revision, err := configured()
		if err == nil && (n != before-1 || revision != 2) {
			err = fmt.Errorf("%d cameras of %d, revision %d", n, before, revision)
		}
		return err
	})
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
