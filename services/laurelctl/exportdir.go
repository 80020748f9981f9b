package laurelctl

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

const (
	// exportStateName is the file that says what a directory holds already.
	exportStateName = "export.json"
	exportDirMode   = 0o755
	exportFileMode  = 0o644
)

// exportDir is a directory that holds an export.
type exportDir struct {
	path  string
	state exportState
}

// exportState is what a directory holds.
type exportState struct {
	Layout  int                    `json:"layout"`
	Program string                 `json:"programme"`
	Format  string                 `json:"format"`
	Tables  map[string]exportTable `json:"tables"`
}

// exportTable is how far a table is exported.
type exportTable struct {
	Cursor string `json:"cursor"`
	Parts  int    `json:"parts"`
	Rows   int64  `json:"rows"`
}

// exportLayout is the version of the directories.
const exportLayout = 1

// openExport reads what a directory holds. One that holds the export of another programme, or in another format, is refused.
func openExport(path, program, format string) (*exportDir, error) {
	dir := &exportDir{path: path, state: exportState{Layout: exportLayout, Program: program, Format: format, Tables: map[string]exportTable{}}}
	text, err := os.ReadFile(filepath.Join(path, exportStateName))
	if errors.Is(err, fs.ErrNotExist) {
		return dir, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what %s holds: %w", path, err)
	}
	var found exportState
	if err := json.Unmarshal(text, &found); err != nil || found.Layout != exportLayout {
		return nil, &usageError{filepath.Join(path, exportStateName) + " is not what laurelctl writes", "name another directory with --out"}
	}
	if found.Program != program || found.Format != format {
		return nil, &usageError{
			fmt.Sprintf("%s holds an export of %s as %s", path, found.Program, found.Format), "name another directory with --out",
		}
	}
	if found.Tables != nil {
		dir.state = found
	}
	return dir, nil
}

// passed notes that a table is exported up to here. What is written before it and not noted is written again, under the same
// name.
func (d *exportDir) passed(table string, at exportTable) error {
	d.state.Tables[table] = at
	text, err := json.MarshalIndent(d.state, "", "  ")
	if err != nil {
		return fmt.Errorf("note what is exported: %w", err)
	}
	file, err := os.CreateTemp(d.path, ".export-*")
	if err != nil {
		return fmt.Errorf("note what is exported: %w", err)
	}
	_, err = file.Write(append(text, '\n'))
	return settle(file, filepath.Join(d.path, exportStateName), err)
}

// settle closes a file that was written, unless err says that it was not, and gives it its name once it is safely on disk.
func settle(file *os.File, path string, err error) error {
	if err == nil {
		err = errors.Join(file.Chmod(exportFileMode), file.Sync())
	}
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(file.Name()))
	}
	return nil
}

// column is a column of a file. One that is optional may lack a value.
type column struct {
	name     string
	kind     analyticsv1.ColumnType
	optional bool
}

func columnsOf(t *analyticsv1.TableInfo) []column {
	list := make([]column, len(t.GetColumns()))
	for i, c := range t.GetColumns() {
		list[i] = column{name: c.GetName(), kind: c.GetType()}
	}
	return list
}

// value is a number, or a text where the column is text.
type value struct {
	number int64
	text   string
	absent bool // of an optional column
}

// exportSheet writes rows in one format. One that was not closed is not whole.
type exportSheet interface {
	write(rows [][]value) error
	close() error
}

// exportFile is a file that is being written under another name.
type exportFile struct {
	columns []column
	name    string // in the directory
	path    string
	file    *os.File
	sheet   exportSheet
	rows    int64
}

// create begins a file of a table.
func (d *exportDir) create(table string, columns []column, name string) (*exportFile, error) {
	f := &exportFile{columns: columns, name: filepath.Join(table, name+"."+d.state.Format)}
	f.path = filepath.Join(d.path, f.name)
	if err := os.MkdirAll(filepath.Dir(f.path), exportDirMode); err != nil {
		return nil, fmt.Errorf("write an export: %w", err)
	}
	var err error
	if f.file, err = os.CreateTemp(filepath.Dir(f.path), ".part-*"); err != nil {
		return nil, fmt.Errorf("write an export: %w", err)
	}
	if d.state.Format == formatCSV {
		f.sheet, err = newCSVSheet(f.file, columns)
	} else {
		f.sheet, err = newParquetSheet(f.file, filepath.Base(table), columns)
	}
	if err != nil {
		return nil, f.abandon(err)
	}
	return f, nil
}

func (f *exportFile) write(rows [][]value) error {
	f.rows += int64(len(rows))
	if err := f.sheet.write(rows); err != nil {
		return fmt.Errorf("write %s: %w", f.name, err)
	}
	return nil
}

// finish puts the file in its place.
func (f *exportFile) finish() error { return settle(f.file, f.path, f.sheet.close()) }

// abandon removes what was written, because of err or because there was nothing to write. No file is fine.
func (f *exportFile) abandon(err error) error {
	if f == nil {
		return err
	}
	return errors.Join(err, f.file.Close(), os.Remove(f.file.Name()))
}
