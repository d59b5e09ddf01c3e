package localnet

import "strings"

// mode is why a canister's code runs. The letters are the specification's.
type mode uint16

const (
	modeInit        mode = 1 << iota // I: canister_init, canister_post_upgrade
	modePreUpgrade                   // G
	modeUpdate                       // U
	modeReplQuery                    // RQ
	modeQuery                        // NRQ
	modeTransform                    // TQ
	modeComposite                    // CQ
	modeReply                        // Ry
	modeReject                       // Rt
	modeCompReply                    // CRy
	modeCompReject                   // CRt
	modeCleanup                      // C
	modeCompCleanup                  // CC
	modeStart                        // s
	modeInspect                      // F
	modeTask                         // T
)

// anyMode is "*": every mode but start.
const anyMode = 1<<16 - 1 - modeStart

// modeInfo is a mode's letters and how error texts call it.
type modeInfo struct {
	mode          mode
	letters, text string
}

func modeTable() []modeInfo {
	return []modeInfo{
		{modeInit, "I", "init"},
		{modePreUpgrade, "G", "pre upgrade"},
		{modeUpdate, "U", "update"},
		{modeReplQuery, "RQ", "replicated query"},
		{modeQuery, "NRQ", "non-replicated query"},
		{modeTransform, "TQ", "transform"},
		{modeComposite, "CQ", "composite query"},
		{modeReply, "Ry", "reply callback"},
		{modeReject, "Rt", "reject callback"},
		{modeCompReply, "CRy", "composite query reply callback"},
		{modeCompReject, "CRt", "composite query reject callback"},
		{modeCleanup, "C", "cleanup"},
		{modeCompCleanup, "CC", "composite query cleanup"},
		{modeStart, "s", "start"},
		{modeInspect, "F", "inspect message"},
		{modeTask, "T", "system task"},
	}
}

// parseModes reads a list of letters such as "I U RQ" or "* s".
func parseModes(letters string) (set mode) {
	for _, l := range strings.Fields(letters) {
		if l == "*" {
			set |= anyMode
		}
		for _, m := range modeTable() {
			if m.letters == l {
				set |= m.mode
			}
		}
	}
	return set
}

func (m mode) String() string {
	for _, i := range modeTable() {
		if i.mode == m {
			return i.text
		}
	}
	return "unknown"
}

// replicated reports whether the outcome of the mode is agreed upon by the network.
func (m mode) replicated() bool {
	return m&(modeQuery|modeTransform|modeComposite|modeCompReply|modeCompReject|modeCompCleanup|modeInspect) == 0
}
