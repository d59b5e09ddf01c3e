package plugin

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine"
)

// The names of limits in a [LimitError].
const (
	// Of a run: the fields of [Limits].
	LimitMemory      = "memory"
	LimitTables      = "table-elements"
	LimitCompute     = "compute"
	LimitWall        = "wall"
	LimitIdle        = "idle"
	LimitWorldCalls  = "world-calls"
	LimitDescriptors = "descriptors"
	LimitPollables   = "pollables"
	LimitResources   = "resources"
	LimitRandom      = "random-bytes"
	LimitOutput      = "output"

	// Of a component: the fields of component.Limits.
	LimitComponentSize   = "component-size"
	LimitDecodeNesting   = "component-nesting"
	LimitDefinitions     = "definitions"
	LimitTypeDepth       = "type-depth"
	LimitTypeSize        = "type-size"
	LimitTypes           = "types"
	LimitElaboration     = "elaboration"
	LimitInstantiations  = "instantiations"
	LimitInstanceNesting = "instance-nesting"
	LimitComponentCount  = "component-instances"
	LimitCoreInstances   = "core-instances"
	LimitCoreEntries     = "core-entries"
	LimitTotalMemory     = "total-memory"
	LimitLift            = "lift"
	LimitHandles         = "handles"
	LimitCallDepth       = "call-depth"
	LimitCompileTime     = "compile-time"   // Config.CompileTime
	LimitCompileMemory   = "compile-memory" // Config.CompileMemory
)

// LimitInfo says of one limit where it is set.
type LimitInfo struct {
	Name  string // as in LimitError.Limit
	Field string // of Go that sets it, such as "plugin.Limits.MemoryBytes"
	Unit  Unit

	below string // what the layer that enforces it calls it, "" if it is this one
}

// Unit is what a limit is counted in.
type Unit uint8

// The units of limits.
const (
	UnitCount Unit = iota // things, as many as the name says
	UnitBytes
	UnitTime // nanoseconds
)

// AllLimits returns every limit there is on a plugin, those of a run first.
func AllLimits() []LimitInfo {
	const run, load = "plugin.Limits.", "component.Limits."
	return []LimitInfo{
		{LimitMemory, run + "MemoryBytes", UnitBytes, "MaxMemoryBytes"},
		{LimitTables, run + "TableElems", UnitCount, "MaxTableElems"},
		{LimitCompute, run + "Compute", UnitTime, ""},
		{LimitWall, run + "Wall", UnitTime, ""},
		{LimitIdle, run + "Idle", UnitTime, ""},
		{LimitWorldCalls, run + "WorldCalls", UnitCount, ""},
		{LimitDescriptors, run + "Descriptors", UnitCount, "wasi.Limits.MaxDescriptors"},
		{LimitPollables, run + "Pollables", UnitCount, "wasi.Limits.MaxPollables"},
		{LimitResources, run + "Resources", UnitCount, "wasi.Limits.MaxResources"},
		{LimitRandom, run + "RandomBytes", UnitBytes, "wasi.Limits.MaxRandomBytes"},
		{LimitOutput, run + "OutputBytes", UnitBytes, "wasi.Limits.MaxOutputBytes"},
		{LimitComponentSize, load + "MaxComponentBytes", UnitBytes, "MaxComponentBytes"},
		{LimitDecodeNesting, load + "MaxDecodeNesting", UnitCount, "MaxDecodeNesting"},
		{LimitDefinitions, load + "MaxDefinitions", UnitCount, "MaxDefinitions"},
		{LimitTypeDepth, load + "MaxTypeDepth", UnitCount, "MaxTypeDepth"},
		{LimitTypeSize, load + "MaxTypeSize", UnitCount, "MaxTypeSize"},
		{LimitTypes, load + "MaxTypes", UnitCount, "MaxTypes"},
		{LimitElaboration, load + "MaxElaborationSteps", UnitCount, "MaxElaborationSteps"},
		{LimitInstantiations, load + "MaxInstantiations", UnitCount, "MaxInstantiations"},
		{LimitInstanceNesting, load + "MaxInstanceNesting", UnitCount, "MaxInstanceNesting"},
		{LimitComponentCount, load + "MaxComponentInstances", UnitCount, "MaxComponentInstances"},
		{LimitCoreInstances, load + "MaxCoreInstances", UnitCount, "MaxCoreInstances"},
		{LimitCoreEntries, load + "MaxCoreEntries", UnitCount, "MaxCoreEntries"},
		{LimitTotalMemory, load + "MaxTotalMemoryBytes", UnitBytes, "MaxTotalMemoryBytes"},
		{LimitLift, load + "MaxLiftBytes", UnitBytes, "MaxLiftBytes"},
		{LimitHandles, load + "MaxHandles", UnitCount, "MaxHandles"},
		{LimitCallDepth, load + "MaxCallDepth", UnitCount, "MaxCallDepth"},
		{LimitCompileTime, "plugin.Config.CompileTime", UnitTime, ""},
		{LimitCompileMemory, "plugin.Config.CompileMemory", UnitBytes, "MaxCompileBytes"},
	}
}

// LimitError says which limit a plugin went beyond.
type LimitError struct {
	Limit    string // LimitMemory or another
	Max      string // with its unit, such as "60s" or "4 GiB"
	Measured string // what there was of it, or more about it
	Knob     string // what raises the limit, "" if nothing does
	Err      error  // how the run ended, or nil
}

