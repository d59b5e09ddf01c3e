package agent_test

import (
	"errors"
	"testing"

	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/cert/certtest"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// canisterState answers reads with leaves of the test's canister.
func (f *fakeNetwork) canisterState(leaves map[string]certtest.Node) {
	f.onReadState = func(request) answer {
		return stateOf(f.certificate(map[string]certtest.Node{
			"canister": map[string]certtest.Node{string(target().Bytes()): leaves},
		}))
	}
}

func TestMetadata(t *testing.T) {
	f := newFake(t)
	a := f.agent(agent.Config{})
	f.canisterState(map[string]certtest.Node{"metadata": map[string]certtest.Node{"candid:service": "service : {}"}})
	if got, err := a.Metadata(t.Context(), target(), "candid:service"); err != nil || string(got) != "service : {}" {
		t.Errorf("Metadata = %q, %v", got, err)
	}
	if _, err := a.Metadata(t.Context(), target(), "other"); !errors.Is(err, agent.ErrAbsent) {
		t.Errorf("Metadata of an absent section: %v, want ErrAbsent", err)
	}
	path := f.log()[0].content["paths"].([]any)[0].([]any)
	if len(path) != 4 || string(path[0].([]byte)) != "canister" || string(path[2].([]byte)) != "metadata" {
		t.Errorf("asked for %q", path)
	}

	f.onReadState = func(request) answer { return answer{status: 403, text: "only controllers"} }
	if _, err := a.Metadata(t.Context(), target(), "secret"); !errors.Is(err, agent.ErrDenied) || errors.Is(err, agent.ErrAbsent) {
		t.Errorf("Metadata of a private section: %v, want ErrDenied", err)
	}

	f.onReadState = func(request) answer {
		tree := certtest.Tree(map[string]certtest.Node{"time": certtest.Time(f.now()), "canister": "x"})
		return stateOf(f.root.Certificate(tree.Prune(cert.NewPath("time"))))
	}
	if _, err := a.Metadata(t.Context(), target(), "x"); !errors.Is(err, agent.ErrProtocol) {
		t.Errorf("Metadata that is not shown: %v, want ErrProtocol", err)
	}
}

func TestModuleHash(t *testing.T) {
	f := newFake(t)
	a := f.agent(agent.Config{})
	f.canisterState(map[string]certtest.Node{"module_hash": "0123"})
	if got, err := a.ModuleHash(t.Context(), target()); err != nil || string(got) != "0123" {
		t.Errorf("ModuleHash = %q, %v", got, err)
	}
	f.canisterState(map[string]certtest.Node{"controllers": "x"})
	if _, err := a.ModuleHash(t.Context(), target()); !errors.Is(err, agent.ErrAbsent) {
		t.Errorf("ModuleHash without a module: %v, want ErrAbsent", err)
	}
}

func TestControllers(t *testing.T) {
	anonymous := []byte{0x41, 0x04}
	ours := append([]byte{0x4a}, target().Bytes()...)
	tests := []struct {
		name string
		leaf []byte
		want []principal.Principal
		err  error
	}{
		{"two", append(append([]byte{0xd9, 0xd9, 0xf7, 0x82}, anonymous...), ours...), []principal.Principal{principal.Anonymous(), target()}, nil},
		{"none", []byte{0xd9, 0xd9, 0xf7, 0x80}, nil, nil},
		{"without tag", append([]byte{0x81}, anonymous...), []principal.Principal{principal.Anonymous()}, nil},
		{"not a list", []byte{0x01}, nil, agent.ErrProtocol},
		{"principal too long", append([]byte{0x81, 0x58, 30}, make([]byte, 30)...), nil, agent.ErrProtocol},
	}
	for _, tt := range tests {
		f := newFake(t)
		f.canisterState(map[string]certtest.Node{"controllers": tt.leaf})
		got, err := f.agent(agent.Config{}).Controllers(t.Context(), target())
		if !errors.Is(err, tt.err) || len(got) != len(tt.want) {
			t.Errorf("%s: Controllers = %v, %v; want %v, %v", tt.name, got, err, tt.want, tt.err)
			continue
		}
		for i := range got {
			if got[i] != tt.want[i] {
				t.Errorf("%s: controller %d is %v, want %v", tt.name, i, got[i], tt.want[i])
			}
		}
	}
}

func TestReadSubnetState(t *testing.T) {
	f := newFake(t)
	a := f.agent(agent.Config{})
	c, err := a.ReadSubnetState(t.Context(), f.root.Subnet(), cert.NewPath("subnet"))
	if err != nil {
		t.Fatalf("ReadSubnetState: %v", err)
	}
	if nodes, _ := c.Labels(cert.NewPath("subnet", string(f.root.Subnet().Bytes()), "node")); len(nodes) != 1 {
		t.Errorf("%d nodes, want 1", len(nodes))
	}
	if got, want := f.paths()[0], "/api/v3/subnet/"+f.root.Subnet().String()+"/read_state"; got != want {
		t.Errorf("asked %s, want %s", got, want)
	}
	_, err = a.ReadSubnetState(t.Context(), certtest.NewSigner(5).Subnet(), cert.NewPath("subnet"))
	if e, ok := errors.AsType[*cert.CertificateError](err); !ok || e.Reason != cert.ReasonNotAuthorized {
		t.Errorf("ReadSubnetState of another subnet: %v, want it refused", err)
	}
}
