package rpc

import (
	"fmt"
	"slices"
	"strings"

	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	memberv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/member/v1"
	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	programmev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/programme/v1"
	rewardv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/reward/v1"
	tierv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/tier/v1"
)

// Rule is one row of the table of access: who may call a method.
type Rule struct {
	Method  string // /package.Service/Method
	Callers []Name // whoever is not here is refused
	Open    bool   // it answers without a credential
	// Scope is what the credential of a partner company must have; empty: none of them may call it. A method for partner
	// companies is for nobody else.
	Scope Scope
}

// Scope is what a partner company's credential lets it do.
type Scope string

// Scopes of partner companies.
const (
	ScopeAward  Scope = "award"
	ScopeRedeem Scope = "redeem"
	ScopeRead   Scope = "read"
)

// Allows tells if a caller may call the method.
func (r Rule) Allows(name Name) bool { return r.Open || slices.Contains(r.Callers, name) }

// access is the whole of who may do what over gRPC, and docs/reference/access.md is generated from it. A method without a
// row is refused to everybody, and a server that has one does not serve. Name only those who need it today.
var access = []Rule{
	// Every server. Health says if the process lives and is ready, and nothing else; reflection shows the contract.
	{Method: healthv1.Health_Check_FullMethodName, Open: true},
	{Method: healthv1.Health_List_FullMethodName, Open: true},
	{Method: healthv1.Health_Watch_FullMethodName, Open: true},
	to(reflectionv1.ServerReflection_ServerReflectionInfo_FullMethodName, Operator),

	to(accrualv1.AccrualService_GetAccount_FullMethodName, Operator, Partner, Reward),
	to(accrualv1.AccrualService_ListEntries_FullMethodName, Operator),
	to(accrualv1.AccrualService_ListExpiringPoints_FullMethodName, Operator),
	to(accrualv1.AccrualService_WatchAccount_FullMethodName, Operator),
	to(accrualv1.AccrualService_GetFinality_FullMethodName, Operator),
	to(accrualv1.AccrualService_GetControlTotals_FullMethodName, Operator, Partner),
	to(accrualv1.AccrualService_ListOwnEntries_FullMethodName, Operator, Reward),
	to(accrualv1.AccrualService_ExplainEntry_FullMethodName, Operator),
	to(accrualv1.AccrualService_GetEventStatus_FullMethodName, Operator),
	to(accrualv1.AccrualService_PreviewOrder_FullMethodName, Operator),
	to(accrualv1.AccrualService_AwardPoints_FullMethodName, Operator, Partner),
	to(accrualv1.AccrualService_HoldPoints_FullMethodName, Operator, Partner, Reward),
	to(accrualv1.AccrualService_CaptureHold_FullMethodName, Operator, Partner, Reward),
	to(accrualv1.AccrualService_VoidHold_FullMethodName, Operator, Partner, Reward),
	to(accrualv1.AccrualService_RefundCapture_FullMethodName, Operator, Partner, Reward),
	to(accrualv1.AccrualService_AdjustPoints_FullMethodName, Operator),
	to(accrualv1.AccrualService_FreezeAccount_FullMethodName, Operator),
	to(accrualv1.AccrualService_ExtendExpiry_FullMethodName, Operator),
	to(accrualv1.AccrualService_ImportPoints_FullMethodName, Operator),
	to(accrualv1.AccrualService_TransferPoints_FullMethodName, Operator),
	to(accrualv1.AccrualService_DonatePoints_FullMethodName, Operator),
	to(accrualv1.AccrualService_ListCauses_FullMethodName, Operator),
	to(accrualv1.AccrualService_GetTransfer_FullMethodName, Operator),
	to(accrualv1.AccrualService_ProposeTransfer_FullMethodName, Operator),
	to(accrualv1.AccrualService_ProposeExtension_FullMethodName, Operator),
	to(accrualv1.AccrualService_ProposeAdjustment_FullMethodName, Operator),
	to(accrualv1.AccrualService_ApproveAdjustment_FullMethodName, Operator),
	to(accrualv1.AccrualService_RejectAdjustment_FullMethodName, Operator),
	to(accrualv1.AccrualService_ListAdjustmentProposals_FullMethodName, Operator),
	to(accrualv1.AccrualService_VerifyLedger_FullMethodName, Operator),
	to(accrualv1.AccrualService_ListDeadLetters_FullMethodName, Operator),
	to(accrualv1.AccrualService_GetDeadLetter_FullMethodName, Operator),
	to(accrualv1.AccrualService_RedriveDeadLetter_FullMethodName, Operator),

	to(analyticsv1.AnalyticsService_ListReports_FullMethodName, Operator),
	to(analyticsv1.AnalyticsService_GetReport_FullMethodName, Operator),
	to(analyticsv1.AnalyticsService_ListCustomers_FullMethodName, Operator),
	to(analyticsv1.SegmentService_DefineSegment_FullMethodName, Operator),
	to(analyticsv1.SegmentService_DeleteSegment_FullMethodName, Operator),
	to(analyticsv1.SegmentService_ListSegments_FullMethodName, Operator),
	to(analyticsv1.SegmentService_GetSegment_FullMethodName, Operator),
	to(analyticsv1.SegmentService_PreviewSegment_FullMethodName, Operator),
	to(analyticsv1.SegmentService_ListSegmentMembers_FullMethodName, Operator),
	to(analyticsv1.SegmentService_CompareSegments_FullMethodName, Operator),
	to(analyticsv1.SegmentService_PublishSegment_FullMethodName, Operator),
	to(analyticsv1.SegmentService_WithdrawSegment_FullMethodName, Operator),
	to(analyticsv1.ModelService_FitModel_FullMethodName, Operator),
	to(analyticsv1.ModelService_GetFit_FullMethodName, Operator),
	to(analyticsv1.ModelService_ListFits_FullMethodName, Operator),
	to(analyticsv1.ModelService_ChooseFit_FullMethodName, Operator),
	to(analyticsv1.ModelService_ListLifetimes_FullMethodName, Operator),
	to(analyticsv1.ExportService_ListTables_FullMethodName, Operator),
	to(analyticsv1.ExportService_ListRows_FullMethodName, Operator),

	forPartners(partnerv1.PartnerService_AwardPoints_FullMethodName, ScopeAward),
	forPartners(partnerv1.PartnerService_AuthorizeRedemption_FullMethodName, ScopeRedeem),
	forPartners(partnerv1.PartnerService_CaptureRedemption_FullMethodName, ScopeRedeem),
	forPartners(partnerv1.PartnerService_VoidRedemption_FullMethodName, ScopeRedeem),
	forPartners(partnerv1.PartnerService_RefundRedemption_FullMethodName, ScopeRedeem),
	forPartners(partnerv1.PartnerService_GetBalance_FullMethodName, ScopeRead),
	forPartners(partnerv1.PartnerService_ListTransactions_FullMethodName, ScopeRead),
	to(partnerv1.PartnerKeyService_AddPartnerKey_FullMethodName, Operator),
	to(partnerv1.PartnerKeyService_RevokePartnerKey_FullMethodName, Operator),
	to(partnerv1.PartnerKeyService_ListPartnerKeys_FullMethodName, Operator),
	to(partnerv1.PartnerKeyService_ListPartners_FullMethodName, Operator),

	to(tierv1.TierService_GetMemberTier_FullMethodName, Operator),
	to(tierv1.TierService_ListTierHistory_FullMethodName, Operator),
	to(tierv1.TierService_CountTiers_FullMethodName, Operator),
	to(tierv1.TierService_ListTiers_FullMethodName, Operator),
	to(tierv1.TierService_GrantTier_FullMethodName, Operator),
	to(tierv1.TierService_EndTierGrant_FullMethodName, Operator),
	to(tierv1.TierService_DescribeLadder_FullMethodName, Operator),

	to(partnerv1.SettlementService_CloseSettlement_FullMethodName, Operator),
	to(partnerv1.SettlementService_GetSettlement_FullMethodName, Operator),
	to(partnerv1.SettlementService_ListSettlements_FullMethodName, Operator),
	to(partnerv1.SettlementService_GetStatement_FullMethodName, Operator),

	to(programmev1.ProgrammeService_ValidateProgram_FullMethodName, Operator),
	to(programmev1.ProgrammeService_PlanProgram_FullMethodName, Operator, Laurel),
	to(programmev1.ProgrammeService_ApplyProgram_FullMethodName, Operator, Laurel),
	to(programmev1.ProgrammeService_RollbackProgram_FullMethodName, Operator),
	to(programmev1.ProgrammeService_ListRevisions_FullMethodName, Operator),
	to(programmev1.ProgrammeService_GetRevision_FullMethodName, Operator, Laurel),
	to(programmev1.ProgrammeService_CompareRevisions_FullMethodName, Operator),
	to(memberv1.MemberService_EnrolMember_FullMethodName, Operator),
	to(memberv1.MemberService_GetMember_FullMethodName, Operator),
	to(memberv1.MemberService_ListMembers_FullMethodName, Operator),
	to(memberv1.MemberService_ResolveMember_FullMethodName, Operator),
	to(memberv1.MemberService_LinkAlias_FullMethodName, Operator),
	to(memberv1.MemberService_BlockAlias_FullMethodName, Operator),
	to(memberv1.MemberService_ReplaceAlias_FullMethodName, Operator),
	to(memberv1.MemberService_SetRole_FullMethodName, Operator),
	to(memberv1.MemberService_LeaveAccount_FullMethodName, Operator),

	to(rewardv1.RewardService_PutReward_FullMethodName, Operator),
	to(rewardv1.RewardService_WithdrawReward_FullMethodName, Operator),
	to(rewardv1.RewardService_AddStock_FullMethodName, Operator),
	to(rewardv1.RewardService_AddCodes_FullMethodName, Operator),
	to(rewardv1.RewardService_GetReward_FullMethodName, Operator),
	to(rewardv1.RewardService_ListRewards_FullMethodName, Operator),
	to(rewardv1.RewardService_RedeemReward_FullMethodName, Operator),
	to(rewardv1.RewardService_CancelRedemption_FullMethodName, Operator),
	to(rewardv1.RewardService_RevealCode_FullMethodName, Operator),
	to(rewardv1.RewardService_GetRedemption_FullMethodName, Operator),
	to(rewardv1.RewardService_ListRedemptions_FullMethodName, Operator),
	to(rewardv1.RewardService_VerifyRewards_FullMethodName, Operator),
}

// to is the row of a method that these may call.
func to(method string, callers ...Name) Rule { return Rule{Method: method, Callers: callers} }

// forPartners is the row of a method that partner companies with a scope may call.
func forPartners(method string, scope Scope) Rule { return Rule{Method: method, Scope: scope} }

// Access returns the table of access, sorted by method.
func Access() []Rule {
	table := slices.Clone(access)
	slices.SortFunc(table, func(a, b Rule) int { return strings.Compare(a.Method, b.Method) })
	return table
}

// rules is the table by method.
func rules() map[string]Rule {
	table := make(map[string]Rule, len(access))
	for _, r := range access {
		table[r.Method] = r
	}
	return table
}

// covered wants a row for each method.
func covered(methods []string, table map[string]Rule) error {
	for _, m := range methods {
		if _, ok := table[m]; !ok {
			return fmt.Errorf("%s has no row in the table of access: say who may call it in services/internal/rpc/access.go", m)
		}
	}
	return nil
}
