package localnet

import "unicode/utf8"

// The most bytes of replies and calls.
const (
	maxReplyBytes      = 2 << 20
	maxQueryReplyBytes = 3 << 20
	maxCallBytes       = 10 << 20
	maxRejectBytes     = 64 << 10
	maxNameBytes       = 20_000
)

// messageAPI is about the message at hand and its answer.
func messageAPI() []apiFunc {
	const info = "U RQ NRQ CQ Ry Rt CRy CRt C CC F"
	const answer = "U RQ NRQ TQ CQ Ry Rt CRy CRt"
	size := func(what func(*execution) []byte) func(*execution, []uint64) error {
		return func(x *execution, a []uint64) error { a[0] = uint64(len(what(x))); return nil }
	}
	copyTo := func(what func(*execution) []byte) func(*execution, []uint64) error {
		return func(x *execution, a []uint64) error { return x.copyOut(what(x), a) }
	}
	arg := func(x *execution) []byte { return x.arg }
	caller := func(x *execution) []byte { return x.caller.Bytes() }
	nothing := func(*execution) []byte { return nil }
	method := func(x *execution) []byte { return []byte(x.method) }
	return []apiFunc{
		{name: "msg_arg_data_size", sig: ":I", modes: "I U RQ NRQ TQ CQ Ry CRy F", body: size(arg)},
		{name: "msg_arg_data_copy", sig: "III:", modes: "I U RQ NRQ TQ CQ Ry CRy F", body: copyTo(arg)},
		{name: "msg_caller_size", sig: ":I", modes: "*", body: size(caller)},
		{name: "msg_caller_copy", sig: "III:", modes: "*", body: copyTo(caller)},
		{name: "msg_caller_info_data_size", sig: ":I", modes: info, body: size(nothing)},
		{name: "msg_caller_info_data_copy", sig: "III:", modes: info, body: copyTo(nothing)},
		{name: "msg_caller_info_signer_size", sig: ":I", modes: info, body: size(nothing)},
		{name: "msg_caller_info_signer_copy", sig: "III:", modes: info, body: copyTo(nothing)},
		{name: "msg_reject_code", sig: ":i", modes: "Ry Rt CRy CRt C", body: (*execution).rejectCode},
		{name: "msg_reject_msg_size", sig: ":I", modes: "Rt CRt", body: size((*execution).rejectText)},
		{name: "msg_reject_msg_copy", sig: "III:", modes: "Rt CRt", body: copyTo((*execution).rejectText)},
		{name: "msg_deadline", sig: ":l", modes: "U RQ NRQ CQ Ry Rt CRy CRt", body: (*execution).deadline},
		{name: "msg_reply_data_append", sig: "II:", modes: answer, body: (*execution).replyAppend},
		{name: "msg_reply", sig: ":", modes: answer, body: (*execution).replyNow},
		{name: "msg_reject", sig: "II:", modes: answer, body: (*execution).rejectNow},
		{name: "msg_method_name_size", sig: ":I", modes: "F", body: size(method)},
		{name: "msg_method_name_copy", sig: "III:", modes: "F", body: copyTo(method)},
		{name: "accept_message", sig: ":", modes: "F", body: (*execution).acceptMessage},
	}
}

func (x *execution) rejectCode(a []uint64) error {
	a[0] = 0
	if x.incoming != nil && x.incoming.Reject != nil {
		a[0] = x.incoming.Reject.Code
	}
	return nil
}

func (x *execution) rejectText() []byte {
	if x.incoming == nil || x.incoming.Reject == nil {
		return nil
	}
	return []byte(x.incoming.Reject.Message)
}

func (x *execution) deadline(a []uint64) error {
	a[0] = 0
	if x.ctx != nil && x.mode&(modeUpdate|modeReply|modeReject) != 0 {
		a[0] = x.ctx.Deadline
	}
	return nil
}

// mayRespond traps if the call was answered or needs no answer.
func (x *execution) mayRespond(f string) error {
	if x.answer != nil || !x.canRespond {
		return violation("\"ic0.%s\": the call was already replied to or rejected, or needs no answer", f)
	}
	return nil
}

func (x *execution) replyAppend(a []uint64) error {
	if err := x.mayRespond("msg_reply_data_append"); err != nil {
		return err
	}
	limit := uint64(maxReplyBytes)
	if !x.mode.replicated() {
		limit = maxQueryReplyBytes
	}
	if total := uint64(len(x.reply)) + a[1]; a[1] > limit || total > limit {
		return violation("\"ic0.msg_reply_data_append\": the reply would exceed %d bytes", limit)
	}
	b, err := x.view(a[0], a[1])
	if err != nil {
		return err
	}
	x.reply = append(x.reply, b...)
	return nil
}

func (x *execution) replyNow([]uint64) error {
	if err := x.mayRespond("msg_reply"); err != nil {
		return err
	}
	x.respond(&response{Data: x.reply})
	return nil
}

func (x *execution) rejectNow(a []uint64) error {
	if err := x.mayRespond("msg_reject"); err != nil {
		return err
	}
	b, err := x.read(a[0], a[1], maxReplyBytes, "reject message")
	if err != nil {
		return err
	}
	if !utf8.Valid(b) {
		return violation("\"ic0.msg_reject\": the message is not valid UTF-8")
	}
	x.respond(&response{Reject: &reject{Code: canisterReject, Message: string(b), ErrorCode: "IC0406"}})
	return nil
}

func (x *execution) acceptMessage([]uint64) error {
	if x.accepted {
		return violation("\"ic0.accept_message\" was called twice")
	}
	x.accepted = true
	return nil
}

// respond keeps the answer; what is left of the call's cycles goes back with it.
func (x *execution) respond(r *response) {
	x.answer = r
	x.giveBack, x.available = x.available, cycles{}
}
