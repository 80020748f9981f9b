package secrets

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	fileMode = 0o600
	dirMode  = 0o700
)

// writer writes files for this user's eyes alone.
type writer struct {
	dir     string
	written []string // names in dir
}

// write writes a file, whole or not at all, where it does not hold that already.
func (w *writer) write(name string, content []byte) error {
	path := filepath.Join(w.dir, name)
	have, err := os.ReadFile(path) //nolint:gosec // in the operator's directory
	if err == nil && bytes.Equal(have, content) {
		return os.Chmod(path, fileMode)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), dirMode); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	_, err = file.Write(content)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", name, err), os.Remove(file.Name()))
	}
	w.written = append(w.written, name)
	return nil
}
