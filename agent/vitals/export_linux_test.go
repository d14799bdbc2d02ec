package vitals

// ReadBelow reads what a kernel would tell below another root.
var ReadBelow = read
