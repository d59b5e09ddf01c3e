//go:build wasip1

// The sync plugin of the example: makes the signing identity the uploader of the
// canister, then registers every file of every folder it was given.
//
// plugin.go is what a plugin is about. abi.go and candid.go are what a binding
// generator and a Candid library would be used for in a larger one.
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
	for _, dir := range in.dirs {
		n, err := registerAll(dir)
		registered += n
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(os.Stderr, "registered %d item(s) in canister %s (environment: %s)\n",
		registered, in.canisterID, in.environment)
	return nil
}

// registerAll registers the regular files below dir, in lexical order.
func registerAll(dir string) (registered int, err error) {
	root := strings.TrimRight(dir, "/")
	err = fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("read_dir %s: %w", dir, err)
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		registered++
		return registerFile(root + "/" + path)
	})
	return registered, err
}

func registerFile(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	arg := textsArg(path, strings.TrimSpace(string(content)))
	if _, err := call(request{method: "register", arg: arg, direct: true}); err != nil {
		return fmt.Errorf("register %s: %w", path, err)
	}
	fmt.Printf("%s: ok\n", path)
	return nil
}

func main() {}
