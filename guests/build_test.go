package guests_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what was built, and its digests")

const (
	sums     = "SHA256SUMS"
	syncWIT  = "../plugin/icpsync/sync-plugin.wit"
	example  = "../examples/seed-data"
	embedded = "../examples/embed"
)

// A guest is one built file: how it is made from which sources.
type guest struct {
	out   string // relative to this folder
	build func(t *testing.T, out string)
	// varies says that the toolchain puts something random into each build, so
	// that a rebuild cannot be compared byte by byte.
	varies bool
}

func guests() []guest {
	return []guest{
		{out: "proxy/proxy.wasm", build: canister("proxy/proxy.c", "proxy/proxy.did")},
		{out: example + "/seeding.wasm", build: canister(example+"/canister/seeding.c", example+"/canister/seeding.did")},
		{out: example + "/seed-plugin.wasm", build: goSyncPlugin(example + "/plugin")},
		{out: "pager/canister.wasm", build: canister("pager/canister.c", "pager/canister.did")},
		{out: "pager/plugin.wasm", build: cComponent("pager/plugin.c", "reactor", "-O2")},
		{out: "sync-c/plugin.wasm", build: cComponent("sync-c/plugin.c", "reactor", "-O2")},
		{out: "hostile-c/sync.wasm", build: cComponent("hostile-c/hostile.c", "reactor", "-O1", "-DSYNC_PLUGIN")},
		{out: "hostile-c/command.wasm", build: cComponent("hostile-c/hostile.c", "command", "-O1")},
		{out: "posix-c/posix.wasm", build: cComponent("posix-c/posix.c", "command", "-O2")},
		{out: "walk-c/walk.wasm", build: cComponent("walk-c/walk.c", "command", "-O2")},
		{out: "count-c/count.wasm", build: cComponent("count-c/count.c", "command", "-O2")},
		{out: "sync-rust/plugin.wasm", build: rustSyncPlugin("sync-rust/plugin.rs")},
		{out: "crash/rust.wasm", build: rustProgram("crash/crash.rs")},
		{out: "crash/cpp.wasm", build: cppProgram("crash/crash.cc")},
		{out: "probe/sync.wasm", build: watComponent("probe/sync.wat")},
		{out: "probe/mistyped.wasm", build: watComponent("probe/mistyped.wat")},
		{out: "probe/exit.wasm", build: watComponent("probe/exit.wat")},
		{out: "probe/surroundings.wasm", build: watComponent("probe/surroundings.wat")},
		{out: "probe/floods.wasm", build: watComponent("probe/floods.wat")},
		{out: "probe/start.wasm", build: watComponent("probe/start.wat")},
		{out: "sync-js/qjs.wasm", build: jsSyncPlugin("qjs"), varies: true},
		{out: embedded + "/greeter.wasm", build: jsGreeter, varies: true},
		{out: "sync-js/starling.wasm", build: jsSyncPlugin("starling"), varies: true},
	}
}

// TestDigests checks the committed files against SHA256SUMS.
func TestDigests(t *testing.T) {
	if *update {
		t.Skip("-update writes them anew")
	}
	want := readSums(t)
	for _, g := range guests() {
		if got := digest(t, g.out); got != want[g.out] {
			t.Errorf("%s has digest %s, %s says %q", g.out, got, sums, want[g.out])
		}
		delete(want, g.out)
	}
	for name := range want {
		t.Errorf("%s names %s, which is not built here", sums, name)
	}
}

// TestRebuild builds every guest whose toolchain is on this machine and compares.
func TestRebuild(t *testing.T) {
	for _, g := range guests() {
		t.Run(strings.TrimPrefix(g.out, "../"), func(t *testing.T) {
			if g.varies && !*update {
				t.Skip("the toolchain's builds differ from run to run")
			}
			out := filepath.Join(t.TempDir(), "out.wasm")
			g.build(t, out)
			built := read(t, out)
			if *update {
				write(t, g.out, built)
				return
			}
			if !bytes.Equal(built, read(t, g.out)) {
				t.Errorf("%s is not what its source builds to: run make guests", g.out)
			}
		})
	}
	if *update {
		writeSums(t)
	}
}

func canister(source, candid string) func(*testing.T, string) {
	return func(t *testing.T, out string) {
		core := out + ".core"
		clang(t, "--target=wasm32-unknown-unknown", "-O2", "-nostdlib", "-fno-builtin", "-Iinclude",
			"-Wl,--no-entry", "-Wl,--strip-all", "-o", core, source)
		did := read(t, candid)
		write(t, out, append(read(t, core), customSection("icp:public candid:service", did)...))
	}
}

func cComponent(source, form string, flags ...string) func(*testing.T, string) {
	return func(t *testing.T, out string) {
		core := out + ".core"
		args := append([]string{"--target=wasm32-wasi", "-mexec-model=" + form, "-Wall", "-Wextra", "-Iinclude"}, flags...)
		clang(t, append(args, "-o", core, source)...)
		component(t, core, out, form)
	}
}

func goSyncPlugin(folder string) func(*testing.T, string) {
	return func(t *testing.T, out string) {
		core := out + ".core"
		cmd := exec.Command("go", "build", "-C", folder, "-buildmode=c-shared", "-trimpath", "-buildvcs=false",
			"-ldflags=-s -w -buildid=", "-o", core, ".")
		cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
		requireVersion(t, exec.Command("go", "version"), "go1.26.8")
		run(t, cmd)
		component(t, core, out, "reactor")
	}
}

