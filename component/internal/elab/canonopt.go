package elab

import (
	"errors"
	"fmt"
	"slices"

	"github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/component/internal/coretype"
	"github.com/berth-cli/berth/component/internal/types"
)

// options are canonical options with what checking them needs.
type options struct {
	CanonOptions
	encoded    bool           // an encoding is given
	postReturn *coretype.Func // its type, if there is one
	async      bool
	callback   bool
}

// options reads a list of canonical options and checks what does not depend on
// the function they are for.
//
// Binary.md, "Canonical Definitions".
func (s *scope) options(opts []binary.CanonOpt) (options, error) {
	var o options
	if err := s.e.spend(len(opts)); err != nil {
		return o, err
	}
	for _, opt := range opts {
		if err := s.option(&o, opt); err != nil {
			return o, fmt.Errorf("canonical option `%s`: %w", opt.Kind, err)
		}
	}
	switch {
	case o.Realloc.Present() && !o.Memory.Present():
		return o, errors.New("canonical option `realloc` requires `memory`")
	case o.callback && !o.async:
		return o, errors.New("canonical option `callback` requires `async`")
	case o.async && o.postReturn != nil:
		return o, errors.New("canonical options `async` and `post-return` exclude each other")
	}
	return o, nil
}

var errTwice = errors.New("specified more than once")

func (s *scope) option(o *options, opt binary.CanonOpt) error {
	switch opt.Kind {
	case binary.OptUTF8, binary.OptUTF16, binary.OptLatin1UTF16:
		if o.encoded {
			return errors.New("conflicts with an earlier encoding")
		}
		o.encoded, o.Encoding = true, Encoding(opt.Kind-binary.OptUTF8)
		return nil
	case binary.OptMemory:
		return s.memoryOption(o, opt.Index)
	case binary.OptRealloc:
		return s.reallocOption(o, opt.Index)
	case binary.OptPostReturn:
		return s.postReturnOption(o, opt.Index)
	case binary.OptCallback:
		return s.callbackOption(o, opt.Index)
	case binary.OptAsync:
		if o.async {
			return errTwice
		}
		o.async = true
		return nil
	}
	return &UnsupportedError{Feature: "canonical option `" + opt.Kind.String() + "`"}
}

func (s *scope) memoryOption(o *options, i uint32) error {
	m, err := s.coreItem(binary.SortCoreMemory, i)
	if err != nil {
		return err
	}
	if o.Memory.Present() {
		return errTwice
	}
	if m.typ.Memory.Is64 {
		return &UnsupportedError{Feature: "64-bit memory"}
	}
	if m.typ.Memory.Shared {
		return &UnsupportedError{Feature: "shared memory"}
	}
	o.Memory = m.src
	return nil
}

func (s *scope) reallocOption(o *options, i uint32) error {
	f, err := s.coreFunc(i)
	if err != nil {
		return err
	}
	if o.Realloc.Present() {
		return errTwice
	}
	o.Realloc = f.src
	const i32 = coretype.I32
	return checkSignature(f.typ.Func, []byte{i32, i32, i32, i32}, []byte{i32})
}

func (s *scope) postReturnOption(o *options, i uint32) error {
	f, err := s.coreFunc(i)
	if err != nil {
		return err
	}
	if o.postReturn != nil {
		return errTwice
	}
	o.PostReturn, o.postReturn = f.src, f.typ.Func
	return nil
}

func (s *scope) callbackOption(o *options, i uint32) error {
	f, err := s.coreFunc(i)
	if err != nil {
		return err
	}
	if o.callback {
		return errTwice
	}
	o.callback = true
	const i32 = coretype.I32
	return checkSignature(f.typ.Func, []byte{i32, i32, i32}, []byte{i32})
}

func checkSignature(have *coretype.Func, params, results []byte) error {
	if want := coreSignature(params, results); !have.Equal(want) {
		return fmt.Errorf("incorrect signature: have %s, want %s", have, want)
	}
	return nil
}

// liftCore is the type of the core function that is lifted as f.
//
// CanonicalABI.md, "Flattening".
func (o *options) liftCore(f *types.Func) types.CoreFunc {
	c := f.LiftCore()
	if o.async {
		c.Results = nil
	}
	if o.callback {
		c.Results = []types.FlatKind{types.FlatI32}
	}
	return c
}

// lowerCore is the type of the core function that f is lowered to.
//
// CanonicalABI.md, "Flattening".
func (o *options) lowerCore(f *types.Func) types.CoreFunc {
	const maxAsyncParams = 4
	if !o.async {
		return f.LowerCore()
	}
	c := f.LiftCore() // its parameters have no pointer to the result among them
	if len(c.Params) > maxAsyncParams {
		c.Params, c.ParamsInMemory = []types.FlatKind{types.FlatI32}, true
	}
	c.ResultInMemory = f.Result != nil
	if c.ResultInMemory {
		c.Params = append(slices.Clone(c.Params), types.FlatI32)
	}
	c.Results = []types.FlatKind{types.FlatI32}
	return c
}

// checkLift checks that the options are enough to lift a core function as f:
// parameters are lowered into the component, the result is lifted out of it,
// though not here if it is async: then task.return does that.
func (o *options) checkLift(f *types.Func, core *coretype.Func) error {
	c := f.LiftCore()
	lowers := c.ParamsInMemory || slices.ContainsFunc(f.Params, paramHasPointer)
	lifts := !o.async && (c.ResultInMemory || f.Result != nil && f.Result.HasPointer())
	if err := o.require(lowers || lifts, lowers); err != nil {
		return err
	}
	if o.postReturn == nil {
		return nil
	}
	if want := (&coretype.Func{Params: core.Results}); !o.postReturn.Equal(want) {
		return fmt.Errorf("canonical option `post-return`: incorrect signature: have %s, want %s", o.postReturn, want)
	}
	return nil
}

// checkLower checks that the options are enough to lower f: parameters are lifted out
// of the component, the result is lowered into it.
func (o *options) checkLower(f *types.Func) error {
	if o.postReturn != nil {
		return errors.New("canonical option `post-return` cannot be specified for lowerings")
	}
	c := o.lowerCore(f)
	lifts := c.ParamsInMemory || slices.ContainsFunc(f.Params, paramHasPointer)
	allocates := f.Result != nil && f.Result.HasPointer()
	return o.require(lifts || c.ResultInMemory || allocates, allocates)
}

func paramHasPointer(p types.Param) bool { return p.Type.HasPointer() }

func (o *options) require(memory, realloc bool) error {
	if memory && !o.Memory.Present() {
		return errors.New("canonical option `memory` is required")
	}
	if realloc && !o.Realloc.Present() {
		return errors.New("canonical option `realloc` is required")
	}
	return nil
}
