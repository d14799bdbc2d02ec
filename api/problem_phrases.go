package api

import (
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2/validation"
)

// What huma says of a request that is not in order.
const (
	validationFailed = "validation failed"
	unknownParameter = "unknown query parameter"
)

// phrases are what huma says, and how the API says it. A %s stands for what
// differs.
var phrases = []struct {
	huma *regexp.Regexp
	text Text
}{
	{saying(validation.MsgExpectedMinimumNumber), Text{"phải là số từ %s trở lên", "must be a number of at least %s"}},
	{saying(validation.MsgExpectedExclusiveMinimumNumber), Text{"phải là số lớn hơn %s", "must be a number above %s"}},
	{saying(validation.MsgExpectedMaximumNumber), Text{"phải là số không quá %s", "must be a number of at most %s"}},
	{saying(validation.MsgExpectedExclusiveMaximumNumber), Text{"phải là số nhỏ hơn %s", "must be a number below %s"}},
	{saying(validation.MsgExpectedNumberBeMultipleOf), Text{"phải là bội số của %s", "must be a multiple of %s"}},
	{saying(validation.MsgExpectedOneOf), Text{"phải là một trong các giá trị: %s", "must be one of: %s"}},
	{saying(validation.MsgExpectedMinLength), Text{"phải dài ít nhất %s ký tự", "must have at least %s characters"}},
	{saying(validation.MsgExpectedMaxLength), Text{"phải dài không quá %s ký tự", "must have at most %s characters"}},
	{saying(validation.MsgExpectedMinItems), Text{"phải có ít nhất %s phần tử", "must have at least %s items"}},
	{saying(validation.MsgExpectedMaxItems), Text{"phải có không quá %s phần tử", "must have at most %s items"}},
	{saying(validation.MsgExpectedArrayItemsUnique), Text{"không được lặp lại phần tử", "must not have an item twice"}},
	{saying(validation.MsgExpectedRequiredProperty), Text{"thiếu trường %s", "must have the field %s"}},
	{saying(validation.MsgUnexpectedProperty), Text{"không có trường này", "is not a field here"}},
	{saying(validation.MsgExpectedMatchPattern), Text{"phải theo mẫu %s", "must match the pattern %s"}},
	{saying(validation.MsgExpectedBoolean), Text{"phải là true hoặc false", "must be true or false"}},
	{saying(validation.MsgExpectedInteger), Text{"phải là số nguyên", "must be a whole number"}},
	{saying(validation.MsgExpectedNumber), Text{"phải là số", "must be a number"}},
	{saying(validation.MsgExpectedString), Text{"phải là chuỗi ký tự", "must be a text"}},
	{saying(validation.MsgExpectedArray), Text{"phải là một mảng", "must be an array"}},
	{saying(validation.MsgExpectedObject), Text{"phải là một đối tượng", "must be an object"}},
	{saying(validation.MsgExpectedRFC3339DateTime), Text{"phải là thời điểm như 2026-11-24T08:00:00+07:00", "must be a moment such as 2026-11-24T08:00:00+07:00"}},
	{saying(validation.MsgExpectedRFC3339Date), Text{"phải là ngày như 2026-11-24", "must be a day such as 2026-11-24"}},
	{saying(validation.MsgExpectedRFC5322Email), Text{"phải là địa chỉ thư điện tử (%s)", "must be an e-mail address (%s)"}},
	{saying(validation.MsgExpectedRFC3986URI), Text{"phải là một địa chỉ URI (%s)", "must be a URI (%s)"}},
	{saying(validation.MsgExpectedBase64String), Text{"phải được mã hóa base64", "must be encoded as base64"}},
	{saying("invalid integer"), Text{"phải là số nguyên", "must be a whole number"}},
	{saying("invalid float"), Text{"phải là số, như 12.5", "must be a number such as 12.5"}},
	{saying("invalid floating value"), Text{"phải là số, như 12.5", "must be a number such as 12.5"}},
	{saying("invalid boolean"), Text{"phải là true hoặc false", "must be true or false"}},
	{saying("invalid date/time for format %s"), Text{"phải là thời điểm theo mẫu %s", "must be a moment of the form %s"}},
	{saying("required %s parameter is missing"), Text{"thiếu tham số này (%s)", "is missing (%s)"}},
	{saying("request body is required"), Text{"thiếu nội dung gửi lên", "the body is missing"}},
	{saying("request body is too large limit=%d bytes"), Text{"nội dung gửi lên dài quá %s byte", "the body is longer than %s bytes"}},
	{saying("request body read timeout"), Text{"nội dung gửi lên quá chậm", "the body came too slowly"}},
	{saying("cannot read request body"), Text{"không đọc được nội dung gửi lên", "the body could not be read"}},
	{saying("unknown content type: %s"), Text{"không nhận dạng nội dung %s; gửi application/json", "the content type %s is not taken; send application/json"}},
	{saying("expected at most one value, but received multiple values"), Text{"chỉ được có một giá trị", "must be given once"}},
	{saying("unexpected end of JSON input"), Text{"JSON chưa hết mà đã dừng", "is JSON that ends too early"}},
	{saying("invalid character %s"), Text{"không phải JSON đúng: ký tự %s", "is not JSON: character %s"}},
}

// saying gives the expression that takes what is said by a format, from its
// beginning to its end.
func saying(format string) *regexp.Regexp {
	r := regexp.QuoteMeta(format)
	for _, verb := range []string{"%v", "%d", "%s"} {
		r = strings.ReplaceAll(r, verb, "(.*)")
	}
	return regexp.MustCompile("(?s)^" + r + "$")
}

// phrase says in both languages what huma said. What it does not know stays as
// it is.
func phrase(said string) Text {
	for _, p := range phrases {
		m := p.huma.FindStringSubmatch(said)
		if m == nil {
			continue
		}
		t := p.text
		for _, part := range m[1:] {
			t.VI, t.EN = strings.Replace(t.VI, "%s", part, 1), strings.Replace(t.EN, "%s", part, 1)
		}
		return t
	}
	return Text{VI: said, EN: said}
}

// bilingual takes apart what an operation says in both languages at once:
// "area: không có / there is none". What huma says is a phrase.
func bilingual(said string) Text {
	vi, en, ok := strings.Cut(said, " / ")
	if !ok || strings.Contains(en, " / ") {
		return phrase(said)
	}
	if name, _, ok := strings.Cut(vi, ": "); ok && !strings.ContainsRune(name, ' ') && !strings.HasPrefix(en, name+": ") {
		en = name + ": " + en
	}
	return Text{VI: vi, EN: en}
}
