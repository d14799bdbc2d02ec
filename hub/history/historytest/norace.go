//go:build !race

package historytest

const raceDetector = false
