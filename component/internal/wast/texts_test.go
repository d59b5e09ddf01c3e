package wast_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berth-cli/berth/component/internal/wast"
)

// readerVersion is the package in tools/package.json that reads component text.
// Results are kept under it.
const readerVersion = "jco-1.35.0"

// textReader turns component texts into binaries by a script under node. What it
// has read once it keeps in the user's cache folder, by the digest of the text.
type textReader struct {
	dir  string // of the cache
	tool string // folder of the script
}

type readResult struct {
	Wasm  []byte `json:"wasm,omitempty"`
	Error string `json:"error,omitempty"`
}

func newTextReader(t *testing.T) *textReader {
	t.Helper()
	base, err := os.UserCacheDir()
	if err != nil {
		base = t.TempDir()
	}
	dir := filepath.Join(base, "berth-test", "component-text", readerVersion)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return &textReader{dir: dir, tool: filepath.Join(moduleRoot(t), "tools")}
}

func (r *textReader) path(source string) string {
	sum := sha256.Sum256([]byte(source))
	return filepath.Join(r.dir, hex.EncodeToString(sum[:])+".json")
}

// texts is the reader as the runner wants it.
func (r *textReader) texts(source string) (wasm []byte, refusal error, ok bool) {
	b, err := os.ReadFile(r.path(source))
	if err != nil {
		return nil, nil, false
	}
	var res readResult
	if json.Unmarshal(b, &res) != nil {
		return nil, nil, false
	}
	if res.Error != "" {
		return nil, errors.New(res.Error), true
	}
	return res.Wasm, nil, true
}

// prepare reads the texts that are not in the cache. The error says what is
// missing on this machine.
func (r *textReader) prepare(ctx context.Context, sources []string) error {
	var missing []string
	for _, s := range sources {
		if _, _, ok := r.texts(s); !ok {
			missing = append(missing, s)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	results, err := r.run(ctx, missing)
	if err != nil {
		return err
	}
	for i, res := range results {
		b, err := json.Marshal(res)
		if err != nil {
			return err
		}
		if err := os.WriteFile(r.path(missing[i]), b, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (r *textReader) run(ctx context.Context, sources []string) ([]readResult, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, fmt.Errorf("node is not installed: %w", err)
	}
	if _, err := os.Stat(filepath.Join(r.tool, "node_modules", "@bytecodealliance", "jco")); err != nil {
		return nil, errors.New("jco is not installed: run npm ci in tools")
	}
	in, err := json.Marshal(sources)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, node, filepath.Join(r.tool, "wast", "parse.mjs"))
	cmd.Stdin = bytes.NewReader(in)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("read component text: %w: %s", err, stderr.String())
	}
	var results []readResult
	if err := json.Unmarshal(out, &results); err != nil {
		return nil, err
	}
	if len(results) != len(sources) {
		return nil, fmt.Errorf("%d results for %d texts", len(results), len(sources))
	}
	return results, nil
}

// sources is every text of the scripts.
func sources(scripts map[string]*wast.Script) []string {
	var all []string
	for _, s := range scripts {
		for _, d := range s.Directives {
			if d.Text != nil && d.Text.Source != "" {
				all = append(all, d.Text.Source)
			}
		}
	}
	return all
}
