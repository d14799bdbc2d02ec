package sheet

// SetUnpacked sets another bound for what may be unpacked, and gives what sets
// it back.
func SetUnpacked(n int64) (back func()) {
	old := unpacked
	unpacked = n
	return func() { unpacked = old }
}
