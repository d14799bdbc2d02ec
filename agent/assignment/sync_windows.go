package assignment

// syncDir does nothing: Windows keeps names with their files.
func syncDir(string) error { return nil }
