package api

func lifetimeFigures() []figure {
	const (
		simple  = "Gupta & Lehmann 2003, Journal of Interactive Marketing 17(1)"
		buying  = "Fader, Hardie & Lee 2005, Marketing Science 24(2), equations 6 to 10; mbg_nbd: Batislam, Denizel & Filiztekin 2007; pareto_nbd: Schmittlein, Morrison & Colombo 1987"
		amounts = "Fader & Hardie 2013, The Gamma-Gamma model of monetary value"
	)
	return []figure{
		{"historic", "what customers have spent up to the day", own, "historic.customers", measured, "what they will spend, nor what was earned by it: it is turnover"},
		{"simple", "m × r / (1 + d − r): m spent in the last period by who bought in it, r the part of those of the period before who bought in it, d the discount a period",
			simple, "simple.before", estimated, "one customer from another: it takes all for alike, and retention for constant; a silent customer counts as lost for good"},
		{"model", "by the fit that is named: each customer's probability of still buying, purchases expected within the weeks, and their discounted amounts", buying, "historic.customers",
			estimated, "what a campaign, a price or a season will change: customers are taken to go on as they did, and to leave for good"},
		{"model.residual_sum", "Σ over customers of E[amount] × Σ(w) (E[Y(w)] − E[Y(w−1)]) × (1 + discount)^(−w/52)", amounts, "historic.customers", estimated,
			"profit: no cost is taken off; new customers are not in it"},
		{"model.residual_mean", "the sum by customers", amounts, "historic.customers", estimated, ""},
		{"model.residual_median", "half of the customers are worth no more", amounts, "historic.customers", estimated, ""},
		{"model.residual_greatest", "of one customer", amounts, "historic.customers", estimated, ""},
		{"model.top_share", "part of the sum that the best fifth of the customers make", own, "historic.customers", estimated, "who they are: see analytics lifetimes"},
		{"model.yearly_discount", "by which later money is discounted a year", own, "", assumed, ""},
		{"without", "why there is no model", own, "", measured, ""},
		{"check", "the same model, fitted without the last days, held against them: purchases expected and made, by repeats before, and week by week from the first day of all", buying,
			"check.customers", estimated, "how far off it will be next time: one holdout is one sample"},
		{"notes", "what is to be kept in mind about these very figures", own, "", measured, ""},
	}
}

func churnFigures() []figure {
	const source = "Gupta & Lehmann 2003, Journal of Interactive Marketing 17(1)"
	return []figure{
		{"measured", "what customers of one period did in the next", source, "measured.before", measured, "who is lost: a silent customer may come back"},
		{"retention", "the part of the customers of a period who buy in the next; as measured unless it was stated", source, "measured.before", measured, "why they stay"},
		{"retention_assumed", "it was stated", own, "", measured, ""},
		{"points", "by how much retention is to rise", own, "", assumed, "how to get there, and what that costs"},
		{"discount", "by which money is discounted a period", own, "", assumed, ""},
		{"multiple_before", "r / (1 + d − r): how many times what a customer brings in a period they are worth", source, "measured.before", estimated,
			"anything of customers who differ: all are taken for alike"},
		{"multiple_after", "the same with the points added", source, "measured.before", estimated, ""},
		{"rise", "after / before − 1", source, "measured.before", estimated, "profit: costs that do not grow with turnover, and the cost of keeping, are not in it"},
		{"band", "where the rise lies beside the 25 to 85 % that studies give for five points less churn", "Reichheld & Sasser 1990, Harvard Business Review 68(5)", "", estimated,
			"that it will come out there here: the studies are of nine industries, and of profit"},
		{"per_customer", "the rise of the multiple × what a customer who bought in the last period spent in it", source, "measured.active", estimated, "profit"},
		{"all_customers", "that of all who bought in the last period", source, "measured.active", estimated, "profit"},
		{"without", "why there is no effect to tell", own, "", measured, ""},
	}
}
