package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// pack is the ZIP package of a workbook (ECMA-376-2). It counts what is
// unpacked by what comes out, because the sizes in a ZIP are only claims.
type pack struct {
	files    map[string]*zip.File
	left     int64 // bytes that may still be unpacked
	done     int64
	progress func(done int64)
}

// openPackage looks at what kind of file it is, and refuses all others in
// words that say what to do.
func openPackage(r io.ReaderAt, size int64) (*pack, error) {
	if size > MaxFile {
		return nil, refuse(fmt.Sprintf("larger than %d MiB", MaxFile>>20), "split the plan, or leave out pictures and other sheets")
	}
	if err := sniff(r, size); err != nil {
		return nil, err
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, refuse(fmt.Sprintf("a damaged file (%q)", err), saveAgain)
	}
	if len(z.File) > maxParts {
		return nil, refuse(fmt.Sprintf("a package of more than %d parts", maxParts), "save the plan into a new workbook")
	}
	p := &pack{files: make(map[string]*zip.File, len(z.File)), left: unpacked, progress: func(int64) {}}
	for _, f := range z.File {
		name := strings.ToLower(strings.TrimPrefix(f.Name, "/"))
		if _, twice := p.files[name]; twice {
			return nil, refuse("a package with two parts of one name", saveAgain)
		}
		p.files[name] = f
	}
	switch {
	case p.has("content.xml"):
		return nil, refuse("an OpenDocument file (.ods)", `save it as "Excel 2007-365 (.xlsx)"`)
	case p.has("xl/workbook.bin"):
		return nil, refuse("a binary workbook (.xlsb)", `save it as "Excel Workbook (.xlsx)"`)
	case p.has("word/document.xml"):
		return nil, refuse("a text document (.docx)", "copy the tables into the template: phukin-hub plan template")
	}
	return p, nil
}

// sniff looks at the first bytes.
func sniff(r io.ReaderAt, size int64) error {
	const want = "give a workbook (.xlsx), such as phukin-hub plan template makes"
	head := make([]byte, min(size, 512))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return refuse(fmt.Sprintf("cannot be read (%q)", err), "make it a file that this program may read")
	}
	switch {
	case len(head) == 0:
		return refuse("an empty file", want)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return nil
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		// A compound file [MS-CFB]: an old workbook, or a new one encrypted
		// [MS-OFFCRYPTO]. Its directory has names in UTF-16.
		all, err := io.ReadAll(io.NewSectionReader(r, 0, size))
		if err != nil {
			return refuse(fmt.Sprintf("cannot be read (%q)", err), "make it a file that this program may read")
		}
		if bytes.Contains(all, utf16le("EncryptedPackage")) {
			return refuse("an encrypted workbook", "open it, take the password off (File, Info, Protect Workbook), and save it again")
		}
		return refuse("a workbook of Excel 97-2003 (.xls)", `open it and save it as "Excel Workbook (.xlsx)"`)
	case bytes.HasPrefix(bytes.TrimLeft(head, "\xef\xbb\xbf \t\r\n"), []byte("<")):
		return refuse("a web page or another XML file", `open it in a spreadsheet program and save it as "Excel Workbook (.xlsx)"`)
	case !bytes.ContainsRune(head, 0):
		return refuse("a text file and no workbook", "give it the ending .csv if it is one, and the name of its table, such as cameras.csv")
	}
	return refuse("not a spreadsheet", want)
}

func utf16le(s string) []byte {
	b := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		b = append(b, s[i], 0)
	}
	return b
}

func (p *pack) has(name string) bool { return p.files[strings.ToLower(name)] != nil }

// size gives the unpacked size that a part claims to have.
func (p *pack) size(name string) int64 {
	if f := p.files[strings.ToLower(name)]; f != nil {
		return int64(min(f.UncompressedSize64, MaxUnpacked))
	}
	return 0
}

// each calls f with the XML tokens of a part. Text between tags comes whole.
// A part that is not there has none.
func (p *pack) each(name string, f func(xml.Token) error) error {
	file := p.files[strings.ToLower(name)]
	if file == nil {
		return nil
	}
	rc, err := file.Open()
	if err != nil {
		return err
	}
	defer rc.Close() //nolint:errcheck // nothing is written
	d := xml.NewDecoder(&bounded{p: p, r: rc})
	d.CharsetReader = func(charset string, r io.Reader) (io.Reader, error) {
		return nil, refuse(fmt.Sprintf("its encoding is %q", charset), saveAgain)
	}
	for {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := f(t); err != nil {
			return err
		}
	}
}

// bounded is what may be unpacked of a part: as much as is left for all, and
// never much between two tags, so that no token gets large.
type bounded struct {
	p   *pack
	r   io.Reader
	run int // bytes since the last tag began
}

func (b *bounded) Read(buf []byte) (int, error) {
	if len(buf) > 32<<10 {
		buf = buf[:32<<10]
	}
	n, err := b.r.Read(buf)
	b.p.left -= int64(n)
	b.p.done += int64(n)
	b.p.progress(b.p.done)
	if b.p.left < 0 {
		return 0, errUnpacked
	}
	if i := bytes.LastIndexByte(buf[:n], '<'); i >= 0 {
		b.run = n - i
	} else {
		b.run += n
	}
	if b.run > maxRun {
		return 0, refuse(fmt.Sprintf("more than %d KiB in one cell", maxRun>>10), "keep texts short")
	}
	return n, err
}

// relations gives the targets of a part's relationships by their ids, and by
// their types (the last part of their names) for those that have one target.
func (p *pack) relations(part string) (byID, byType map[string]string, err error) {
	byID, byType = map[string]string{}, map[string]string{}
	dir, base := path.Split(part)
	err = p.each(dir+"_rels/"+base+".rels", func(t xml.Token) error {
		e, ok := t.(xml.StartElement)
		if !ok || e.Name.Local != "Relationship" || attr(e, "TargetMode") == "External" {
			return nil
		}
		target := attr(e, "Target")
		if strings.HasPrefix(target, "/") {
			target = strings.TrimPrefix(target, "/")
		} else {
			target = path.Join(dir, target)
		}
		if len(byID) < maxParts {
			byID[attr(e, "Id")] = target
			byType[path.Base(attr(e, "Type"))] = target
		}
		return nil
	})
	return byID, byType, err
}

// attr gives an attribute by its name without the prefix.
func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
