package cli

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/berth-cli/berth/plugin"
)

// limitsVariable changes limits: "memory=8GiB,idle=1h".
const limitsVariable = "BERTH_LIMITS"

// limitKnob says what raises a limit.
func limitKnob(limit string) string { return limit + " in " + limitsVariable }

// budgets are the limits of plugins: of a run, and of loading.
type budgets struct {
	run  plugin.Limits
	load plugin.Config // only its limits
}

// budgets returns the limits that the environment asks for, where it does, and
// else those of base. The error says how the variable is to be written.
func (a *app) budgets(base plugin.Limits) (budgets, error) {
	b := budgets{run: base}
	for item := range strings.SplitSeq(a.getenv(limitsVariable), ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		name, value, _ := strings.Cut(item, "=")
		if err := b.set(strings.TrimSpace(name), strings.TrimSpace(value)); err != nil {
			return b, &codeError{code: exitUsage, err: fmt.Errorf("%s: %q: %w", limitsVariable, item, err)}
		}
	}
	return b, nil
}

// set sets one limit, which it finds by the name of its field.
func (b *budgets) set(name, value string) error {
	var names []string
	for _, info := range plugin.AllLimits() {
		names = append(names, info.Name)
		if info.Name != name {
			continue
		}
		dot := strings.LastIndexByte(info.Field, '.')
		field := b.owner(info.Field[:dot]).FieldByName(info.Field[dot+1:])
		n, err := parseLimit(info.Unit, value)
		switch {
		case err != nil:
			return err
		case field.CanUint():
			field.SetUint(uint64(n))
		case field.OverflowInt(n):
			return errors.New("it is too large")
		default:
			field.SetInt(n)
		}
		return nil
	}
	return fmt.Errorf("there is no such limit: there are %s", strings.Join(names, ", "))
}

// owner returns the struct of that name.
func (b *budgets) owner(name string) reflect.Value {
	switch name {
	case "plugin.Limits":
		return reflect.ValueOf(&b.run).Elem()
	case "component.Limits":
		return reflect.ValueOf(&b.load.Limits).Elem()
	}
	return reflect.ValueOf(&b.load).Elem()
}

// unlimited is the value of a limit that does not limit.
const unlimited = "unlimited"

func parseLimit(unit plugin.Unit, text string) (int64, error) {
	if text == unlimited {
		return plugin.Unlimited, nil
	}
	switch unit {
	case plugin.UnitBytes:
		var size byteSize
		err := size.Set(text)
		return int64(size), err
	case plugin.UnitTime:
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 {
			return 0, errDuration
		}
		return int64(d), nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return 0, errCount
	}
	return n, nil
}
