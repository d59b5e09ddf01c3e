package localnet_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/berth-cli/berth/internal/ic/principal"
)

// TestChild is not a test: it is the process that other tests start and kill. It
// makes updates on a network in a folder and prints a line for each that was
// answered.
func TestChild(t *testing.T) {
	if flag.NArg() != 3 || flag.Arg(0) != "child" {
		t.Skip("runs as a child process of other tests only")
	}
	n := open(t, inDir(flag.Arg(1)))
	limitFileSize(t, flag.Arg(2))
	c, err := principal.Parse("bnz7o-iuaaa-aaaaa-qaaaa-cai")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("ready")
	for i := uint64(0); ; i++ {
		n.nonce.Store(uint64(time.Now().UnixNano()))
		req := n.callContent(alice(t), c, "update", appendGlobal("x"))
		a := n.post(t, "/api/v4/canister/"+c.String()+"/call", encodeCBOR(t, envelope(t, alice(t), req)))
		if a.status != 200 {
			fmt.Printf("refused %d %s\n", a.status, strings.TrimSpace(string(a.body)))
			if i > 5 {
				return
			}
			continue
		}
		fmt.Println("answered")
	}
}

// child starts TestChild on a folder and yields its lines.
func child(ctx context.Context, t *testing.T, dir string, limit int) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestChild$", "child", dir, fmt.Sprint(limit))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = io.Discard
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out)
}

// count reads how many updates the canister has had.
func count(t testing.TB, n *network, c principal.Principal) int {
	t.Helper()
	r := n.ask(t, c, prog(nil).do(opGetGlobal).reply())
	if r.code != 0 {
		t.Fatal(r)
	}
	return len(r.data)
}

// Row N54: a process that is killed at any time leaves what it had answered.
func TestKilledProcessLosesNothingItAnswered(t *testing.T) {
	dir := t.TempDir()
	n := open(t, inDir(dir))
	c := n.universal(t)
	n.Close()
	rounds := 8
	if testing.Short() {
		rounds = 2
	}
	had := 0
	for round := range rounds {
		ctx, cancel := context.WithCancel(t.Context())
		cmd, lines := child(ctx, t, dir, 0)
		answered := 0
		for lines.Scan() {
			if lines.Text() == "answered" {
				answered++
			}
			if answered == 3*round {
				cancel() // somewhere in the next update
			}
		}
		cancel()
		_ = cmd.Wait() // killed
		n := open(t, inDir(dir))
		now := count(t, n, c)
		if now < had+answered || now > had+answered+1 {
			t.Errorf("round %d: %d updates were answered, %d are kept", round, answered, now-had)
		}
		t.Logf("round %d: killed after %d answers", round, answered)
		had = now
		n.Close()
	}
}

// A disk that is full: updates are refused with the reason, nothing is lost.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	n := open(t, inDir(dir))
	c := n.universal(t)
	n.Close()
	before := size(t, stateFile(dir))
	cmd, lines := child(t.Context(), t, dir, int(before)+40_000)
	answered, refused := 0, ""
	for lines.Scan() {
		if lines.Text() == "answered" {
			answered++
		}
		if rest, ok := strings.CutPrefix(lines.Text(), "refused "); ok {
			refused = rest
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Logf("child: %v", err)
	}
	if !strings.Contains(refused, "500 ") || !strings.Contains(refused, "save network state") || !strings.Contains(refused, "file too large") {
		t.Fatalf("after %d answers the refusal was %q", answered, refused)
	}
	m := open(t, inDir(dir))
	if got := count(t, m, c); got < answered || got > answered+1 {
		t.Errorf("%d updates were answered, %d are kept", answered, got)
	}
	wantReply(t, m.run(t, c, prog(nil).text("space again").do(opSetGlobal, opGetGlobal).reply()), []byte("space again"))
}
