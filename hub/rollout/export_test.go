package rollout

// What the tests hold by itself.
var (
	MonthsUntil = monthsUntil
	MonthsFrom  = monthsFrom
)
