// Package icpsync runs sync plugins: components of the world icp:sync-plugin@0.1,
// which sync-plugin.wit beside this file describes.
//
//	result, err := icpsync.Run(ctx, p, icpsync.Request{
//		CanisterID:  "bnz7o-iuaaa-aaaaa-qaaaa-cai",
//		Environment: "local",
//		Identity:    "2vxsx-fae",
//		Dir:         "/home/me/project",
//		Dirs:        []string{"seed-data"},
//		Caller:      caller,
//		Limits:      plugin.DefaultLimits(),
//	})
//
// A plugin calls one canister. Which one is the [Caller]'s affair: the world has no
// way to name another, and this package never sees a principal but as text to pass
// on.
//
// # Hostile input
//
// The plugin, the names in Request.Dirs and Request.Files, and what lies in the
// folders may be anybody's. A declared path that is absolute, leaves the folder or
// goes through a symbolic link is refused, also when it is swapped meanwhile.
// Folders are readable only.
//
// # Concurrency
//
// Runs are independent of each other and may go on at the same time, of one plugin
// too.
package icpsync
