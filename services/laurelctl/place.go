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
	h.GRPC.Accrual = cmp.Or(w.root.Server, h.GRPC.Accrual)
	h.Token = cmp.Or(w.root.Token, h.Token)
	h.Program = cmp.Or(w.root.Program, h.Program)
	return h, nil
}

// accrual is a connection to accrual.
type accrual struct {
	accrualv1.AccrualServiceClient
	conn    *grpc.ClientConn
	address string
	program string
	// currency is the programme's, where the house says so.
	currency money.Currency
}

func (a *accrual) close() { _ = a.conn.Close() } // there is nothing left to lose

// dial connects to accrual.
func (w *world) dial() (*accrual, error) {
	h, err := w.place()
	if err != nil {
		return nil, err
	}
	if h.GRPC.Accrual == "" || h.Token == "" {
		return nil, &usageError{
			"there is no house in " + w.root.House + ", and no --server with a --token is given",
			"start one with `make serve` and stay in its directory, or say where it is",
		}
	}
	conn, err := rpc.Dial(h.GRPC.Accrual, h.Token)
	if err != nil {
		return nil, &usageError{err.Error(), "name the address with --server"}
	}
	return &accrual{
		accrualv1.NewAccrualServiceClient(conn), conn, h.GRPC.Accrual, h.Program, money.Currency(h.Currency),
	}, nil
}

// programme is the one that a command is about.
func (a *accrual) programme() (string, error) {
	if a.program == "" {
		return "", &usageError{"no programme is named", "name it with --programme"}
	}
	return a.program, nil
}

// ask connects, and lets f ask within the time that was given.
func (w *world) ask(timeout time.Duration, f func(ctx context.Context, a *accrual) error) error {
	a, err := w.dial()
	if err != nil {
		return err
	}
	defer a.close()
	ctx, cancel := context.WithTimeout(w.ctx, timeout)
	defer cancel()
	return w.reached(a.address, f(ctx, a))
}
