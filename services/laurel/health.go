package laurel

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// healthCmd is for the health check of a container whose image holds nothing else that could ask.
type healthCmd struct {
	URL     string        `arg:"" optional:"" default:"http://127.0.0.1:7490/healthz" help:"Where to ask. Default: ${default}."`
	Timeout time.Duration `default:"3s" help:"How long the answer may take. Default: ${default}."`
}

// answerBytesMax is how much of an answer is shown.
const answerBytesMax = 4 << 10

// Run asks, and fails unless the answer is 200.
func (c *healthCmd) Run(w *world) error {
	ctx, cancel := context.WithTimeout(w.ctx, c.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(answer.Body, answerBytesMax))
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s: %s", c.URL, answer.Status, text)
	}
	return err
}
