package town

import "fmt"

// Program is the programme of the town, with its campaign.
func (p Params) Program() string {
	b, id := p.Baskets, "town"
	if p.Kinds {
		id = "kinds"
	}
	return "programme: " + id + programStart + fmt.Sprintf(`earning:
  points: 1
  per: 1.00
  campaigns:
    %s: {factor: %d, from: %s, until: %s, when: "amount_minor >= %d"}
`, b.Name, b.Factor, day(b.From), day(b.From.AddDays(b.Days)), b.AtLeast) + programRest
}

const programStart = `
name: Laurel Town
zone: UTC
currency: EUR
enrolment: on_first_order
unit: points
`

const programRest = `expiry: {rule: never}
orders: {accept_late_days: 3650}
ladder:
  qualify_by: spend
  window_months: 12
  review: monthly
  downgrade: one_step
  tiers:
    - {name: resident, from: 0.00}
    - {name: neighbour, from: 500.00}
    - {name: mayor, from: 2000.00}
economics: {margin: 0.3, order: 1.50, actions: {visit: 12.00}, point: 0.01}
actions:
  survey:
    schema:
      type: object
      properties:
        satisfaction: {type: integer, minimum: 1, maximum: 5}
        attitude: {type: integer, minimum: 1, maximum: 5}
        alternatives: {type: integer, minimum: 0, maximum: 9}
        tolerance_percent: {type: integer, minimum: 0, maximum: 100}
        recommend: {type: integer, minimum: 0, maximum: 10}
        churn_cause: {enum: [died, moved away, values changed, competitor, product or service, neglected]}
      additionalProperties: false
  till:
    schema: {type: object, required: [incentive], properties: {incentive: {type: string, maxLength: 64}}, additionalProperties: false}
  referral: {schema: {type: object, additionalProperties: false}}
  review:
    schema:
      type: object
      required: [review, stars]
      properties:
        review: {type: string, maxLength: 64}
        stars: {type: integer, minimum: 1, maximum: 5}
        topic: {enum: [bakery, greengrocer, dairy, fishmonger, bookshop, florist, tailor]}
      additionalProperties: false
  answer:
    schema: {type: object, required: [answer_to], properties: {answer_to: {type: string, maxLength: 64}}, additionalProperties: false}
  case:
    schema:
      type: object
      required: [case]
      properties:
        case: {type: string, maxLength: 64}
        about: {type: string, maxLength: 64}
        state: {enum: [opened, answered, solved]}
      additionalProperties: false
  contract:
    schema:
      type: object
      required: [contract]
      properties: {contract: {enum: [signed, renewed, ended]}, voluntary: {type: boolean}, margin_lowest: {type: integer, minimum: 0, maximum: 100}}
      additionalProperties: false
  club:
    schema:
      type: object
      required: [contract]
      properties: {contract: {enum: [signed, ended]}, voluntary: {type: boolean}}
      additionalProperties: false
  kano:
    schema:
      type: object
      required: [feature, functional, dysfunctional]
      properties:
        feature: {enum: [bread is fresh, cake on birthdays, music in the street, queues are short, stamps on paper]}
        functional: {type: integer, minimum: 1, maximum: 5}
        dysfunctional: {type: integer, minimum: 1, maximum: 5}
      additionalProperties: false
  prices:
    schema:
      type: object
      required: [product]
      properties:
        product: {enum: [loaf]}
        too_cheap_minor: {type: integer, minimum: 0}
        cheap_minor: {type: integer, minimum: 0}
        expensive_minor: {type: integer, minimum: 0}
        too_expensive_minor: {type: integer, minimum: 0}
      additionalProperties: false
  farewell:
    schema:
      type: object
      required: [cut_to_return_percent]
      properties: {cut_to_return_percent: {type: integer, minimum: 0, maximum: 100}}
      additionalProperties: false
  household:
    schema:
      type: object
      required: [category_spend_minor, wallet_percent]
      properties: {category_spend_minor: {type: integer, minimum: 0}, wallet_percent: {type: integer, minimum: 0, maximum: 100}}
      additionalProperties: false
  quality:
    schema:
      type: object
      properties:
        by: {enum: [customer, staff]}
        quality_product: {type: integer, minimum: 1, maximum: 5}
        quality_price: {type: integer, minimum: 1, maximum: 5}
        quality_place: {type: integer, minimum: 1, maximum: 5}
        quality_promotion: {type: integer, minimum: 1, maximum: 5}
        quality_people: {type: integer, minimum: 1, maximum: 5}
      additionalProperties: false
  spending:
    schema:
      type: object
      required: [budget_line]
      properties:
        budget_line: {enum: [festival, flowers, letters, vouchers, posters]}
        budget_side: {enum: [retention, acquisition]}
        budget_state: {enum: [committed, paid]}
        amount_minor: {type: integer, minimum: 0}
      additionalProperties: false
  habits:
    schema:
      type: object
      properties:
        repurchase: {type: integer, minimum: 1, maximum: 5}
        choose_minutes: {type: integer, minimum: 0, maximum: 600}
        price_sensitivity: {type: integer, minimum: 1, maximum: 5}
        competitors: {type: integer, minimum: 1, maximum: 5}
        quality_sensitivity: {type: integer, minimum: 1, maximum: 5}
      additionalProperties: false
  event: {schema: {type: object, additionalProperties: false}}
  visit: {schema: {type: object, additionalProperties: false}}
  acquisition_cost:
    schema: {type: object, required: [amount_minor], properties: {amount_minor: {type: integer, minimum: 0}}, additionalProperties: false}
`
