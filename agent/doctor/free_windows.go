package doctor

import "golang.org/x/sys/windows"

// freeBytes gives the bytes that we may still write at a path.
func freeBytes(path string) (int64, error) {
	p, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return -1, err
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(p, &free, nil, nil); err != nil {
		return -1, err
	}
	return int64(free), nil // no disk has 8 EiB
}
