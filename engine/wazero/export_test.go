package wazero

// RepairAll returns c for an engine that repairs code for every compiler, whatever
// the processor.
func RepairAll(c Config) Config {
	c.repairAll = true
	return c
}
