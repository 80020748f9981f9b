package ledger_test

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

const (
	cdnowProgramme = "../../../../../deploy/programmes/cdnow.yaml"
	cdnowWithTiers = "../../../../../deploy/programmes/cdnow-tiers.yaml"
	cdnowCustomers = 23570
	cdnowPurchases = 69659
	cdnowRedeemed  = 100 // points are redeemed in hundreds
)

// purchase is a row of the file; its number is 1 for the first row.
type purchase struct {
	number int
	day    calendar.Day
	amount money.Minor
}

// cdnow reads the purchases of each customer, in the order of the file.
func cdnow(t *testing.T) map[ledger.AccountID][]purchase {
	t.Helper()
	_ = os.Getenv("LAUREL_FILES_ARE") // what lies outside the module makes a kept result stale by this alone
	file, err := os.Open(filepath.Join(os.Getenv("LAUREL_CDNOW"), "CDNOW_master.txt"))
	require.NoError(t, err, "the CDNOW purchases are not here: run `make test`, which fetches them")
	defer func() { require.NoError(t, file.Close()) }()
	all, n := map[ledger.AccountID][]purchase{}, 0
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) != 4 || len(f[0]) != 5 {
			continue // the head
		}
		n++
		at, err := time.Parse("20060102", f[1])
		require.NoError(t, err)
		amount, err := money.ParseAmount(f[3], "USD")
		require.NoError(t, err)
		id := ledger.AccountID(f[0])
		all[id] = append(all[id], purchase{n, calendar.DayOf(at, time.UTC), amount})
	}
	require.NoError(t, lines.Err())
	require.Equal(t, cdnowPurchases, n)
	require.Len(t, all, cdnowCustomers)
	return all
}

// tally is what data.md section 10 lists.
type tally struct {
	balances    string
	points      map[string]money.Points
	tiers       map[string]map[string]int
	tierDigests map[string]string
	moves       map[string]int
}

var cdnowDates = []string{"1997-04-01", "1997-07-01", "1998-01-01", "1998-02-01", "1998-04-01", "1998-07-01"}

// run replays each customer's purchases through Take and BringUp. Accounts do not meet, so one after the other gives what
// all at once gives.
func run(t *testing.T, file string, redeem bool) tally {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	p, faults := program.Parse([]program.File{{Name: file, Content: content}})
	require.Empty(t, faults)
	schedule := program.Schedule{{Revision: 1, Program: p}}
	all := cdnow(t)
	sum := tally{
		points: map[string]money.Points{}, tiers: map[string]map[string]int{}, tierDigests: map[string]string{}, moves: map[string]int{},
	}
	balances := sha256.New()
	tiers := map[string]*strings.Builder{}
	for _, d := range cdnowDates {
		tiers[d], sum.tiers[d] = &strings.Builder{}, map[string]int{}
	}
	for n := 1; n <= cdnowCustomers; n++ {
		id := ledger.AccountID(fmt.Sprintf("%05d", n))
		c := customer{t: t, schedule: schedule, account: ledger.NewAccount("cdnow", id), sum: &sum, tiers: tiers, redeem: redeem}
		for _, bought := range all[id] {
			c.look(bought.day)
			c.buy(bought)
		}
		c.look(calendar.Date(1998, 7, 2))
		active := c.account.Balance("points").Active
		sum.points["outstanding"] += active
		if active > 0 {
			sum.moves["accounts with points"]++
			sum.moves["lots"] += len(open(c.account.Lots))
		}
		fmt.Fprintf(balances, "%s,%d\n", id, active)
	}
	sum.balances = hex.EncodeToString(balances.Sum(nil))
	for d, text := range tiers {
		digest := sha256.Sum256([]byte(text.String()))
		sum.tierDigests[d] = hex.EncodeToString(digest[:])
	}
	return sum
}

func open(lots []ledger.Lot) []ledger.Lot {
	var with []ledger.Lot
	for _, l := range lots {
		if l.Left > 0 {
			with = append(with, l)
		}
	}
	return with
}

type customer struct {
	t        *testing.T
	schedule program.Schedule
	account  ledger.Account
	looked   int // dates looked at
	sum      *tally
	tiers    map[string]*strings.Builder
	redeem   bool
}

// look brings the account up to each date before the day and writes down where it stands.
func (c *customer) look(before calendar.Day) {
	for ; c.looked < len(cdnowDates); c.looked++ {
		name := cdnowDates[c.looked]
		d, err := calendar.Parse(name)
		require.NoError(c.t, err)
		if d > before {
			return
		}
		c.bringUp(d.Start(time.UTC))
		if c.account.Version == 0 {
			continue
		}
		tier := c.account.Ladder.Tier
		c.sum.tiers[name][tier]++
		fmt.Fprintf(c.tiers[name], "%s,%s\n", c.account.ID, tier)
		c.sum.points["outstanding "+name] += c.account.Balance("points").Active
	}
}

