package laurelctl

import (
	"errors"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// usageError says that the command line, or what it relies on, is not enough.
type usageError struct{ what, todo string }

func (e *usageError) Error() string { return e.what }

// errBroken says that an invariant does not hold; the answer has been shown.
var errBroken = errors.New("the ledger does not hold")

// errTiersDiffer says that the ledger holds, and the tier service has other tiers; the answer has been shown.
var errTiersDiffer = errors.New("the tier service does not have the tiers of the ledger")

// errRows says that rows were rejected; they have been shown.
var errRows = errors.New("rows were rejected")

// failure is what a command says on its way out: a code, what happened, what to do.
type failure struct{ code, message, todo string }

// reached turns an error of a call into what can be said of it.
func (w *world) reached(address string, err error) error {
	err = rpc.FromStatus(err)
	if _, ok := reason.Of(err); ok || err == nil || w.ctx.Err() != nil {
		return err
	}
	s, ok := status.FromError(err)
	if !ok {
		return err
	}
	f := failure{code: strings.ToUpper(s.Code().String()), message: s.Message()}
	switch s.Code() {
	case codes.Unavailable:
		f.message = "nothing answers at " + address
		f.todo = "start the house with `make serve`, or name another one with --server"
	case codes.DeadlineExceeded:
		f.code, f.message = "DEADLINE_EXCEEDED", "no answer from "+address+" in time"
		f.todo = "give more time with --timeout"
	case codes.Internal:
		f.todo = "look for the id in the log of the house"
	default:
		f.todo = "is this laurelctl as new as the house?"
	}
	return &f
}

func (f *failure) Error() string { return f.code + ": " + f.message }

// advice says what to do about a reason, where its doc line is not made for people at a terminal.
var advice = map[reason.Reason]string{
	reason.AccountNotFound:    "check the account, --programme and the times; an account begins with its first event",
	reason.MemberNotFound:     "enrol them first: laurelctl member enrol MEMBER",
	reason.MemberExists:       "look at them: laurelctl member show MEMBER",
	reason.AliasTaken:         "look who has it: laurelctl member resolve KIND:VALUE",
	reason.AliasBlocked:       "put another one in its place: laurelctl member replace OLD NEW",
	reason.AliasNotFound:      "link it first: laurelctl member link MEMBER KIND:VALUE",
	reason.RewardNotFound:     "the catalogue is listed by: laurelctl reward list",
	reason.RedemptionNotFound: "they are listed by: laurelctl reward history ACCOUNT",
	reason.SoldOut:            "put more in: laurelctl reward stock, or codes; then try again",
	reason.EntryNotFound:      "keys are listed by: laurelctl account entries ACCOUNT",
	reason.DeadLetterNotFound: "ids are listed by: laurelctl dead list",
	reason.FitNotFound:        "make one: laurelctl analytics fit --holdout DAYS; they are listed by: laurelctl analytics fits",
	reason.FitNotUsable:       "look why: laurelctl analytics fit-show ID; more customers, more time or --prior may help",
	reason.ReportNotFound:     "they are listed by: laurelctl analytics list",
	reason.SegmentNotFound:    "they are listed by: laurelctl segment list",
	reason.SegmentExists:      "look at it: laurelctl segment show NAME; then delete it, or take another name",
	reason.SegmentPublished:   "withdraw it: laurelctl segment withdraw NAME",
	reason.UnknownProgram:     "check --programme",
	reason.PlanOutdated:       "look at what was applied with laurelctl programme history and diff, then plan and apply again",
	reason.RevisionNotFound:   "revisions are listed by: laurelctl programme history",
	reason.InvalidProgram:     "correct the files and plan again",
	reason.NotSignedIn:        "show the operator's token of this house: LAUREL_TOKEN, or --house with the file that it has written down",
	reason.NotAllowed:         "show the operator's token: only that may do all; see docs/reference/access.md",
	reason.AdjustmentLimit:    "laurelctl account propose, and another person: laurelctl account approve",
	reason.PersonNeeded:       "show a person's own token: laurel serve --person NAME/ROLE writes a house file for each",
	reason.NotReady:           "wait a little and try again; it is safe to repeat",
	reason.Overloaded:         "wait a little and try again; it is safe to repeat",
	reason.DiskLow:            "make room on the disk of the house, or give it more; then run it again: what was published already is known",
	reason.InvalidArgument:    "correct it and try again",
}

// exitCode says what went wrong, and returns the code that goes with it.
func (w *world) exitCode(err error) int {
	var usage *usageError
	var failed *failure
	if bad, ok := badBackup(err); ok {
		err = bad
	}
	refusal, refused := reason.Of(err)
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errBroken):
		w.complain(failure{message: err.Error(), todo: "stop the house, keep its data, and look at what is named above"})
		return exitBroken
	case errors.Is(err, errTiersDiffer):
		w.complain(failure{message: err.Error(), todo: "the ledger is the truth: stop the house and fold its tiers anew with `laurel rebuild --service tier`"})
		return exitBroken
	case errors.Is(err, errRows):
		w.complain(failure{message: err.Error(), todo: "correct them and run it again; they are kept in the file named above"})
	case errors.As(err, &usage):
		w.complain(failure{message: usage.what, todo: usage.todo})
		return exitUsage
	case refused:
		w.complain(ofRefusal(refusal))
	case errors.As(err, &failed):
		w.complain(*failed)
	case w.ctx.Err() != nil:
		w.complain(failure{message: "stopped", todo: "run it again: what was done already is known and not done twice"})
	default:
		w.complain(failure{message: err.Error()})
	}
	return exitRefused
}

func ofRefusal(e *reason.Error) failure {
	f := failure{code: string(e.Reason), message: e.Message, todo: advice[e.Reason]}
	if e.Field != "" && !strings.Contains(e.Message, e.Field) {
		f.code += " (" + e.Field + ")"
	}
	if info, ok := reason.Lookup(e.Reason); ok && f.todo == "" {
		f.todo = info.Doc
	}
	return f
}

func (w *world) complain(f failure) {
	text := "laurelctl: "
	if f.code != "" {
		text += f.code + ": "
	}
	w.tell("%s%s", text, safe(f.message))
	if f.todo != "" {
		w.tell("  what to do: %s", f.todo)
	}
}
