package storage

import (
	"crypto/sha256"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/catalogue"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/redemption"
)

type callDoc struct {
	Caller  string      `bson:"caller"`
	Key     string      `bson:"key"`
	Content bson.Binary `bson:"content"`
}

type refusalDoc struct {
	Reason   string            `bson:"reason"`
	Message  string            `bson:"message"`
	Field    string            `bson:"field,omitempty"`
	Metadata map[string]string `bson:"metadata,omitempty"`
}

type redemptionDoc struct {
	ID           string      `bson:"_id"` // <programme>/<redemption>
	Format       int         `bson:"format"`
	Version      int64       `bson:"version"`
	Account      string      `bson:"account"` // <programme>/<account>
	Call         callDoc     `bson:"call"`
	Attempt      int         `bson:"attempt"`
	Reward       string      `bson:"reward"` // <programme>/<reward>
	TermsVersion int         `bson:"terms_version"`
	Kind         string      `bson:"kind"`
	Name         string      `bson:"name"`
	Points       int64       `bson:"points"`
	Tier         string      `bson:"tier"`
	Redeemer     string      `bson:"redeemer"`
	Stocked      bool        `bson:"stocked"`
	CancelDays   int         `bson:"cancel_days"`
	State        string      `bson:"state"`
	Hold         string      `bson:"hold,omitempty"`
	Capture      string      `bson:"capture,omitempty"`
	Code         string      `bson:"code,omitempty"`
	Refusal      *refusalDoc `bson:"refusal,omitempty"`
	BegunAt      time.Time   `bson:"begun_at"`
	FulfilledAt  *time.Time  `bson:"fulfilled_at,omitempty"`
	CanceledAt   *time.Time  `bson:"cancelled_at,omitempty"`
	RevealedAt   *time.Time  `bson:"revealed_at,omitempty"`
	Cancel       *callDoc    `bson:"cancel,omitempty"`
	Elsewhere    bool        `bson:"elsewhere,omitempty"`
	// NextAt is when whoever finds the redemption goes on with it; absent: there is nothing left to do.
	NextAt *time.Time `bson:"next_at,omitempty"`
	// Tries counts the failures of the call that it waits for.
	Tries int `bson:"tries"`
}

func redemptionToDoc(row Redemption, version int64) redemptionDoc {
	r := row.Value
	d := redemptionDoc{
		ID: key(r.Program, r.ID), Format: format, Version: version, Account: key(r.Program, r.Account), Call: callToDoc(r.Call),
		Attempt: r.Attempt, Reward: key(r.Program, string(r.Reward)), TermsVersion: r.Version, Kind: r.Kind.String(), Name: r.Name,
		Points: int64(r.Points), Tier: r.Tier, Redeemer: r.Redeemer, Stocked: r.Stocked, CancelDays: r.CancelDays,
		State: r.State.String(), Hold: r.Hold, Capture: r.Capture, Code: r.Code, BegunAt: r.BegunAt,
		FulfilledAt: someTime(r.FulfilledAt), CanceledAt: someTime(r.CanceledAt), RevealedAt: someTime(r.RevealedAt), Elsewhere: r.Elsewhere,
		Tries: row.Tries,
	}
	if r.Refusal != nil {
		d.Refusal = &refusalDoc{string(r.Refusal.Reason), r.Refusal.Message, r.Refusal.Field, r.Refusal.Metadata}
	}
	if r.Cancel.Key != "" {
		cancel := callToDoc(r.Cancel)
		d.Cancel = &cancel
	}
	if r.State.Live() {
		d.NextAt = someTime(row.NextAt)
	}
	return d
}

func redemptionFromDoc(d redemptionDoc) (Redemption, error) {
	program, id := idOf(d.ID)
	_, account := idOf(d.Account)
	_, reward := idOf(d.Reward)
	r := redemption.Redemption{
		Program: program, ID: id, Account: account, Call: callFromDoc(d.Call), Attempt: d.Attempt, Reward: catalogue.ID(reward),
		Version: d.TermsVersion, Kind: catalogue.ParseKind(d.Kind), Name: d.Name, Points: money.Points(d.Points), Tier: d.Tier,
		Redeemer: d.Redeemer, Stocked: d.Stocked, CancelDays: d.CancelDays, State: redemption.ParseState(d.State), Hold: d.Hold,
		Capture: d.Capture, Code: d.Code, BegunAt: d.BegunAt.UTC(), FulfilledAt: timeOf(d.FulfilledAt),
		CanceledAt: timeOf(d.CanceledAt), RevealedAt: timeOf(d.RevealedAt), Elsewhere: d.Elsewhere,
	}
	if d.Refusal != nil {
		r.Refusal = &reason.Error{
			Reason: reason.Reason(d.Refusal.Reason), Message: d.Refusal.Message, Field: d.Refusal.Field, Metadata: d.Refusal.Metadata,
		}
	}
	if d.Cancel != nil {
		r.Cancel = callFromDoc(*d.Cancel)
	}
	row := Redemption{Row: Row[redemption.Redemption]{r, d.Version}, NextAt: timeOf(d.NextAt), Tries: d.Tries}
	if d.Format != format || r.State == redemption.StateUnset || r.Kind == catalogue.KindUnset {
		return row, fmt.Errorf("redemption %s cannot be read: format %d, state %q, kind %q", d.ID, d.Format, d.State, d.Kind)
	}
	return row, nil
}

func callToDoc(c redemption.Call) callDoc {
	return callDoc{c.Caller, c.Key, bson.Binary{Data: c.Content[:]}}
}

func callFromDoc(d callDoc) redemption.Call {
	c := redemption.Call{Caller: d.Caller, Key: d.Key}
	if len(d.Content.Data) == sha256.Size {
		c.Content = [sha256.Size]byte(d.Content.Data)
	}
	return c
}
