package wazero

import "github.com/berth-cli/berth/engine"

// RepairAll returns c for an engine that repairs code for every compiler, whatever
// the processor.
func RepairAll(c Config) Config {
	c.repairAll = true
	return c
}

// TrapCodeOf returns the code of wazero's own trap error.
func TrapCodeOf(err error) engine.TrapCode { return trapCode(wazeroReason(err)) }

// CacheFolder returns the folder that e lends compiled code in, "" if there is none.
func CacheFolder(e *Engine) string {
	if e.codes == nil {
		return ""
	}
	return e.codes.folder.dir
}
