package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	memberv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/member/v1"
	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	programmev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/programme/v1"
	rewardv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/reward/v1"
	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

const (
	// visitors so many members spend, and so many at once.
	visitors       = 60
	visitorsAtOnce = 8
	// tryMax bounds one try of a call, tryAgain is the wait between two.
	tryMax   = 10 * time.Second
	tryAgain = 50 * time.Millisecond
	// remindTries is after how many tries the test's log says what is waited for.
	remindTries = 100
	// giftItems are in stock of the one reward: more than are asked for, so that it is all one who comes first.
	giftItems = 1000
)

// visitor calls a house by all its replicas in turn.
type visitor struct {
	s     *stage
	turns map[string][]*grpc.ClientConn // by service, or door of a partner: its replicas
}

// partners are those of the programme, and what they may do.
var partnersOfCDNOW = []string{"bank", "cafe", "radio"}

// visitor connects to all replicas, as the operator, and to the partners' door as each partner.
func (s *stage) visitor() *visitor {
	s.t.Helper()
	v := s.operator(everyService...)
	for _, partner := range partnersOfCDNOW {
		v.admit(partner)
	}
	return v
}

// operator connects to all replicas of some services.
func (s *stage) operator(names ...string) *visitor {
	s.t.Helper()
	v := &visitor{s: s, turns: map[string][]*grpc.ClientConn{}}
	for _, name := range names {
		for _, replica := range s.replicas(name) {
			v.turns[name] = append(v.turns[name], testkit.Dial(s.t, s.where(replica), s.secrets[rpc.Operator]))
		}
	}
	return v
}

// admit lets a partner in by a certificate, at each replica.
func (v *visitor) admit(partner string) {
	t := v.s.t
	t.Helper()
	san := partner + ".partners.example"
	v.must("partner", func(ctx context.Context, conn *grpc.ClientConn) error {
		_, err := partnerv1.NewPartnerKeyServiceClient(conn).AddPartnerKey(ctx, &partnerv1.AddPartnerKeyRequest{
			Program: "cdnow", Partner: partner, IdempotencyKey: "key/" + partner, Scopes: []partnerv1.PartnerScope{
				partnerv1.PartnerScope_PARTNER_SCOPE_AWARD, partnerv1.PartnerScope_PARTNER_SCOPE_REDEEM, partnerv1.PartnerScope_PARTNER_SCOPE_READ,
			},
			Credential: &partnerv1.AddPartnerKeyRequest_CertificateSan{CertificateSan: san},
		})
		return err
	})
	pair, err := v.s.ca.Client(partner, san)
	require.NoError(t, err)
	cert, err := tls.LoadX509KeyPair(pair.Cert, pair.Key)
	require.NoError(t, err)
	text, err := os.ReadFile(v.s.caFile)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(text))
	for _, replica := range v.s.replicas("partner") {
		conn, err := grpc.NewClient("dns:///"+v.s.where(replica+"/door"), grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{
			MinVersion: tls.VersionTLS13, RootCAs: roots, Certificates: []tls.Certificate{cert},
		})))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, conn.Close()) })
		testkit.Eventually(t, func() bool {
			_, err := partnerv1.NewPartnerServiceClient(conn).ListTransactions(t.Context(), &partnerv1.ListTransactionsRequest{})
			return err == nil
		}, partner+" is let in at "+replica)
		v.turns[partner] = append(v.turns[partner], conn)
	}
}

