package interop_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// step is what a step of the script should report: want is the value as JSON, or
// err the error; of that, what is not zero must be equal, and the message contain
// the text.
type step struct {
	name string
	want string
	err  *failure
}

// reject is a rejection that the agent has verified.
func reject(certified bool, code int, errorCode, message string) *failure {
	f := &failure{Code: "UncertifiedRejectErrorCode", RejectCode: code, ErrorCode: errorCode, Message: message}
	if certified {
		f.Code, f.Certified = "CertifiedRejectErrorCode", true
	}
	return f
}

// refusal is a rejection before a call ran, which nobody certifies.
func refusal(code int, errorCode, message string) *failure {
	return &failure{Code: "UncertifiedRejectUpdateErrorCode", RejectCode: code, ErrorCode: errorCode, Message: message}
}

func (w step) check(t *testing.T, results map[string]result) {
	r, ok := results[w.name]
	switch {
	case !ok:
		t.Error("the script did not get there")
	case w.err != nil:
		w.err.check(t, r)
	case r.Error != nil:
		t.Errorf("failed: %v", r.Error)
	default:
		var got, want any
		if err := json.Unmarshal([]byte(w.want), &want); err != nil {
			t.Fatalf("bad expectation %s: %v", w.want, err)
		}
		if err := json.Unmarshal(r.Value, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got  %s\nwant %s", r.Value, w.want)
		}
	}
}

func (f *failure) check(t *testing.T, r result) {
	t.Helper()
	got := r.Error
	if got == nil {
		t.Fatalf("succeeded with %s, want %v", r.Value, f)
	}
	ok := strings.Contains(got.Message, f.Message) && strings.Contains(got.Text, f.Text) &&
		got.Certified == f.Certified && got.RejectCode == f.RejectCode && got.ErrorCode == f.ErrorCode &&
		(f.Code == "" || got.Code == f.Code)
	if !ok {
		t.Errorf("got  %v\nwant %v", got, f)
	}
}
