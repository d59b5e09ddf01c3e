// Command berth runs sandboxed WebAssembly plugins: it deploys canisters of the
// Internet Computer and syncs them, and runs components under a grant.
package main

import (
	"context"
	"os"

	"github.com/berth-cli/berth/internal/cli"
)

func main() {
	os.Exit(cli.Main(context.Background(), os.Args[1:], cli.System()))
}
