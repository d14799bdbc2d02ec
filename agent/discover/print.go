package discover

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/phukin/phukin/hub/wire"
)

type words struct {
	found, none, otherHost, paste, code, password, detail string
	columns                                               []string
	faults                                                map[Fault]string
}

var languages = map[wire.Lang]words{
	wire.VI: {
		found: "Số thiết bị tìm thấy: %d.", none: "Không có thiết bị ONVIF nào trả lời: kiểm tra dây mạng, lớp mạng, và camera đã bật ONVIF / WS-Discovery.",
		otherHost: "luồng ở máy khác với thiết bị đã trả lời: kiểm tra trước khi dùng",
		paste:     "Dán vào tệp cấu hình, sửa mã camera theo kế hoạch:", code: "mã trong kế hoạch", password: "mật khẩu: điền ở đây", detail: "chi tiết",
		columns: []string{"ĐỊA CHỈ", "HÃNG", "KIỂU", "SỐ MÁY", "LUỒNG CHÍNH", "GHI CHÚ"},
		faults: map[Fault]string{
			FaultAuthRequired: "đòi đăng nhập: chạy lại với --username",
			FaultAuthRejected: "sai tên hoặc mật khẩu ONVIF (có hãng dùng tài khoản ONVIF riêng), hoặc đồng hồ camera sai",
			FaultNoAnswer:     "dịch vụ ONVIF không trả lời", FaultMalformed: "trả lời không đúng ONVIF", FaultNoMedia: "không có luồng hình",
		},
	},
	wire.EN: {
		found: "Devices found: %d.", none: "No ONVIF device answered: check cable and subnet, and that ONVIF / WS-Discovery is switched on in the cameras.",
		otherHost: "the stream is on another host than the device that answered: check it first",
		paste:     "To paste into the configuration; put in the cameras' codes of the plan:", code: "the code in the plan", password: "password: put it in here", detail: "detail",
		columns: []string{"ADDRESS", "MAKER", "MODEL", "SERIAL", "MAIN STREAM", "NOTE"},
		faults: map[Fault]string{
			FaultAuthRequired: "asks for a login: run again with --username",
			FaultAuthRejected: "wrong ONVIF user name or password (some makers have ONVIF accounts of their own), or the camera's clock is wrong",
			FaultNoAnswer:     "its ONVIF service does not answer", FaultMalformed: "its answer is not ONVIF", FaultNoMedia: "has no video stream",
		},
	},
}

func wordsOf(lang wire.Lang) words {
	if w, ok := languages[lang]; ok {
		return w
	}
	return languages[wire.EN]
}

// Print writes a table of the devices and, below it, their cameras as YAML to
// paste into an agent's configuration, without any password.
func Print(out io.Writer, lang wire.Lang, username string, devices []Device) error {
	w := wordsOf(lang)
	if len(devices) == 0 {
		_, err := fmt.Fprintln(out, w.none)
		return err
	}
	var s strings.Builder
	rows := [][]string{w.columns}
	for _, d := range devices {
		row := []string{d.Addr.String(), or(d.Manufacturer), or(d.Model, d.Name), or(d.Serial), "-", w.faults[d.Fault]}
		if len(d.Streams) > 0 {
			m := d.Streams[0]
			row[4] = m.picture()
			if len(d.Streams) > 1 {
				row[4] += fmt.Sprintf(" (+%d)", len(d.Streams)-1)
			}
		}
		rows = append(rows, row)
	}
	table(&s, rows)
	fmt.Fprintf(&s, "\n"+w.found+"\n", len(devices))
	for _, d := range devices {
		if d.Err != nil {
			fmt.Fprintf(&s, "%s: %s: %s\n", d.Addr, w.detail, clean(d.Err.Error()))
		}
	}
	if y := yamlOf(w, username, devices); y != "" {
		fmt.Fprintf(&s, "\n%s\n\n%s", w.paste, y)
	}
	_, err := io.WriteString(out, s.String())
	return err
}

