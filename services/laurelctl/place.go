package laurelctl

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"time"

	"google.golang.org/grpc"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/house"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// place is where the house is: what was typed or stands in the environment, else what the house has written down.
func (w *world) place() (house.House, error) {
	h, err := house.Read(w.root.House)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return h, &usageError{err.Error(), "give --server and --token, or another file with --house"}
	}
	h.Token = cmp.Or(w.root.Token, h.Token)
	h.Program = cmp.Or(w.root.Program, h.Program)
	return h, nil
}

// door is a connection to one service of the house.
type door struct {
	conn    *grpc.ClientConn
	address string
	program string
	// currency is the programme's, where the house says so.
	currency money.Currency
}

func (d *door) close() { _ = d.conn.Close() } // there is nothing left to lose

// programme is the one that a command is about.
func (d *door) programme() (string, error) {
	if d.program == "" {
		return "", &usageError{"no programme is named", "name it with --programme"}
	}
	return d.program, nil
}

// dial connects to a service, where it was said to listen or else where the house says.
func (w *world) dial(service, said string) (*door, error) {
	h, err := w.place()
	if err != nil {
		return nil, err
	}
	address := cmp.Or(said, h.GRPC.Of(service))
	if address == "" || h.Token == "" {
		return nil, &usageError{
			"there is no house in " + w.root.House + ", and no --server with a --token is given",
			"start one with `make serve` and stay in its directory, or say where its " + service + " service listens",
		}
	}
	conn, err := rpc.Dial(address, h.Token, rpc.WithTLS(h.CA, service), rpc.WithTracing(w.tracing))
	if err != nil {
		return nil, &usageError{err.Error(), "name the address with --server"}
	}
	return &door{conn, address, h.Program, money.Currency(h.Currency)}, nil
}

// through opens the door of the service that is asked, and lets f ask there within the time that was given.
func (w *world) through(service string, timeout time.Duration, f func(ctx context.Context, d *door) error) error {
	d, err := w.dial(service, w.root.Server)
	if err != nil {
		return err
	}
	defer d.close()
	ctx, cancel := context.WithTimeout(w.ctx, timeout)
	defer cancel()
	return w.reached(d.address, f(ctx, d))
}

// accrual is a connection to accrual.
type accrual struct {
	accrualv1.AccrualServiceClient
	*door
}

// ask lets f ask accrual.
func (w *world) ask(timeout time.Duration, f func(ctx context.Context, a *accrual) error) error {
	return w.through("accrual", timeout, func(ctx context.Context, d *door) error {
		return f(ctx, &accrual{accrualv1.NewAccrualServiceClient(d.conn), d})
	})
}
