package api

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/phukin/phukin/hub/history"
)

// problem is an error for the client (RFC 9457), in both languages. Whoever asks
// gets it in the one that is preferred.
type problem struct {
	status int
	detail Text
	wrong  []wrong // what is wrong with the request
	id     string  // stands in the log as well; empty unless something went wrong inside
}

// wrong is one thing that is wrong with a request.
type wrong struct {
	at    string // such as query.days or body.email
	value any    // what stands there
	what  Text   // what would be right
}

func (p *problem) Error() string             { return p.model(english).Detail }
func (p *problem) GetStatus() int            { return p.status }
func (p *problem) ContentType(string) string { return problemType }

const problemType = "application/problem+json"

// newProblem makes a problem.
func newProblem(status int, vi, en string) *problem {
	return &problem{status: status, detail: Text{VI: vi, EN: en}}
}

// invalid refuses the value of a query parameter, and says what would be right.
func invalid(parameter string, value any, vi, en string) *problem {
	return invalidIn("query."+parameter, value, vi, en)
}

// invalidIn refuses a value elsewhere, such as in body.name, and says what would
// be right.
func invalidIn(at string, value any, vi, en string) *problem {
	return &problem{status: http.StatusUnprocessableEntity, wrong: []wrong{{at, value, Text{VI: vi, EN: en}}}}
}

// model gives the problem as it is sent.
func (p *problem) model(l language) *huma.ErrorModel {
	m := &huma.ErrorModel{Status: p.status, Title: titleOf(p.status).In(l), Detail: p.detail.In(l)}
	if p.id != "" {
		m.Instance = "urn:phukin:error:" + p.id
	}
	for _, w := range p.wrong {
		m.Errors = append(m.Errors, &huma.ErrorDetail{Message: w.what.In(l), Location: w.at, Value: short(w.at, w.value)})
	}
	if m.Detail == "" {
		m.Detail = summary(m.Errors, l)
	}
	return m
}

// summary says what is wrong in one sentence.
func summary(all []*huma.ErrorDetail, l language) string {
	if len(all) == 0 {
		return ""
	}
	first := all[0].Location + ": " + all[0].Message
	if n := len(all) - 1; n > 0 {
		first += fmt.Sprintf(Text{VI: "; và %d chỗ khác", EN: "; and %d more"}.In(l), n)
	}
	return first
}

// short gives a value as it is shown beside what is wrong with it. Bodies and
// secrets are not shown.
func short(at string, value any) any {
	last := strings.ToLower(at[strings.LastIndexByte(at, '.')+1:])
	if at == "body" || strings.Contains(last, "password") || strings.Contains(last, "token") || strings.Contains(last, "secret") {
		return nil
	}
	switch v := value.(type) {
	case nil, bool, int, int64, float64:
		return v
	case string:
		const most = 100
		if r := []rune(v); len(r) > most {
			v = string(r[:most]) + "…"
		}
		if v == "" {
			return nil
		}
		return v
	case fmt.Stringer:
		return short(at, v.String())
	}
	return nil
}

// translate is huma's transformer: it puts problems into the language that the
// client prefers, those among them that huma found.
func translate(ctx huma.Context, _ string, v any) (any, error) {
	var p *problem
	l := languageOf(ctx.Header("Accept-Language"))
	switch e := v.(type) {
	case *problem:
		p = e
	case *huma.ErrorModel:
		if e.Status < 400 {
			return v, nil
		}
		p = ofHuma(ctx.Operation(), e)
	default:
		return v, nil
	}
	ctx.SetHeader("Content-Language", string(l))
	ctx.AppendHeader("Vary", "Accept-Language")
	return p.model(l), nil
}

// ofHuma gives the problem that huma found.
func ofHuma(op *huma.Operation, e *huma.ErrorModel) *problem {
	p := &problem{status: e.Status, detail: phrase(e.Detail)}
	for _, d := range e.Errors {
		if d == nil {
			continue
		}
		w := wrong{d.Location, d.Value, phrase(d.Message)}
		if d.Message == unknownParameter {
			names := strings.Join(parametersOf(op), ", ")
			w.what = Text{VI: "không có tham số này; các tham số có: " + cmp.Or(names, "không có"), EN: "is not a parameter of this operation; there are: " + cmp.Or(names, "none")}
		}
		p.wrong = append(p.wrong, w)
	}
	if len(p.wrong) > 0 && e.Detail == validationFailed {
		p.detail = Text{}
	}
	return p
}

// parametersOf lists the query parameters of an operation.
func parametersOf(op *huma.Operation) []string {
	var names []string
	if op != nil {
		for _, p := range op.Parameters {
			if p.In == "query" {
				names = append(names, p.Name)
			}
		}
	}
	return names
}

