package storage

import (
	"fmt"
	"strings"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/catalogue"
)

// format is the version of every document here.
const format = 1

type priceDoc struct {
	Tier   string `bson:"tier"`
	Points int64  `bson:"points"`
}

type termsDoc struct {
	Kind        string     `bson:"kind"`
	Name        string     `bson:"name"`
	Description string     `bson:"description,omitempty"`
	Points      int64      `bson:"points"`
	TierPrices  []priceDoc `bson:"tier_prices,omitempty"`
	Tiers       []string   `bson:"tiers,omitempty"`
	Segments    []string   `bson:"segments,omitempty"`
	Unlimited   bool       `bson:"unlimited,omitempty"`
	InAll       int        `bson:"in_all,omitempty"`
	PerPeriod   int        `bson:"per_period,omitempty"`
	PeriodDays  int        `bson:"period_days,omitempty"`
	From        *time.Time `bson:"valid_from,omitempty"`
	Until       *time.Time `bson:"valid_until,omitempty"`
	CancelDays  int        `bson:"cancel_days,omitempty"`
	Redeemer    string     `bson:"redeemer"`
}

// rewardDoc is a reward, and without version and withdrawn one of the terms that it had.
type rewardDoc struct {
	ID           string    `bson:"_id"` // <programme>/<reward>, or <programme>/<reward>/<terms_version>
	Format       int       `bson:"format"`
	Version      int64     `bson:"version"`
	TermsVersion int       `bson:"terms_version"`
	Terms        termsDoc  `bson:"terms"`
	Withdrawn    bool      `bson:"withdrawn"`
	PutAt        time.Time `bson:"put_at"`
}

type stockDoc struct {
	ID     string `bson:"_id"` // <programme>/<reward>
	Format int    `bson:"format"`
	PutIn  int64  `bson:"put_in"`
	Left   int64  `bson:"left"`
}

// key is the _id of what is named within a programme, whose own name has no slash.
func key(program string, id ...string) string { return program + "/" + strings.Join(id, "/") }

// idOf parts a key into the programme and what it names there.
func idOf(key string) (string, string) {
	program, id, _ := strings.Cut(key, "/")
	return program, id
}

func versionKey(program string, id catalogue.ID, version int) string {
	return key(program, string(id), fmt.Sprintf("%010d", version))
}

func rewardToDoc(program string, r catalogue.Reward, version int64) rewardDoc {
	return rewardDoc{
		ID: key(program, string(r.ID)), Format: format, Version: version, TermsVersion: r.Version, Terms: termsToDoc(r.Terms),
		Withdrawn: r.Withdrawn, PutAt: r.PutAt,
	}
}

func rewardFromDoc(d rewardDoc) (catalogue.Reward, error) {
	_, id := idOf(d.ID)
	id, _, _ = strings.Cut(id, "/")
	r := catalogue.Reward{
		ID: catalogue.ID(id), Version: d.TermsVersion, Terms: termsFromDoc(d.Terms), Withdrawn: d.Withdrawn, PutAt: d.PutAt.UTC(),
	}
	if d.Format != format || r.Terms.Kind == catalogue.KindUnset {
		return r, fmt.Errorf("reward %s cannot be read: format %d, kind %q", d.ID, d.Format, d.Terms.Kind)
	}
	return r, nil
}

func termsToDoc(t catalogue.Terms) termsDoc {
	d := termsDoc{
		Kind: t.Kind.String(), Name: t.Name, Description: t.Description, Points: int64(t.Points), Tiers: t.Tiers, Segments: t.Segments, Unlimited: t.Unlimited,
		InAll: t.Limit.InAll, PerPeriod: t.Limit.PerPeriod, PeriodDays: t.Limit.PeriodDays, From: someTime(t.From), Until: someTime(t.Until),
		CancelDays: t.CancelDays, Redeemer: t.Redeemer,
	}
	for _, p := range t.TierPrices {
		d.TierPrices = append(d.TierPrices, priceDoc{p.Tier, int64(p.Points)})
	}
	return d
}

func termsFromDoc(d termsDoc) catalogue.Terms {
	t := catalogue.Terms{
		Kind: catalogue.ParseKind(d.Kind), Name: d.Name, Description: d.Description, Points: money.Points(d.Points), Tiers: d.Tiers, Segments: d.Segments,
		Unlimited: d.Unlimited, Limit: catalogue.Limit{InAll: d.InAll, PerPeriod: d.PerPeriod, PeriodDays: d.PeriodDays},
		From: timeOf(d.From), Until: timeOf(d.Until), CancelDays: d.CancelDays, Redeemer: d.Redeemer,
	}
	for _, p := range d.TierPrices {
		t.TierPrices = append(t.TierPrices, catalogue.TierPrice{Tier: p.Tier, Points: money.Points(p.Points)})
	}
	return t
}

// someTime leaves the zero time out of a document.
func someTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
