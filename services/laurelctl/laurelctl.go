// Package laurelctl is the command line for whoever runs a house: publish orders, look at accounts and say why they are
// as they are, verify the ledger, send refused events again, change the programme. It reaches the house by gRPC and NATS
// alone, like everybody else.
package laurelctl

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
)

// Exit codes (design 12).
const (
	exitDone    = 0
	exitRefused = 1
	exitUsage   = 2
	exitBroken  = 3
)

// Streams are where a command reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// cli is the whole command line.
type cli struct {
	Output  string        `short:"o" enum:"table,json,csv" default:"table" placeholder:"FORMAT" help:"How answers are shown: ${enum}. JSON is the gRPC answer itself."`
	Program string        `name:"programme" env:"LAUREL_PROGRAMME" placeholder:"ID" help:"Which programme. Default: the house's."`
	Server  string        `env:"LAUREL_SERVER" placeholder:"HOST:PORT" help:"Where the service that is asked listens. Default: what the house says."`
	Token   string        `env:"LAUREL_TOKEN" placeholder:"SECRET" help:"What to show there; rather set LAUREL_TOKEN, others can see what you type. Default: what the house says."`
	House   string        `env:"LAUREL_HOUSE" default:".laurel/house.json" placeholder:"FILE" help:"What 'laurel serve' has written down. Default: ${default}."`
	Timeout time.Duration `env:"LAUREL_TIMEOUT" default:"10s" placeholder:"TIME" help:"How long to wait for an answer. Default: ${default}."`
	OTLP    string        `name:"otlp-endpoint" env:"LAUREL_OTLP_ENDPOINT,OTEL_EXPORTER_OTLP_ENDPOINT" placeholder:"URL" help:"Where traces go, OTLP over gRPC, for example http://127.0.0.1:4317. Default: nowhere."`

	Orders struct {
		Publish publishCmd `cmd:"" help:"Publish orders from CSV files."`
		Status  statusCmd  `cmd:"" help:"Say what became of the events of an order."`
		Preview previewCmd `cmd:"" help:"Say what orders would earn if they were paid. Nothing is published."`
	} `cmd:"" help:"Orders."`
	Actions struct {
		Publish actionCmd       `cmd:"" help:"Publish an own event of the programme: a review, a visit, a survey."`
		Load    actionsLoadCmd  `cmd:"" help:"Publish many own events from a file: answers of a survey, reviews, cases."`
		Status  actionStatusCmd `cmd:"" help:"Say what became of an own event."`
	} `cmd:"" help:"Own events of the programme."`
	Account struct {
		Show      showCmd      `cmd:"" help:"Show an account, now or as it stood."`
		Entries   entriesCmd   `cmd:"" help:"List an account's entries."`
		Explain   explainCmd   `cmd:"" help:"Say in plain words what an entry did and why."`
		Expiring  expiringCmd  `cmd:"" help:"List what lapses in the next days if nothing more comes."`
		Freeze    freezeCmd    `cmd:"" help:"Say that an account may not earn, or not spend."`
		Unfreeze  unfreezeCmd  `cmd:"" help:"Let an account earn and spend again."`
		Extend    extendCmd    `cmd:"" help:"Give points a later last day."`
		Send      sendCmd      `cmd:"" help:"Send points of an account to another one."`
		Donate    donateCmd    `cmd:"" help:"Give points of an account to a cause of the programme."`
		Transfer  transferCmd  `cmd:"" help:"Tell what became of points that were sent."`
		Adjust    adjustCmd    `cmd:"" help:"Correct what an account has, within your own limits."`
		Propose   proposeCmd   `cmd:"" help:"Propose a correction that another person must approve."`
		Approve   approveCmd   `cmd:"" help:"Let a correction happen that another person has proposed."`
		Reject    rejectCmd    `cmd:"" help:"End a proposal, another's or your own."`
		Proposals proposalsCmd `cmd:"" help:"List proposed corrections and what became of them."`
	} `cmd:"" help:"Accounts and their entries."`
	Ledger struct {
		Verify verifyCmd `cmd:"" help:"Check every invariant over the whole ledger, and its tiers against the tier service. Exit code 3: one does not hold."`
		Causes causesCmd `cmd:"" help:"Tell what causes have got from members, and what the operator adds."`
		Import importCmd `cmd:"" help:"Bring points over from another system, lot by lot; run again, nothing is new. Exit code 1: rows are refused."`
	} `cmd:"" help:"The ledger as a whole."`
	Member struct {
		Enrol   enrolCmd         `cmd:"" help:"Enrol a member, with an account of their own or into that of another."`
		Show    memberShowCmd    `cmd:"" help:"Show a member and by what they are known."`
		List    memberListCmd    `cmd:"" help:"List the members of an account."`
		Resolve memberResolveCmd `cmd:"" help:"Say to which account a card, a customer number and the like leads."`
		Link    linkCmd          `cmd:"" help:"Make a member known by a card, a customer number and the like."`
		Block   blockCmd         `cmd:"" help:"End the use of an alias, for good."`
		Replace replaceCmd       `cmd:"" help:"Put another alias in the place of one that is lost."`
		Role    roleCmd          `cmd:"" help:"Change what a member may do with another's account."`
		Leave   leaveCmd         `cmd:"" help:"Take a member out of another's account."`
	} `cmd:"" help:"Members, and by what they are known."`
	Reward struct {
		List     rewardListCmd       `cmd:"" help:"List the catalogue; for an account with what each costs it, and why not."`
		Item     rewardItemCmd       `cmd:"" help:"Show a reward."`
		Put      rewardPutCmd        `cmd:"" help:"Put a reward into the catalogue, or give one other terms."`
		Withdraw rewardWithdrawCmd   `cmd:"" help:"Take a reward out of the catalogue."`
		Stock    rewardStockCmd      `cmd:"" help:"Add to what is left of a reward."`
		Codes    rewardCodesCmd      `cmd:"" help:"Put codes into the pool of a voucher."`
		Redeem   redeemCmd           `cmd:"" help:"Spend an account's points on a reward."`
		Cancel   redemptionCancelCmd `cmd:"" help:"Cancel a redemption: points and reward go back."`
		Show     redemptionShowCmd   `cmd:"" help:"Show a redemption."`
		Code     redemptionCodeCmd   `cmd:"" help:"Show the code of a voucher that was redeemed."`
		Verify   rewardVerifyCmd     `cmd:"" help:"Hold every redemption against the ledger, and every stock against the redemptions. Exit code 3: they do not agree."`
		History  redemptionListCmd   `cmd:"" help:"List the redemptions of an account, newest first."`
	} `cmd:"" help:"Rewards, and what points are spent on."`
	Settlement struct {
		Close     settlementCloseCmd `cmd:"" help:"Settle a month for good."`
		Show      settlementShowCmd  `cmd:"" help:"Show who owes whom, and where each partner stands."`
		List      settlementListCmd  `cmd:"" help:"List the settlements, newest first."`
		Statement statementCmd       `cmd:"" help:"Write a partner's statement."`
	} `cmd:"" help:"What partners owe each other, month by month."`
	Tier struct {
		Show    tierShowCmd    `cmd:"" help:"Say at which tier an account stands, and what is missing to rise and to stay."`
		History tierHistoryCmd `cmd:"" help:"List the moves of an account, and what caused them."`
		Ladder  ladderCmd      `cmd:"" help:"Show what each tier needs, and how many stand on it."`
		Grant   grantCmd       `cmd:"" help:"Hold an account at a tier at least, for a time."`
		End     endGrantCmd    `cmd:"" help:"End a grant before its time."`
	} `cmd:"" help:"Tiers of the programme's ladder."`
	Partner struct {
		List partnerListCmd `cmd:"" help:"List the agreements with partner companies."`
		Keys struct {
			List   keyListCmd   `cmd:"" help:"List by what partner companies are known."`
			Add    keyAddCmd    `cmd:"" help:"Make a partner known by a certificate or a key."`
			Revoke keyRevokeCmd `cmd:"" help:"End a credential, for good."`
		} `cmd:"" help:"By what partner companies are known."`
	} `cmd:"" help:"Partner companies."`
	Analytics struct {
		List      reportsCmd   `cmd:"" help:"List the reports and what each answers."`
		Report    reportCmd    `cmd:"" help:"Show a report about the customers."`
		Customers customersCmd `cmd:"" help:"List customers with class, scores and segment."`
		Lifetimes lifetimesCmd `cmd:"" help:"List what each customer is expected to buy from now on, by a fit."`
		Fit       fitCmd       `cmd:"" help:"Fit models of buying to the orders, and wait for it."`
		Fits      fitsCmd      `cmd:"" help:"List the fits that were made, the latest first."`
		FitShow   fitShowCmd   `cmd:"" help:"Show a fit: parameters, errors, holdout."`
		FitUse    fitUseCmd    `cmd:"" help:"Put a fit into use, whatever its holdout says."`
		Effect    effectCmd    `cmd:"" help:"Say what a campaign has done to the margin, against those held out of it."`
		Truth     truthCmd     `cmd:"" help:"Hold the reports against what was planted in a made-up town (laurel town)."`
		Export    exportCmd    `cmd:"" help:"Copy the tables that analytics keeps into files, CSV or Parquet: all, and then what is new."`
	} `cmd:"" help:"What the customers do."`
	Segment struct {
		Define   segmentDefineCmd   `cmd:"" help:"Keep a group of customers under a name."`
		Preview  segmentPreviewCmd  `cmd:"" help:"Say how many customers fit a condition. Nothing is kept."`
		List     segmentListCmd     `cmd:"" help:"List the segments."`
		Show     segmentShowCmd     `cmd:"" help:"Say how large a segment is, and was."`
		Members  segmentMembersCmd  `cmd:"" help:"List who is in a segment."`
		Compare  segmentCompareCmd  `cmd:"" help:"Say how many customers segments share."`
		Publish  segmentPublishCmd  `cmd:"" help:"Have all services told who enters a segment and who leaves it, day by day."`
		Withdraw segmentWithdrawCmd `cmd:"" help:"Have all services told that everybody has left, and then nothing more."`
		Delete   segmentDeleteCmd   `cmd:"" help:"Forget a segment."`
	} `cmd:"" help:"Groups of customers."`
	Dead struct {
		List    deadListCmd    `cmd:"" help:"List refused events."`
		Show    deadShowCmd    `cmd:"" help:"Show a refused event whole."`
		Redrive deadRedriveCmd `cmd:"" help:"Publish a refused event again, as a new event that names the old."`
	} `cmd:"" help:"Refused events."`
	Programme struct {
		Plan     planCmd     `cmd:"" help:"Say what programme files would change. Nothing is changed."`
		Apply    applyCmd    `cmd:"" help:"Make programme files the next revision."`
		History  historyCmd  `cmd:"" help:"List the revisions, newest first."`
		Rollback rollbackCmd `cmd:"" help:"Make the files of an old revision the next revision."`
		Diff     diffCmd     `cmd:"" help:"Say what changed from one revision to another."`
	} `cmd:"" help:"The revisions of a programme."`
	Reconcile reconcileCmd `cmd:"" help:"Hold a shop's own list of orders against the house: what is missing, what differs, what is not listed. Exit code 1: something."`
	Backup    backupCmd    `cmd:"" help:"Copy a whole house, which may go on working, into a directory: all databases as of one moment, and the streams."`
	Archive   archiveCmd   `cmd:"" help:"Copy what all services have applied of EVENTS and FACTS into files, and take it out of the streams if asked to."`
	Mend      mendCmd      `cmd:"" help:"Put back what the streams have lost, where the bus went back. No service may be up."`
	Restore   restoreCmd   `cmd:"" help:"Make an empty house of a backup. No service may be up."`
}

