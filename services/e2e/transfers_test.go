package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/fault"
	"github.com/laurel-loyalty/laurel/services/internal/mongod"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// legs are the batches of a transfer that accrual dies in: the points leave, they arrive, or, where nobody is, they are
// refused and come back.
var legs = []struct {
	name  string
	batch int
	to    string // empty: to an account that there is
}{
	{"leave", 1, ""}, {"arrive", 2, ""}, {"refused", 2, "nobody"}, {"back", 3, "nobody"},
}

// TestAccrualIsKilledWithPointsInTransit: at each point it dies in each leg of a transfer. Whoever asks again has sent once, what
// was sent arrives once or is back, and the ledger holds.
func TestAccrualIsKilledWithPointsInTransit(t *testing.T) {
	t.Parallel()
	faulty := filepath.Join(filepath.Dir(programs.faulty), "laurel-accrual")
	require.NoError(t, testkit.Build(t.Context(), faulty, "-tags", "fault", commands+"accrual/cmd/laurel-accrual"))
	buildServices(t)
	m, err := mongod.Start(t.Context(), mongod.Options{Dir: t.TempDir(), Logger: warnings(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Stop()) })
	s := bare(t, m.URI(), way{lanes: 2, batch: 8})
	text, err := os.ReadFile(plain)
	require.NoError(t, err)
	s.revise(write(t, "sends.yaml", string(text)+"\ntransfers: {older_than_days: 0, fee: {points: 5}}\n"))
	s.pass("1997-02-01T00:00:00Z")
	s.start("accrual")
	till := &till{stage: s}
	till.reopen()
	var gifts []*gift
	for _, point := range []string{fault.AfterCompute, fault.BeforeCommit, fault.InCommit, fault.AfterCommit} {
		for _, leg := range legs {
			g := &gift{till: till, from: point + "-" + leg.name, to: leg.to, point: point, batch: leg.batch}
			till.awaitHeard(g.from)
			till.award(g.from)
			if g.to == "" {
				g.to = g.from + "-friend"
				till.award(g.to)
			}
			gifts = append(gifts, g)
		}
	}
	s.stop("accrual")

	for _, g := range gifts {
		s.drain("accrual")
		s.launch("accrual", faulty, fmt.Sprintf("LAUREL_FAULT=%s:%d", g.point, g.batch))
		till.reopen()
		g.dies()
	}

	s.start("accrual")
	till.reopen()
	entries := 0
	for _, g := range gifts {
		entries += g.end()
	}
	books := connect(t, s.servers.uri, s.database("accrual"), s.servers.url, s.servers.token)
	till.requireSound(entries, books)
}

// gift is points of one account that go to another, in one of whose batches accrual dies.
type gift struct {
	till            *till
	from, to, point string
	batch           int
}

func (g *gift) send(ctx context.Context, client accrualv1.AccrualServiceClient) (*accrualv1.TransferPointsResponse, error) {
	return client.TransferPoints(ctx, &accrualv1.TransferPointsRequest{Program: "cdnow", Account: g.from, To: g.to, Points: 30, IdempotencyKey: "gift-" + g.from})
}

// dies sends the points, and wants the process to die of it. It asks again only until it is answered: a question is a
// batch too.
func (g *gift) dies() {
	t, victim := g.till.stage.t, g.till.stage.processes["accrual"]
	answered := false
	testkit.Eventually(t, func() bool {
		if !answered {
			_, err := g.send(t.Context(), *g.till.client.Load())
			answered = err == nil
		}
		return victim.ended()
	}, "it is killed at "+g.point)
	require.Equal(t, syscall.SIGKILL, victim.wait().signal)
	require.Contains(t, victim.err.String(), "fault point "+g.point)
}

// end asks again, waits for the points to be somewhere, and returns how many entries they have made.
func (g *gift) end() int {
	t := g.till.stage.t
	id := insist(g.till, g.send).GetEntry().GetKey()
	state := accrualv1.TransferState_TRANSFER_STATE_ARRIVED
	if g.to == "nobody" {
		state = accrualv1.TransferState_TRANSFER_STATE_GIVEN_BACK
	}
	testkit.Eventually(t, func() bool {
		answer, err := (*g.till.client.Load()).GetTransfer(t.Context(), &accrualv1.GetTransferRequest{Program: "cdnow", TransferId: id})
		return err == nil && answer.GetState() == state
	}, "points of "+id+" to be "+state.String())
	l := &life{till: g.till, account: g.from}
	if g.to == "nobody" {
		l.requireHas(100)
		return 3 // award, left, back
	}
	l.requireHas(65)
	l.account = g.to
	l.requireHas(130)
	return 4 // both awards, left, arrived
}
