package cli

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/spf13/cobra"
)

// callOptions are the flags of canister call.
type callOptions struct {
	canisterOptions
	method string
	args   string
	query  bool
}

func (a *app) canisterCallCommand() *cobra.Command {
	o := &callOptions{}
	cmd := &cobra.Command{
		Use:   "call CANISTER METHOD [ARGS]",
		Short: "Call a method of a canister and print its reply",
		Long: "Call a method of a canister, with arguments as Candid writes them, and print its reply. The types\n" +
			"come from the interface that the canister says it has; a method it calls a query is queried.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 || len(args) > 3 {
				return fmt.Errorf("want CANISTER METHOD [ARGS], found %d arguments", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.canister, o.method, o.args = args[0], args[1], "()"
			if len(args) > 2 {
				o.args = args[2]
			}
			return a.withTarget(cmd.Context(), &o.canisterOptions, func(t target) error { return a.call(cmd.Context(), t, o) })
		},
	}
	o.addTo(a, cmd)
	a.jsonFlag(cmd)
	cmd.Flags().BoolVar(&o.query, "query", false, "call it as a query, whatever the interface says")
	return cmd
}

func (a *app) call(ctx context.Context, t target, o *callOptions) error {
	method, known, err := methodType(ctx, t, o.method)
	if err != nil {
		return err
	}
	arg, err := encodeArgs(o.args, method, known)
	if err != nil {
		return &codeError{code: exitUsage, err: fmt.Errorf("arguments of %s: %w", o.method, err)}
	}
	reply, err := send(ctx, t, o, arg, known && method.Modes&candid.ModeQuery != 0)
	if err != nil {
		return err
	}
	text, err := decodeReply(reply, method, known)
	if err != nil {
		return fmt.Errorf("reply of %s, %s: %w", o.method, hex.EncodeToString(reply[:min(len(reply), 64)]), err)
	}
	if a.global.json {
		return a.printJSON(struct {
			Reply string `json:"reply"`
			Hex   string `json:"reply_hex"`
		}{text, hex.EncodeToString(reply)})
	}
	fmt.Fprintln(a.Out, text)
	return nil
}

// methodType reads a method's type from the interface the canister carries. known
// is false if it carries none, or the method is not in it.
func methodType(ctx context.Context, t target, name string) (method *candid.FuncType, known bool, err error) {
	did, err := t.network.Agent.Metadata(ctx, t.id, "candid:service")
	if errors.Is(err, agent.ErrAbsent) || errors.Is(err, agent.ErrDenied) {
		return method, false, nil
	}
	if err != nil {
		return method, false, err
	}
	program, err := candid.ParseDID(string(did))
	if err != nil {
		// An interface nobody can read is as good as none.
		return method, false, nil
	}
	method, known = program.Method(name)
	return method, known, nil
}

func encodeArgs(text string, method *candid.FuncType, known bool) ([]byte, error) {
	if !known {
		values, err := candid.ParseArgs(text)
		if err != nil {
			return nil, err
		}
		return candid.Encode(candid.TypesOf(values), values)
	}
	values, err := candid.ParseArgsAs(text, method.Args)
	if err != nil {
		return nil, err
	}
	return candid.Encode(method.Args, values)
}

func send(ctx context.Context, t target, o *callOptions, arg []byte, isQuery bool) ([]byte, error) {
	switch {
	case o.query || isQuery && t.proxy == nil:
		return t.network.Agent.Query(ctx, agent.QueryRequest{Canister: t.id, Method: o.method, Arg: arg})
	case t.proxy != nil:
		return t.network.Agent.Proxy(ctx, agent.ProxyRequest{Proxy: *t.proxy, Canister: t.id, Method: o.method, Arg: arg})
	}
	return t.network.Agent.Call(ctx, agent.CallRequest{Canister: t.id, Method: o.method, Arg: arg})
}

func decodeReply(reply []byte, method *candid.FuncType, known bool) (string, error) {
	if known {
		if values, err := candid.Decode(reply, method.Results, candid.Quota{}); err == nil {
			return candid.Format(values), nil
		}
	}
	values, err := candid.DecodeUntyped(reply, candid.Quota{})
	if err != nil {
		return "", err
	}
	return candid.Format(values), nil
}
