package money

import "github.com/laurel-loyalty/laurel/services/internal/reason"

// Currency is an alphabetic code of ISO 4217, for example "USD". ParseCurrency makes it.
type Currency string

// ParseCurrency takes an active code of ISO 4217, in capitals, that has a minor unit. Codes that
// stand for no money to pay with (gold, testing, "no currency") have none. The error is a
// reason.UnknownCurrency without a field.
func ParseCurrency(s string) (Currency, error) {
	if _, ok := exponent(s); !ok {
		return "", reason.New(reason.UnknownCurrency, "", "%.40q is not an ISO 4217 code; write three capitals, for example USD", s)
	}
	return Currency(s), nil
}

// Exponent returns the number of decimal digits of the minor unit: 2 for USD, 0 for JPY, 3 for KWD,
// 4 for CLF. A code that ParseCurrency refuses has no digits: 0.
func (c Currency) Exponent() int {
	e, _ := exponent(string(c))
	return e
}

// exponent is the table of ISO 4217, list one, as of 2026-01-01 (after amendment 180). A code that
// is not in use any more leaves it; a new one is added with the amendment's date in the commit.
func exponent(code string) (digits int, ok bool) {
	switch code {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0, true
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3, true
	case "CLF", "UYW":
		return 4, true
	case "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BMD", "BND", "BOB", "BOV", "BRL",
		"BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHE", "CHF", "CHW", "CNY", "COP", "COU", "CRC", "CUP", "CVE", "CZK",
		"DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GTQ", "GYD", "HKD",
		"HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IRR", "JMD", "KES", "KGS", "KHR", "KPW", "KYD", "KZT", "LAK", "LBP", "LKR",
		"LRD", "LSL", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MXV", "MYR", "MZN",
		"NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB", "SAR",
		"SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT",
		"TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "USD", "USN", "UYU", "UZS", "VED", "VES", "WST", "XAD", "XCD", "XCG", "YER",
		"ZAR", "ZMW", "ZWG":
		return 2, true
	}
	return 0, false
}
