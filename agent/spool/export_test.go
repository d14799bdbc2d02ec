package spool

// RenewOn is Renew on another disk.
func RenewOn(dir string, o Options) (epoch uint64, err error) { return renew(dir, o) }
