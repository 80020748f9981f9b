package mongod

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// ErrNotFound says that no mongod binary is known on this machine.
var ErrNotFound = errors.New("no mongod found: set LAUREL_MONGOD to its path, put it on PATH, " +
	"or fetch one with: eval \"$(scripts/mongod.sh find)\"")

// Find returns the mongod binary: the one that LAUREL_MONGOD names, else the one on PATH, else ErrNotFound.
func Find() (string, error) {
	if named := os.Getenv("LAUREL_MONGOD"); named != "" {
		if _, err := os.Stat(named); err != nil {
			return "", fmt.Errorf("LAUREL_MONGOD: %w", err)
		}
		return named, nil
	}
	if path, err := exec.LookPath("mongod"); err == nil {
		return path, nil
	}
	return "", ErrNotFound
}

// packages name the Debian and Ubuntu package of each library that a mongod build may link to.
var packages = map[string]string{
	"libcurl.so.4":     "libcurl4",
	"libssl.so.3":      "libssl3",
	"libcrypto.so.3":   "libssl3",
	"libssl.so.1.1":    "libssl1.1 (or a mongod built for OpenSSL 3)",
	"libcrypto.so.1.1": "libssl1.1 (or a mongod built for OpenSSL 3)",
	"liblzma.so.5":     "liblzma5",
	"libgcc_s.so.1":    "libgcc-s1",
	"libstdc++.so.6":   "libstdc++6",
}

// missingLibraries asks ldd what a binary lacks and says what to install; nil when nothing is missing or ldd is not
// to be had.
func missingLibraries(ctx context.Context, binary string) error {
	out, _ := exec.CommandContext(ctx, "ldd", binary).Output() // says nothing where it does not run: another fault
	libraries := missing(out)
	if len(libraries) == 0 {
		return nil
	}
	var wanted []string
	for _, library := range libraries {
		name, ok := packages[library]
		if !ok {
			name = "the package that holds " + library
		}
		if !slices.Contains(wanted, name) {
			wanted = append(wanted, name)
		}
	}
	return fmt.Errorf("%s needs shared libraries that are not installed: %s; install %s",
		binary, strings.Join(libraries, ", "), strings.Join(wanted, ", "))
}

// missing picks the names that ldd could not resolve.
func missing(ldd []byte) []string {
	var names []string
	lines := bufio.NewScanner(bytes.NewReader(ldd))
	for lines.Scan() {
		if name, ok := strings.CutSuffix(strings.TrimSpace(lines.Text()), " => not found"); ok {
			names = append(names, name)
		}
	}
	return names
}

// diagnose says why a server ended while starting: missing libraries, a taken port, or the log's last errors.
func diagnose(ctx context.Context, options Options) error {
	if err := missingLibraries(ctx, options.Binary); err != nil {
		return err
	}
	path := filepath.Join(options.Dir, "mongod.log")
	log, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("%w, before it wrote a log: %w", errDied, err)
	}
	if bytes.Contains(log, []byte("Address already in use")) {
		return errPortTaken
	}
	if bytes.Contains(log, []byte("isVersionInitialized()")) {
		return fmt.Errorf("%w: %w", errDied, errTooEarly)
	}
	return fmt.Errorf("%w; %s says:\n%s", errDied, path, lastErrors(log))
}

// lastErrors returns the last lines of severity error or fatal, or the last lines at all.
func lastErrors(log []byte) string {
	const shown = 5
	lines := strings.Split(strings.TrimSpace(string(log)), "\n")
	var severe []string
	for _, line := range lines {
		if strings.Contains(line, `"s":"E"`) || strings.Contains(line, `"s":"F"`) {
			severe = append(severe, line)
		}
	}
	if len(severe) > 0 {
		lines = severe
	}
	return strings.Join(lines[max(0, len(lines)-shown):], "\n")
}
