package candid

// TypeOf is the type that a value shows. Where that leaves a choice it is the
// smallest type: vec empty for an empty vector, opt empty for null as an option, a
// variant of one tag, a service without methods. A vector has its first element's
// type, so that a vector of mixed elements does not encode at it.
func TypeOf(v Value) *Type {
	switch v := v.(type) {
	case Blob:
		return BlobType()
	case Opt:
		if v.Some == nil {
			return OptOf(Prim(KindEmpty))
		}
		return OptOf(TypeOf(v.Some))
	case Vec:
		if len(v) == 0 {
			return VecOf(Prim(KindEmpty))
		}
		return VecOf(TypeOf(v[0]))
	case Record:
		fields := make([]FieldType, 0, len(v))
		for _, f := range v {
			fields = append(fields, FieldType{f.Label, TypeOf(f.Value)})
		}
		return &Type{Kind: KindRecord, Fields: fields}
	case Variant:
		return &Type{Kind: KindVariant, Fields: []FieldType{{v.Label, TypeOf(v.Value)}}}
	case Func:
		return &Type{Kind: KindFunc, Func: &FuncType{}}
	default:
		return Prim(v.kind())
	}
}

// TypesOf is [TypeOf] of each value.
func TypesOf(values []Value) []*Type {
	var types []*Type
	for _, v := range values {
		types = append(types, TypeOf(v))
	}
	return types
}
