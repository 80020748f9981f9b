package orderfile

import (
	"fmt"
	"os"
	"path/filepath"
)

// Places are where the rejected rows of a run's files go: one folder, a file for each. It is not safe for many goroutines.
type Places struct {
	dir   string
	read  []os.FileInfo // what the run reads
	taken map[string]bool
}

// NewPlaces returns the places in a folder for a run that reads these files; "-" is standard input.
func NewPlaces(dir string, files []string) *Places {
	p := &Places{dir: dir, taken: map[string]bool{}}
	for _, name := range files {
		if info, err := os.Stat(name); name != "-" && err == nil { // who opens it says what is wrong with it
			p.read = append(p.read, info)
		}
	}
	return p
}

// Next is where the rejected rows of a file of this name go: under its name, or with a number before it where that is taken
// by another file of the run, or is itself read by the run: rows that were corrected are not lost with those that were not.
func (p *Places) Next(base string) string {
	name := base
	for n := 2; p.taken[name] || p.isRead(filepath.Join(p.dir, name)); n++ {
		name = fmt.Sprintf("%d-%s", n, base)
	}
	p.taken[name] = true
	return filepath.Join(p.dir, name)
}

func (p *Places) isRead(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	for _, read := range p.read {
		if os.SameFile(read, info) {
			return true
		}
	}
	return false
}
