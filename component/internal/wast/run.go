package wast

import (
	"context"
	"errors"
	"fmt"

	"github.com/berth-cli/berth/component"
)

// Host runs components for a script.
type Host interface {
	// Validate decodes and validates a component without running it.
	Validate(ctx context.Context, wasm []byte) error
	// Compile makes a component ready to be instantiated.
	Compile(ctx context.Context, wasm []byte) (Component, error)
	// Class says what kind of refusal or failure an error of any method is.
	Class(err error) Class
}

// Component is a compiled component.
type Component interface {
	Instantiate(ctx context.Context) (Instance, error)
}

// Instance is an instance of a component.
type Instance interface {
	Invoke(ctx context.Context, name string, args []component.Value) ([]component.Value, error)
	Close() error
}

// Class is a kind of error.
type Class uint8

// The classes. Only the first four are verdicts about a component or a call.
const (
	Malformed   Class = iota + 1 // the bytes are not a component
	Invalid                      // a rule of validation is broken
	Unlinkable                   // an import cannot be satisfied
	Trap                         // the guest trapped
	Unsupported                  // refused by name, whatever the standard says
	Other
)

// Texts reads component text: the component it stands for, or why it is none. ok
// is false for a text that could not be looked up at all.
type Texts func(source string) (wasm []byte, refusal error, ok bool)

// Options of Run.
type Options struct {
	Host  Host
	Texts Texts // nil for none: directives that need it are not run
}

// Outcome is what came of a directive.
type Outcome uint8

// The outcomes.
const (
	Passed Outcome = iota + 1
	Failed
	// NotRun is for a directive that could not be tried, such as one about a
	// component that did not load.
	NotRun
)

// Result is the outcome of one directive. Reason is empty where it passed.
type Result struct {
	Directive
	Outcome Outcome
	Reason  string
}

// Run runs a script and returns a result for each directive. It stops early only
// when ctx ends; what is left is then not run.
func Run(ctx context.Context, s *Script, o Options) []Result {
	r := runner{Options: o, defs: map[string]*definition{}, instances: map[string]*running{}}
	defer r.close()
	results := make([]Result, 0, len(s.Directives))
	for _, d := range s.Directives {
		res := Result{Directive: d, Outcome: Passed}
		if err := r.run(ctx, d); err != nil {
			res.Outcome, res.Reason = Failed, err.Error()
			if errors.Is(err, errNotRun) {
				res.Outcome = NotRun
			}
		}
		results = append(results, res)
	}
	return results
}

var errNotRun = errors.New("not run")

// definition is a component that was defined, or why it is not there.
type definition struct {
	wasm     []byte
	compiled Component
	err      error
}

// running is an instance, or why it is not there.
type running struct {
	instance Instance
	err      error
}

type runner struct {
	Options
	defs      map[string]*definition // the last one under the empty name
	instances map[string]*running
	all       []Instance
}

func (r *runner) close() {
	for _, i := range r.all {
		i.Close()
	}
}

func (r *runner) run(ctx context.Context, d Directive) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", errNotRun, err)
	}
	switch d.Kind {
	case "component":
		return r.component(ctx, d)
	case "component definition":
		return r.define(ctx, d).err
	case "component instance":
		return r.instantiate(ctx, d)
	case "invoke":
		_, err := r.invoke(ctx, d.Action)
		return err
	case "assert_return":
		return r.assertReturn(ctx, d)
	case "assert_trap":
		return r.assertTrap(ctx, d)
	case "assert_invalid", "assert_malformed":
		return r.assertRefused(ctx, d)
	case "assert_unlinkable":
		return r.assertUnlinkable(ctx, d)
	}
	return fmt.Errorf("%w: directive %q is not known here", errNotRun, d.Kind)
}

// binary is the bytes of a component. A refusal to read its text is an error
// with no verdict, except for quoted text.
func (r *runner) binary(t *Text) ([]byte, error) {
	if t.Form == "binary" {
		return t.Binary, nil
	}
	if r.Texts == nil {
		return nil, fmt.Errorf("%w: nothing reads component text here", errNotRun)
	}
	wasm, refusal, ok := r.Texts(t.Source)
	switch {
	case !ok:
		return nil, fmt.Errorf("%w: text was not read", errNotRun)
	case refusal != nil && t.Form == "quote":
		return nil, &textError{refusal}
	case refusal != nil:
		return nil, fmt.Errorf("%w: text cannot be read: %w", errNotRun, refusal)
	}
	return wasm, nil
}

// textError is a refusal to read quoted text, which is a verdict on it.
type textError struct{ err error }

func (e *textError) Error() string { return fmt.Sprintf("text is malformed: %v", e.err) }
func (e *textError) Unwrap() error { return e.err }

func (r *runner) define(ctx context.Context, d Directive) *definition {
	def := &definition{}
	def.wasm, def.err = r.binary(d.Text)
	if def.err == nil {
		def.err = r.Host.Validate(ctx, def.wasm)
	}
	r.defs[""] = def
	if d.Name != "" {
		r.defs[d.Name] = def
	}
	return def
}

// component defines a component and instantiates it under the same name.
func (r *runner) component(ctx context.Context, d Directive) error {
	def := r.define(ctx, d)
	return r.start(ctx, def, d.Name)
}

func (r *runner) instantiate(ctx context.Context, d Directive) error {
	def := r.defs[d.Of]
	if def == nil {
		def = &definition{err: fmt.Errorf("no component %s", d.Of)}
	}
	if def.err != nil {
		r.remember(d.Name, &running{err: def.err})
		return fmt.Errorf("%w: component did not load: %w", errNotRun, def.err)
	}
	return r.start(ctx, def, d.Name)
}

func (r *runner) start(ctx context.Context, def *definition, name string) error {
	run := &running{err: def.err}
	if run.err == nil && def.compiled == nil {
		def.compiled, run.err = r.Host.Compile(ctx, def.wasm)
	}
	if run.err == nil {
		run.instance, run.err = def.compiled.Instantiate(ctx)
	}
	if run.instance != nil {
		r.all = append(r.all, run.instance)
	}
	r.remember(name, run)
	return run.err
}

func (r *runner) remember(name string, run *running) {
	r.instances[""] = run
	if name != "" {
		r.instances[name] = run
	}
}

func (r *runner) invoke(ctx context.Context, a *Action) ([]component.Value, error) {
	run := r.instances[a.Instance]
	if run == nil {
		return nil, fmt.Errorf("%w: no instance %s", errNotRun, a.Instance)
	}
	if run.err != nil {
		return nil, fmt.Errorf("%w: component did not load: %w", errNotRun, run.err)
	}
	return run.instance.Invoke(ctx, a.Func, a.Args)
}