// cppProgram builds a program with debug information.
func cppProgram(source string) func(*testing.T, string) {
	return func(t *testing.T, out string) {
		core := out + ".core"
		cmd := exec.Command("clang++-16", "--target=wasm32-wasi", "-Wall", "-Wextra", "-O1", "-g", "-nostdlib++",
			"-fno-exceptions", "-ffile-prefix-map="+workingFolder(t)+"=.", "-o", core, source)
		requireVersion(t, exec.Command("clang++-16", "--version"), "16.0.6")
		run(t, cmd)
		component(t, core, out, "command")
	}
}

// rustProgram builds a program with debug information; what is not used of the
// standard library's is left out with its code.
func rustProgram(source string) func(*testing.T, string) {
	return func(t *testing.T, out string) {
		core := out + ".core"
		rust(t, "--edition", "2021", "-C", "lto", "-g", "-o", core, source)
		component(t, core, out, "command")
	}
}

func workingFolder(t *testing.T) string {
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

func rust(t *testing.T, args ...string) {
	const rustc = "/usr/bin/rustc"
	requireVersion(t, exec.Command(rustc, "--version"), "rustc 1.63.0")
	requireVersion(t, exec.Command("wasm-ld-16", "--version"), "LLD 16.0.6")
	cmd := exec.Command(rustc, append([]string{
		"--target", "wasm32-wasi", "--crate-type", "bin", "-C", "linker=wasm-ld-16", "-O",
		"--remap-path-prefix", workingFolder(t) + "=.",
	}, args...)...)
	cmd.Env = append(os.Environ(), "RUSTC_BOOTSTRAP=1")
	run(t, cmd)
}

func rustSyncPlugin(source string) func(*testing.T, string) {
	return func(t *testing.T, out string) {
		core := out + ".core"
		rust(t, "-Z", "wasi-exec-model=reactor", "-C", "strip=debuginfo",
			"-C", "link-arg=--export=exec", "-C", "link-arg=--export=cabi_realloc", "-o", core, source)
		component(t, core, out, "reactor")
	}
}

func jsSyncPlugin(kind string) func(*testing.T, string) {
	return func(t *testing.T, out string) {
		node(t, kind, out, syncWIT, "sync-plugin", "sync-js/seed.js", "sync-js/"+kind+".js")
	}
}

func jsGreeter(t *testing.T, out string) {
	node(t, "qjs", out, embedded+"/greeter.wit", "greeter", embedded+"/greeter.js")
}

func watComponent(source string) func(*testing.T, string) {
	return func(t *testing.T, out string) { node(t, "wat", out, source) }
}

// component wraps a core module for WASI 0.2. A reactor gets the world of sync
// plugins; a command brings its own.
func component(t *testing.T, core, out, form string) {
	args := []string{"component", core, out, form}
	if form == "reactor" {
		args = append(args, syncWIT, "sync-plugin")
	}
	node(t, args...)
}

func clang(t *testing.T, args ...string) {
	requireVersion(t, exec.Command("clang-16", "--version"), "16.0.6")
	run(t, exec.Command("clang-16", args...))
}

func node(t *testing.T, args ...string) {
	const tools = "../tools"
	if _, err := os.Stat(tools + "/node_modules"); err != nil {
		missing(t, "npm packages of the tools folder")
	}
	run(t, exec.Command("node", append([]string{"build.mjs", tools}, args...)...))
}

// requireVersion skips where a toolchain is missing or another than the one that
// made the committed files.
func requireVersion(t *testing.T, cmd *exec.Cmd, want string) {
	t.Helper()
	out, err := cmd.Output()
	if err != nil || !strings.Contains(string(out), want) {
		missing(t, cmd.Path+" "+want)
	}
}

func missing(t *testing.T, what string) {
	t.Helper()
	if *update {
		t.Fatalf("cannot build without %s", what)
	}
	t.Skipf("not on this machine: %s", what)
}

func run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
}

func customSection(name string, data []byte) []byte {
	body := append([]byte{byte(len(name))}, name...)
	body = append(body, data...)
	out := []byte{0}
	for n := len(body); ; n >>= 7 {
		if n < 0x80 {
			out = append(out, byte(n))
			return append(out, body...)
		}
		out = append(out, byte(n)|0x80)
	}
}

func digest(t *testing.T, name string) string {
	sum := sha256.Sum256(read(t, name))
	return hex.EncodeToString(sum[:])
}

func readSums(t *testing.T) map[string]string {
	want := make(map[string]string)
	for line := range strings.Lines(string(read(t, sums))) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		want[name] = sum
	}
	return want
}

func writeSums(t *testing.T) {
	var lines []string
	for _, g := range guests() {
		lines = append(lines, fmt.Sprintf("%s  %s\n", digest(t, g.out), g.out))
	}
	sort.Slice(lines, func(i, j int) bool { return lines[i][64:] < lines[j][64:] })
	write(t, sums, []byte(strings.Join(lines, "")))
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(name, b, 0o644); err != nil {
		t.Fatal(err)
	}
}
