package plan

// Retire gives a document with cameras of an older one that it lacks, retired
// on a day (or on that of their last milestone, if that is later), together
// with their sites. Cameras that were retired before stay as they were.
func Retire(old, doc *Document, codes []string, day Date) *Document {
	doc = doc.Clone()
	cameras, sites := old.Keyed(Cameras), old.Keyed(Sites)
	have := doc.Keyed(Sites)
	site, retired := camerasTable.Column("site"), camerasTable.Column("retired")
	for _, code := range codes {
		cells := append([]string(nil), cameras[code]...)
		if cells[retired] == "" {
			last := day
			for _, column := range []string{"planned", "surveyed", "installed", "accepted"} {
				if d, err := ParseDate(cells[camerasTable.Column(column)]); err == nil {
					last = max(last, d)
				}
			}
			cells[retired] = last.String()
		}
		doc.Append(Cameras, cells)
		if at := cells[site]; have[at] == nil && sites[at] != nil {
			doc.Append(Sites, sites[at])
			have[at] = sites[at]
		}
	}
	return doc
}
