package answers

// Kind is what a value of a field looks like.
type Kind int

// Kinds of fields.
const (
	Whole Kind = iota // a number without a fraction
	Word              // one of some words
	Name              // a text of at most 64 characters
	Flag              // true or false
)

// nameCharsMax bounds a text.
const nameCharsMax = 64

// Fields that answers to questions are in. Those from 1 to 5 rise with what they are named after.
const (
	Satisfaction       Field = "satisfaction"
	Repurchase         Field = "repurchase"
	Attitude           Field = "attitude"
	Recommend          Field = "recommend"
	PriceSensitivity   Field = "price_sensitivity"
	QualitySensitivity Field = "quality_sensitivity"
	Competitors        Field = "competitors"
	Alternatives       Field = "alternatives"
	ChooseMinutes      Field = "choose_minutes"
	WalletPercent      Field = "wallet_percent"
	TolerancePercent   Field = "tolerance_percent"
)

// Fields of the quality of the five P, and who scores it.
const (
	QualityProduct   Field = "quality_product"
	QualityPrice     Field = "quality_price"
	QualityPlace     Field = "quality_place"
	QualityPromotion Field = "quality_promotion"
	QualityPeople    Field = "quality_people"
	By               Field = "by"
)

// Fields of cases, reviews and what is said about them.
const (
	Case     Field = "case"
	State    Field = "state"
	Review   Field = "review"
	Stars    Field = "stars"
	Topic    Field = "topic"
	AnswerTo Field = "answer_to"
	About    Field = "about"
)

// Incentive is the field that tells of an order with a reward.
const Incentive Field = "incentive"

// Fields of contracts with dealers.
const (
	Contract      Field = "contract"
	Voluntary     Field = "voluntary"
	MarginLowest  Field = "margin_lowest"
	MarginHighest Field = "margin_highest"
)

// Words that fields may have.
const (
	ByCustomer = "customer"
	ByStaff    = "staff"

	CaseOpened   = "opened"
	CaseAnswered = "answered"
	CaseSolved   = "solved"

	ContractSigned  = "signed"
	ContractRenewed = "renewed"
	ContractEnded   = "ended"
)

// Meaning is what a field says.
type Meaning struct {
	Field       Field
	Kind        Kind
	Least, Most int64    // of a whole number
	Words       []string // of a word
	Means       string
}

const (
	scaleLeast, scaleMost = 1, 5
	recommendMost         = 10
	percentMost           = 100
	toleranceMost         = 1000
	alternativesMost      = 1000
	chooseMost            = 10_080 // a week
)

func scale(f Field, means string) Meaning {
	return Meaning{Field: f, Least: scaleLeast, Most: scaleMost, Means: means}
}

var vocabulary = []Meaning{
	scale(Satisfaction, "how satisfied, all in all"),
	scale(Repurchase, "how likely they buy again"),
	scale(Attitude, "how gladly they buy here and nowhere else"),
	{Field: Recommend, Most: recommendMost, Means: "how likely they recommend us (as for NPS)"},
	scale(PriceSensitivity, "how soon a higher price would drive them away"),
	scale(QualitySensitivity, "how soon worse quality would drive them away"),
	scale(Competitors, "how good they find the others"),
	{Field: Alternatives, Most: alternativesMost, Means: "how many others they could buy from"},
	{Field: ChooseMinutes, Most: chooseMost, Means: "minutes that they take to choose"},
	{Field: WalletPercent, Most: percentMost, Means: "per cent of what they spend on such goods that they spend here"},
	{Field: TolerancePercent, Most: toleranceMost, Means: "per cent that prices may rise by before they leave"},
	scale(QualityProduct, "quality of what is sold"),
	scale(QualityPrice, "of the price for it"),
	scale(QualityPlace, "of where and how it is sold"),
	scale(QualityPromotion, "of what is told about it"),
	scale(QualityPeople, "of who sells it"),
	{Field: By, Kind: Word, Words: []string{ByCustomer, ByStaff}, Means: "who scores the quality; customer if it is not said"},
	{Field: Case, Kind: Name, Means: "id of a case"},
	{Field: State, Kind: Word, Words: []string{CaseOpened, CaseAnswered, CaseSolved}, Means: "what became of the case"},
	{Field: Review, Kind: Name, Means: "id of a review"},
	scale(Stars, "of the review"),
	{Field: Topic, Kind: Name, Means: "what the review is about; let the schema list the topics"},
	{Field: AnswerTo, Kind: Name, Means: "id of the review that this answers"},
	{Field: About, Kind: Name, Means: "id of the review that the case is about"},
	{Field: Incentive, Kind: Name, Means: "id of an order that was made with a reward, coupon or discount"},
	{Field: Contract, Kind: Word, Words: []string{ContractSigned, ContractRenewed, ContractEnded}, Means: "what happened to the account's contract"},
	{Field: Voluntary, Kind: Flag, Means: "they did it of their own will: renewed unbound, or ended and was not ended by us or by closing down"},
	{Field: MarginLowest, Most: percentMost, Means: "per cent of margin below which the dealer would leave"},
	{Field: MarginHighest, Most: percentMost, Means: "per cent of margin elsewhere up to which the dealer would stay"},
}

var places = index(vocabulary)

func index(list []Meaning) map[Field]int {
	at := make(map[Field]int, len(list))
	for i, m := range list {
		at[m.Field] = i
	}
	return at
}

// Vocabulary lists what each field means, in the order in which it is documented.
func Vocabulary() []Meaning { return append([]Meaning{}, vocabulary...) }
