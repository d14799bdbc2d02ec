package wire

// AppendColumns encodes observations without the frame of a message.
var AppendColumns = appendColumns

// GridNumber gives the number of a value in the grid of a statistic.
func GridNumber(stat int, v float32) int64 { return int64(statGrids[stat].number(v)) }

// BitWriter makes streams of bits that no encoder would make.
type BitWriter struct{ bitWriter }

// Bits, Number, Column and End append; see bits.go.
func (w *BitWriter) Bits(v uint64, n int) { w.bits(v, n) }
func (w *BitWriter) Number(v uint64)      { w.number(v) }
func (w *BitWriter) Column(vs ...int64)   { w.column(vs) }
func (w *BitWriter) End() []byte          { return w.end() }

// ReadColumn reads what Column wrote, and says how many bits it had.
func ReadColumn(p []byte, n int) ([]int64, int, error) {
	var r bitReader
	r.reset(p)
	vs := make([]int64, n)
	err := r.column(vs, make([]int64, n))
	return vs, r.at, err
}
