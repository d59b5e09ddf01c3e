package agent

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
)

// networkTime finds the network's time in its refusal of an expiry.
var networkTime = regexp.MustCompile(`(?i)local replica time:\s*([0-9][0-9T:. +Z-]*[0-9Z](?: UTC)?)`)

// clockError turns the refusal of a request's expiry, in the old and the new wording, into a *[ClockError] and leaves
// other errors as they are.
func (a *Agent) clockError(err error) error {
	e, ok := errors.AsType[*HTTPError](err)
	if !ok || e.Status != http.StatusBadRequest {
		return err
	}
	body := strings.ToLower(e.Body)
	if !strings.Contains(body, "ingress_expiry not within expected range") && !strings.Contains(body, "invalid request expiry") {
		return err
	}
	c := &ClockError{Local: a.now(), Err: err}
	if m := networkTime.FindStringSubmatch(e.Body); m != nil {
		c.Network = strings.TrimSpace(m[1])
	}
	return c
}
