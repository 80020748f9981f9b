package rpc

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/house"
)

// Name is who calls. It comes only from the credential, never from a request.
type Name string

// Everybody who may have a credential. A new service adds its own here.
const (
	Operator  Name = "operator"  // people, through laurelctl
	Laurel    Name = "laurel"    // the process that brings up a house, and replays
	Accrual   Name = "accrual"   // the services, each with a credential of its own
	Analytics Name = "analytics" //
	Member    Name = "member"    //
	Partner   Name = "partner"   //
	Program   Name = "programme" //
	Reward    Name = "reward"    //
	Tier      Name = "tier"      //
)

// Names lists everybody who may have a credential, sorted.
func Names() []Name {
	return []Name{Accrual, Analytics, Laurel, Member, Operator, Partner, Program, Reward, Tier}
}

type callerKey struct{}

// Caller is who made the call that ctx belongs to. It is empty outside of a call, and in one of a method that is open.
func Caller(ctx context.Context) Name {
	who, _ := ctx.Value(callerKey{}).(caller)
	return who.name
}

// PersonOf is the person who made the call that ctx belongs to; the zero Person where it was a service, or whoever keeps the
// house without saying who they are.
func PersonOf(ctx context.Context) Person {
	who, _ := ctx.Value(callerKey{}).(caller)
	return who.person
}

func withCaller(ctx context.Context, who caller) context.Context {
	return context.WithValue(ctx, callerKey{}, who)
}

// caller is whom a credential names.
type caller struct {
	name   Name
	person Person
}

// String is a caller as settings have it.
func (c caller) String() string {
	if c.person == (Person{}) {
		return string(c.name)
	}
	return string(c.person.Caller())
}

// Person is one of the operator's people. May call what the operator may; what a role may do beyond that is said by the
// programme. Two credentials of one ID are one person.
type Person struct{ ID, Role string }

// Caller is what the person's credential is kept under in Secrets: operator/<id>/<role>.
func (p Person) Caller() Name { return Operator + "/" + Name(p.ID) + "/" + Name(p.Role) }

// words are what a person's id and role are made of.
var words = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

// ParsePerson reads <id>/<role>.
func ParsePerson(text string) (Person, error) {
	id, role, _ := strings.Cut(text, "/")
	if !words.MatchString(id) || !words.MatchString(role) {
		return Person{}, fmt.Errorf("%q names no person; write <person>/<role> in small letters, digits, - and _, for example anna/clerk", text)
	}
	return Person{id, role}, nil
}

// Secrets holds what each caller shows. Whoever holds it can be everybody: it stays in the process that made it.
type Secrets map[Name]string

// NewSecrets makes a secret for each caller, at random.
func NewSecrets() Secrets {
	secrets := Secrets{}
	for _, name := range Names() {
		secrets[name] = house.NewToken()
	}
	return secrets
}

// List writes the secrets as a service's setting takes them, sorted: name:secret.
func (s Secrets) List() []string {
	list := make([]string, 0, len(s))
	for name, secret := range s {
		list = append(list, string(name)+":"+secret)
	}
	slices.Sort(list)
	return list
}

// Limits of credentials.
const (
	// secretCharsMin keeps a secret from being guessed, or left at a word that somebody typed.
	secretCharsMin = 32
	// secretsPerCallerMax lets a new secret be taken before the old one is gone.
	secretsPerCallerMax = 2
)

// Callers are those whom a server knows, by the digests of their secrets. The zero value knows nobody.
type Callers struct{ known []known }

type known struct {
	caller
	digest [sha256.Size]byte
}

// ParseCallers reads the setting of a service: name:secret for each caller that may reach it, operator/<person>/<role>:secret
// for people, at most twice the same, so that a secret can be replaced while both hold. All faults are told at once, and no secret in them.
func ParseCallers(list []string) (Callers, error) {
	var c Callers
	var faults []error
	if len(list) == 0 {
		faults = append(faults, errors.New("nobody is named; write name:secret for each caller"))
	}
	for i, item := range list {
		if err := c.add(item); err != nil {
			faults = append(faults, fmt.Errorf("caller %d: %w", i+1, err))
		}
	}
	return c, errors.Join(faults...)
}

func (c *Callers) add(item string) error {
	text, secret, found := strings.Cut(item, ":")
	if !found {
		return errors.New("there is no colon; write name:secret")
	}
	who, err := parseCaller(text)
	if err != nil {
		return err
	}
	name := who.String()
	digest, err := digestOf(name, secret)
	if err != nil {
		return err
	}
	same := 0
	for _, k := range c.known {
		if k.digest == digest {
			return fmt.Errorf("%s shows the same secret as %s; make one for each", name, k.caller)
		}
		if k.caller == who {
			same++
		}
		if k.person.ID == who.person.ID && k.person.Role != who.person.Role {
			return fmt.Errorf("%s has the role %s already; a person has one", name, k.person.Role)
		}
	}
	if same == secretsPerCallerMax {
		return fmt.Errorf("%s has more than %d secrets; delete the oldest", name, secretsPerCallerMax)
	}
	c.known = append(c.known, known{who, digest})
	return nil
}

// digestPrefix stands before the digest of a secret, in hexadecimal, where a setting does not hold the secret itself.
const digestPrefix = "sha256="

// DigestCaller is how the setting of a service names who may call it without holding their secret: who reads it cannot call.
func DigestCaller(who Name, secret string) string {
	digest := sha256.Sum256([]byte(secret))
	return string(who) + ":" + digestPrefix + hex.EncodeToString(digest[:])
}

func digestOf(name, secret string) ([sha256.Size]byte, error) {
	text, found := strings.CutPrefix(secret, digestPrefix)
	if !found {
		if len(secret) < secretCharsMin {
			return [sha256.Size]byte{}, fmt.Errorf("the secret of %s has %d characters; write at least %d, made at random at set-up", name, len(secret), secretCharsMin)
		}
		return sha256.Sum256([]byte(secret)), nil
	}
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != sha256.Size {
		return [sha256.Size]byte{}, fmt.Errorf("behind %s of %s stand no %d bytes in hexadecimal", digestPrefix, name, sha256.Size)
	}
	return [sha256.Size]byte(raw), nil
}

// parseCaller reads whom a setting names.
func parseCaller(text string) (caller, error) {
	if rest, ok := strings.CutPrefix(text, string(Operator)+"/"); ok {
		person, err := ParsePerson(rest)
		return caller{Operator, person}, err
	}
	if !slices.Contains(Names(), Name(text)) {
		return caller{}, fmt.Errorf("nobody has this name; write one of %v, or %s/<person>/<role>", Names(), Operator)
	}
	return caller{name: Name(text)}, nil
}
