//go:build race

package main

// raceDetector says whether the tests run several times slower.
const raceDetector = true
