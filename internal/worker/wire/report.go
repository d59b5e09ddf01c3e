package wire

import "github.com/berth-cli/berth/plugin"

// Report is a plugin.Report as data. New fields of plugin.Report travel by
// themselves, unless they hold errors.
type Report struct {
	plugin.Report
	Last []record // instead of that of plugin.Report
}

// record is a plugin.Record as data.
type record struct {
	plugin.Record
	Err *Error // likewise
}

// EncodeReport makes a report data.
func EncodeReport(r plugin.Report) *Report {
	out := &Report{Report: r}
	out.Report.Last = nil
	for _, call := range r.Last {
		c := record{Record: call, Err: EncodeError(call.Err)}
		c.Record.Err = nil
		out.Last = append(out.Last, c)
	}
	return out
}

// Decode makes data a report. stopped is as for Error.Decode.
func (r *Report) Decode(stopped error) (plugin.Report, error) {
	if r == nil {
		return plugin.Report{}, nil
	}
	out := r.Report
	for _, c := range r.Last {
		err, bad := c.Err.Decode(stopped)
		if bad != nil {
			return plugin.Report{}, bad
		}
		c.Record.Err = err
		out.Last = append(out.Last, c.Record)
	}
	return out, nil
}
