# The commands of a developer. CI runs .ci/run, which calls these.

GO ?= go
LINT := $(GO) tool -modfile=tools/go.mod golangci-lint
FUZZTIME ?= 60s
FUZZFLAGS ?=
RACEFLAGS ?=

.PHONY: check test race wasmtime pure cross fuzz bench guests conformance interop tools

check: ## format, vet, lint, and what is generated is fresh
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "run gofmt -w"; exit 1; }
	$(GO) vet ./...
	$(LINT) run ./...

test: ## all tests
	$(GO) test ./...

race: ## all tests under the race detector; RACEFLAGS=-short leaves out what only takes long
	$(GO) test -race $(RACEFLAGS) -timeout 30m ./...

wasmtime: ## all tests on the other engine; needs a C compiler
	$(GO) test -tags wasmtime ./...

pure: ## all tests without cgo, as the program is built for others
	CGO_ENABLED=0 $(GO) test ./...

cross: ## everything compiles where it is to run
	@for os in linux darwin windows; do for arch in amd64 arm64; do \
		echo "build $$os/$$arch"; GOOS=$$os GOARCH=$$arch CGO_ENABLED=0 $(GO) build ./... || exit 1; done; done

fuzz: ## every fuzz test for FUZZTIME; FUZZFLAGS="-tags wasmtime" fuzzes the other engine
	@set -e; found=0; \
	for pkg in $$($(GO) list ./...); do \
		names=$$($(GO) test $(FUZZFLAGS) -list '^Fuzz' $$pkg); \
		for name in $$(echo "$$names" | grep '^Fuzz' || true); do \
			found=1; echo "$$pkg $$name"; \
			$(GO) test $(FUZZFLAGS) -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5x $$pkg; \
		done; \
	done; test $$found = 1

bench: ## the numbers of docs/performance.md
	$(GO) test -run '^$$' -bench . -benchmem ./component/... ./engine/... ./wasi/... ./internal/cli

guests: tools ## build the guests anew; needs clang-16, wasi-libc, rustc 1.63 and node
	$(GO) test ./guests -run Rebuild -count=1 -update -timeout 10m

conformance: tools ## run the specifications' tests on both engines and write docs/conformance.md
	$(GO) test ./component/internal/wast -run Conformance -count=1 -update
	$(GO) test ./engine/wazero -run 'TestSpec$$' -count=1 -update
	$(GO) test -tags wasmtime ./component/internal/wast -run Conformance -count=1 -update
	$(GO) test -tags wasmtime ./engine/wasmtime -run 'TestSpec$$' -count=1 -update

interop: tools ## the official JavaScript agent against our network
	$(GO) test ./internal/interop -count=1 -v

tools: tools/node_modules/.package-lock.json

tools/node_modules/.package-lock.json: tools/package-lock.json
	@# npm ci refuses lock files of npm's own making that leave out the optional
	@# packages of other platforms; this takes the same versions and digests.
	cd tools && npm install --no-save --no-fund --no-audit
	@touch $@