// ask makes a call until it is answered, by one replica after the other.
func (v *visitor) ask(ctx context.Context, whom string, turn int, call func(ctx context.Context, conn *grpc.ClientConn) error) error {
	for tries := 1; ; tries++ {
		once, cancel := context.WithTimeout(ctx, tryMax)
		err := rpc.FromStatus(call(once, v.turns[whom][turn%len(v.turns[whom])]))
		cancel()
		if !unanswered(err) || ctx.Err() != nil {
			return err
		}
		if tries%remindTries == 0 {
			v.s.t.Logf("%s has not answered %d times; it says: %v", whom, tries, err)
		}
		turn++
		timer := time.NewTimer(tryAgain)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// unanswered tells whether nobody has decided on a call yet.
func unanswered(err error) bool {
	if refusal, ok := reason.Of(err); ok {
		return refusal.Reason == reason.NotReady || refusal.Reason == reason.Overloaded || refusal.Reason == reason.SettlementNotFinal ||
			refusal.Reason == reason.UnknownProgram
	}
	code := status.Code(err)
	return code == codes.Unavailable || code == codes.DeadlineExceeded || code == codes.Canceled
}

// must makes a call that is not refused.
func (v *visitor) must(whom string, call func(ctx context.Context, conn *grpc.ClientConn) error) {
	v.s.t.Helper()
	ctx, cancel := context.WithTimeout(v.s.t.Context(), openMax)
	defer cancel()
	require.NoError(v.s.t, v.ask(ctx, whom, 0, call), "of %s", whom)
}

// apply puts a programme into the registry.
func (s *stage) apply(program, text string) {
	s.t.Helper()
	s.eventually(func(ctx context.Context, client programmev1.ProgrammeServiceClient) bool {
		answer, err := client.ApplyProgram(ctx, &programmev1.ApplyProgramRequest{
			Program: program, IdempotencyKey: program, Files: []*programmev1.File{{Name: program + ".yaml", Content: []byte(text)}},
		})
		s.note(err)
		return answer.GetRevision().GetPublished()
	}, program+" is published")
}

// enrol enrols members of a programme of their own, and returns who is one.
func (v *visitor) enrol() []string {
	v.s.t.Helper()
	for n := range 20 {
		v.must("member", func(ctx context.Context, conn *grpc.ClientConn) error {
			_, err := memberv1.NewMemberServiceClient(conn).EnrolMember(ctx, &memberv1.EnrolMemberRequest{
				Program: "tea", Member: fmt.Sprint("m-", n), Kind: memberv1.MemberKind_MEMBER_KIND_CONSUMER, IdempotencyKey: fmt.Sprint("enrol/", n),
			})
			return err
		})
	}
	var names []string
	v.must("member", func(ctx context.Context, conn *grpc.ClientConn) error {
		names = nil
		for n := range 20 {
			answer, err := memberv1.NewMemberServiceClient(conn).GetMember(ctx, &memberv1.GetMemberRequest{Program: "tea", Member: fmt.Sprint("m-", n)})
			if err != nil {
				return err
			}
			names = append(names, answer.GetMember().GetMember())
		}
		return nil
	})
	return names
}

// stock offers one reward.
func (v *visitor) stock() {
	v.s.t.Helper()
	v.must("reward", func(ctx context.Context, conn *grpc.ClientConn) error {
		_, err := rewardv1.NewRewardServiceClient(conn).PutReward(ctx, &rewardv1.PutRewardRequest{
			Program: "cdnow", Reward: "sleeve", IdempotencyKey: "put",
			Terms: &rewardv1.Terms{Kind: rewardv1.RewardKind_REWARD_KIND_GIFT, Name: "A sleeve", Points: 15},
		})
		return err
	})
	v.must("reward", func(ctx context.Context, conn *grpc.ClientConn) error {
		_, err := rewardv1.NewRewardServiceClient(conn).AddStock(ctx, &rewardv1.AddStockRequest{Program: "cdnow", Reward: "sleeve", Items: giftItems, IdempotencyKey: "fill"})
		return err
	})
}

// spend has members spend, each a few things one after the other, and returns what came of each. Meanwhile is called while they do.
func (v *visitor) spend(groups []orderfile.Group, meanwhile func()) map[string]string {
	v.s.t.Helper()
	ctx, cancel := context.WithTimeout(v.s.t.Context(), openMax)
	defer cancel()
	var accounts []string
	seen := map[string]bool{}
	for _, g := range groups {
		if id := g.Account; !seen[id] && len(accounts) < visitors {
			seen[id] = true
			accounts = append(accounts, id)
		}
	}
	var mu sync.Mutex
	came, begun := map[string]string{}, make(chan struct{})
	note := func(key string, points int64, err error) bool {
		mu.Lock()
		defer mu.Unlock()
		refusal, refused := reason.Of(err)
		if came[key] = fmt.Sprint(points); refused {
			came[key] = string(refusal.Reason)
		}
		if len(came) == visitors/3 {
			close(begun)
		}
		return err == nil || refused
	}
	var side errgroup.Group
	side.SetLimit(visitorsAtOnce)
	ended := make(chan error, 1)
	go func() {
		for n, account := range accounts {
			side.Go(func() error {
				for _, d := range deedsOf(n, account) {
					points, err := d.do(ctx, v, n)
					if !note(d.key, points, err) {
						return fmt.Errorf("%s of %s: %w", d.key, account, err)
					}
				}
				return nil
			})
		}
		ended <- side.Wait()
	}()
	select {
	case <-begun:
	case <-ctx.Done():
	}
	meanwhile()
	require.NoError(v.s.t, <-ended)
	return came
}

// deed is one thing that a member does.
type deed struct {
	key string
	do  func(ctx context.Context, v *visitor, turn int) (int64, error)
}

// deedsOf are those of the n-th member: some ask for more than they have.
func deedsOf(n int, account string) []deed {
	key := func(what string) string { return fmt.Sprintf("%s/%d", what, n) }
	switch n % 4 {
	case 0:
		return []deed{redeems(key("reward"), account), redeems(key("another"), account)}
	case 1:
		return []deed{pays(key("pay"), "cafe", account, 20, 0)}
	case 2:
		return []deed{awards(key("award"), "radio", account, 50), pays(key("part"), "cafe", account, 30, 12), redeems(key("reward"), account)}
	default:
		return []deed{awards(key("award"), "bank", account, 25), pays(key("much"), "radio", account, 100_000, 0), pays(key("pay"), "radio", account, 10, 0)}
	}
}

func redeems(key, account string) deed {
	return deed{key, func(ctx context.Context, v *visitor, turn int) (int64, error) {
		var made *rewardv1.Redemption
		err := v.ask(ctx, "reward", turn, func(ctx context.Context, conn *grpc.ClientConn) error {
			answer, err := rewardv1.NewRewardServiceClient(conn).RedeemReward(ctx, &rewardv1.RedeemRewardRequest{
				Program: "cdnow", Account: account, Reward: "sleeve", IdempotencyKey: key,
			})
			made = answer.GetRedemption()
			return err
		})
		return made.GetPoints(), err
	}}
}

func awards(key, partner, account string, points int64) deed {
	return deed{key, func(ctx context.Context, v *visitor, turn int) (int64, error) {
		var made *partnerv1.Transaction
		err := v.ask(ctx, partner, turn, func(ctx context.Context, conn *grpc.ClientConn) error {
			answer, err := partnerv1.NewPartnerServiceClient(conn).AwardPoints(ctx, &partnerv1.AwardPointsRequest{
				Account: account, Points: points, Reason: "WELCOME_BACK", IdempotencyKey: key,
			})
			made = answer.GetTransaction()
			return err
		})
		return made.GetPoints(), err
	}}
}

// pays sets points aside at a partner and takes them, or a part of them.
func pays(key, partner, account string, points, take int64) deed {
	return deed{key, func(ctx context.Context, v *visitor, turn int) (int64, error) {
		var made *partnerv1.Transaction
		err := v.ask(ctx, partner, turn, func(ctx context.Context, conn *grpc.ClientConn) error {
			answer, err := partnerv1.NewPartnerServiceClient(conn).AuthorizeRedemption(ctx, &partnerv1.AuthorizeRedemptionRequest{
				Account: account, Points: points, IdempotencyKey: key + "/hold",
			})
			made = answer.GetTransaction()
			return err
		})
		if err != nil {
			return 0, err
		}
		held := made.GetId()
		err = v.ask(ctx, partner, turn+1, func(ctx context.Context, conn *grpc.ClientConn) error {
			answer, err := partnerv1.NewPartnerServiceClient(conn).CaptureRedemption(ctx, &partnerv1.CaptureRedemptionRequest{
				AuthorizationId: held, Points: take, IdempotencyKey: key + "/take",
			})
			made = answer.GetTransaction()
			return err
		})
		return made.GetPoints(), err
	}}
}

// close closes all months up to the last, and returns its settlement and the partners' statements. Meanwhile is called while
// it is asked for.
func (v *visitor) close(meanwhile func()) (string, map[string]string) {
	t := v.s.t
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), openMax)
	defer cancel()
	var last *partnerv1.Settlement
	ended := make(chan error, 1)
	go func() { ended <- v.closeAll(ctx, &last) }()
	meanwhile()
	require.NoError(t, <-ended)
	statements := map[string]string{}
	for _, partner := range partnersOfCDNOW {
		v.must("partner", func(ctx context.Context, conn *grpc.ClientConn) error {
			answer, err := partnerv1.NewSettlementServiceClient(conn).GetStatement(ctx, &partnerv1.GetStatementRequest{
				Program: "cdnow", Period: closing, Partner: partner,
			})
			if own := answer.GetStatement(); own != nil {
				own.ClosedAt, own.Digest = nil, ""
			}
			statements[partner] = bytesOf(t, answer.GetStatement())
			return err
		})
	}
	last.ClosedAt, last.Marks, last.Digest = nil, nil, "" // when it was closed, where FACTS stood then, and what follows from these
	return bytesOf(t, last), statements
}

