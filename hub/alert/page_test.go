package alert_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/phukin/phukin/hub/alert"
)

var update = flag.Bool("update", false, "write the tables into docs/alerts.md")

const page = "../../docs/alerts.md"

var things = map[alert.Thing]string{
	alert.Hub: "máy chủ", alert.Agent: "thiết bị xã", alert.Site: "điểm", alert.Section: "đoạn tuyến",
	alert.Camera: "camera", alert.Area: "địa bàn", alert.Window: "đợt bảo trì",
}

func table(vi bool) string {
	var b strings.Builder
	if vi {
		b.WriteString("| Loại | Mức | Đối tượng | Tên | Khi nào | Việc cần làm |\n|---|---|---|---|---|---|\n")
	} else {
		b.WriteString("| kind | severity | about | name | when | what to do |\n|---|---|---|---|---|---|\n")
	}
	for _, r := range alert.Rules() {
		if vi {
			fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s | %s | %s |\n", r.Kind, r.Severity, things[r.Thing], r.Name.VI, r.When.VI, r.Do.VI)
		} else {
			fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s | %s | %s |\n", r.Kind, r.Severity, r.Thing, r.Name.EN, r.When.EN, r.Do.EN)
		}
	}
	return b.String()
}

// The page shows the table that the code goes by. With -update it is written.
func TestThePageHasTheTableOfKinds(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	changed := string(text)
	for _, vi := range []bool{true, false} {
		name := map[bool]string{true: "kinds-vi", false: "kinds-en"}[vi]
		begin, end := "<!-- begin "+name+" (go test ./hub/alert -run Page -update) -->\n", "<!-- end "+name+" -->"
		before, rest, ok := strings.Cut(changed, begin)
		old, after, ended := strings.Cut(rest, end)
		if !ok || !ended {
			t.Fatalf("%s has no section %s", page, name)
		}
		want := "\n" + table(vi) + "\n"
		if old != want && !*update {
			t.Errorf("section %s of %s is not what the code goes by; bring it up to date with: go test ./hub/alert -run Page -update", name, page)
		}
		changed = before + begin + want + end + after
	}
	if *update {
		if err := os.WriteFile(page, []byte(changed), 0o644); err != nil { // a page
			t.Fatal(err)
		}
	}
}

// The times that the page and the rules speak of are those of the code.
func TestTheTimesInThePagesWordsAreRight(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(strings.Fields(string(text)), " ")
	for _, s := range []string{
		fmt.Sprintf("silent for %d minutes", int(alert.OfflineAfter.Minutes())), fmt.Sprintf("first %d minutes after its start", int(alert.OfflineAfter.Minutes())),
		fmt.Sprintf("fell within %d minutes", int(alert.Together.Minutes())), fmt.Sprintf("at least %d %% of the agent's", alert.ShareOfAll),
		fmt.Sprintf("for %d hours or more", int(alert.DegradedAfter.Hours())), fmt.Sprintf("online for %d minutes", int(alert.NotProbedAfter.Minutes())),
		fmt.Sprintf("%d minutes later", int(alert.ListAfter.Minutes())), fmt.Sprintf("Within %d hours records", int(alert.AsideWithin.Hours())),
		fmt.Sprintf("Within %d days the agent", int(alert.GapWithin.Hours()/24)), fmt.Sprintf("by more than %d minutes", int(alert.ClockWithin.Minutes())),
		fmt.Sprintf("no more than %d days ago", int(alert.LateWithin.Hours()/24)),
		fmt.Sprintf("Less than %d MiB or less than %d %% of the disk", alert.FullBelow, alert.FullShare), fmt.Sprintf("has %d °C or more", alert.HotAt),
		fmt.Sprintf("within the last %d minutes", int(alert.VitalsWithin.Minutes())),
		fmt.Sprintf("im lặng từ %d phút", int(alert.OfflineAfter.Minutes())), fmt.Sprintf("trong cùng %d phút", int(alert.Together.Minutes())),
		fmt.Sprintf("suốt từ %d giờ", int(alert.DegradedAfter.Hours())), fmt.Sprintf("lệch máy chủ quá %d phút", int(alert.ClockWithin.Minutes())),
	} {
		if !strings.Contains(all, s) {
			t.Errorf("the page does not say %q", s)
		}
	}
}
