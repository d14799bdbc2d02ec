package doctor

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/uplink"
	"github.com/phukin/phukin/hub/wire"
)

// labels are the doctor's own words; those of the contract come from wire.
type labels struct {
	broker, reached, loggedIn, running     string
	stages                                 map[uplink.Stage]string
	rejected, detail, hint, open, noResult string
	frames, keyframe, loss, jitter         string
	summary                                string // working, degraded, failed
	summaryOpen, allWell, notWell          string
	comma                                  bool // decimals are written with a comma
}

var languages = map[wire.Lang]labels{
	wire.VI: {
		broker: "Máy chủ MQTT", reached: "kết nối được", loggedIn: "kết nối và đăng nhập được",
		running: "không thử đăng nhập vì phukin-agent đang chạy",
		stages: map[uplink.Stage]string{
			uplink.StageTCP: "KHÔNG kết nối được: kiểm tra mạng, địa chỉ, cổng và tường lửa", uplink.StageTLS: "KHÔNG bắt tay TLS được: kiểm tra chứng chỉ, ca_file và đồng hồ của thiết bị",
			uplink.StageLogin: "KHÔNG đăng nhập được",
		},
		rejected: "KHÔNG đăng nhập được: sai mã agent hoặc mật khẩu", detail: "chi tiết", hint: "cách xử lý",
		open: "chú ý: camera cho xem hình mà không hỏi mật khẩu; hãy đặt mật khẩu", noResult: "không kiểm tra được",
		frames: "hình/s", keyframe: "khung khóa cách nhau", loss: "mất gói", jitter: "dao động trễ",
		summary: "Đang hoạt động: %d, hoạt động kém: %d, không hoạt động: %d.", summaryOpen: "Không có mật khẩu: %d.",
		allWell: "Mọi thứ đều tốt.", notWell: "Có việc cần xử lý.", comma: true,
	},
	wire.EN: {
		broker: "MQTT broker", reached: "can be reached", loggedIn: "can be reached, login works",
		running: "login was not tried: phukin-agent is running",
		stages: map[uplink.Stage]string{
			uplink.StageTCP: "CANNOT be reached: check network, address, port and firewall", uplink.StageTLS: "TLS handshake FAILED: check certificate, ca_file and this device's clock",
			uplink.StageLogin: "login FAILED",
		},
		rejected: "login FAILED: agent code or password is wrong", detail: "detail", hint: "what to do",
		open: "note: the camera gives its picture without asking for a password; set one", noResult: "could not be checked",
		frames: "frames/s", keyframe: "key frames every", loss: "loss", jitter: "jitter",
		summary: "Working: %d, degraded: %d, not working: %d.", summaryOpen: "Without a password: %d.",
		allWell: "All is well.", notWell: "There is work to do.",
	},
}

type printer struct {
	l     labels
	t     *wire.Catalogue
	width int // of the column of rungs
}

func newPrinter(lang wire.Lang) printer {
	if lang != wire.VI {
		lang = wire.EN
	}
	p := printer{l: languages[lang], t: wire.Texts(lang)}
	for _, r := range wire.Rungs() {
		p.width = max(p.width, utf8.RuneCountInString(p.t.Rung(r)))
	}
	return p
}

func (p printer) broker(b *Broker, err error) string {
	var s strings.Builder
	what := p.l.loggedIn
	if b.ReachOnly {
		what = p.l.reached + "; " + p.l.running
	}
	if err != nil {
		what = p.l.noResult
		if ce, ok := isErr[*uplink.ConnectError](err); ok {
			what = p.l.stages[ce.Stage]
		}
		if errors.Is(err, uplink.ErrRejected) {
			what = p.l.rejected
		}
	}
	fmt.Fprintf(&s, "%s %s: %s\n", p.l.broker, b.Addr, what)
	if err != nil {
		fmt.Fprintf(&s, "  %s: %s\n", p.l.detail, oneLine(err))
	}
	s.WriteByte('\n')
	return s.String()
}

// camera prints one camera and counts it in sum.
func (p printer) camera(n, of int, c Camera, r probe.Result, sum *Summary) string {
	var s strings.Builder
	name := c.Target.String()
	if c.Code != "" {
		name = c.Code + "  " + name
	}
	var reasons []wire.Reason
	if r.OK() && c.Reasons != nil {
		reasons = c.Reasons(&r)
	}
	verdict := ""
	switch {
	case r.Aborted():
		sum.Failed++
		verdict = p.l.noResult
	case !r.OK():
		sum.Failed++
		verdict = p.t.Status(wire.StatusDown)
	case len(reasons) > 0:
		sum.Degraded++
		verdict = p.t.Status(wire.StatusDegraded)
	default:
		sum.Working++
		verdict = p.t.Status(wire.StatusUp)
	}
	fmt.Fprintf(&s, "[%d/%d] %s: %s\n", n, of, name, verdict)
	for _, st := range r.Stages {
		p.line(&s, p.t.Rung(st.Rung), fmt.Sprintf("%6d ms", st.Duration.Milliseconds()))
	}
	if r.Fault != wire.FaultNone {
		what := p.t.Fault(r.Fault) + " (" + r.Fault.String()
		if r.RTSPStatus != 0 {
			what += fmt.Sprintf(", RTSP %d", r.RTSPStatus)
		}
		p.line(&s, p.t.Rung(r.FellOn), "     ✗    "+what+")")
		fmt.Fprintf(&s, "  %s: %s\n", p.l.hint, p.t.Hint(r.Fault))
	}
	if r.Err != nil {
		fmt.Fprintf(&s, "  %s: %s\n", p.l.detail, oneLine(r.Err))
	}
	if r.OK() {
		fmt.Fprintf(&s, "  %s\n", p.measured(&r))
	}
	for _, reason := range reasons {
		fmt.Fprintf(&s, "  ! %s (%s)\n", p.t.Reason(reason), reason)
	}
	if r.Reached >= wire.RungAuth && !r.AuthAsked {
		sum.Open++
		fmt.Fprintf(&s, "  ! %s\n", p.l.open)
	}
	s.WriteByte('\n')
	return s.String()
}

func (p printer) line(s *strings.Builder, rung, what string) {
	fmt.Fprintf(s, "  %s%s %s\n", rung, strings.Repeat(" ", max(0, p.width-utf8.RuneCountInString(rung))), what)
}

func (p printer) measured(r *probe.Result) string {
	parts := []string{fmt.Sprintf("%s %d×%d", r.Codec, r.Width, r.Height), p.number("%.1f ", r.FrameRate) + p.l.frames, p.number("%.2f Mbit/s", r.BitRate/1e6)}
	if r.KeyframeGap > 0 {
		parts = append(parts, p.l.keyframe+" "+p.number("%.1f s", r.KeyframeGap))
	}
	parts = append(parts, p.l.loss+" "+p.number("%.1f %%", 100*r.Loss), p.l.jitter+" "+p.number("%.1f ms", r.Jitter))
	return strings.Join(parts, "; ")
}

func (p printer) number(format string, v float64) string {
	s := fmt.Sprintf(format, v)
	if p.l.comma {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

func (p printer) summary(sum Summary) string {
	s := fmt.Sprintf(p.l.summary, sum.Working, sum.Degraded, sum.Failed)
	if sum.Open > 0 {
		s += " " + fmt.Sprintf(p.l.summaryOpen, sum.Open)
	}
	if sum.OK() {
		return s + " " + p.l.allWell + "\n"
	}
	return s + " " + p.l.notWell + "\n"
}
