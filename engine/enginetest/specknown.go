package enginetest

import (
	"maps"
	"strings"
)

// Known returns the value of Spec.Known or Spec.Changed for one reason: the commands of each file by
// their lines, such as "call.json 12 30".
func Known(reason string, commands ...string) map[string]string {
	known := map[string]string{}
	for _, c := range commands {
		fields := strings.Fields(c)
		for _, line := range fields[1:] {
			known[fields[0]+":"+line] = reason
		}
	}
	return known
}

// Changed returns Spec.Changed of a suite that comes with wazero: what was refused
// then is valid now, or traps.
func Changed(suite string) map[string]string {
	const (
		bulk     = "traps, and does not fail to link, since bulk memory operations"
		multi    = "valid since multi-value"
		tables   = "valid since reference types"
		memories = "valid since multi-memory"
	)
	known := map[string]string{}
	switch suite {
	case "v1":
		maps.Copy(known, Known(bulk, "data.json 162 170 178 186 194 211 220 227 235 243 251 258 266 273",
			"elem.json 143 152 161 170 178 186 195 203 212 220 229 237",
			"linking.json 207 228 239 299 335 342 345 354"))
		maps.Copy(known, Known(multi, "func.json 493 497", "type.json 53 57"))
		maps.Copy(known, Known(tables, "imports.json 310 314 318"))
		maps.Copy(known, Known("valid since select may have any type in dead code", "unreached-invalid.json 539"))
		maps.Copy(known, Known(memories, "imports.json 405 409 413", "memory.json 8 9"))
	case "v2":
		maps.Copy(known, Known(memories, "imports.json 488 492 496", "memory.json 10 11"))
	}
	return known
}
