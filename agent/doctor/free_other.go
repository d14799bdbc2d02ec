//go:build !linux && !windows

package doctor

func freeBytes(string) (int64, error) { return -1, nil }