// guarded keeps what went wrong inside from the client, who learns that there
// was something and the number it has in the log.
func guarded(log *slog.Logger, err error, attrs ...any) error {
	var known huma.StatusError
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.Is(err, history.ErrAway):
		log.Warn("request not answered: the history is away", append(attrs, "error", err)...)
		return &problem{status: http.StatusServiceUnavailable, detail: Text{
			VI: "chưa trả lời được: kho lịch sử tạm thời không truy cập được; dữ liệu đang chờ ở các thiết bị, không mất. Xem /api/v1/health",
			EN: "this cannot be answered now: the store that keeps the history is away; records wait with the devices, and are not lost. See /api/v1/health",
		}}
	}
	p := inside()
	log.Error("request failed", append(attrs, "id", p.id, "error", err)...)
	return p
}

// inside is the problem that the client learns of when something went wrong
// inside.
func inside() *problem {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return &problem{status: http.StatusInternalServerError, id: hex.EncodeToString(b[:]), detail: Text{
		VI: "máy chủ không làm được câu trả lời này; nhật ký của máy chủ ghi lý do dưới mã ở instance",
		EN: "the hub could not make this answer; its log says why, under the id in instance",
	}}
}

// problems writes the errors that do not come from an operation, echo's own among
// them.
func problems(log *slog.Logger) echo.HTTPErrorHandler {
	return func(err error, c echo.Context) {
		if c.Response().Committed {
			return
		}
		var p *problem
		var he *echo.HTTPError
		switch {
		case errors.As(err, &p):
		case errors.As(err, &he):
			p = ofEcho(c.Request(), he)
		default:
			p = inside()
			log.Error("request failed", "id", p.id, "method", c.Request().Method, "path", c.Request().URL.Path, "error", err)
		}
		l := languageOf(c.Request().Header.Get("Accept-Language"))
		h := c.Response().Header()
		h.Set("Content-Language", string(l))
		h.Add("Vary", "Accept-Language")
		h.Set("Content-Type", problemType)
		c.Response().WriteHeader(p.status)
		if err := huma.DefaultJSONFormat.Marshal(c.Response(), p.model(l)); err != nil {
			log.Debug("error not delivered", "error", err)
		}
	}
}

// ofEcho gives the problem that echo found.
func ofEcho(r *http.Request, e *echo.HTTPError) *problem {
	p := &problem{status: e.Code}
	switch e.Code {
	case http.StatusNotFound:
		p.detail = Text{
			VI: fmt.Sprintf("không có gì ở %s; danh sách các địa chỉ ở /api/docs", r.URL.Path),
			EN: fmt.Sprintf("nothing is found at %s; what there is says /api/docs", r.URL.Path),
		}
	case http.StatusMethodNotAllowed:
		p.detail = Text{
			VI: fmt.Sprintf("%s không dùng được ở %s; phương thức được phép đứng ở Allow", r.Method, r.URL.Path),
			EN: fmt.Sprintf("%s is not allowed at %s; the header Allow says what is", r.Method, r.URL.Path),
		}
	case http.StatusRequestEntityTooLarge:
		p.detail = Text{VI: "nội dung gửi lên dài hơn " + maxBody, EN: "the body is longer than " + maxBody}
	default:
		p.detail = titleOf(e.Code)
	}
	return p
}

// titleOf gives the name of a status.
func titleOf(status int) Text {
	t := Text{EN: http.StatusText(status)}
	t.VI = cmp.Or(map[int]string{
		http.StatusNotModified:                 "Không có gì thay đổi",
		http.StatusBadRequest:                  "Không đọc được yêu cầu",
		http.StatusUnauthorized:                "Cần đăng nhập",
		http.StatusForbidden:                   "Không có quyền",
		http.StatusNotFound:                    "Không tìm thấy",
		http.StatusMethodNotAllowed:            "Phương thức không dùng được ở đây",
		http.StatusNotAcceptable:               "Không có dạng được yêu cầu",
		http.StatusRequestTimeout:              "Yêu cầu gửi lên quá chậm",
		http.StatusConflict:                    "Mâu thuẫn với dữ liệu hiện có",
		http.StatusPreconditionFailed:          "Dữ liệu đã bị người khác sửa",
		http.StatusRequestEntityTooLarge:       "Nội dung gửi lên quá lớn",
		http.StatusRequestURITooLong:           "Địa chỉ quá dài",
		http.StatusUnsupportedMediaType:        "Không nhận dạng nội dung này",
		http.StatusUnprocessableEntity:         "Yêu cầu có chỗ không đúng",
		http.StatusPreconditionRequired:        "Thiếu điều kiện If-Match",
		http.StatusTooManyRequests:             "Quá nhiều yêu cầu",
		http.StatusRequestHeaderFieldsTooLarge: "Phần đầu của yêu cầu quá lớn",
		http.StatusInternalServerError:         "Lỗi của máy chủ",
		http.StatusServiceUnavailable:          "Tạm thời chưa phục vụ được",
	}[status], t.EN)
	return t
}
