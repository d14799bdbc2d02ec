package archive

import (
	"encoding/json"

	"github.com/phukin/phukin/hub/history"
)

// AppendObservation writes an observation's line; MarshalObservation does so by
// encoding/json.
func AppendObservation(o *history.Identified) []byte { return appendObservation(nil, o) }

func MarshalObservation(o *history.Identified) ([]byte, error) {
	return json.Marshal(observationOf(o))
}
