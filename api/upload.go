package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/plan/sheet"
	"github.com/phukin/phukin/hub/revise"
)

// Bounds of what is sent up to operations that take files.
const (
	maxUpload  = 8 << 20 // bytes of the request
	maxReading = 2       // files that are read at a time, of all clients
	maxParts   = 16      // of a form
	maxField   = 4 << 10 // bytes of one that is no file
)

// takesFiles are the routes of operations that take files.
var takesFiles = map[string]bool{"/api/v1/plan/preview": true, "/api/v1/plan/revisions": true}

// The forms in which a plan is sent up.
const (
	typeXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	typeXLSM = "application/vnd.ms-excel.sheet.macroenabled.12"
	typeZIP  = "application/zip"
	typeForm = "multipart/form-data"
)

// upload is a plan as it was sent up.
type upload struct {
	kind   string // typeXLSX or typeZIP
	data   []byte
	fields map[string]string // of the form, if it was one
}

// uploadBody describes the body of an operation that takes a plan.
func uploadBody() *huma.RequestBody {
	file := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	return &huma.RequestBody{
		Required:    true,
		Description: "The plan: a workbook of which the sheets that are there replace what stands, or a ZIP file with all files of a folder of a plan. At most 8 MiB",
		Content: map[string]*huma.MediaType{
			typeXLSX: {Schema: file}, typeZIP: {Schema: file},
			typeForm: {Schema: &huma.Schema{Type: huma.TypeObject, Required: []string{"file"}, Properties: map[string]*huma.Schema{
				"file":   {Type: huma.TypeString, Format: "binary", Description: "The workbook or ZIP file, known by its type or by the ending of its name"},
				"reason": {Type: huma.TypeString, Description: "In place of the parameter of this name"},
			}}},
		},
	}
}

// uploadOf takes an upload out of a request.
func uploadOf(contentType string, body []byte) (*upload, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil && contentType != "" {
		return nil, notTaken(contentType)
	}
	if kind == typeForm {
		return formOf(params["boundary"], body)
	}
	u := &upload{kind: kindOf(kind, ""), data: body}
	if u.kind == "" {
		return nil, notTaken(kind)
	}
	return u, u.filled()
}

// kindOf gives what kind of file something is, by its type or else by its name.
func kindOf(contentType, name string) string {
	switch contentType {
	case typeXLSX, typeXLSM:
		return typeXLSX
	case typeZIP, "application/x-zip-compressed":
		return typeZIP
	case "", "application/octet-stream":
		switch strings.ToLower(path.Ext(name)) {
		case ".xlsx", ".xlsm":
			return typeXLSX
		case ".zip":
			return typeZIP
		}
	}
	return ""
}

func notTaken(contentType string) error {
	have := strings.Join([]string{typeXLSX, typeZIP, typeForm}, ", ")
	if contentType == "" {
		contentType = "–"
	}
	return newProblem(http.StatusUnsupportedMediaType,
		fmt.Sprintf("không nhận dạng nội dung %.80q; gửi Content-Type là một trong: %s", contentType, have),
		fmt.Sprintf("the content type %.80q is not taken; send one of: %s", contentType, have))
}

func (u *upload) filled() error {
	if len(u.data) == 0 {
		return &problem{status: http.StatusUnprocessableEntity, wrong: []wrong{{"body", nil, Text{"thiếu tệp kế hoạch: gửi một sổ XLSX, hoặc tệp ZIP của một thư mục kế hoạch", "the file is missing: send a workbook (XLSX), or a folder of a plan as a ZIP file"}}}}
	}
	return nil
}

// formOf reads a form: one file, and short fields.
func formOf(boundary string, body []byte) (*upload, error) {
	broken := func(err error) error {
		return newProblem(http.StatusBadRequest,
			fmt.Sprintf("không đọc được biểu mẫu (%.100q): gửi multipart/form-data với một tệp ở trường file", err),
			fmt.Sprintf("the form cannot be read (%.100q): send multipart/form-data with a file in the field file", err))
	}
	if boundary == "" {
		return nil, broken(errors.New("no boundary"))
	}
	u := &upload{fields: map[string]string{}}
	r := multipart.NewReader(bytes.NewReader(body), boundary)
	for n := 0; ; n++ {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return u, u.filled()
		}
		if err == nil && n == maxParts {
			err = fmt.Errorf("more than %d parts", maxParts)
		}
		if err != nil {
			return nil, broken(err)
		}
		name := part.FormName()
		if name != "file" {
			value, err := io.ReadAll(io.LimitReader(part, maxField+1))
			if err == nil && len(value) > maxField {
				err = fmt.Errorf("the field %.40q is longer than %d bytes", name, maxField)
			}
			if err != nil {
				return nil, broken(err)
			}
			u.fields[name] = string(value)
			continue
		}
		if u.data != nil {
			return nil, broken(errors.New("two files"))
		}
		kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if u.kind = kindOf(kind, part.FileName()); u.kind == "" {
			return nil, notTaken(kind)
		}
		if u.data, err = io.ReadAll(part); err != nil {
			return nil, broken(err)
		}
	}
}

// document reads the plan that was sent up, put onto base. Faults of its cells
// are those that plan.Compile gives; passed are sheets that are no table.
func (u *upload) document(base *plan.Document) (doc *plan.Document, passed []string, err error) {
	var refused *plan.Refusal
	if u.kind == typeZIP {
		doc, err = revise.ReadFolder(u.data)
	} else if doc, passed, err = sheet.Read(bytes.NewReader(u.data), int64(len(u.data)), nil); err == nil {
		doc = revise.Onto(base, doc)
	}
	switch {
	case errors.As(err, &refused):
		return nil, nil, &problem{status: http.StatusUnprocessableEntity, wrong: []wrong{{"body", nil, Text{refused.VI(), refused.EN()}}}}
	case errors.Is(err, revise.ErrNoFolder):
		return nil, nil, &problem{status: http.StatusUnprocessableEntity, wrong: []wrong{{"body", nil, Text{"không phải tệp ZIP của một thư mục kế hoạch: nén các tệp của thư mục ấy, để chúng ở ngay trong tệp ZIP", "not a ZIP file with a folder of a plan: pack the files of that folder, so that they stand at its top"}}}}
	}
	return doc, passed, err
}

// reading waits for its turn to read a file: each takes a lot of room.
func (k *common) reading(ctx context.Context) (leave func(), err error) {
	select {
	case k.uploads <- struct{}{}:
		return func() { <-k.uploads }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