// world is what commands need of the process.
type world struct {
	Streams
	ctx  context.Context //nolint:containedctx // of the one command that runs
	root *cli

	tracing telemetry.Tracing
}

// tell writes a line beside the answer. If nobody can read it, there is nobody to tell.
func (w *world) tell(format string, args ...any) { _, _ = fmt.Fprintf(w.Err, format+"\n", args...) }

// Main runs one command and returns its exit code: 0 done, 1 refused or failed, 2 wrong usage, 3 an invariant of the
// ledger does not hold.
func Main(ctx context.Context, args []string, streams Streams) int {
	var c cli
	code := -1
	parser, err := kong.New(&c, kong.Name("laurelctl"), kong.Writers(streams.Out, streams.Err),
		kong.Description("Asks and tells a house of Laurel things. Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 an invariant does not hold."),
		kong.Exit(func(asked int) { code = asked }), kong.Vars{"alias": aliasHelp})
	w := &world{Streams: streams, ctx: ctx, root: &c}
	if err != nil {
		w.tell("laurelctl: %s", err)
		return exitUsage
	}
	parsed, err := parser.Parse(args)
	switch {
	case code >= 0: // help was asked for, and given
		return code
	case err != nil:
		return w.exitCode(&usageError{err.Error(), "look at laurelctl --help"})
	}
	return w.exitCode(w.traced(parsed.Command(), func() error { return parsed.Run(w) }))
}

// traced runs a command in a span of its own, where traces are sent: what it publishes and asks for is part of it.
func (w *world) traced(command string, run func() error) error {
	var err error
	w.tracing, err = telemetry.NewTracing(w.ctx, "laurelctl", w.root.OTLP, slog.New(slog.DiscardHandler))
	if err != nil {
		return &usageError{err.Error(), "give --otlp-endpoint a URL, for example http://127.0.0.1:4317"}
	}
	name, _, _ := strings.Cut(command, " <") // what was typed for an argument is nobody's business
	ctx, span := w.tracing.Start(w.ctx, "laurelctl "+name)
	outer := w.ctx
	w.ctx = ctx
	err = run()
	w.ctx = outer
	span.End()
	if lost := w.tracing.Close(context.WithoutCancel(outer)); lost != nil {
		w.tell("laurelctl: %s", lost)
	}
	return err
}
