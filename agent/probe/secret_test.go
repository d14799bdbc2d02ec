package probe_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/phukin/phukin/agent/probe"
)

const secretText = "hunter2"

func printings(t *testing.T, v any) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %v"} {
		args := []any{v}
		if verb == "%T %v" {
			args = []any{v, v}
		}
		out[verb] = fmt.Sprintf(verb, args...)
	}
	out["Sprint"] = fmt.Sprint(v)
	j, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	y, err := yaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out["json"], out["yaml"] = string(j), string(y)
	for name, h := range map[string]func(*bytes.Buffer) slog.Handler{
		"slog text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"slog json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var b bytes.Buffer
		slog.New(h(&b)).Info("probe", "value", v, slog.Group("in", "value", v))
		out[name] = b.String()
	}
	return out
}

func TestASecretIsShownNowhere(t *testing.T) {
	type config struct {
		Name     string
		Password probe.Secret
		Nested   struct{ Passwords []probe.Secret }
	}
	c := config{Name: "gate", Password: secretText}
	c.Nested.Passwords = []probe.Secret{secretText}
	for what, v := range map[string]any{"value": probe.Secret(secretText), "pointer": new(probe.Secret(secretText)), "struct": c, "struct pointer": &c} {
		for how, s := range printings(t, v) {
			if strings.Contains(s, secretText) || strings.Contains(s, fmt.Sprintf("%x", secretText)) {
				t.Errorf("%s as %s shows the secret: %s", what, how, s)
			}
			if what == "value" && !strings.Contains(s, "***") {
				t.Errorf("%s as %s does not show ***: %s", what, how, s)
			}
		}
	}
	if s := probe.Secret("").String(); s != "" {
		t.Errorf("the empty secret shows %q", s)
	}
	if string(probe.Secret(secretText)) != secretText {
		t.Error("a secret cannot be revealed")
	}
}

func TestATargetShowsNeitherCredentialsNorPath(t *testing.T) {
	for _, tc := range []struct {
		target probe.Target
		want   string
	}{
		{probe.Target{URL: "rtsp://admin:" + secretText + "@10.0.0.9/user=admin&password=" + secretText}, "rtsp://***@10.0.0.9:554"},
		{probe.Target{URL: "rtsp://10.0.0.9:8554/a", Username: "admin", Password: secretText}, "rtsp://***@10.0.0.9:8554"},
		{probe.Target{URL: "rtsp://10.0.0.9/?password=" + secretText}, "rtsp://10.0.0.9:554"},
		{probe.Target{URL: "rtsps://10.0.0.9/" + secretText}, "rtsps://10.0.0.9:322"},
		{probe.Target{URL: "rtsp://admin:" + secretText + "@ /"}, "camera with an invalid url"},
	} {
		for _, v := range []any{tc.target, &tc.target} {
			for how, s := range printings(t, v) {
				if strings.Contains(s, secretText) || strings.Contains(s, "admin") {
					t.Errorf("%s shows credentials: %s", how, s)
				}
				if !strings.Contains(s, tc.want) {
					t.Errorf("%s shows %s, want %s", how, s, tc.want)
				}
			}
		}
	}
}
