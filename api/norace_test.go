//go:build !race

package api_test

// raceDetector says whether the tests run several times slower, and allocate more.
const raceDetector = false
