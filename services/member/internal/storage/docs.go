package storage

import (
	"fmt"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/internal/token"
	"github.com/laurel-loyalty/laurel/services/member/internal/domain/alias"
	"github.com/laurel-loyalty/laurel/services/member/internal/domain/membership"
)

// format is the version of every document here.
const format = 1

type memberDoc struct {
	ID         string    `bson:"_id"` // <programme>/<member>
	Format     int       `bson:"format"`
	Version    int64     `bson:"version"`
	Account    string    `bson:"account"` // <programme>/<account>
	Kind       string    `bson:"kind"`
	Role       string    `bson:"role"`
	EnrolledAt time.Time `bson:"enrolled_at"`
	Enrolments int       `bson:"enrolments"`
	Aliases    int       `bson:"aliases"`
	People     int       `bson:"people"`
}

type aliasDoc struct {
	ID         string     `bson:"_id"` // <programme>/<kind>/<scope>/<value>
	Format     int        `bson:"format"`
	Version    int64      `bson:"version"`
	Kind       string     `bson:"kind"`
	Scope      string     `bson:"scope,omitempty"`
	Value      string     `bson:"value"`
	Member     string     `bson:"member"` // <programme>/<member>
	LinkedAt   time.Time  `bson:"linked_at"`
	Cause      string     `bson:"cause,omitempty"` // with blocked_at: it is blocked
	BlockedAt  *time.Time `bson:"blocked_at,omitempty"`
	ReplacedBy string     `bson:"replaced_by,omitempty"`
}

type commandDoc struct {
	ID      string      `bson:"_id"` // <programme>/<caller>/<idempotency key>
	Format  int         `bson:"format"`
	Hash    bson.Binary `bson:"hash"` // of what was asked
	Members []memberDoc `bson:"members,omitempty"`
	Aliases []aliasDoc  `bson:"aliases,omitempty"`
	DoneAt  time.Time   `bson:"done_at"`
}

// memberKey is the _id of a member, and how an account is written: a programme's name has no slash.
func memberKey(program string, id membership.ID) string { return program + "/" + string(id) }

// aliasKey is the _id of an alias. Only the last of its parts may hold a slash.
func aliasKey(program string, ref alias.Ref) string {
	scope := ref.Scope
	if scope != "" {
		scope = token.Of(scope)
	}
	return strings.Join([]string{program, ref.Kind.String(), scope, ref.Value}, "/")
}

func commandKey(c Command) string {
	return strings.Join([]string{c.Program, token.Of(c.Caller), c.Key}, "/")
}

// idOf takes the programme off a key.
func idOf(key string) string {
	_, id, _ := strings.Cut(key, "/")
	return id
}

func memberToDoc(program string, m membership.Member, version int64) memberDoc {
	return memberDoc{
		ID: memberKey(program, m.ID), Format: format, Version: version, Account: memberKey(program, m.Account),
		Kind: m.Kind.String(), Role: m.Role.String(), EnrolledAt: m.EnrolledAt, Enrolments: m.Enrolments,
		Aliases: m.Aliases, People: m.People,
	}
}

func memberFromDoc(d memberDoc) (membership.Member, error) {
	m := membership.Member{
		ID: membership.ID(idOf(d.ID)), Account: membership.ID(idOf(d.Account)), Kind: membership.ParseKind(d.Kind),
		Role: membership.ParseRole(d.Role), EnrolledAt: d.EnrolledAt.UTC(), Enrolments: d.Enrolments, Aliases: d.Aliases, People: d.People,
	}
	if d.Format != format || m.Kind == membership.KindUnset || m.Role == membership.RoleUnset {
		return m, fmt.Errorf("member %s cannot be read: format %d, kind %q, role %q", d.ID, d.Format, d.Kind, d.Role)
	}
	return m, nil
}

func aliasToDoc(program string, a alias.Alias, version int64) aliasDoc {
	d := aliasDoc{
		ID: aliasKey(program, a.Ref), Format: format, Version: version, Kind: a.Kind.String(), Scope: a.Scope, Value: a.Value,
		Member: memberKey(program, membership.ID(a.Member)), LinkedAt: a.LinkedAt, ReplacedBy: a.ReplacedBy,
	}
	if a.State() == alias.Blocked {
		at := a.BlockedAt
		d.Cause, d.BlockedAt = a.Cause.String(), &at
	}
	return d
}

func aliasFromDoc(d aliasDoc) (alias.Alias, error) {
	a := alias.Alias{
		Ref: alias.Ref{Kind: alias.ParseKind(d.Kind), Scope: d.Scope, Value: d.Value}, Member: idOf(d.Member),
		LinkedAt: d.LinkedAt.UTC(), Cause: alias.ParseCause(d.Cause), ReplacedBy: d.ReplacedBy,
	}
	if d.BlockedAt != nil {
		a.BlockedAt = d.BlockedAt.UTC()
	}
	if d.Format != format || a.Kind == alias.KindUnset || (a.Cause == alias.CauseUnset) != (d.BlockedAt == nil) {
		return a, fmt.Errorf("an alias of %s cannot be read: format %d, kind %q, cause %q", d.Member, d.Format, d.Kind, d.Cause)
	}
	return a, nil
}