func (e *LimitError) Error() string {
	text := e.what()
	if e.Measured != "" {
		text += " (" + e.Measured + ")"
	}
	if e.Knob != "" {
		text += fmt.Sprintf(". If this plugin legitimately needs more, raise the limit by setting %s above %s.",
			e.Knob, e.Max)
	}
	return text
}

func (e *LimitError) what() string {
	switch e.Limit {
	case LimitCompute:
		return fmt.Sprintf("plugin exceeded the %s compute-time limit", e.Max)
	case LimitWall:
		return fmt.Sprintf("plugin ran for longer than its limit of %s", e.Max)
	case LimitIdle:
		return fmt.Sprintf("plugin waited for longer than its limit of %s without getting on", e.Max)
	case LimitCompileTime:
		return fmt.Sprintf("plugin takes longer than %s to compile", e.Max)
	}
	return fmt.Sprintf("plugin exceeded its %s limit of %s", e.Limit, e.Max)
}

// Unwrap returns e.Err.
func (e *LimitError) Unwrap() error { return e.Err }

// timeLimit is the error of a limit of time. What is measured is the limit itself.
func timeLimit(name string, limit time.Duration) *LimitError {
	return &LimitError{Limit: name, Max: formatSeconds(limit), Knob: infoOf(name).Field}
}

// limitOf returns the limit that an error of a run or of a load tells of, in the
// words of whatever layer; nil if it tells of none.
func limitOf(err error) *LimitError {
	if e, ok := errors.AsType[*LimitError](err); ok {
		return e
	}
	if e, ok := errors.AsType[*component.LimitError](err); ok {
		return limitBelow(e.Limit, e.Max, e.Want, err)
	}
	if e, ok := errors.AsType[*engine.LimitError](err); ok {
		return limitBelow(e.Limit, e.Max, e.Want, err)
	}
	return nil
}

// limitBelow is the error of a limit that the layer which enforces it calls so.
func limitBelow(name string, most, want uint64, err error) *LimitError {
	if name == "Pool" { // of the engine; a component calls it by its own name
		name = "MaxTotalMemoryBytes"
	}
	info := LimitInfo{Name: name}
	for _, i := range AllLimits() {
		if i.below == name {
			info = i
		}
	}
	limit := &LimitError{Limit: info.Name, Max: info.Unit.format(most), Knob: info.Field, Err: err}
	switch {
	case want <= most:
	case info.Unit == UnitBytes && want < 2*most: // as a round number it would be the limit
		limit.Measured = FormatBytes(want-most) + " more wanted"
	default:
		limit.Measured = info.Unit.format(want) + " wanted"
	}
	return limit
}

func infoOf(name string) LimitInfo {
	for _, i := range AllLimits() {
		if i.Name == name {
			return i
		}
	}
	return LimitInfo{Name: name}
}

// refused returns the limit that refused the plugin what it then could not do
// without; nil if none did.
func (s *session) refused(stats component.Stats, broken error) error {
	measured := "peak " + FormatBytes(stats.PeakMemoryBytes)
	if r := stats.Refused; r != nil {
		limit := limitBelow(r.Limit, r.Max, r.Want, broken)
		if infoOf(limit.Limit).Unit == UnitBytes {
			limit.Measured = measured + fmt.Sprintf(", then it asked for %s in all", FormatBytes(r.Want))
		}
		return limit
	}
	if stats.PeakMemoryBytes < s.limits.MemoryBytes-s.limits.MemoryBytes/16 {
		return nil
	}
	return &LimitError{
		Limit: LimitMemory, Max: FormatBytes(s.limits.MemoryBytes), Measured: measured,
		Knob: infoOf(LimitMemory).Field, Err: broken,
	}
}

// warnRefused tells what limit was felt by a plugin that failed in words of its own.
func (s *session) warnRefused(err error) {
	if err == nil || limitOf(err) != nil {
		return
	}
	var refusals []*LimitError
	if r := s.host.Refused(); r != nil {
		refusals = append(refusals, limitBelow(r.Limit, r.Max, r.Want, nil))
	}
	if s.instance != nil {
		if r := s.instance.Stats().Refused; r != nil {
			refusals = append(refusals, limitBelow(r.Limit, r.Max, r.Want, nil))
		}
	}
	for _, l := range refusals {
		s.warn(fmt.Sprintf("the plugin was refused what is beyond its %s limit of %s (%s)", l.Limit, l.Max, l.Measured))
	}
}

// tell names the knob of the program for the limit that err tells of.
func (h *Host) tell(err error) {
	if limit, ok := errors.AsType[*LimitError](err); ok && h.knob != nil {
		limit.Knob = h.knob(limit.Limit)
	}
}

func (u Unit) format(n uint64) string {
	switch u {
	case UnitBytes:
		return FormatBytes(n)
	case UnitTime:
		return formatSeconds(time.Duration(min(n, math.MaxInt64)))
	}
	return strconv.FormatUint(n, 10)
}

// formatSeconds writes a time the way the variable that sets it takes it: "60s".
func formatSeconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s"
}

// FormatBytes writes a number of bytes as people do: "1.5 MiB".
func FormatBytes(n uint64) string {
	const units = "KMGTPE"
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n)/1024, 0
	for value >= 1024 && unit < len(units)-1 {
		value /= 1024
		unit++
	}
	if value == math.Trunc(value) {
		return fmt.Sprintf("%.0f %ciB", value, units[unit])
	}
	return fmt.Sprintf("%.1f %ciB", value, units[unit])
}
