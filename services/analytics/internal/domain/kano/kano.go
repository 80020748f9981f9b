// Package kano classes features of a product by pairs of answers: how one would feel with the feature, and how without it
// (N. Kano, N. Seraku, F. Takahashi and S. Tsuji, Attractive quality and must-be quality, 1984).
package kano

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// Class is what a pair of answers says of a feature.
type Class int

// Classes, in the order in which the first of equals is the verdict: what must be there is looked at first.
const (
	MustBe Class = iota
	OneDimensional
	Attractive
	Indifferent
	Reverse
	Questionable
	classes
)

var names = [classes]string{"must-be", "one-dimensional", "attractive", "indifferent", "reverse", "questionable"}

// String is the class in words.
func (c Class) String() string { return names[c] }

// Answers go from 1, I like it, over 2, it must be so, 3, I am neutral, 4, I can live with it, to 5, I dislike it.
const (
	answerLeast = 1
	answerMost  = 5
)

// table is the evaluation table of 1984: rows are the answer with the feature, columns the one without it.
var table = [answerMost][answerMost]Class{
	{Questionable, Attractive, Attractive, Attractive, OneDimensional},
	{Reverse, Indifferent, Indifferent, Indifferent, MustBe},
	{Reverse, Indifferent, Indifferent, Indifferent, MustBe},
	{Reverse, Indifferent, Indifferent, Indifferent, MustBe},
	{Reverse, Reverse, Reverse, Reverse, Questionable},
}

// Of classes a pair of answers; false: one of them is none.
func Of(functional, dysfunctional int) (Class, bool) {
	for _, a := range []int{functional, dysfunctional} {
		if a < answerLeast || a > answerMost {
			return 0, false
		}
	}
	return table[functional-answerLeast][dysfunctional-answerLeast], true
}

// Feature is how a feature was answered for.
type Feature struct {
	Name    string
	Answers int64
	Of      [classes]int64
}

// Verdict is the most frequent class; of equals the first.
func (f Feature) Verdict() Class {
	best := MustBe
	for c := range classes {
		if f.Of[c] > f.Of[best] {
			best = c
		}
	}
	return best
}

func (f Feature) counted() int64 {
	return f.Of[Attractive] + f.Of[OneDimensional] + f.Of[MustBe] + f.Of[Indifferent]
}

// Better is (A + O) ÷ (A + O + M + I): how far having the feature raises satisfaction (Berger et al. 1993).
func (f Feature) Better() history.Share {
	return history.ShareOf(f.Of[Attractive]+f.Of[OneDimensional], f.counted())
}

// Worse is −(O + M) ÷ (A + O + M + I): how far lacking it lowers satisfaction.
func (f Feature) Worse() history.Share {
	return history.ShareOf(-f.Of[OneDimensional]-f.Of[MustBe], f.counted())
}

// Report is all features.
type Report struct {
	Answers, Unreadable int64
	Features            []Feature // by name
}

// Builder makes a Report of the deeds of a type. Not safe for many goroutines.
type Builder struct {
	asOf     calendar.Day
	kind     string
	report   Report
	features map[string]*Feature
}

// New makes a builder.
func New(asOf calendar.Day, kind string) *Builder {
	return &Builder{asOf: asOf, kind: kind, features: map[string]*Feature{}}
}

type answer struct {
	Feature       string `json:"feature"`
	Functional    int    `json:"functional"`
	Dysfunctional int    `json:"dysfunctional"`
}

// featureCharsMax bounds the name of a feature.
const featureCharsMax = 128

// Add takes a customer: of each feature the latest answer counts.
func (b *Builder) Add(c history.Customer) error {
	latest := map[string]Class{}
	for _, d := range c.Before(b.asOf).Deeds {
		if d.Type != b.kind {
			continue
		}
		var a answer
		class, ok := Class(0), json.Unmarshal([]byte(d.Data), &a) == nil
		if ok {
			class, ok = Of(a.Functional, a.Dysfunctional)
		}
		if !ok || a.Feature == "" || len(a.Feature) > featureCharsMax {
			b.report.Unreadable++
			continue
		}
		latest[a.Feature] = class
	}
	for name, class := range latest {
		if b.features[name] == nil {
			b.features[name] = &Feature{Name: name}
		}
		b.features[name].Answers++
		b.features[name].Of[class]++
		b.report.Answers++
	}
	return nil
}

// Report ends the collection.
func (b *Builder) Report() Report {
	for _, f := range slices.SortedFunc(maps.Values(b.features), func(x, y *Feature) int { return cmp.Compare(x.Name, y.Name) }) {
		b.report.Features = append(b.report.Features, *f)
	}
	return b.report
}

// Classes lists the classes in words, in their order.
func Classes() string { return strings.Join(names[:], ", ") }
