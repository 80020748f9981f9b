package town

import (
	"fmt"
	"math/rand/v2"
)

// Club is who pays by the month for bread each morning. At the end of each month a member goes on or leaves, with a chance of leaving that
// stays theirs and is spread over members by a beta distribution (Fader & Hardie 2007, shifted-beta-geometric). Nobody says that they
// go on. What is written down: fields are added, never renamed.
type Club struct {
	Type    string  `json:"type"` // of the own events that tell of it
	Months  int     `json:"term_months"`
	Alpha   float64 `json:"alpha"`
	Beta    float64 `json:"beta"`
	Members int64   `json:"members"` // who ever signed
	Current int64   `json:"current"`
	Ended   int64   `json:"ended"`
}

const (
	clubType    = "club"
	clubMonths  = 1
	clubAlpha   = 0.8
	clubBeta    = 4
	clubMembers = 5 // members of the town for each of the club
	clubLeast   = 40
	clubStream  = 1 << 32 // its random sources begin behind those of the town's members
)

// subscribe makes the club.
func (t *Town) subscribe(p Params) {
	club := Club{Type: clubType, Months: clubMonths, Alpha: clubAlpha, Beta: clubBeta, Members: int64(max(clubLeast, p.Members/clubMembers))}
	for i := range club.Members {
		r := rand.New(rand.NewPCG(p.Seed, clubStream+uint64(i))) //nolint:gosec // seeded on purpose, i is not below zero
		account, signed := fmt.Sprintf("%s-%05d", clubType, i+1), p.Start.AddDays(r.IntN(joinDays))
		leaves := beta(r, clubAlpha, clubBeta)
		t.say(p, account, clubType, signed, map[string]any{"contract": "signed"})
		club.Current++
		for term := 1; signed.AddMonths(term*clubMonths) < p.End(); term++ {
			if r.Float64() < leaves {
				t.say(p, account, clubType, signed.AddMonths(term*clubMonths), map[string]any{"contract": "ended", "voluntary": true})
				club.Current--
				club.Ended++
				break
			}
		}
	}
	t.Truth.Club = club
}
