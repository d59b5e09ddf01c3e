//go:build wasip1

// The sync plugin of the example: makes the signing identity the uploader of the
// canister, then registers every file of every folder it was given.
//
// This file is what a plugin is about. The others are what a binding generator and
// a Candid library would be used for in a larger one.
package main

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
)

func run(in input) error {
	fmt.Printf("seeding %s\n", in.canisterID)
	uploader := principalArg(in.identityPrincipal)
	if _, err := call(request{method: "set_uploader", arg: uploader}); err != nil {
		return fmt.Errorf("set_uploader: %w", err)
	}
	registered := 0
	for i, dir := range in.dirs {
		n, err := registerAll(granted(i), strings.TrimRight(dir, "/"))
		registered += n
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(os.Stderr, "registered %d item(s) in canister %s (environment: %s)\n",
		registered, in.canisterID, in.environment)
	return nil
}

// registerAll registers the regular files of a folder, in lexical order, by their
// paths below name.
func registerAll(folder fs.FS, name string) (registered int, err error) {
	err = fs.WalkDir(folder, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("read_dir %s: %w", name, err)
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		content, err := fs.ReadFile(folder, path)
		if err != nil {
			return fmt.Errorf("read %s/%s: %w", name, path, err)
		}
		registered++
		return register(name+"/"+path, strings.TrimSpace(string(content)))
	})
	return registered, err
}

func register(name, content string) error {
	if _, err := call(request{method: "register", arg: textsArg(name, content), direct: true}); err != nil {
		return fmt.Errorf("register %s: %w", name, err)
	}
	fmt.Printf("%s: ok\n", name)
	return nil
}

func main() {}
