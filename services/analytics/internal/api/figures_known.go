package api

func paretoFigures() []figure {
	return []figure{
		{"customers", "accounts with an order before the day, whoever spent nothing included", own, "customers", measured,
			"who only looked, or bought without an account"},
		{"zero_spenders", "customers whose orders came to nothing, for example after returns", own, "customers", measured, ""},
		{"total_minor", "sum of what is left of all orders after returns", own, "customers", measured, "margin or profit: it is revenue"},
		{"top", "the best share of the customers by spend, ties by account, and what they brought", "Pareto 1896; the best fifth is Juran's rule of thumb", "customers", measured,
			"why they are the best, nor that they stay so"},
		{"most", "the fewest customers who bring the share asked for", "Juran 1951", "customers", measured, ""},
		{"half", "the fewest customers who bring half", own, "customers", measured, ""},
		{"gini", "2 × Σ i × x(i) / (n × Σ x) − (n + 1) / n, spend x rising: 0 is all alike, near 1 is one who has it all", "Gini 1912", "customers", measured,
			"where the inequality lies: two curves may share one Gini"},
		{"classes", "A up to the first share of revenue, B up to the second, C the rest, by the share reached before the customer", "Dickie 1951", "customers", measured,
			"what serving a customer costs: see profitability"},
		{"lorenz", "the poorest customers up to a point, and what they spent together", "Lorenz 1905", "customers", measured, ""},
	}
}

func rfmFigures() []figure {
	const source = "Hughes 1994"
	return []figure{
		{"customers", "accounts with an order before the day", own, "customers", measured, ""},
		{"recency", "days from the last order to the day, in fifths; ties share the better score", source, "customers", measured,
			"whether silence is unusual for the customer: see life-cycle"},
		{"frequency", "number of orders, in fifths; ties share the better score", source, "customers", measured,
			"how long the customer has been there: an old one has had more time to order"},
		{"monetary", "sum of the orders, in fifths; ties share the better score", source, "customers", measured, "margin or profit"},
		{"cells", "customers with the same three scores", source, "customers", measured, ""},
		{"segments", "the first line of the table of segments that fits", own, "customers", measured, "why a customer is in it: the names are names"},
		{"moves", "segment on the earlier day and on this one, each by the scores of its own day", own, "customers", measured,
			"that a customer changed: a score also moves when others do"},
	}
}

func cohortFigures() []figure {
	return []figure{
		{"cohorts", "customers by the month of their first order, and how many of each ordered in the k-th month after", own, "all.customers", measured,
			"that who is missing is lost: the next order may be due later; the last month may not be over"},
		{"older_customers", "customers of cohorts older than are shown", own, "all.customers", measured, ""},
		{"all", "second and third purchase day within some days of the first, of those observed for so long", own, "all.customers", measured,
			"what later newcomers will do: the windows see those alone who came long enough ago"},
		{"two_orders", "customers with two orders or more, on one day or several", own, "all.customers", measured, ""},
	}
}

func actionsFigures() []figure {
	return []figure{{"months", "own events of the programme that the ledger took, by type and month, and the points they were given", own, "", measured,
		"what was said in them, nor who did nothing"},
		{"months_left_out", "how many types and months follow those that are told", own, "", measured, ""}}
}
