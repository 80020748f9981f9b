package town

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// Goods are what the town sells.
type Goods struct{ SKU, Category string }

// Shelf is what the town sells.
var Shelf = []Goods{ //nolint:gochecknoglobals // a table
	{"loaf", "bakery"}, {"cake", "bakery"}, {"apples", "greengrocer"}, {"cheese", "dairy"}, {"trout", "fishmonger"},
	{"novel", "bookshop"}, {"roses", "florist"}, {"shirt", "tailor"},
}

// currency is that of Program.
const currency = "EUR"

// WriteOrders writes the orders as laurel replay and laurelctl orders publish read them.
func (t Town) WriteOrders(to io.Writer) error {
	out := bufio.NewWriter(to)
	_, _ = out.WriteString("order_id,account,occurred_at,kind,currency,sku,category,quantity,amount\n") // the first error stays until Flush
	for _, o := range t.Orders {
		at := o.Day.Start(time.UTC).Add(time.Duration(o.Seconds) * time.Second)
		_, _ = fmt.Fprintf(out, "%s,%s,%s,paid,%s,%s,%s,1,%d.%02d\n", o.ID, o.Account, at.Format(time.RFC3339), currency,
			Shelf[o.Goods].SKU, Shelf[o.Goods].Category, o.Amount/100, o.Amount%100) //nolint:mnd // cents
	}
	return out.Flush()
}

// Planted is the truth as it is written down: fields are added, never renamed.
type Planted struct {
	Town struct {
		Seed    uint64 `json:"seed"`
		Members int    `json:"members"`
		Years   int    `json:"years"`
	} `json:"town"`
	AsOf         string `json:"as_of"` // the day after the last one
	Customers    int64  `json:"customers"`
	Orders       int64  `json:"orders"`
	RevenueMinor int64  `json:"revenue_minor"`
	Alive        int64  `json:"alive"`
	Purchases    struct {
		RateShape  float64 `json:"rate_shape"`
		RateAlpha  float64 `json:"rate_alpha_weeks"`
		StopA      float64 `json:"stop_a"`
		StopB      float64 `json:"stop_b"`
		SpendMinor float64 `json:"mean_order_minor"`
	} `json:"purchases"`
	Campaign struct {
		Name         string `json:"name"`
		Start        string `json:"start"`
		End          string `json:"end"` // the day after the last one
		HeldOutShare string `json:"held_out_share"`
		Treated      int64  `json:"treated"`
		HeldOut      int64  `json:"held_out"`
		AddedMinor   int64  `json:"added_minor"`
	} `json:"campaign"`
	Points  int64 `json:"points"` // that all orders earned
	Baskets struct {
		Name   string `json:"name"`
		Start  string `json:"start"`
		End    string `json:"end"`    // the day after the last one
		Points int64  `json:"points"` // that orders of its days earned
	} `json:"campaign_of_the_programme"`
	Kinds []Kind `json:"kinds,omitempty"` // of a town that has some
	Said  Said   `json:"said"`
	Club  Club   `json:"club"`
	Asked Asked  `json:"asked"`
	Plans Plans  `json:"plans"`
	// Counted are the figures of further reports.
	Counted []Counted `json:"counted"`
}

// Planted returns what is written down.
func (t Town) Planted(p Params) Planted {
	var w Planted
	w.Town.Seed, w.Town.Members, w.Town.Years = p.Seed, p.Members, p.Years
	w.AsOf, w.Customers, w.Orders, w.RevenueMinor, w.Alive = day(p.End()), t.Truth.Members, t.Truth.Orders, int64(t.Truth.Revenue), t.Truth.Alive
	if p.Kinds {
		w.Kinds = kindsOf(p.Members)
	} else {
		w.Purchases.StopA, w.Purchases.StopB, w.Purchases.SpendMinor = p.StopA, p.StopB, p.SpendMean
		w.Purchases.RateShape, w.Purchases.RateAlpha = p.RateShape, p.RateShape*daysOfYear/7/p.RateMean //nolint:mnd // days of a week
	}
	w.Campaign.Name, w.Campaign.Start, w.Campaign.End = p.Campaign, day(p.CampaignFrom), day(p.CampaignFrom.AddDays(p.CampaignDays))
	w.Campaign.HeldOutShare, w.Campaign.Treated, w.Campaign.HeldOut = p.HeldOut.String(), t.Truth.Effect.Treated, t.Truth.Effect.HeldOut
	w.Campaign.AddedMinor = int64(t.Truth.Effect.Added)
	w.Points, w.Baskets.Points = int64(t.Truth.Points), int64(t.Truth.InBaskets)
	w.Baskets.Name, w.Baskets.Start, w.Baskets.End = p.Baskets.Name, day(p.Baskets.From), day(p.Baskets.From.AddDays(p.Baskets.Days))
	w.Said, w.Club = t.Truth.Said, t.Truth.Club
	w.Asked, w.Plans = t.Truth.Asked, t.Truth.Plans
	w.Counted = t.counted(p)
	return w
}

// WriteTruth writes the truth as JSON.
func (t Town) WriteTruth(to io.Writer, p Params) error {
	out := json.NewEncoder(to)
	out.SetIndent("", "  ")
	return out.Encode(t.Planted(p))
}

func day(d calendar.Day) string { return d.String() }
