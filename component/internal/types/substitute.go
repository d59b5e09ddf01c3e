package types

// Substitution replaces resource types in types. Make one with
// [Interner.Substitution]; it remembers what it has done, so that a type
// that is a shared DAG costs what its nodes cost.
type Substitution struct {
	in    *Interner
	to    func(*Resource) *Resource
	types map[*Type]*Type
	funcs map[*Func]*Func
}

// Substitution is a substitution that replaces each resource r by to(r), which
// must always be the same for the same r.
func (in *Interner) Substitution(to func(*Resource) *Resource) *Substitution {
	return &Substitution{in: in, to: to, types: map[*Type]*Type{}, funcs: map[*Func]*Func{}}
}

// Type is t with its resource types replaced. The only error is a *LimitError.
func (s *Substitution) Type(t *Type) (*Type, error) {
	if t == nil || !t.HasResource() {
		return t, nil
	}
	if n := s.types[t]; n != nil {
		return n, nil
	}
	c, err := s.copyOf(t)
	if err != nil {
		return nil, err
	}
	n, err := s.in.intern(c)
	if err != nil {
		return nil, err
	}
	s.types[t] = n
	return n, nil
}

// copyOf is t, not yet interned, with its parts replaced.
func (s *Substitution) copyOf(t *Type) (*Type, error) {
	c := &Type{Kind: t.Kind, Labels: t.Labels, Len: t.Len, Key: t.Key}
	if t.Resource != nil {
		c.Resource = s.to(t.Resource)
	}
	var err error
	part := func(p *Type) *Type {
		if err != nil {
			return nil
		}
		var n *Type
		n, err = s.Type(p)
		return n
	}
	for _, f := range t.Fields {
		c.Fields = append(c.Fields, Field{Name: f.Name, Type: part(f.Type)})
	}
	for _, k := range t.Cases {
		c.Cases = append(c.Cases, Case{Name: k.Name, Type: part(k.Type)})
	}
	c.Elem, c.Ok, c.Err = part(t.Elem), part(t.Ok), part(t.Err)
	return c, err
}

// Func is f with its resource types replaced. The only error is a *LimitError.
func (s *Substitution) Func(f *Func) (*Func, error) {
	if f == nil || !f.hasResource {
		return f, nil
	}
	if n := s.funcs[f]; n != nil {
		return n, nil
	}
	c := Func{Async: f.Async}
	for _, p := range f.Params {
		t, err := s.Type(p.Type)
		if err != nil {
			return nil, err
		}
		c.Params = append(c.Params, Param{Name: p.Name, Type: t})
	}
	var err error
	if c.Result, err = s.Type(f.Result); err != nil {
		return nil, err
	}
	n, err := s.in.Func(c)
	if err != nil {
		return nil, err
	}
	s.funcs[f] = n
	return n, nil
}
