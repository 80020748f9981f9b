package secrets

import (
	"slices"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/token"
)

// right is what somebody does on the bus. Subjects are patterns as NATS has them.
type right struct {
	publishes []string // beside what reading needs
	listens   []string // beside the own answers
	reads     []string // streams, by a consumer that it makes and forgets itself
	looks     []string // streams of which it fetches single messages
	takes     []string // streams whose messages it takes out as it reads them, once it knows which there are; nil: none
	makes     []string // the streams themselves
	copies    bool     // whole streams, out
}

// own are the subjects of a class that one source publishes, whatever the programme, the kind and the account.
func own(class, source string) string { return class + ".*." + token.Of(source) + ".*.*" }

// anyOf is all subjects of a class.
func anyOf(class string) string { return class + ".*.*.*.*" }

// clockSubject is where midnights pass: accrual publishes them in the house's own name.
const (
	clockSubject  = bus.ClassControl + ".house.laurel.clock.*"
	openedSubject = bus.ClassControl + ".house.laurel.opened.*"
)

// streams are those of the house itself.
func streams() []string { return []string{bus.Events, bus.Facts, bus.Dead} }

// rights says of each service of the house, and of those who keep it, what they do on the bus: it is all that they may.
func (m *making) rights() map[rpc.Name]right {
	intakes := make([]string, len(m.Merchants))
	for i, text := range m.Merchants {
		who, _ := parseMerchant(text)
		intakes[i] = who.Intake()
	}
	return map[rpc.Name]right{
		rpc.Accrual: {
			publishes: []string{
				own(bus.ClassFacts, "accrual"), own(bus.ClassControl, "accrual"), clockSubject, anyOf(bus.ClassDead),
				anyOf(bus.ClassOrders), anyOf(bus.ClassActions), // what is taken from intakes, and refused events that are tried again
			},
			takes:   intakes,
			listens: []string{own(bus.ClassFacts, "accrual")}, // for whoever watches an account
			reads:   []string{bus.Events}, looks: []string{bus.Events, bus.Facts, bus.Dead},
		},
		rpc.Analytics: {
			publishes: []string{own(bus.ClassFacts, "analytics"), own(bus.ClassControl, "analytics")}, // segments
			reads:     []string{bus.Facts}, looks: []string{bus.Events, bus.Facts},
		},
		rpc.Member: {
			publishes: []string{own(bus.ClassControl, "member")}, // enrolments
			looks:     []string{bus.Events},
		},
		rpc.Partner: {
			reads: []string{bus.Facts}, looks: []string{bus.Events, bus.Facts},
		},
		rpc.Program: {
			publishes: []string{own(bus.ClassControl, "programme")}, // revisions
			looks:     []string{bus.Events},
		},
		rpc.Reward: {
			publishes: []string{own(bus.ClassFacts, "reward")},
			looks:     []string{bus.Events, bus.Facts},
		},
		rpc.Tier: {
			publishes: []string{own(bus.ClassFacts, "tier"), own(bus.ClassControl, "tier")}, // grants
			reads:     []string{bus.Events}, looks: []string{bus.Events, bus.Facts},
		},
		rpc.Operator: {publishes: []string{anyOf(bus.ClassOrders), anyOf(bus.ClassActions)}},
		setup:        {publishes: []string{openedSubject}, looks: []string{bus.Events}, makes: append(streams(), intakes...)},
		keeper:       {looks: []string{bus.Events, bus.Facts, bus.Dead}, copies: true},
	}
}

// subjects is what a user of the bus may do, as the server takes it.
type subjects struct{ Publish, Subscribe []string }

// allowed writes a right out: with the requests that reading and looking up take, and the user's own answers.
func (r right) allowed(user string) subjects {
	s := subjects{Publish: slices.Clone(r.publishes), Subscribe: append([]string{bus.InboxPrefix(user) + ".>"}, r.listens...)}
	for _, stream := range streams() {
		s.Publish = append(s.Publish, "$JS.API.STREAM.INFO."+stream)
		if r.copies {
			s.Publish = append(s.Publish, "$JS.API.STREAM.SNAPSHOT."+stream, "$JS.SNAPSHOT.ACK."+stream+".>")
		}
	}
	for _, stream := range r.makes {
		if !slices.Contains(streams(), stream) {
			s.Publish = append(s.Publish, "$JS.API.STREAM.INFO."+stream)
		}
		s.Publish = append(s.Publish, "$JS.API.STREAM.CREATE."+stream, "$JS.API.STREAM.UPDATE."+stream)
	}
	if r.makes != nil {
		s.Publish = append(s.Publish, "$JS.API.STREAM.INFO."+bus.Restoring) // then it makes none
	}
	if r.takes != nil {
		s.Publish = append(s.Publish, "$JS.API.STREAM.NAMES")
	}
	for _, stream := range r.takes {
		s.Publish = append(s.Publish, "$JS.API.STREAM.PURGE."+stream)
	}
	for _, stream := range r.looks {
		s.Publish = append(s.Publish, "$JS.API.STREAM.MSG.GET."+stream)
	}
	for _, stream := range slices.Concat(r.reads, r.takes) {
		for _, request := range []string{"CONSUMER.CREATE", "CONSUMER.MSG.NEXT", "CONSUMER.DELETE"} {
			s.Publish = append(s.Publish, "$JS.API."+request+"."+stream+".>")
		}
	}
	return s
}

// merchant is who publishes orders of one programme.
type merchant struct{ bus.Merchant }

// parseMerchant reads <programme>/<merchant>.
func parseMerchant(text string) (merchant, bool) {
	program, name, found := strings.Cut(text, "/")
	return merchant{bus.Merchant{Program: program, Name: name}}, found && words.MatchString(program) && words.MatchString(name)
}

func (m merchant) String() string { return m.Program + "/" + m.Name }

// orders and dead are the only subjects that a merchant shares with the house.
func (m merchant) orders() string {
	return strings.Join([]string{bus.ClassOrders, token.Of(m.Program), token.Of(m.Name), "*", "*"}, ".")
}

func (m merchant) dead() string {
	return strings.Join([]string{bus.ClassDead, token.Of(m.Program), token.Of(m.Name), ">"}, ".")
}

func (m merchant) allowed() subjects {
	return subjects{Publish: []string{m.orders()}, Subscribe: []string{bus.InboxPrefix(m.String()) + ".>", m.dead()}}
}
