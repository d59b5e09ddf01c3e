package cert

// MaxCached is the bound of a cache.
const MaxCached = maxCached

// CacheLen returns how many delegations c remembers.
func CacheLen(c *Cache) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.delegations)
}

// LookupUnverified looks into a tree that nobody signed, for tests of the lookup alone.
func LookupUnverified(t *Tree, p Path) ([]byte, Status) { return t.lookup(p) }

// LabelsUnverified lists labels of a tree that nobody signed.
func LabelsUnverified(t *Tree, p Path) ([][]byte, bool) { return t.labels(p) }
