package discover

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Bounds of foreign XML.
const (
	maxDepth    = 32
	maxElements = 4096
	maxText     = 64 << 10 // bytes of text kept
)

// node is an element of a document, known by its local name: devices use
// whatever prefixes and, now and then, namespaces they like.
type node struct {
	name     string
	token    string // the attribute "token"
	content  strings.Builder
	children []*node
}

var errXML = errors.New("not an XML document that can be used")

// parse reads a bounded document, whose reader must be bounded as well. It
// returns its outermost element.
func parse(r io.Reader) (*node, error) {
	d := xml.NewDecoder(r)
	d.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		if strings.EqualFold(charset, "utf8") {
			return in, nil
		}
		return nil, fmt.Errorf("%w: its encoding is not UTF-8", errXML)
	}
	var (
		root     *node
		open     []*node
		elements int
		kept     int
	)
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) && root != nil && len(open) == 0 {
			return root, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: it breaks off or is malformed", errXML)
		}
		switch t := t.(type) {
		case xml.Directive:
			return nil, fmt.Errorf("%w: it has a document type", errXML)
		case xml.StartElement:
			if elements++; elements > maxElements || len(open) == maxDepth {
				return nil, fmt.Errorf("%w: it is too large", errXML)
			}
			n := &node{name: t.Name.Local}
			for _, a := range t.Attr {
				if a.Name.Local == "token" {
					n.token = a.Value
				}
			}
			if len(open) > 0 {
				parent := open[len(open)-1]
				parent.children = append(parent.children, n)
			} else if root != nil {
				return nil, fmt.Errorf("%w: it has two outermost elements", errXML)
			} else {
				root = n
			}
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if kept += len(t); kept > maxText {
				return nil, fmt.Errorf("%w: it is too large", errXML)
			}
			if len(open) > 0 {
				open[len(open)-1].content.Write(t)
			}
		}
	}
}

// all gives the elements at a path below n.
func (n *node) all(path ...string) []*node {
	found := []*node{n}
	for _, name := range path {
		var next []*node
		for _, f := range found {
			for _, c := range f.children {
				if c.name == name {
					next = append(next, c)
				}
			}
		}
		found = next
	}
	return found
}

// text gives the text of the first element at a path, "" when there is none.
func (n *node) text(path ...string) string {
	if found := n.all(path...); len(found) > 0 {
		return strings.TrimSpace(found[0].content.String())
	}
	return ""
}

// clean makes foreign text fit to be shown: short, on one line, without
// control characters or ones that turn the direction of writing.
func clean(s string) string {
	const most = 100
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n == most {
			b.WriteRune('…')
			break
		}
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			r = ' '
		}
		b.WriteRune(r)
		n++
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}
