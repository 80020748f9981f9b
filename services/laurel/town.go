package laurel

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/laurel-loyalty/laurel/services/laurel/internal/town"
)

// townCmd makes up a town.
type townCmd struct {
	Seed    uint64 `default:"7" help:"The same seed makes the same town. Default: ${default}."`
	Members int    `default:"5000" placeholder:"N" help:"How many people live there. Default: ${default}."`
	Years   int    `default:"2" placeholder:"N" help:"How many years of 365 days. Default: ${default}."`
	Kinds   bool   `help:"Members of four kinds instead of by degrees, for the report clusters; the programme is kinds then."`
	Out     string `default:"town" placeholder:"DIR" help:"Where orders.csv, actions.jsonl (what people say), town.yaml (a programme) and truth.json (what is planted) go. Default: ${default}."`
}

// Run writes the town.
func (c *townCmd) Run(w *world) error {
	p := town.Of(c.Seed, c.Members, c.Years)
	p.Kinds = c.Kinds
	if err := p.Check(); err != nil {
		return err
	}
	made := town.Make(p)
	if err := os.MkdirAll(c.Out, townDirMode); err != nil {
		return fmt.Errorf("write the town: %w", err)
	}
	for name, write := range map[string]func(io.Writer) error{
		"orders.csv":    made.WriteOrders,
		"actions.jsonl": made.WriteActions,
		"truth.json":    func(to io.Writer) error { return made.WriteTruth(to, p) },
		"town.yaml": func(to io.Writer) error {
			_, err := io.WriteString(to, p.Program())
			return err
		},
	} {
		if err := writeTo(filepath.Join(c.Out, name), write); err != nil {
			return err
		}
	}
	w.say("%d members, %d orders, %d.%02d EUR; campaign %s added %d.%02d EUR to %d members, %d were held out\n", made.Truth.Members, made.Truth.Orders,
		made.Truth.Revenue/100, made.Truth.Revenue%100, p.Campaign, made.Truth.Effect.Added/100, made.Truth.Effect.Added%100, //nolint:mnd // cents
		made.Truth.Effect.Treated, made.Truth.Effect.HeldOut)
	return nil
}

const townDirMode = 0o755

// writeTo writes a file, which stands under its name when it is whole.
func writeTo(path string, write func(io.Writer) error) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".town-*")
	if err != nil {
		return fmt.Errorf("write the town: %w", err)
	}
	err = errors.Join(write(file), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write the town: %w", err), os.Remove(file.Name()))
	}
	return nil
}
