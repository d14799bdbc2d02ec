//go:build race

package historytest

const raceDetector = true
