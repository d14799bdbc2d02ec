package main

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/phukin/phukin/api/apitest"
	"github.com/phukin/phukin/api/client"
	"github.com/phukin/phukin/hub/plan"
)

func TestNextShowsARankForPeople(t *testing.T) {
	hub := signedIn(t, apitest.New(t, func(p *plan.Plan) {
		for i := range p.Cameras {
			if c := &p.Cameras[i]; c.Site == "D-103" || c.Site == "D-104" { // which control one section more
				c.Cost = 0
			}
		}
	}))
	out := ok(t, "next", "--hub", hub, "--by", "cost", "--sites", "500")
	for _, want := range []string{
		"DỮ LIỆU MÔ PHỎNG", "SIMULATED DATA", "metres that become controlled per million VND", "thứ tự", "rank", "14 trên 14 điểm còn phải làm", "14 of 14 sites",
		"tất cả điểm / all sites", "đang có / there now", "tổng số / of all", "?: kế hoạch chưa ghi kinh phí", "sites that have some of their cameras, not ranked",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	var a client.NextAnswer
	if err := json.Unmarshal([]byte(ok(t, "next", "--hub", hub, "--by", "cost", "--sites", "500", "--format", "json")), &a); err != nil {
		t.Fatal(err)
	}
	table, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(ok(t, "next", "--hub", hub, "--by", "cost", "--sites", "500", "--format", "csv"), "\uFEFF"))).ReadAll()
	if err != nil || len(table) != len(a.Items)+1 || table[0][0] != "rank" || table[1][2] != a.Items[0].Site.Code {
		t.Errorf("CSV: %v, %v", err, table)
	}
	lines, at := strings.Split(out, "\n"), 0
	for _, r := range a.Items { // in the same order
		for at < len(lines) && !strings.Contains(lines[at], r.Site.Code+"  ") {
			at++
		}
		if at == len(lines) {
			t.Fatalf("%s is not shown, or not in its place:\n%s", r.Site.Code, out)
		}
		if (r.CostMillionVND == nil) != strings.Contains(lines[at], " ? ") {
			t.Errorf("cost %v is shown as %q", r.CostMillionVND, lines[at])
		}
	}
}

func TestNextSaysWhatIsWrong(t *testing.T) {
	hub := signedIn(t, apitest.New(t))
	for _, c := range []struct {
		says string
		args []string
	}{
		{"there are: table, csv, xlsx, json", []string{"--format", "png"}},
		{"kế hoạch không có tuyến này", []string{"--route", "nowhere"}},
		{"observation", []string{"--level", "sharp"}},
		{"sites", []string{"--sites", "0"}},
	} {
		if out, err := run(t, append([]string{"next", "--hub", hub}, c.args...)...); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v %s; want %q", c.args, err, out, c.says)
		}
	}
	if _, err := run(t, "next", "--hub", "http://127.0.0.1:1"); err == nil || !strings.Contains(err.Error(), "--hub") {
		t.Errorf("no hub there: %v", err)
	}
}
