package program

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// Expiry says when unspent points lapse: by the rule of which the fields are set. The zero value is the rule never.
type Expiry struct {
	// EndOfMonthAfterMonths counts whole months after the month of earning.
	EndOfMonthAfterMonths int
	// AfterDays counts days from the day of earning: earned on 1 March with 30, gone on 31 March.
	AfterDays int
	// Date is a day that every year has, and AfterYears how many years after the year of earning it is meant.
	Date       YearDay
	AfterYears int
	// Rolling counts from what the account did last, for all its points together.
	Rolling Rolling
}

// YearDay is a day that every year has. The zero value is none.
type YearDay struct {
	Month time.Month
	Day   int
}

// String returns MM-DD.
func (d YearDay) String() string { return fmt.Sprintf("%02d-%02d", d.Month, d.Day) }

// ExpiryDay returns the first day on which points earned on a day are gone, or calendar.None where
// they never lapse. Points that were earned in January 1997 and live for 12 months are gone on
// 1998-02-01. Where the expiry is rolling it is the first day on which all points of an account are
// gone that did something on the day, and nothing that counts after it.
func (p *Program) ExpiryDay(earned calendar.Day) calendar.Day {
	return p.Expiry.day(earned)
}

func (e Expiry) day(earned calendar.Day) calendar.Day {
	switch {
	case e.EndOfMonthAfterMonths > 0:
		return earned.FirstOfMonth().AddMonths(e.EndOfMonthAfterMonths + 1)
	case e.AfterDays > 0:
		return earned.AddDays(e.AfterDays)
	case e.Rolling.On():
		return e.Rolling.day(earned)
	case e.Date != YearDay{}:
		year := earned.Year() + e.AfterYears
		day := calendar.Date(year, e.Date.Month, e.Date.Day)
		if day <= earned { // of this year, and it has come: the next one
			day = calendar.Date(year+1, e.Date.Month, e.Date.Day)
		}
		return day
	}
	return calendar.None
}

// shortest returns a day whose points lapse soonest, and after how many days. The four years from 2001 hold every order of long
// and short months, and every length of a year, that a programme meets. 0: points never lapse.
func (e Expiry) shortest() (calendar.Day, int) {
	var earned calendar.Day
	var days int
	for day := calendar.Date(2001, 1, 1); day < calendar.Date(2005, 1, 1) && e != (Expiry{}); day++ {
		if life := int(e.day(day) - day); days == 0 || life < days {
			earned, days = day, life
		}
	}
	return earned, days
}

// String says when points lapse, in words.
func (e Expiry) String() string {
	switch {
	case e.EndOfMonthAfterMonths > 0:
		return fmt.Sprintf("end_of_month, %d months", e.EndOfMonthAfterMonths)
	case e.AfterDays > 0:
		return fmt.Sprintf("days, %d", e.AfterDays)
	case e.Rolling.On():
		return e.Rolling.String()
	case e.Date != YearDay{}:
		return fmt.Sprintf("fixed_date, %s, %d years", e.Date, e.AfterYears)
	}
	return "never"
}

const (
	yearDayPattern  = `^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`
	expiryDaysMost  = 3650
	expiryYearsMost = 10
)

var yearDayForm = form{regexp.MustCompile(yearDayPattern), "a day of the year", "month and day, for example 04-01"}

// expiryMore are the keys beside the rule.
var expiryMore = []string{"months", "days", "activity", "date", "years"}

// expiryKeys are what each rule must say beside its name, and what it may.
var expiryKeys = map[string]struct{ must, may []string }{
	"end_of_month": {must: []string{"months"}},
	"days":         {must: []string{"days"}},
	"fixed_date":   {must: []string{"date"}, may: []string{"years"}},
	"rolling":      {may: []string{"months", "days", "activity"}},
	"never":        {},
}

// expiry reads when points lapse, by one of some rules.
func (r *reader) expiry(v value, rules ...string) Expiry {
	s := r.section(v, []string{"rule"}, expiryMore)
	rule := r.choice(s.get("rule"), rules...)
	keys, known := expiryKeys[rule]
	if !known || !slices.Contains(rules, rule) || s.lacks("rule") {
		return Expiry{} // it has its fault
	}
	for _, key := range expiryMore {
		had := s.get(key)
		switch must := slices.Contains(keys.must, key); {
		case must && v.given() && s.lacks(key):
			r.missing(v, key)
		case !must && !slices.Contains(keys.may, key) && had.given():
			r.faultAt(had, had.key, "%s has no %s; delete the line", expiryWords[rule], key)
			return Expiry{}
		}
	}
	switch rule {
	case "end_of_month":
		return Expiry{EndOfMonthAfterMonths: r.whole(s.get("months"), span{1, monthsMost, 0})}
	case "days":
		return Expiry{AfterDays: r.whole(s.get("days"), span{1, expiryDaysMost, 0})}
	case "rolling":
		return Expiry{Rolling: r.rolling(v, s)}
	case "fixed_date":
		return Expiry{Date: r.yearDay(s.get("date")), AfterYears: r.whole(s.get("years"), span{0, expiryYearsMost, 0})}
	}
	return Expiry{}
}

// expiryWords begin the fault of a line that does not belong to a rule.
var expiryWords = map[string]string{
	"end_of_month": "a life to the end of a month",
	"days":         "a life of some days",
	"rolling":      "a life that follows the account",
	"fixed_date":   "an end on a fixed date",
	"never":        "a life without end",
}

// yearDay reads a day that every year has.
func (r *reader) yearDay(v value) YearDay {
	text := r.word(v, yearDayForm)
	if text == "" {
		return YearDay{}
	}
	day, err := time.Parse("2006-01-02", "2001-"+text) // a year without a leap day
	if err != nil {
		r.fault(v, "%q is not a day of every year; write one that is, for example 03-01", text)
		return YearDay{}
	}
	return YearDay{day.Month(), day.Day()}
}
