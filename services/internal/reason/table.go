package reason

// All reasons. The reference page docs/reference/reasons.md is generated from table.
const (
	// Shape of an event or a request.
	MalformedEvent      Reason = "MALFORMED_EVENT"
	InvalidField        Reason = "INVALID_FIELD"
	TooLarge            Reason = "TOO_LARGE"
	UnknownEventType    Reason = "UNKNOWN_EVENT_TYPE"
	UnknownProgram      Reason = "UNKNOWN_PROGRAMME"
	UnknownCurrency     Reason = "UNKNOWN_CURRENCY"
	CurrencyMismatch    Reason = "CURRENCY_MISMATCH"
	MerchantMismatch    Reason = "MERCHANT_MISMATCH"
	AccountMismatch     Reason = "ACCOUNT_MISMATCH"
	EventInFuture       Reason = "EVENT_IN_FUTURE"
	EventTooLate        Reason = "EVENT_TOO_LATE"
	AmountOutOfRange    Reason = "AMOUNT_OUT_OF_RANGE"
	InvalidProgram      Reason = "INVALID_PROGRAMME"
	UnsupportedRevision Reason = "REVISION_OUT_OF_ORDER"

	// Meaning of an order's events.
	ConflictingDuplicate Reason = "CONFLICTING_DUPLICATE"
	OrderOfOtherAccount  Reason = "ORDER_OF_OTHER_ACCOUNT"
	OrderTooLong         Reason = "ORDER_TOO_LONG"
	UnknownLine          Reason = "UNKNOWN_LINE"
	ReturnExceedsOrder   Reason = "RETURN_EXCEEDS_ORDER"
	ReturnWithoutOrder   Reason = "RETURN_WITHOUT_ORDER"
	PoisonEvent          Reason = "POISON_EVENT"

	// Revisions of a programme.
	PlanOutdated         Reason = "PLAN_OUTDATED"
	IdempotencyKeyReused Reason = "IDEMPOTENCY_KEY_REUSED"
	RevisionNotFound     Reason = "REVISION_NOT_FOUND"
	TooManyRevisions     Reason = "TOO_MANY_REVISIONS"

	// Meaning of actions and enrolments.
	InvalidActionData  Reason = "INVALID_ACTION_DATA"
	AccountNotEnrolled Reason = "ACCOUNT_NOT_ENROLLED"

	// Questions.
	AccountNotFound Reason = "ACCOUNT_NOT_FOUND"
	AccountFrozen   Reason = "ACCOUNT_FROZEN"

	// Points that go to another account.
	TransfersNotAllowed   Reason = "TRANSFERS_NOT_ALLOWED"
	TransferLimit         Reason = "TRANSFER_LIMIT"
	TransferNeedsApproval Reason = "TRANSFER_NEEDS_APPROVAL"
	TransferNotFound      Reason = "TRANSFER_NOT_FOUND"
	PointsTooYoung        Reason = "POINTS_TOO_YOUNG"
	NothingToExtend       Reason = "NOTHING_TO_EXTEND"
	UnknownCause          Reason = "UNKNOWN_CAUSE"

	EntryNotFound      Reason = "ENTRY_NOT_FOUND"
	DeadLetterNotFound Reason = "DEAD_LETTER_NOT_FOUND"
	NoCheckpoint       Reason = "NO_CHECKPOINT"
	NotYetApplied      Reason = "NOT_YET_APPLIED"
	PositionUnknown    Reason = "POSITION_UNKNOWN"
	ReportNotFound     Reason = "REPORT_NOT_FOUND"
	TableNotFound      Reason = "TABLE_NOT_FOUND"
	GrantNotFound      Reason = "GRANT_NOT_FOUND"

	// Fits of models.
	FitNotFound  Reason = "FIT_NOT_FOUND"
	FitNotUsable Reason = "FIT_NOT_USABLE"
	TooManyFits  Reason = "TOO_MANY_FITS"

	// Tiers.
	UnknownTier Reason = "UNKNOWN_TIER"

	// Members and what they are known by.
	MemberNotFound     Reason = "MEMBER_NOT_FOUND"
	MemberExists       Reason = "MEMBER_EXISTS"
	MemberKindMismatch Reason = "MEMBER_KIND_MISMATCH"
	TooManyMembers     Reason = "TOO_MANY_MEMBERS"
	OwnAccount         Reason = "OWN_ACCOUNT"
	AliasNotFound      Reason = "ALIAS_NOT_FOUND"
	AliasTaken         Reason = "ALIAS_TAKEN"
	AliasBlocked       Reason = "ALIAS_BLOCKED"
	AliasReplaced      Reason = "ALIAS_REPLACED"
	TooManyAliases     Reason = "TOO_MANY_ALIASES"

	// Points that are spent.
	InsufficientPoints   Reason = "INSUFFICIENT_POINTS"
	HoldNotFound         Reason = "HOLD_NOT_FOUND"
	TooManyHolds         Reason = "TOO_MANY_HOLDS"
	TooManyLots          Reason = "TOO_MANY_LOTS"
	CaptureNotFound      Reason = "CAPTURE_NOT_FOUND"
	CaptureRefunded      Reason = "CAPTURE_REFUNDED"
	RefundTooLate        Reason = "REFUND_TOO_LATE"
	RefundExceedsCapture Reason = "REFUND_EXCEEDS_CAPTURE"
	TooManyRefunds       Reason = "TOO_MANY_REFUNDS"

	// Rewards.
	RewardNotFound           Reason = "REWARD_NOT_FOUND"
	RewardWithdrawn          Reason = "REWARD_WITHDRAWN"
	RewardNotYetValid        Reason = "REWARD_NOT_YET_VALID"
	RewardNoLongerValid      Reason = "REWARD_NO_LONGER_VALID"
	TierNotEligible          Reason = "TIER_NOT_ELIGIBLE"
	SegmentNotEligible       Reason = "SEGMENT_NOT_ELIGIBLE"
	RewardLimitReached       Reason = "REWARD_LIMIT_REACHED"
	SoldOut                  Reason = "SOLD_OUT"
	PriceChanged             Reason = "PRICE_CHANGED"
	CodeOfOtherReward        Reason = "CODE_OF_OTHER_REWARD"
	RedemptionNotFound       Reason = "REDEMPTION_NOT_FOUND"
	RedemptionLapsed         Reason = "REDEMPTION_LAPSED"
	RedemptionNotCancellable Reason = "REDEMPTION_NOT_CANCELLABLE"
	RedemptionHasNoCode      Reason = "REDEMPTION_HAS_NO_CODE"

	// Segments.
	SegmentNotFound  Reason = "SEGMENT_NOT_FOUND"
	SegmentExists    Reason = "SEGMENT_EXISTS"
	SegmentPublished Reason = "SEGMENT_PUBLISHED"
	TooManySegments  Reason = "TOO_MANY_SEGMENTS"

	// Settlements.
	SettlementNotFinal     Reason = "SETTLEMENT_NOT_FINAL"
	SettlementTotalsDiffer Reason = "SETTLEMENT_TOTALS_DIFFER"
	SettlementOutOfOrder   Reason = "SETTLEMENT_OUT_OF_ORDER"
	SettlementNotFound     Reason = "SETTLEMENT_NOT_FOUND"
	StatementNotFound      Reason = "STATEMENT_NOT_FOUND"
	// Partner companies.
	NoAgreement          Reason = "NO_AGREEMENT"
	RoleNotAgreed        Reason = "ROLE_NOT_AGREED"
	PartnerLimitExceeded Reason = "PARTNER_LIMIT_EXCEEDED"
	TransactionNotFound  Reason = "TRANSACTION_NOT_FOUND"
	RequestReplayed      Reason = "REQUEST_REPLAYED"
	RateLimited          Reason = "RATE_LIMITED"
	PartnerKeyNotFound   Reason = "PARTNER_KEY_NOT_FOUND"
	PartnerKeyTaken      Reason = "PARTNER_KEY_TAKEN"
	TooManyPartnerKeys   Reason = "TOO_MANY_PARTNER_KEYS"

	// Adjustments by people.
	PersonNeeded       Reason = "PERSON_NEEDED"
	SecondPersonNeeded Reason = "SECOND_PERSON_NEEDED"
	AdjustmentLimit    Reason = "ADJUSTMENT_LIMIT"
	ProposalNotFound   Reason = "PROPOSAL_NOT_FOUND"
	ProposalClosed     Reason = "PROPOSAL_CLOSED"

	// The house.
	Overloaded      Reason = "OVERLOADED"
	DiskLow         Reason = "DISK_LOW"
	NotReady        Reason = "NOT_READY"
	BusWentBack     Reason = "BUS_WENT_BACK"
	NotSignedIn     Reason = "NOT_SIGNED_IN"
	NotAllowed      Reason = "NOT_ALLOWED"
	InvalidArgument Reason = "INVALID_ARGUMENT"
)

