package cli

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

const (
	maxSourceBytes = 1 << 20 // of a file that is looked at
	maxSourceLine  = 160     // columns that are shown
	linesBefore    = 2
)

// sourceExtensions are those of files whose lines are shown: the plugin chooses the
// file, and one with a password in it has another.
var sourceExtensions = []string{
	".rs", ".c", ".h", ".cc", ".cpp", ".cxx", ".hpp", ".hh", ".go", ".js", ".mjs", ".ts", ".zig", ".swift", ".py", ".cs", ".mo",
}

// excerptOf returns a line of a source file with those before it, none if the file
// is in none of the folders. Nothing outside of them is ever opened, links or not.
func excerptOf(folders []string, file string, line, column int) []string {
	if !slices.Contains(sourceExtensions, filepath.Ext(file)) {
		return nil
	}
	for _, folder := range folders {
		if lines := readLines(folder, relativeTo(folder, file), line); lines != nil {
			return numbered(lines, line, column)
		}
	}
	return nil
}

// relativeTo returns a path relative to a folder, "" if it leads out of it or
// through what is hidden.
func relativeTo(folder, file string) string {
	file = filepath.FromSlash(file)
	if filepath.IsAbs(file) {
		var err error
		if file, err = filepath.Rel(folder, file); err != nil {
			return ""
		}
	}
	file = filepath.Clean(file)
	for part := range strings.SplitSeq(filepath.ToSlash(file), "/") {
		if strings.HasPrefix(part, ".") {
			return ""
		}
	}
	if !filepath.IsLocal(file) {
		return ""
	}
	return file
}

// readLines returns a line of a file in a folder and those before it.
func readLines(folder, file string, line int) []string {
	if file == "" {
		return nil
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil
	}
	defer root.Close()
	f, err := root.OpenFile(file, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() || info.Size() > maxSourceBytes {
		return nil
	}
	var lines []string
	scanner := bufio.NewScanner(io.LimitReader(f, maxSourceBytes))
	for n := 1; n <= line && scanner.Scan(); n++ {
		if n >= line-linesBefore {
			lines = append(lines, scanner.Text())
		}
		if n == line {
			return lines
		}
	}
	return nil
}

// numbered returns lines with their numbers, the last of which is line, and a mark
// under its column.
func numbered(lines []string, line, column int) []string {
	var out []string
	for i, text := range lines {
		text = strings.ReplaceAll(strings.ToValidUTF8(text, "?"), "\t", "    ")
		mark := " "
		if i == len(lines)-1 {
			mark = ">"
		}
		out = append(out, fmt.Sprintf("     %s %5d | %s", mark, line-len(lines)+1+i, cut(visible(text), maxSourceLine)))
	}
	last := lines[len(lines)-1]
	if column > 0 && column <= len(last) && column < maxSourceLine {
		before := strings.ReplaceAll(strings.ToValidUTF8(last[:column-1], "?"), "\t", "    ")
		out = append(out, "             | "+strings.Repeat(" ", columns(visible(before)))+"^")
	}
	return out
}
