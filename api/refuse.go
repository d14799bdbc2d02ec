package api

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"
)

// refuse answers a request with why it is refused, as problem+json.
func refuse(c echo.Context, r *refusal) error {
	h := c.Response().Header()
	h.Set("Cache-Control", "no-store")
	if r.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="phukin"`)
	}
	if r.wait > 0 {
		h.Set("Retry-After", strconv.Itoa(r.wait))
	}
	p, err := json.Marshal(huma.ErrorModel{Status: r.status, Title: http.StatusText(r.status), Detail: r.text.VI + " / " + r.text.EN})
	if err != nil {
		return err
	}
	return c.Blob(r.status, "application/problem+json", p)
}
