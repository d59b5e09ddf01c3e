package symbol

import "strings"

// maxName is the most bytes of a name or path that leave this package.
const maxName = 1024

// cut makes a string of a name of the guest's, which may be of any length, and of
// which nothing else is kept.
func cut[T string | []byte](name T) string {
	return strings.ToValidUTF8(strings.Clone(string(name[:min(len(name), maxName)])), "?")
}

// isAbsolute reports whether a path of any system is.
func isAbsolute(path string) bool {
	drive := len(path) > 2 && path[1] == ':' && (path[2] == '/' || path[2] == '\\')
	return strings.HasPrefix(path, "/") || strings.HasPrefix(path, `\\`) || drive
}

// join joins a folder and a path with the separator that is in use there, and drops
// the "./" that compilers begin a path with.
func join(dir, path string) string {
	path = strings.TrimPrefix(path, "./")
	switch {
	case dir == ".":
		return path
	case dir == "" || path == "":
		return dir + path
	case strings.Contains(dir, `\`) && !strings.Contains(dir, "/"):
		return dir + `\` + path
	}
	return strings.TrimSuffix(dir, "/") + "/" + path
}
