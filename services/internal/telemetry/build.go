package telemetry

import "runtime/debug"

// Build names the code that runs.
type Build struct {
	Version string // of the main module, "(devel)" for a build from a work tree
	Commit  string // version control revision; empty when the build did not record it
	Go      string // of the tool chain
}

// ReadBuild reads what the linker recorded in this binary.
func ReadBuild() Build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Build{}
	}
	build := Build{Version: info.Main.Version, Go: info.GoVersion}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			build.Commit = setting.Value
		}
	}
	return build
}