var table = []Info{
	{MalformedEvent, Invalid, false, "The event cannot be read: broken JSON or protobuf, invalid UTF-8, or a missing CloudEvents attribute."},
	{InvalidField, Invalid, false, "A field of the event breaks its rule: missing, too long, out of range."},
	{TooLarge, Invalid, false, "The event is larger than 256 KiB or has more than 1,000 lines."},
	{UnknownEventType, Invalid, true, "The type of the event is not known, or is not that of its subject. A type that the programme declares later takes a redrive."},
	{UnknownProgram, NotFound, true, "No revision of the programme is known, or none stands before the event in the log. Apply the programme, then redrive."},
	{UnknownCurrency, Invalid, false, "The currency is not an ISO 4217 code."},
	{CurrencyMismatch, Invalid, false, "The order's currency is not the programme's, or not that of the order's earlier events."},
	{MerchantMismatch, PermissionDenied, false, "The body names another merchant than the subject."},
	{AccountMismatch, PermissionDenied, false, "The body names another account than the subject."},
	{EventInFuture, Invalid, true, "occurred_at lies more than five minutes ahead of the stream's clock."},
	{EventTooLate, State, false, "The event is older than the programme still accepts."},
	{AmountOutOfRange, Invalid, false, "An amount, or the points that follow from it, do not fit."},
	{InvalidProgram, Invalid, false, "The programme file has faults; each is named with file, line and column."},
	{UnsupportedRevision, Conflict, false, "The revision does not follow the last one known."},
	{ConflictingDuplicate, Conflict, false, "The same payment, return, revision or action is known with other content, or the action stands on another account."},
	{OrderOfOtherAccount, Conflict, false, "The order belongs to another account."},
	{OrderTooLong, Exhausted, false, "The order has more than 1,000 events."},
	{UnknownLine, Invalid, false, "The return names a line that the order does not have, or a sku that more than one line has."},
	{ReturnExceedsOrder, State, false, "More comes back than is left of the order."},
	{ReturnWithoutOrder, State, true, "The return or cancellation waited for its order until its deadline, and the order did not come."},
	{PoisonEvent, Invalid, false, "The process died three times while this event alone was being rated."},
	{PlanOutdated, State, false, "Another revision was applied since the plan was made. Plan again, look at it, and apply that."},
	{IdempotencyKeyReused, State, false, "The idempotency key came before with other content."},
	{RevisionNotFound, NotFound, false, "The programme has no such revision."},
	{TooManyRevisions, Exhausted, false, "The programme has 10,000 revisions, the most that one may have."},
	{InvalidActionData, Invalid, false, "The data of the action do not fit the schema that the programme gives its type; the field is the place in the data."},
	{AccountNotEnrolled, State, true, "The programme enrols by name, and nobody is enrolled in this account. Enrol the member, then redrive."},
	{AccountNotFound, NotFound, true, "No such account, or not at that time."},
	{AccountFrozen, State, true, "Somebody of the operator has frozen the account: it may not earn, or not spend, until that is ended."},
	{TransfersNotAllowed, State, true, "The programme has no section transfers: nobody sends points to another account."},
	{TransferLimit, State, true, "The points are fewer or more than the programme lets an account send at once or on a day; nothing was changed."},
	{TransferNeedsApproval, State, false, "So many points are sent only with a second person's approval: propose the transfer."},
	{TransferNotFound, NotFound, false, "No such transfer."},
	{PointsTooYoung, State, true, "The points have not been on the account for as many days as the programme wants before they are sent."},
	{UnknownCause, Invalid, true, "The programme has no such cause; its section causes names those that points can be given to."},
	{NothingToExtend, State, true, "No points of the account are gone before the day that is named."},
	{EntryNotFound, NotFound, false, "No such entry."},
	{NoCheckpoint, State, true, "The programme's ledger has no checkpoint, or one of another version of Laurel. Verify all of it, and set one: laurelctl ledger verify --set-checkpoint."},
	{DeadLetterNotFound, NotFound, false, "No such dead letter."},
	{ReportNotFound, NotFound, false, "No such report; ListReports names those that there are."},
	{FitNotFound, NotFound, false, "The programme has no such fit, or none is in use yet."},
	{FitNotUsable, State, false, "The fit has not ended, or did not converge: its figures are not to be used."},
	{TooManyFits, Exhausted, true, "16 fits of the programme wait already."},
	{TableNotFound, NotFound, false, "No such table to export; ListTables names those that there are."},
	{GrantNotFound, NotFound, false, "No such grant of the account, or it is over."},
	{UnknownTier, Invalid, false, "The programme's ladder has no such tier, or the programme has no ladder."},
	{MemberNotFound, NotFound, true, "Nobody was enrolled under this id, or not with this account."},
	{MemberExists, Conflict, false, "Somebody was enrolled under this id already."},
	{MemberKindMismatch, Conflict, false, "The account was opened for another kind of member."},
	{TooManyMembers, State, false, "The account has 1,000 members."},
	{OwnAccount, State, false, "Whom an account is named after is its owner for good, and does not leave it."},
	{AliasNotFound, NotFound, true, "Nobody is known by this alias. Link it, then try again."},
	{AliasTaken, Conflict, false, "The alias belongs to another member."},
	{AliasBlocked, State, false, "The alias was blocked: lost, stolen, damaged, closed or misused. What was done with it before still counts."},
	{AliasReplaced, State, false, "Another alias took the place of this one already."},
	{TooManyAliases, State, false, "The member has had 64 aliases, blocked ones included."},
	{InsufficientPoints, State, true, "The account has fewer active points than asked, or the hold fewer than are to be captured. The metadata tell how many there are, and when more become active."},
	{HoldNotFound, NotFound, false, "The account has no such open hold of the caller: it was captured, voided, has lapsed, or never was."},
	{TooManyHolds, State, true, "The account has 64 open holds."},
	{TooManyLots, State, true, "The account has points of 256 kinds of issuer, activation day and expiry day."},
	{CaptureNotFound, NotFound, false, "The account has no such capture of the caller."},
	{CaptureRefunded, State, false, "The capture is refunded already."},
	{RefundExceedsCapture, State, false, "More is to be given back than is left of the capture. The metadata tell how much that is."},
	{RefundTooLate, State, false, "The capture is more than 400 days old."},
	{TooManyRefunds, State, true, "256 captures of the account within 400 days are refunded."},
	{RewardNotFound, NotFound, false, "The catalogue has no such reward, or the reward no such version."},
	{RewardWithdrawn, State, true, "The reward is taken out of the catalogue."},
	{RewardNotYetValid, State, true, "The reward can be redeemed from a later time, which the metadata tell."},
	{RewardNoLongerValid, State, false, "The time of the reward is over."},
	{TierNotEligible, State, true, "The reward is for other tiers than that of the account; the metadata name both."},
	{SegmentNotEligible, State, true, "The reward is for published segments in none of which the account is; the metadata name them."},
	{RewardLimitReached, State, true, "The account had the reward as often as its terms allow, in all or within the period; the metadata tell the figures, and when it may again."},
	{SoldOut, State, true, "Nothing is left of the reward. Add stock or codes, then try again."},
	{PriceChanged, State, true, "The reward costs the account something else than the call says; the metadata tell what."},
	{CodeOfOtherReward, Conflict, false, "The code is in the pool of another reward of the programme."},
	{RedemptionNotFound, NotFound, false, "No such redemption."},
	{RedemptionLapsed, State, true, "The redemption was not completed in time. Its points are the account's again; the same key begins anew."},
	{RedemptionNotCancellable, State, false, "The redemption cannot be cancelled, or no longer: by its terms, its state, or because its code was shown."},
	{RedemptionHasNoCode, State, true, "There is no code to show: the redemption is no voucher, is not fulfilled, or is cancelled."},
	{SegmentNotFound, NotFound, false, "No such segment; ListSegments names those that there are. A fixed one is there when its list is whole."},
	{SegmentPublished, State, false, "Others go by the segment; withdraw it first, and wait until that is told."},
	{SegmentExists, Conflict, false, "There is another segment of this name, or somebody is making it just now."},
	{TooManySegments, Exhausted, false, "The programme has 1,000 segments, or 32 published ones, the most that one may have."},
	{SettlementNotFinal, State, true, "Something of the period can still come: it is not over in the ledger, or facts of it are not published. The metadata tell up to when the ledger is final, and what keeps it."},
	{SettlementTotalsDiffer, State, true, "Partner's books of the period do not come to the ledger's control totals. The metadata name the first difference. Once FACTS is whole: laurel rebuild --service partner."},
	{SettlementOutOfOrder, State, false, "Another month has to be closed first, or a later one was closed already. The metadata name it."},
	{SettlementNotFound, NotFound, true, "The month is not settled."},
	{StatementNotFound, NotFound, false, "The partner does not appear in the settlement."},
	{NoAgreement, State, true, "The programme has no agreement with the partner that holds today."},
	{RoleNotAgreed, PermissionDenied, false, "The agreement does not let the partner give points, or not take them; the metadata name the role."},
	{PartnerLimitExceeded, State, true, "More points than the agreement allows in one call or on one day. The metadata tell how many are left."},
	{TransactionNotFound, NotFound, false, "The partner has no such transaction of the kind that is asked for. What belongs to another partner answers like this too."},
	{RequestReplayed, Unauthenticated, false, "The signed call came before, or was not made within five minutes of now. Sign it anew, with another nonce."},
	{RateLimited, Exhausted, true, "Too many calls, or too many that showed no valid credential; try again after the delay in RetryInfo."},
	{PartnerKeyNotFound, NotFound, false, "No such credential of a partner."},
	{PartnerKeyTaken, Conflict, false, "The public key or the name of the certificate is, or was, a credential already. Make a new one."},
	{TooManyPartnerKeys, State, true, "The partner has two credentials of the kind that count. Revoke the older one first."},
	{PersonNeeded, PermissionDenied, false, "The programme limits adjustments by person, and the credential names none: use one of operator/<person>/<role>."},
	{SecondPersonNeeded, PermissionDenied, false, "Who has proposed an adjustment does not approve it: another person must, with another credential."},
	{AdjustmentLimit, State, false, "The adjustment is beyond what the role may do by itself, at once or on one day, or may approve. The metadata tell the limits. Propose it, and let another person approve it."},
	{ProposalNotFound, NotFound, false, "The programme has no such proposal."},
	{ProposalClosed, State, false, "Somebody has decided on the proposal already, or it has lapsed."},
	{NotYetApplied, State, true, "The position that the read was to wait for was not applied within the time of the call."},
	{PositionUnknown, State, true, "The stream ends before the position that the read was to wait for: it is none of this house, or the bus went back."},
	{Overloaded, Exhausted, true, "Too much work is waiting; try again after the delay in RetryInfo."},
	{DiskLow, Exhausted, true, "The house has less than 10 % of its disk free (--min-free-disk): it takes no new work until an operator makes room."},
	{NotReady, Unavailable, true, "A dependency is not ready."},
	{BusWentBack, Unavailable, true, "The bus no longer holds what was read from it: an operator must look."},
	{NotSignedIn, Unauthenticated, false, "No valid credential came with the call."},
	{NotAllowed, PermissionDenied, false, "The credential does not allow this call."},
	{InvalidArgument, Invalid, false, "A field of the request breaks its rule."},
}
