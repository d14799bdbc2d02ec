package api

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// thing is a kind of thing that can be asked for by its code.
type thing struct {
	name   string // of the query parameter that means one
	vi, en string
}

// things are the kinds by the collection they are in: /api/v1/cameras/{code} is
// one of the cameras.
var things = map[string]thing{
	"areas":   {"area", "địa bàn", "area"},
	"routes":  {"route", "tuyến đường", "route"},
	"sites":   {"site", "điểm lắp đặt", "site"},
	"cameras": {"camera", "camera", "camera"},
	"agents":  {"agent", "thiết bị xã", "agent"},
}

// missing refuses the code of a thing that is not there.
func missing(collection, code string) *problem {
	t := things[collection]
	return newProblem(http.StatusNotFound,
		fmt.Sprintf("không có %s nào mang mã %q; /api/v1/%s liệt kê những gì đang có", t.vi, code, collection),
		fmt.Sprintf("there is no %s with the code %q; /api/v1/%s lists what there is", t.en, code, collection))
}

// inPath gives the codes that the path of a request names, by the name of the
// query parameter that means such a thing.
func (s *Server) inPath(r *http.Request) map[string]string {
	c := s.echo.AcquireContext()
	defer s.echo.ReleaseContext(c)
	c.Reset(r, nil)
	s.echo.Router().Find(r.Method, echo.GetPath(r), c)
	named := map[string]string{}
	segments := strings.Split(c.Path(), "/")
	for i, segment := range segments {
		if parameter, ok := strings.CutPrefix(segment, ":"); ok && i > 0 {
			if t, ok := things[segments[i-1]]; ok {
				named[t.name] = strings.Clone(c.Param(parameter))
			}
		}
	}
	return named
}

// coded is the part of a request that names a thing by its code.
type coded struct {
	Conditional
	Code string `path:"code" minLength:"1" maxLength:"64" doc:"Its code in the plan"`
}
