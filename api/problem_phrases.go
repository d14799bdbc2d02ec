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
	{saying(validation.MsgExpectedRFC1123DateTime), Text{"phải là thời điểm như Tue, 24 Nov 2026 01:00:00 GMT", "must be a moment such as Tue, 24 Nov 2026 01:00:00 GMT"}},
	{saying(validation.MsgExpectedRFC3339Time), Text{"phải là giờ như 08:00:00", "must be a time of day such as 08:00:00"}},
	{saying(validation.MsgExpectedDuration), Text{"phải là khoảng thời gian như 90m (%s)", "must be a length of time such as 90m (%s)"}},
	{saying(validation.MsgExpectedRFC5890Hostname), Text{"phải là tên máy như phukin.example.vn", "must be a host name such as phukin.example.vn"}},
	{saying(validation.MsgExpectedRFC2673IPv4), Text{"phải là địa chỉ IPv4 như 192.0.2.10", "must be an IPv4 address such as 192.0.2.10"}},
	{saying(validation.MsgExpectedRFC2373IPv6), Text{"phải là địa chỉ IPv6 như 2001:db8::10", "must be an IPv6 address such as 2001:db8::10"}},
	{saying(validation.MsgExpectedRFCIPAddr), Text{"phải là địa chỉ IPv4 hoặc IPv6", "must be an IPv4 or IPv6 address"}},
	{saying(validation.MsgExpectedRFC4122UUID), Text{"phải là UUID (%s)", "must be a UUID (%s)"}},
	{saying(validation.MsgExpectedRFC6570URITemplate), Text{"phải là một mẫu URI", "must be a URI template"}},
	{saying(validation.MsgExpectedRFC6901JSONPointer), Text{"phải là một con trỏ JSON như /items/0", "must be a JSON pointer such as /items/0"}},
	{saying(validation.MsgExpectedRFC6901RelativeJSONPointer), Text{"phải là một con trỏ JSON tương đối như 1/items", "must be a relative JSON pointer such as 1/items"}},
	{saying(validation.MsgExpectedRegexp), Text{"phải là một biểu thức chính quy (%s)", "must be a regular expression (%s)"}},
	{saying(validation.MsgExpectedBePattern), Text{"phải là %s", "must be %s"}},
	{saying(validation.MsgExpectedMatchAtLeastOneSchema), Text{"không theo dạng nào được phép ở đây", "has none of the forms that are allowed here"}},
	{saying(validation.MsgExpectedMatchExactlyOneSchema), Text{"không theo dạng nào được phép ở đây", "has none of the forms that are allowed here"}},
	{saying("expected value to match exactly one schema but matched multiple"), Text{"theo nhiều dạng cùng lúc, chỉ được theo một", "has more than one of the forms that are allowed here"}},
	{saying(validation.MsgExpectedNotMatchSchema), Text{"không được có dạng này", "must not have this form"}},
	{saying(validation.MsgExpectedPropertyNameInObject), Text{"thiếu trường cho biết dạng", "must have the field that tells its form"}},
	{saying(validation.MsgExpectedMinProperties), Text{"phải có ít nhất %s trường", "must have at least %s fields"}},
	{saying(validation.MsgExpectedMaxProperties), Text{"phải có không quá %s trường", "must have at most %s fields"}},
	{saying(validation.MsgExpectedDependentRequiredProperty), Text{"thiếu trường %s, cần khi có %s", "must have the field %s where there is %s"}},
	{saying("write only property is non-zero"), Text{"chỉ được ghi, không được đọc", "is written alone, and not read"}},
	{saying(validation.MsgExpectedBase64String), Text{"phải được mã hóa base64", "must be encoded as base64"}},
	{saying("invalid integer"), Text{"phải là số nguyên", "must be a whole number"}},
	{saying("invalid float"), Text{"phải là số, như 12.5", "must be a number such as 12.5"}},
	{saying("invalid floating value"), Text{"phải là số, như 12.5", "must be a number such as 12.5"}},
	{saying("invalid boolean"), Text{"phải là true hoặc false", "must be true or false"}},
	{saying("invalid date/time for format %s"), Text{"phải là thời điểm theo mẫu %s", "must be a moment of the form %s"}},
	{saying("invalid url.URL value"), Text{"phải là một địa chỉ URL", "must be a URL"}},
	{saying("invalid value: %s"), Text{"không đúng (%s)", "is not right (%s)"}},
	{saying("parsing time %s"), Text{"phải là thời điểm như 2026-11-24T08:00:00+07:00", "must be a moment such as 2026-11-24T08:00:00+07:00"}},
	{saying("Time.UnmarshalJSON: %s"), Text{"phải là thời điểm như 2026-11-24T08:00:00+07:00", "must be a moment such as 2026-11-24T08:00:00+07:00"}},
	{saying("json: cannot unmarshal %s into Go %s"), Text{"có giá trị không nhận được (%s)", "holds a value that is not taken (%s)"}},
	{saying("required %s parameter is missing"), Text{"thiếu tham số này", "is missing"}},
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
