package laurelctl

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	rewardv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/reward/v1"
)

// codesAtOnce is how many codes one call puts in, the most that it may.
const codesAtOnce = 1000

// rewardPutCmd puts a reward into the catalogue.
type rewardPutCmd struct {
	keyed
	Reward      string   `arg:"" help:"How it is named: lower-case letters, digits, - and _."`
	Kind        string   `required:"" enum:"gift,voucher,privilege" help:"${enum}. It stays."`
	Name        string   `required:"" help:"For people."`
	Points      int64    `required:"" help:"What it costs."`
	Description string   `help:"For people."`
	Price       []string `sep:"none" placeholder:"TIER=POINTS" help:"What it costs at a tier instead; may be given again."`
	Tier        []string `sep:"none" placeholder:"TIER" help:"Who may have it; may be given again. Default: everybody."`
	Segment     []string `sep:"none" placeholder:"SEGMENT" help:"A published segment of which they must be in one; may be given again. Default: none."`
	Unlimited   bool     `help:"It does not run out."`
	Limit       int32    `help:"How often one account may have it, in all."`
	LimitPer    string   `placeholder:"N/DAYS" help:"How often one account may have it within so many days."`
	From        *instant `placeholder:"TIME" help:"From when it can be redeemed."`
	Until       *instant `placeholder:"TIME" help:"Until when."`
	CancelDays  int32    `help:"For how many days it can be cancelled."`
	Redeemer    string   `placeholder:"PARTNER" help:"Where the points are spent. Default: at the operator."`
}

// Run puts it.
func (c *rewardPutCmd) Run(w *world) error {
	terms, err := c.terms()
	if err != nil {
		return err
	}
	return w.askRewards(func(ctx context.Context, r *rewards) error {
		answer, err := r.PutReward(ctx, &rewardv1.PutRewardRequest{
			Program: r.program, Reward: c.Reward, Terms: terms, IdempotencyKey: c.key(),
		})
		if err != nil {
			return err
		}
		return w.show(answer, rewardRows(answer.GetReward()))
	})
}

func (c *rewardPutCmd) terms() (*rewardv1.Terms, error) {
	terms := &rewardv1.Terms{
		Kind: rewardv1.RewardKind(rewardv1.RewardKind_value["REWARD_KIND_"+strings.ToUpper(c.Kind)]), Name: c.Name, Description: c.Description,
		Points: c.Points, Tiers: c.Tier, Segments: c.Segment, Unlimited: c.Unlimited, ValidFrom: c.From.toProto(), ValidUntil: c.Until.toProto(),
		CancelDays: c.CancelDays, Redeemer: c.Redeemer,
	}
	for _, text := range c.Price {
		tier, points, found := strings.Cut(text, "=")
		n, err := strconv.ParseInt(points, 10, 64)
		if !found || err != nil {
			return nil, &usageError{"--price " + text + " is no price at a tier", "write it as gold=80"}
		}
		terms.TierPrices = append(terms.TierPrices, &rewardv1.TierPrice{Tier: tier, Points: n})
	}
	if c.Limit != 0 || c.LimitPer != "" {
		terms.Limit = &rewardv1.MemberLimit{InAll: c.Limit}
	}
	if c.LimitPer != "" {
		if _, err := fmt.Sscanf(c.LimitPer, "%d/%d", &terms.Limit.PerPeriod, &terms.Limit.PeriodDays); err != nil {
			return nil, &usageError{"--limit-per " + c.LimitPer + " is no limit", "write it as 1/30: once within 30 days"}
		}
	}
	return terms, nil
}

// rewardWithdrawCmd takes a reward out of the catalogue.
type rewardWithdrawCmd struct {
	keyed
	Reward string `arg:"" help:"Which; what was redeemed stays."`
}

// Run withdraws it.
func (c *rewardWithdrawCmd) Run(w *world) error {
	return w.askRewards(func(ctx context.Context, r *rewards) error {
		answer, err := r.WithdrawReward(ctx, &rewardv1.WithdrawRewardRequest{Program: r.program, Reward: c.Reward, IdempotencyKey: c.key()})
		if err != nil {
			return err
		}
		return w.show(answer, rewardRows(answer.GetReward()))
	})
}

// rewardStockCmd adds to what is left.
type rewardStockCmd struct {
	keyed
	Reward string `arg:"" help:"Of which reward."`
	Items  int64  `arg:"" help:"How many."`
	Away   bool   `help:"Take them away instead, as far as they are left."`
}

// Run adds them.
func (c *rewardStockCmd) Run(w *world) error {
	items := c.Items
	if c.Away {
		items = -items
	}
	return w.askRewards(func(ctx context.Context, r *rewards) error {
		answer, err := r.AddStock(ctx, &rewardv1.AddStockRequest{Program: r.program, Reward: c.Reward, Items: items, IdempotencyKey: c.key()})
		if err != nil {
			return err
		}
		g := grid{columns: []string{"reward", "left", "put_in"}}
		g.add(c.Reward, number(answer.GetStock().GetLeft()), number(answer.GetStock().GetPutIn()))
		return w.show(answer, g)
	})
}

// rewardCodesCmd puts codes into a voucher's pool.
type rewardCodesCmd struct {
	keyed
	Reward string `arg:"" help:"Of which voucher."`
	File   string `arg:"" help:"One code a line; - is standard input."`
}

// Run puts them in, as many at once as a call takes.
func (c *rewardCodesCmd) Run(w *world) error {
	codes, err := c.read(w.In)
	if err != nil {
		return err
	}
	return w.askRewards(func(ctx context.Context, r *rewards) error {
		sum, key := &rewardv1.AddCodesResponse{}, c.key()
		for n := 0; len(codes) > 0; n++ {
			page := codes[:min(len(codes), codesAtOnce)]
			codes = codes[len(page):]
			answer, err := r.AddCodes(ctx, &rewardv1.AddCodesRequest{
				Program: r.program, Reward: c.Reward, Codes: page, IdempotencyKey: fmt.Sprintf("%s/%d", key, n),
			})
			if err != nil {
				return err
			}
			sum.Added, sum.Known, sum.Stock = sum.GetAdded()+answer.GetAdded(), sum.GetKnown()+answer.GetKnown(), answer.GetStock()
		}
		g := grid{columns: []string{"reward", "added", "known", "left", "put_in"}}
		g.add(c.Reward, number(sum.GetAdded()), number(sum.GetKnown()), number(sum.GetStock().GetLeft()), number(sum.GetStock().GetPutIn()))
		return w.show(sum, g)
	})
}

// read reads the codes; empty lines are passed over, and a code that came before.
func (c *rewardCodesCmd) read(in io.Reader) ([]string, error) {
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return nil, &usageError{err.Error(), "name a file with one code a line"}
		}
		defer f.Close() //nolint:errcheck // only read
		in = f
	}
	var codes []string
	seen := map[string]bool{}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		code := strings.TrimSpace(lines.Text())
		if code != "" && !seen[code] {
			seen[code] = true
			codes = append(codes, code)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", c.File, err)
	}
	if len(codes) == 0 {
		return nil, &usageError{"there is no code in " + c.File, "name a file with one code a line"}
	}
	return codes, nil
}