// picture tells codec and size, as far as they are known.
func (s Stream) picture() string {
	if s.Width == 0 || s.Height == 0 {
		return or(s.Encoding)
	}
	return fmt.Sprintf("%s %d×%d", or(s.Encoding), s.Width, s.Height)
}

func or(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return "-"
}

func table(s *strings.Builder, rows [][]string) {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell + strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell)+2))
		}
		s.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

// yamlOf lists the main streams as an agent's configuration does; the others
// are comments.
func yamlOf(w words, username string, devices []Device) string {
	var s strings.Builder
	n := 0
	for _, d := range devices {
		if len(d.Streams) == 0 {
			continue
		}
		n++
		m := d.Streams[0]
		fmt.Fprintf(&s, "  # %s\n", or(strings.TrimSpace(d.Manufacturer+" "+d.Model+" "+d.Serial), d.Name))
		if m.OtherHost {
			fmt.Fprintf(&s, "  # ! %s\n", w.otherHost)
		}
		fmt.Fprintf(&s, "  - code: CAMERA-%d # %s\n    url: %s\n", n, w.code, quote(m.URL))
		if username != "" {
			fmt.Fprintf(&s, "    username: %s\n    # %s\n", quote(username), w.password)
		}
		if m.Width > 0 && m.Height > 0 {
			fmt.Fprintf(&s, "    width: %d\n    height: %d\n", m.Width, m.Height)
		}
		if m.FrameRate > 0 {
			fmt.Fprintf(&s, "    frame_rate: %g\n", m.FrameRate)
		}
		for _, o := range d.Streams[1:] {
			fmt.Fprintf(&s, "    # %s %s: %s\n", o.Profile, o.picture(), o.URL)
		}
	}
	if n == 0 {
		return ""
	}
	return "cameras:\n" + s.String()
}

// quote writes a text for YAML, whose double-quoted scalars take what Go's do
// for printable text.
func quote(s string) string { return strconv.Quote(s) }

// The shape of PrintJSON, which stays.
type (
	jsonDevice struct {
		Address      string       `json:"address"`
		Endpoint     string       `json:"endpoint"`
		Service      string       `json:"service"`
		Name         string       `json:"name"`
		Manufacturer string       `json:"manufacturer"`
		Model        string       `json:"model"`
		Serial       string       `json:"serial"`
		Fault        string       `json:"fault"`
		Hint         string       `json:"hint"`
		Detail       string       `json:"detail"`
		Streams      []jsonStream `json:"streams"`
	}
	jsonStream struct {
		Profile   string  `json:"profile"`
		Encoding  string  `json:"encoding"`
		Width     int     `json:"width"`
		Height    int     `json:"height"`
		FrameRate float64 `json:"frame_rate"`
		URL       string  `json:"url"`
		OtherHost bool    `json:"other_host"`
	}
)

// PrintJSON writes an array of devices: address, endpoint, service, name,
// manufacturer, model, serial, fault (a Fault, "" when all was told), hint (in
// lang), detail, and streams, each with profile, encoding, width, height,
// frame_rate, url and other_host. Nothing is left out when it is empty.
func PrintJSON(out io.Writer, lang wire.Lang, devices []Device) error {
	w := wordsOf(lang)
	list := []jsonDevice{}
	for _, d := range devices {
		j := jsonDevice{
			Address: d.Addr.String(), Endpoint: d.Endpoint, Service: d.Service, Name: d.Name, Manufacturer: d.Manufacturer, Model: d.Model, Serial: d.Serial,
			Fault: string(d.Fault), Hint: w.faults[d.Fault], Streams: []jsonStream{},
		}
		if d.Err != nil {
			j.Detail = clean(d.Err.Error())
		}
		for _, s := range d.Streams {
			j.Streams = append(j.Streams, jsonStream(s))
		}
		list = append(list, j)
	}
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(list)
}