func (c *customer) bringUp(t time.Time) {
	entries, account, err := ledger.BringUp(c.account, c.schedule, nil, t)
	require.NoError(c.t, err)
	c.account = account
	for _, e := range entries {
		for _, m := range e.Movements {
			require.Equal(c.t, ledger.MoveExpire, m.Move)
			c.sum.points["expired"] += m.Points
			c.sum.points["expired "+e.Day.String()] += m.Points
		}
		if e.Ladder != nil {
			c.sum.moves[e.Ladder.Change.From+" to "+e.Ladder.Change.To]++
			c.sum.moves["review "+e.Day.String()]++
		}
	}
}

func (c *customer) buy(bought purchase) {
	at := noon(bought.day)
	c.bringUp(at)
	order := command(fmt.Sprint("cdnow-", bought.number), orderOf(bought.day, bought.amount))
	v, err := ledger.Take(c.account, ledger.Book{}, order, c.schedule, at)
	require.NoError(c.t, err)
	again, err := c.account.Apply(v.Entry)
	require.NoError(c.t, err)
	require.Equal(c.t, v.Account.Hash, again.Hash)
	c.account = v.Account
	c.sum.points["earned"] += v.Entry.Order.Target
	if l := v.Entry.Ladder; l != nil && l.Change != nil && l.Change.To != "bronze" {
		// The reference enrols everybody as bronze first.
		c.sum.moves[cmp.Or(l.Change.From, "bronze")+" to "+l.Change.To]++
	}
	if most := c.account.Balance("points").Active / cdnowRedeemed * cdnowRedeemed; c.redeem && most > 0 {
		_, after, err := ledger.Spend(c.account, c.schedule[0], at, most)
		require.NoError(c.t, err)
		c.account = after
		c.sum.points["redeemed"] += most
	}
}

func TestCDNOWWithTierMultipliersGivesTheFiguresOfTheReference(t *testing.T) {
	sum := run(t, cdnowWithTiers, false)
	requireTiers(t, sum)
	require.EqualValues(t, 2782532, sum.points["earned"])
	require.EqualValues(t, 2197106, sum.points["outstanding 1998-01-01"])
	require.EqualValues(t, 1298951, sum.points["outstanding"])
	require.Equal(t, "db834672393a2fb9bfa3ece314e9e8ea9cdf732d34458ead201725d117d4d922", sum.balances)
}

func TestCDNOWWithRedemptionGivesTheFiguresOfTheReference(t *testing.T) {
	sum := run(t, cdnowProgramme, true)
	require.EqualValues(t, 1532300, sum.points["redeemed"])
	require.EqualValues(t, 601784, sum.points["expired"])
	require.EqualValues(t, 319075, sum.points["outstanding"])
	require.Equal(t, 8266, sum.moves["accounts with points"])
	require.Equal(t, "c27fbd23b16d1ac091a087a9d4f8d902885717c3e142415d72956cd27480a363", sum.balances)
}

// requireTiers wants the tiers of the reference, which are the same with and without multipliers.
func requireTiers(t *testing.T, sum tally) {
	t.Helper()
	require.Equal(t, map[string]map[string]int{
		"1997-04-01": {"bronze": 21523, "silver": 1995, "gold": 52}, "1997-07-01": {"bronze": 20111, "silver": 3293, "gold": 166},
		"1998-01-01": {"bronze": 18350, "silver": 4766, "gold": 454}, "1998-02-01": {"bronze": 18908, "silver": 4221, "gold": 441},
		"1998-04-01": {"bronze": 20274, "silver": 2937, "gold": 359}, "1998-07-01": {"bronze": 20686, "silver": 2558, "gold": 326},
	}, sum.tiers)
	require.Equal(t, map[string]string{
		"1997-04-01": "8360c37f2ed62dd5d58d8b5c46c633353573660e9327e3bc4b0f73b21bd14e71",
		"1997-07-01": "e8284b382d5f44e43ef4614a0c080e17ee8b654a47bc5b81791d22932b32df87",
		"1998-01-01": "3a137c2ca4e3ca2657d4ea175ffbf66d29ec0b4d7187cdd8503b17831c6d0f58",
		"1998-02-01": "c0a45bbbbe2f597f0ad1e5589457b35cb468d12617884c2c16a53cf2699e03c3",
		"1998-04-01": "ed3557c4fa5a4c715779593fbc014a6bbdc7025ca10c470e921316a8a1ab6c6f",
		"1998-07-01": "41feff31fc405b0ec0b9a448f57d4c4145061af095cb7be8a5d26723a6ea0463",
	}, sum.tierDigests)
	delete(sum.moves, "accounts with points")
	delete(sum.moves, "lots")
	require.Equal(t, map[string]int{
		"bronze to silver": 6187, "silver to gold": 651, "bronze to gold": 7, "gold to silver": 332, "silver to bronze": 3310,
		"review 1998-02-01": 761, "review 1998-03-01": 902, "review 1998-04-01": 971, "review 1998-05-01": 403,
		"review 1998-06-01": 320, "review 1998-07-01": 285,
	}, sum.moves)
}
