package plan

// SelfCrossing is selfCrossing for its property test.
var SelfCrossing = selfCrossing
