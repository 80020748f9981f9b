package laurelctl

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
)

// missingLineMax is more than a row of an order file may have.
const missingLineMax = 128 << 10

// writeMissing writes the rows of orders that the house has not, as they stand in the list, for orders publish to take.
func (r *reconciled) writeMissing(dir string, files []string) error {
	wanted := map[string]map[int]bool{} // lines, by file
	for _, d := range r.Differences {
		if d.What != "missing" || d.State == "taken" || d.State == "waiting" {
			continue
		}
		for _, p := range r.list.orders[d.ref].places {
			if wanted[p.file] == nil {
				wanted[p.file] = map[int]bool{}
			}
			wanted[p.file][p.line] = true
		}
	}
	rows := map[string]map[int]int{} // how many rows begin at a line
	for _, o := range r.list.orders {
		for _, p := range o.places {
			if rows[p.file] == nil {
				rows[p.file] = map[int]int{}
			}
			rows[p.file][p.line] = p.rows
		}
	}
	places := orderfile.NewPlaces(dir, files)
	for _, name := range files {
		if len(wanted[name]) == 0 {
			continue
		}
		if err := os.MkdirAll(dir, exportDirMode); err != nil {
			return fmt.Errorf("write missing orders: %w", err)
		}
		if err := copyRows(name, places.Next(filepath.Base(name)), wanted[name], rows[name]); err != nil {
			return fmt.Errorf("write missing orders: %w", err)
		}
	}
	return nil
}

// copyRows copies the header of a file and the rows of the orders that begin at the lines that are wanted.
func copyRows(from, to string, wanted map[int]bool, rows map[int]int) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // it was only read
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, exportFileMode)
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, missingLineMax)
	writer := bufio.NewWriter(out)
	header, left := true, 0
	for number := 1; lines.Scan(); number++ {
		text := lines.Text()
		if strings.Trim(text, " \t,\r") == "" {
			continue
		}
		if wanted[number] {
			left = rows[number]
		}
		if header || left > 0 {
			_, _ = writer.WriteString(text + "\n") // an error stays until Flush
		}
		if !header && left > 0 {
			left--
		}
		header = false
	}
	return errors.Join(lines.Err(), writer.Flush(), out.Close())
}
