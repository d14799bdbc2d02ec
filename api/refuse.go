package api

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"
)

// refuse answers a request with why it is refused.
func refuse(c echo.Context, r *refusal) error {
	h := c.Response().Header()
	h.Set("Cache-Control", "no-store")
	if r.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="phukin"`)
	}
	if r.wait > 0 {
		h.Set("Retry-After", strconv.Itoa(r.wait))
	}
	return &problem{status: r.status, detail: r.text}
}
