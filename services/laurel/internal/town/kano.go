package town

import "math/rand/v2"

// Feature is what the members feel about something that the town could have. What is written down: fields are added, never renamed.
type Feature struct {
	Name    string           `json:"feature"`
	Class   string           `json:"class"`   // that most feel, as it is planted
	Feels   map[string]int64 `json:"feels"`   // of all members, by class
	Answers int64            `json:"answers"` // of those who were asked
}

const (
	kanoPart   = 0.2  // of the members are asked
	kanoAgrees = 0.6  // of the members feel as is planted; the others are spread over the other classes
	kanoSlips  = 0.03 // of the answers contradict themselves
)

var (
	kanoClasses  = []string{"must-be", "one-dimensional", "attractive", "indifferent", "reverse"} //nolint:gochecknoglobals // a table
	kanoFeatures = []struct{ name, class string }{                                                //nolint:gochecknoglobals // a table
		{"bread is fresh", "must-be"},
		{"cake on birthdays", "attractive"},
		{"music in the street", "reverse"},
		{"queues are short", "one-dimensional"},
		{"stamps on paper", "indifferent"},
	}
)

// The answers to "how is it with the feature" and "how is it without".
const (
	likes    = 1
	dislikes = 5
)

// features is what a member feels about each feature, and what they say if they are asked.
func (t *Town) features(p Params, l life, r *rand.Rand) {
	all := &t.Truth.Asked.Kano
	if *all == nil {
		for _, f := range kanoFeatures {
			*all = append(*all, Feature{Name: f.name, Class: f.class, Feels: map[string]int64{}})
		}
	}
	asked, day := r.Float64() < kanoPart, l.someDay(p, r)
	for i := range *all {
		f := &(*all)[i]
		felt := feels(f.Class, r)
		f.Feels[felt]++
		with, without := says(felt, r)
		if asked && t.answer(p, l.account, "kano", day, map[string]any{"feature": f.Name, "functional": with, "dysfunctional": without}) {
			f.Answers++
		}
	}
}

// feels draws the class that a member feels.
func feels(planted string, r *rand.Rand) string {
	if r.Float64() < kanoAgrees {
		return planted
	}
	for {
		if other := kanoClasses[r.IntN(len(kanoClasses))]; other != planted {
			return other
		}
	}
}

// says is how one who feels so answers: who is delighted likes it and can do without, who takes it for granted only minds its lack, and
// so on. "2", "3" and "4" (it must be so, I am neutral, I can live with it) are ways to say that one does not mind.
func says(felt string, r *rand.Rand) (with, without int) {
	unmoved := func() int { return 2 + r.IntN(3) } //nolint:mnd // 2, 3, 4
	slip, one, other := r.Float64() < kanoSlips, unmoved(), unmoved()
	switch {
	case slip:
		return likes, likes
	case felt == "attractive":
		return likes, one
	case felt == "one-dimensional":
		return likes, dislikes
	case felt == "must-be":
		return one, dislikes
	case felt == "reverse":
		return dislikes, other
	}
	return one, other
}
