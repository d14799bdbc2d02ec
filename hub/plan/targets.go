package plan

// This file holds what is to be reached, and the figures that people enter.

// Target is what is to be reached in a phase, an area and a year. An empty
// Phase, Area or Year means all of the plan.
type Target struct {
	Phase   string
	Area    string
	Year    int // by the end of which; 0: by the end of the phase
	Measure Measure
	Value   float64 // in the unit of the measure
}

// Measure is what a target counts.
type Measure string

// The measures of targets.
const (
	MeasureCameras      Measure = "cameras"            // accepted
	MeasureSites        Measure = "sites"              // with an accepted camera
	MeasureAreas        Measure = "areas"              // communes with an accepted camera
	MeasureGateways     Measure = "gateways"           // in view
	MeasureInViewKm     Measure = "in_view_km"         // kilometres
	MeasureControlledKm Measure = "controlled_km"      // kilometres
	MeasureControlled   Measure = "controlled_percent" // of all routes
	MeasureAvailability Measure = "availability_percent"
	MeasureRepair       Measure = "repair_hours" // mean time to restore
)

// Figure is a number that people enter, such as cases in which pictures
// helped. It is never computed.
type Figure struct {
	Code    string
	Measure FigureMeasure
	Area    string // empty: the area of the plan
	From    Date
	To      Date // last day
	Value   int
	Source  string // the document or office it comes from
}

// FigureMeasure is what a figure counts.
type FigureMeasure string

// The measures of figures.
const (
	FigureAssisted FigureMeasure = "cases_assisted"
	FigureSolved   FigureMeasure = "cases_solved"
	FigureRequests FigureMeasure = "picture_requests"
)
