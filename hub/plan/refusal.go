package plan

// Refusal says why something is not done at all, and what to do about it. It
// is an error for the people who keep plans, so it prints in Vietnamese first
// and in English below. What another program said of it stands in brackets
// and quotation marks at most.
type Refusal struct {
	Place string // where, such as "line 3"; may be empty
	Is    string
	Want  string
	Err   error // what it is for errors.Is; may be nil
}

// Refuse gives a refusal. Its halves are English sentences of the catalogue.
func Refuse(is, want string) error { return &Refusal{Is: is, Want: want} }

// RefuseAt is Refuse with a place, such as "line 3".
func RefuseAt(place, is, want string) error { return &Refusal{Place: place, Is: is, Want: want} }

// Error gives both languages, the English one below the other.
func (r *Refusal) Error() string { return both(r.VI(), r.EN()) }

// VI gives it in Vietnamese alone.
func (r *Refusal) VI() string {
	return colons(inVietnamese(r.Place), inVietnamese(r.Is), inVietnamese(r.Want))
}

// EN gives it in English alone.
func (r *Refusal) EN() string {
	return colons(r.Place, r.Is, r.Want)
}

// Unwrap gives what it is for errors.Is.
func (r *Refusal) Unwrap() error { return r.Err }

// both puts the English text below the Vietnamese one, indented.
func both(vi, en string) string {
	if vi == en {
		return vi
	}
	return vi + "\n    " + en
}
