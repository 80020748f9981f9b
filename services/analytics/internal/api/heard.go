package api

// heard lists the reports that rest on what customers say.
func heard() []report {
	return []report{involvementReport(), satisfactionReport(), serviceStagesReport(), statementsReport()}
}