func bytesOf(t *testing.T, m proto.Message) string {
	t.Helper()
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	require.NoError(t, err)
	return string(raw)
}

// closeAll closes one month after the other.
func (v *visitor) closeAll(ctx context.Context, last **partnerv1.Settlement) error {
	for wanted := closing; ; {
		err := v.ask(ctx, "partner", 0, func(ctx context.Context, conn *grpc.ClientConn) error {
			answer, err := partnerv1.NewSettlementServiceClient(conn).CloseSettlement(ctx, &partnerv1.CloseSettlementRequest{
				Program: "cdnow", Period: wanted, IdempotencyKey: "close/" + wanted,
			})
			*last = answer.GetSettlement()
			return err
		})
		refusal, _ := reason.Of(err)
		switch {
		case err == nil && wanted == closing:
			return nil
		case err == nil:
			wanted = closing
		case errors.Is(err, reason.SettlementOutOfOrder) && refusal.Metadata["next_period"] != "":
			wanted = refusal.Metadata["next_period"]
		default:
			return fmt.Errorf("close %s: %w", wanted, err)
		}
	}
}

// reports asks for some of the reports, as their bytes are but for where each was read up to.
func (v *visitor) reports() map[string]string {
	v.s.t.Helper()
	all := map[string]string{}
	for _, name := range []string{"rfm", "pareto", "cohorts", "survival"} {
		v.must("analytics", func(ctx context.Context, conn *grpc.ClientConn) error {
			answer, err := analyticsv1.NewAnalyticsServiceClient(conn).GetReport(ctx, &analyticsv1.GetReportRequest{
				Program: "cdnow", Name: name, AsOf: spendAt[:len(time.DateOnly)],
			})
			if err != nil {
				return err
			}
			answer.GetReport().Read = nil
			all[name] = bytesOf(v.s.t, answer.GetReport())
			return nil
		})
	}
	return all
}

// requireEventful wants the history to tell something.
func requireEventful(t *testing.T, w told) {
	t.Helper()
	kinds := map[string]int{}
	for key, came := range w.deeds {
		what, _, _ := strings.Cut(key, "/")
		if strings.ToUpper(came) == came && came > "A" {
			what += " " + came
		}
		kinds[what]++
	}
	t.Log("what was done, and what was refused:", kinds)
	require.Positive(t, kinds["reward"])
	require.Positive(t, kinds["pay"])
	require.Positive(t, kinds["part"])
	require.Equal(t, visitors/2, kinds["award"])
	require.Equal(t, visitors/4, kinds["much INSUFFICIENT_POINTS"])
	require.NotEmpty(t, w.settlement)
	require.Contains(t, w.statements["cafe"], "Café Vinyl")
	require.Len(t, w.reports, 4)
	require.Len(t, w.members, 20)
}
