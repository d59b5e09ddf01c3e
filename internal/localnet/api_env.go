package localnet

import "unicode/utf8"

// maxEnvName is the most bytes of an environment variable's name.
const maxEnvName = 128

// envAPI is the canister's environment variables.
func envAPI() []apiFunc {
	return []apiFunc{
		{name: "env_var_count", sig: ":I", modes: "*", body: func(x *execution, a []uint64) error {
			a[0] = uint64(len(x.c.Settings.Env))
			return nil
		}},
		{name: "env_var_name_size", sig: "I:I", modes: "*", body: func(x *execution, a []uint64) error {
			v, err := x.envAt(a[0])
			a[0] = uint64(len(v.Name))
			return err
		}},
		{name: "env_var_name_copy", sig: "IIII:", modes: "*", body: func(x *execution, a []uint64) error {
			v, err := x.envAt(a[0])
			if err != nil {
				return err
			}
			return x.copyOut([]byte(v.Name), a[1:])
		}},
		{name: "env_var_name_exists", sig: "II:i", modes: "*", body: func(x *execution, a []uint64) error {
			v, err := x.envNamed(a)
			a[0] = 0
			if v != nil {
				a[0] = 1
			}
			return err
		}},
		{name: "env_var_value_size", sig: "II:I", modes: "*", body: func(x *execution, a []uint64) error {
			v, err := x.envValue(a)
			a[0] = uint64(len(v))
			return err
		}},
		{name: "env_var_value_copy", sig: "IIIII:", modes: "*", body: func(x *execution, a []uint64) error {
			v, err := x.envValue(a)
			if err != nil {
				return err
			}
			return x.copyOut([]byte(v), a[2:])
		}},
	}
}

func (x *execution) envAt(i uint64) (envVar, error) {
	if i >= uint64(len(x.c.Settings.Env)) {
		return envVar{}, trapf("there is no environment variable %d: there are %d", i, len(x.c.Settings.Env))
	}
	return x.c.Settings.Env[i], nil
}

// envNamed finds the variable whose name is at (a[0], a[1]), nil if there is none.
func (x *execution) envNamed(a []uint64) (*envVar, error) {
	name, err := x.read(a[0], a[1], maxEnvName, "name of an environment variable")
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(name) {
		return nil, trapf("the name of an environment variable is not valid UTF-8")
	}
	for i := range x.c.Settings.Env {
		if x.c.Settings.Env[i].Name == string(name) {
			return &x.c.Settings.Env[i], nil
		}
	}
	return nil, nil
}

func (x *execution) envValue(a []uint64) (string, error) {
	v, err := x.envNamed(a)
	if err != nil {
		return "", err
	}
	if v == nil {
		return "", trapf("there is no environment variable of that name")
	}
	return v.Value, nil
}
