package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
)

// How long this company waits.
const (
	callMax  = time.Minute            // for a call with all its tries
	tryMax   = 10 * time.Second       // for one of them
	pauseMin = 100 * time.Millisecond // before the second; then twice as long each time
	pauseMax = 5 * time.Second
)

// door is where this company calls, and what it shows there.
type door struct{ address, ca, cert, key string }

// dial connects by mutual TLS: the door is known by the CA, this company by its certificate.
func (d door) dial(log io.Writer) (*grpc.ClientConn, error) {
	cert, err := tls.LoadX509KeyPair(d.cert, d.key)
	if err != nil {
		return nil, fmt.Errorf("read the certificate of this company: %w", err)
	}
	authority, err := os.ReadFile(d.ca)
	if err != nil {
		return nil, fmt.Errorf("read who has signed the door's certificate: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		return nil, fmt.Errorf("%s holds no certificate", d.ca)
	}
	creds := credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS13, RootCAs: roots, Certificates: []tls.Certificate{cert}})
	return grpc.NewClient(d.address, grpc.WithTransportCredentials(creds), grpc.WithUnaryInterceptor(again(log)))
}

// again makes each call with a deadline, and makes it anew, with the same idempotency key, as long as nobody knows what
// became of it or the door asks to wait. Any other refusal is an answer.
func again(log io.Writer) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, in, out any, conn *grpc.ClientConn, call grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		ctx, cancel := context.WithTimeout(ctx, callMax)
		defer cancel()
		pause := pauseMin
		for {
			try, done := context.WithTimeout(ctx, tryMax)
			err := call(try, method, in, out, conn, opts...)
			done()
			wait, retry := retryIn(err, pause)
			if until, _ := ctx.Deadline(); !retry || time.Until(until) < wait {
				return err
			}
			fmt.Fprintf(log, "%s: %s, again in %s\n", path.Base(method), status.Convert(err).Message(), wait.Round(time.Millisecond))
			timer := time.NewTimer(wait)
			select {
			case <-ctx.Done():
				timer.Stop()
				return err
			case <-timer.C:
			}
			pause = min(2*pause, pauseMax)
		}
	}
}

// retryIn tells if a call is to be made again, and after how long: as RetryInfo says, else after a pause, of which half is
// random so that many tills do not come back at one moment.
func retryIn(err error, pause time.Duration) (time.Duration, bool) {
	if info := detail[*errdetails.RetryInfo](err); info != nil {
		return info.GetRetryDelay().AsDuration(), true
	}
	code := status.Code(err)
	return pause/2 + rand.N(pause/2), code == codes.Unavailable || code == codes.DeadlineExceeded
}

// refusalOf is what a refusal says to programs: the reason, and figures; nil: it is none.
func refusalOf(err error) *errdetails.ErrorInfo { return detail[*errdetails.ErrorInfo](err) }

// detail finds a detail of a status by its type; the zero value, nil for a message: it has none.
func detail[D any](err error) D {
	for _, told := range status.Convert(err).Details() {
		if found, ok := told.(D); ok {
			return found
		}
	}
	var none D
	return none
}
