package faults

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	memberv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/member/v1"
	"github.com/laurel-loyalty/laurel/services/internal/fault"
)

// enrolPause lies between two enrolments.
const enrolPause = 100 * time.Millisecond

// death is a point at which a service is killed.
type death struct{ service, point string }

// deaths are the points that each service meets under the load. Facts of tiers are few after the first seconds, and those of segments are none:
// tier and analytics are not killed at their outboxes, which are those of accrual.
func deaths() []death {
	batch := []string{fault.AfterRead, fault.AfterCompute, fault.BeforeCommit, fault.InCommit, fault.AfterCommit}
	box := []string{fault.BeforeOutboxPublish, fault.AfterOutboxPublish, fault.AfterOutboxDelete}
	redemption := slices.DeleteFunc(fault.RedemptionPoints(), func(point string) bool { return slices.Contains(elsewhere(), point) })
	var all []death
	for service, points := range map[string][]string{
		"accrual": slices.Concat(batch, box), "tier": batch, "analytics": batch, "partner": slices.Concat(batch, fault.TradePoints()),
		"reward": slices.Concat([]string{fault.InCommit}, box, redemption), "member": slices.Concat([]string{fault.InCommit, fault.AfterCommit}, box),
	} {
		for _, point := range points {
			all = append(all, death{service, point})
		}
	}
	slices.SortFunc(all, func(a, b death) int { return strings.Compare(a.service+a.point, b.service+b.point) })
	return all
}

// servicesAreKilled kills one service after the other at each of its points under load, while the others work on.
func servicesAreKilled(x *trial) {
	const livesMax = time.Minute // until a point is met
	w := x.raiseApart(ground{}, 1, func(string) []string { return nil })
	v := x.volume
	v.perSecond, v.seconds, v.members = v.perSecond/3, 3600, v.members/5 // until it is told to end
	l := w.load(v)
	l.group.Go(l.enrol)
	all := deaths()
	x.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, d := range all {
		what := d.service + " was killed at " + d.point
		x.mustFire(what, 1)
		r := w.apart.replicas[d.service]
		_ = r.process.cmd.Process.Kill() // the life before
		<-r.process.done
		hit := 1 + x.random.Int64N(visits(d.point))
		w.apart.start(d.service, fmt.Sprintf("LAUREL_FAULT=%s:%d", d.point, hit))
		begun := time.Now()
		for !r.process.ended() && time.Since(begun) < livesMax {
			pause(x.t.Context(), loadTick)
		}
		if r.process.ended() && r.process.killed() && strings.Contains(r.process.err.String(), fmt.Sprintf("fault point %s, hit %d: kill -9", d.point, hit)) {
			x.fired(what)
		} else {
			x.t.Logf("not met: %s, hit %d\n%s", what, hit, r.process.lastWords())
			_ = r.process.cmd.Process.Kill()
			<-r.process.done
		}
		w.apart.start(d.service)
	}
	w.up(l, time.Now())
	l.enough()
	w.holds(l)
	w.heldByOne(16)
	x.note("%d services at %d points, %d members enrolled", 6, len(all), l.enrolled)
}

// enrol enrols members until the producers are to end. Each has an account of their own, with nothing in it.
func (l *load) enrol() error {
	for {
		select {
		case <-l.told:
			return nil
		case <-l.ctx.Done():
			return l.ctx.Err()
		default:
		}
		member := fmt.Sprintf("e%04d", l.enrolled)
		l.credit(member, 0)
		err := l.insist(func(ctx context.Context, d *doors) error {
			_, err := memberv1.NewMemberServiceClient(d.operator["member"]).EnrolMember(ctx, &memberv1.EnrolMemberRequest{
				Program: programme, Member: member, Kind: memberv1.MemberKind_MEMBER_KIND_CONSUMER, IdempotencyKey: "enrol-" + member,
			})
			return err
		})
		if err != nil {
			return fmt.Errorf("enrol %s: %w", member, err)
		}
		l.enrolled++
		pause(l.ctx, enrolPause)
	}
}
