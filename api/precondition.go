package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Matching is the part of a request that changes what somebody has read before.
type Matching struct {
	IfMatch string `header:"If-Match" maxLength:"1000" doc:"Required: the ETag of what you have read and now change. If it was changed since, 412 comes and nothing is done. * changes it whatever it is now"`
}

// check says whether what is there is what the client has read: 428 if it does
// not say, and 412, with the tag of what is there, if it is not.
func (m Matching) check(tag string) error {
	if err := m.given(); err != nil {
		return err
	}
	if m.matches(tag) {
		return nil
	}
	return stale(tag)
}

// given says whether the client says what it has read.
func (m Matching) given() error {
	if strings.TrimSpace(m.IfMatch) == "" {
		return newProblem(http.StatusPreconditionRequired,
			"thiếu If-Match: hãy đọc lại dữ liệu trước, rồi gửi ETag của câu trả lời ấy trong If-Match",
			"If-Match is missing: read it first, and send the ETag of that answer in If-Match")
	}
	return nil
}

// stale says that what a client has read is not what is there any more.
func stale(tag string) error {
	return huma.ErrorWithHeaders(newProblem(http.StatusPreconditionFailed,
		"dữ liệu này đã bị sửa từ khi bạn đọc: hãy đọc lại, xem chỗ khác, rồi sửa lần nữa; ETag nói hiện nay là bản nào",
		"this was changed since you read it: read it again, look at what is different, and change that; ETag says what it is now",
	), http.Header{"Etag": {weak(tag)}})
}

// matches compares as If-None-Match does, weakly: answers differ by as_of alone
// from one moment to the next, and what must not get lost is in the tag. What
// follows a point in it, such as the representation that was read, does not
// matter.
func (m Matching) matches(tag string) bool {
	for part := range strings.SplitSeq(m.IfMatch, ",") {
		part = strings.TrimSpace(part)
		if part == "*" {
			return true
		}
		part = strings.TrimPrefix(part, "W/")
		if len(part) > 1 && part[0] == '"' && part[len(part)-1] == '"' && stateOf(part[1:len(part)-1]) == stateOf(tag) {
			return true
		}
	}
	return false
}

// stateOf gives the part of a tag that says what state it is of.
func stateOf(tag string) string {
	state, _, _ := strings.Cut(tag, ".")
	return state
}

func weak(tag string) string { return `W/"` + tag + `"` }

// read gives an answer as of now whose tag begins with that of its state: what
// the answer tells beside it may change without an update being lost.
func read[T any, P headed[T]](f *figures, in Conditional, body P, state string) (*answer[T], error) {
	a, err := respond(in, body, f.Now(), f.Plan.Simulated)
	if err == nil {
		a.tag = state + "." + a.tag
	}
	return a, err
}

// written is the answer to a change: what is there now, and its tag.
type written[T any] struct {
	CacheControl string `header:"Cache-Control"`
	ETag         string `header:"ETag" doc:"For If-Match of the next change"`
	Location     string `header:"Location" doc:"Where it is to be read"`
	Body         *T
}

func wrote[T any, P headed[T]](f *figures, body P, state, location string) (*written[T], error) {
	*body.head() = Head{AsOf: f.Now(), Simulated: f.Plan.Simulated}
	return &written[T]{"no-store", weak(state), location, body}, nil
}

// about notes in the audit log what an operation is about.
func about(ctx context.Context, what string) {
	if a := accessOf(ctx); a != nil {
		a.about = strings.ToValidUTF8(what[:min(len(what), maxAbout)], "")
	}
}

// maxAbout bounds what an entry of the audit log says beside the path, in bytes.
const maxAbout = 400
