package identity

import "path/filepath"

// DefaultHome returns the folder in which icp-cli keeps its data, identities among them: $ICP_HOME if set, else the
// data folder of the operating system. env reads an environment variable, goos is a value of runtime.GOOS, home the
// user's home folder. It only computes the name; "" means that there is none, because home and the variables are empty.
func DefaultHome(env func(string) string, goos, home string) string {
	if dir := env("ICP_HOME"); dir != "" {
		return dir
	}
	switch goos {
	case "windows":
		return below(env("APPDATA"), filepath.Join(home, "AppData", "Roaming"), home, "icp-cli", "data")
	case "darwin", "ios":
		return below("", filepath.Join(home, "Library", "Application Support"), home, "org.dfinity.icp-cli")
	}
	data := env("XDG_DATA_HOME")
	if !filepath.IsAbs(data) { // the XDG specification says to ignore relative ones
		data = ""
	}
	return below(data, filepath.Join(home, ".local", "share"), home, "icp-cli")
}

// below joins names to dir, or to other if dir is empty, or returns "" if that needs a home and there is none.
func below(dir, other, home string, names ...string) string {
	if dir == "" && home == "" {
		return ""
	}
	if dir == "" {
		dir = other
	}
	return filepath.Join(append([]string{dir}, names...)...)
}
