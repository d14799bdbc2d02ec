package vitals

// Parsers of what the kernel writes, for tests.
var (
	Uptime      = uptime
	Load        = load
	Memory      = memory
	Celsius     = celsius
	Throttled   = throttled
	Alarm       = alarm
	OfProcessor = ofProcessor
)
