package identity

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/berth-cli/berth/internal/ic/principal"
)

// AnonymousName is the name under which every store has the anonymous identity.
const AnonymousName = "anonymous"

// maxFileBytes bounds each file of the store.
const maxFileBytes = 64 << 10

// Kind is how an identity is kept, by the name icp-cli's list uses.
type Kind string

// The kinds of identities. Only the first two can be loaded.
const (
	KindAnonymous         Kind = "anonymous"
	KindPEM               Kind = "pem"
	KindKeyring           Kind = "keyring"
	KindHSM               Kind = "hsm"
	KindWebAuth           Kind = "web-auth"
	KindPendingDelegation Kind = "pending-delegation"
	KindDelegation        Kind = "delegation"
)

// Entry is one identity of a store, as its list describes it.
type Entry struct {
	Name      string
	Kind      Kind
	Format    string    // of KindPEM: "plaintext" or "pbes2"
	Algorithm Algorithm // "" where the list does not say
	Principal string    // textual, "" where the list does not say
}

// Store reads the identities that icp-cli keeps:
//
//	<home>/identity/identity_defaults.json   {"v": 1, "default": NAME}
//	<home>/identity/identity_list.json       {"v": 1, "identities": {NAME: {"kind": …}}}
//	<home>/identity/keys/NAME.pem
//
// It never writes. Files are read when asked for, so a Store sees what icp-cli changes.
type Store struct {
	dir string
}

// OpenStore returns the store below home, the folder that [DefaultHome] finds. Nothing is read yet, and home need not
// exist: the store then has the anonymous identity only.
func OpenStore(home string) *Store { return &Store{dir: filepath.Join(home, "identity")} }

// Dir returns the folder of the store.
func (s *Store) Dir() string { return s.dir }

// Default returns the name of the identity to use when none is asked for; without a file it is [AnonymousName].
// The error is a *[LoadError].
func (s *Store) Default() (string, error) {
	var file struct {
		V       int    `json:"v"`
		Default string `json:"default"`
	}
	found, err := s.readJSON("identity_defaults.json", &file, &file.V)
	if err != nil || !found || file.Default == "" {
		return AnonymousName, err
	}
	return file.Default, nil
}

// List returns all identities in the order of their names, the anonymous one always among them.
// The error is a *[LoadError].
func (s *Store) List() ([]Entry, error) {
	entries, err := s.entries()
	if err != nil {
		return nil, err
	}
	list := make([]Entry, 0, len(entries))
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		list = append(list, entries[name])
	}
	return list, nil
}

// Load returns the identity of that name. Errors are *[NotFoundError]; *[UnsupportedError] for kinds that are not
// supported yet; *[LoadError] for files that cannot be read, with *[KeyError], *[CurveError] or *[MismatchError] inside.
func (s *Store) Load(name string) (Identity, error) {
	entries, err := s.entries()
	if err != nil {
		return nil, err
	}
	e, ok := entries[name]
	if !ok {
		return nil, &NotFoundError{Name: name}
	}
	switch {
	case e.Kind == KindAnonymous:
		return Anonymous(), nil
	case e.Kind == KindPEM && e.Format == "pbes2":
		return nil, s.unsupported(e, "password-protected identity")
	case e.Kind == KindPEM:
		return s.loadPEM(e)
	}
	return nil, s.unsupported(e, string(e.Kind)+" identity")
}

func (s *Store) unsupported(e Entry, kind string) error {
	return &LoadError{Name: e.Name, Err: &UnsupportedError{
		Kind:   kind,
		Advice: "use one kept as plain PEM (icp identity new NAME --storage plaintext) or the anonymous identity",
	}}
}

// loadPEM reads the key of e and compares it with what the list says.
func (s *Store) loadPEM(e Entry) (Identity, error) {
	path := filepath.Join(s.dir, "keys", e.Name+".pem")
	if !isFileName(e.Name) {
		return nil, &LoadError{Name: e.Name, Err: errors.New("name is not a file name")}
	}
	text, err := readFile(path)
	if err != nil {
		return nil, &LoadError{Name: e.Name, Path: path, Err: err}
	}
	key, err := ParsePEM(text)
	if err != nil {
		return nil, &LoadError{Name: e.Name, Path: path, Err: err}
	}
	if err := e.check(key); err != nil {
		return nil, &LoadError{Name: e.Name, Path: path, Err: err}
	}
	return key, nil
}

// check refuses a key that is not the one the list describes.
func (e Entry) check(key *Key) error {
	if e.Algorithm != "" && e.Algorithm != key.Algorithm() {
		return &CurveError{Declared: string(e.Algorithm), Actual: string(key.Algorithm())}
	}
	if e.Principal == "" {
		return nil
	}
	recorded, err := principal.Parse(e.Principal)
	if err != nil {
		return err
	}
	if recorded != key.Principal() {
		return &MismatchError{Recorded: recorded, Actual: key.Principal()}
	}
	return nil
}

// isFileName reports whether name is one element of a path on every system.
func isFileName(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/\\:\x00")
}

type wireEntry struct {
	Kind      Kind      `json:"kind"`
	Format    string    `json:"format"`
	Algorithm Algorithm `json:"algorithm"`
	Principal string    `json:"principal"`
}

func (s *Store) entries() (map[string]Entry, error) {
	var file struct {
		V          int                  `json:"v"`
		Identities map[string]wireEntry `json:"identities"`
	}
	if _, err := s.readJSON("identity_list.json", &file, &file.V); err != nil {
		return nil, err
	}
	entries := map[string]Entry{AnonymousName: {Name: AnonymousName, Kind: KindAnonymous}}
	for name, w := range file.Identities {
		if name != AnonymousName {
			entries[name] = w.entry(name)
		}
	}
	return entries, nil
}

// entry translates the list's other names to ours.
func (w wireEntry) entry(name string) Entry {
	e := Entry{Name: name, Kind: w.Kind, Format: w.Format, Algorithm: w.Algorithm, Principal: w.Principal}
	switch w.Kind {
	case "internet-identity":
		e.Kind = KindWebAuth
	}
	switch w.Algorithm {
	case "k256":
		e.Algorithm = Secp256k1
	case "p256", "secp256r1":
		e.Algorithm = P256
	}
	return e
}

// readJSON reads a file of the store into v and checks its version, which reading must have set. found is false, and
// v unchanged, if there is no such file.
func (s *Store) readJSON(name string, v any, version *int) (found bool, err error) {
	path := filepath.Join(s.dir, name)
	b, err := readFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err == nil && *version != 1 {
		err = fmt.Errorf("%w: format %d, want 1", ErrVersion, *version)
	}
	if err != nil {
		return false, &LoadError{Path: path, Err: err}
	}
	return true, nil
}

// readFile reads a regular file of at most maxFileBytes. Anything else is refused before it is opened, as opening a
// pipe would wait for its other end.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, withoutPath(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, withoutPath(err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1)) //nolint:forbidigo // bounded
	if err != nil {
		return nil, withoutPath(err)
	}
	if len(b) > maxFileBytes {
		return nil, fmt.Errorf("larger than %d bytes", maxFileBytes)
	}
	return b, nil
}

// withoutPath drops the path that the error repeats: ours already name it.
func withoutPath(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
