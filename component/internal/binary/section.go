package binary

import (
	"fmt"

	"github.com/berth-cli/berth/component/internal/coretype"
	"github.com/berth-cli/berth/internal/binread"
)

// The sections of a component. Binary.md, "Component Definitions".
const (
	secCustom = iota
	secCoreModule
	secCoreInstance
	secCoreType
	secComponent
	secInstance
	secAlias
	secType
	secCanon
	secStart
	secImport
	secExport
	secValue
)

// sectionName names a section for messages. Unknown ones have no name.
func sectionName(id byte) string {
	names := [...]string{
		"custom section", "core module section", "core instance section", "core type section",
		"component section", "instance section", "alias section", "type section", "canon section",
		"start section", "import section", "export section", "value section",
	}
	if int(id) < len(names) {
		return names[id]
	}
	return ""
}

// section decodes the next section of r into c. What fails in the section fails
// in r.
func (d *decoder) section(r *binread.Reader, c *Component) {
	id := r.Byte()
	name := sectionName(id)
	if name == "" {
		r.BadByte(id, "a section of a component")
		return
	}
	size := r.U32()
	r.Spend(1)
	s := r.Sub(size, name)
	d.content(id, s, c)
	if err := s.Done(); err != nil {
		r.Fail(err)
	}
}

func (d *decoder) content(id byte, s *binread.Reader, c *Component) {
	switch id {
	case secCustom:
		at := At{s.Offset()}
		c.Customs = append(c.Customs, Custom{At: at, Name: s.Name(), Data: s.Rest(), Before: len(c.Defs)})
	case secCoreModule:
		c.add(s, d.coreModule(s))
	case secComponent:
		c.add(s, d.nested(s))
	case secStart:
		c.add(s, readStart(s))
	default:
		for range s.Count(minSize(id)) {
			c.add(s, d.entry(id, s))
			if s.Err() != nil {
				return
			}
		}
	}
}

// add appends a definition that was read without an error.
func (c *Component) add(r *binread.Reader, def Definition) {
	if r.Err() == nil {
		c.Defs = append(c.Defs, def)
	}
}

// minSize is the least number of bytes an entry of a section takes.
func minSize(id byte) int {
	switch id {
	case secCoreInstance, secInstance:
		return 2
	case secAlias, secImport, secExport:
		return 4
	}
	return 1
}

// entry decodes one entry of a section that is a vector.
func (d *decoder) entry(id byte, s *binread.Reader) Definition {
	switch id {
	case secCoreInstance:
		return readCoreInstance(s)
	case secCoreType:
		return readCoreType(s)
	case secInstance:
		return readInstance(s)
	case secAlias:
		return readAlias(s)
	case secType:
		return d.typeDef(s)
	case secCanon:
		return readCanon(s)
	case secImport:
		return readImport(s)
	case secExport:
		return readExport(s)
	default:
		return readValue(s)
	}
}

func (d *decoder) coreModule(s *binread.Reader) *CoreModule {
	m := &CoreModule{At: At{s.Offset()}, Bytes: s.Rest()}
	if err := checkModulePreamble(m.Bytes); err != nil {
		s.FailAt(m.Offset, err)
	}
	return m
}

func (d *decoder) nested(s *binread.Reader) *Nested {
	n := &Nested{At: At{s.Offset()}}
	if !d.enter(s) {
		return n
	}
	defer d.leave()
	c, err := d.component(s.Rest(), n.Offset)
	if err != nil {
		s.Fail(err)
	}
	n.Component = c
	return n
}

func readCoreType(s *binread.Reader) *CoreType {
	t := &CoreType{At: At{s.Offset()}}
	switch s.Peek() {
	case 0x50:
		s.Byte()
		t.Module = coretype.ReadModuleDecls(s)
		return t
	case 0x00: // tells an open subtype from a module type
		s.Byte()
		if b := s.Peek(); b != 0x50 {
			s.Fail(fmt.Errorf("byte %#02x is not an open subtype", b))
		}
	}
	t.Group = coretype.ReadGroup(s)
	return t
}

func readStart(s *binread.Reader) *Start {
	d := &Start{At: At{s.Offset()}, Func: s.U32()}
	for range s.Count(1) {
		d.Args = append(d.Args, s.U32())
	}
	d.Results = s.U32()
	return d
}

func readValue(s *binread.Reader) *Value {
	v := &Value{At: At{s.Offset()}, Type: readValType(s)}
	v.Data = s.Bytes(s.U32())
	return v
}
