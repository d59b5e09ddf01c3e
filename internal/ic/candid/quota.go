package candid

// Quota bounds what decoding a message may cost. The zero value is the default.
//
// The bytes of a message bound neither: a vec null says in six bytes that it has a
// billion elements.
type Quota struct {
	// MaxValues is how many values may be decoded or skipped, parts of values
	// included. A text counts once more for every 64 bytes, as it may be read more
	// than once. Zero means 2,000,000.
	MaxValues int
	// MaxDepth is how deeply values may be nested. Zero means 1,000.
	MaxDepth int
	// MaxTypes is how many types, fields and methods may be described before the
	// values. Zero means 50,000.
	MaxTypes int
}

func (q Quota) withDefaults() Quota {
	if q.MaxValues == 0 {
		q.MaxValues = 2_000_000
	}
	if q.MaxDepth == 0 {
		q.MaxDepth = 1_000
	}
	if q.MaxTypes == 0 {
		q.MaxTypes = 50_000
	}
	return q
}

// maxTextNesting is how deeply values and types may be nested in a text. Texts need
// more than messages, for the parentheses.
const maxTextNesting = 2_000

// textCost is what reading n bytes counts for, beyond one.
func textCost(n int) int { return n / 64 }
