package rpc

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
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
	name, _ := ctx.Value(callerKey{}).(Name)
	return name
}

func withCaller(ctx context.Context, name Name) context.Context {
	return context.WithValue(ctx, callerKey{}, name)
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
	name   Name
	digest [sha256.Size]byte
}

// ParseCallers reads the setting of a service: name:secret for each caller that may reach it, at most twice the same name,
// so that a secret can be replaced while both hold. All faults are told at once, and no secret in them.
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
	name, digest := Name(text), sha256.Sum256([]byte(secret))
	switch {
	case !found:
		return errors.New("there is no colon; write name:secret")
	case !slices.Contains(Names(), name):
		return fmt.Errorf("nobody has this name; write one of %v", Names())
	case len(secret) < secretCharsMin:
		return fmt.Errorf("the secret of %s has %d characters; write at least %d, made at random at set-up", name, len(secret), secretCharsMin)
	}
	same := 0
	for _, k := range c.known {
		if k.digest == digest {
			return fmt.Errorf("%s shows the same secret as %s; make one for each", name, k.name)
		}
		if k.name == name {
			same++
		}
	}
	if same == secretsPerCallerMax {
		return fmt.Errorf("%s has more than %d secrets; delete the oldest", name, secretsPerCallerMax)
	}
	c.known = append(c.known, known{name, digest})
	return nil
}
