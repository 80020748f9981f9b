package api

// heard lists the reports that rest on what customers say.
func heard() []report {
	return []report{
		channelReport(), contractRetentionReport(), involvementReport(), loyaltyIndicatorsReport(), loyaltyTypesReport(), reviewsReport(), satisfactionReport(),
		scorecardReport(), serviceStagesReport(), statementsReport(),
	}
}
