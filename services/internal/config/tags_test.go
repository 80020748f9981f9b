package config_test

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/config"
)

// TestTagsThatBreakARule: whoever writes a struct wrong hears of it before anybody runs it.
func TestTagsThatBreakARule(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  any
		want string
	}{
		{"no struct", 7, "settings are a struct, not int"},
		{"nothing", nil, "settings are a struct, not <nil>(nil)"},
		{"a pointer to nothing", (*settings)(nil), "settings are a struct, not *config_test.settings(nil)"},
		{"no name", struct {
			A string `help:"A."`
		}{}, `field A: yaml:"" is no name`},
		{"a name in capitals", struct {
			A string `yaml:"A" help:"A."`
		}{}, `field A: yaml:"A" is no name`},
		{"a name with an option", struct {
			A string `yaml:"a,omitempty" help:"A."`
		}{}, `field A: yaml:"a,omitempty" is no name`},
		{"not exported", struct {
			a string `yaml:"a" help:"A."`
		}{a: ""}, "field a: a setting is exported"},
		{"a name twice", struct {
			A string `yaml:"a" help:"A."`
			B string `yaml:"a" help:"B."`
		}{}, "field B: a is there already"},
		{"a section and a setting of one name", struct {
			A string `yaml:"a" help:"A."`
			B struct {
				C string `yaml:"c" help:"C."`
			} `yaml:"a"`
		}{}, "field B: a is there already"},
		{"a type that is no setting", struct {
			A float64 `yaml:"a" help:"A."`
		}{}, "field A: a setting cannot be a float64"},
		{"a time is none either", struct {
			A time.Time `yaml:"a" help:"A."`
		}{}, "a setting is exported"},
		{"no help", struct {
			A string `yaml:"a"`
		}{}, "field A: help is missing"},
		{"a secret with a default", struct {
			A string `yaml:"a" default:"x" secret:"true" help:"A."`
		}{}, "field A: a secret has no default"},
		{"a default in a secret section", struct {
			A struct {
				B string `yaml:"b" default:"x" help:"B."`
			} `yaml:"a" secret:"true"`
		}{}, "field A: field B: a secret has no default"},
		{"a default that is no number", struct {
			A int `yaml:"a" default:"x" help:"A."`
		}{}, `field A: its default: "x" is no whole number`},
		{"a default beyond its limits", struct {
			A int `yaml:"a" default:"9" max:"8" help:"A."`
		}{}, `field A: its default: "9" is out of range; write at most 8`},
		{"zero beyond its limits", struct {
			A int `yaml:"a" min:"1" help:"A."`
		}{}, `field A: its default: "0" is out of range; write at least 1`},
		{"a limit that is no number", struct {
			A string `yaml:"a" max:"x" help:"A."`
		}{}, `field A: max:"x" is no limit of a text`},
		{"a limit that is no duration", struct {
			A time.Duration `yaml:"a" min:"1" help:"A."`
		}{}, `field A: min:"1" is no limit of a duration`},
		{"a limit of what has no size", struct {
			A bool `yaml:"a" max:"1" help:"A."`
		}{}, `field A: max:"1" is no limit of a true or false`},
		{"two paths of one variable", struct {
			A string `yaml:"a_b" help:"A."`
			B struct {
				C string `yaml:"b" help:"C."`
			} `yaml:"a"`
		}{}, "settings a_b and a.b share the variable LAUREL_TEST_A_B"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.ErrorContains(t, config.Reference(io.Discard, c.cfg, prefix), c.want)
		})
	}
}

func TestEveryFieldThatBreaksARuleIsNamed(t *testing.T) {
	type wrong struct {
		A string  `yaml:"a"`
		B float32 `yaml:"b" help:"B."`
	}
	_, err := config.Load[wrong]("", nil, prefix)
	require.ErrorContains(t, err, "field A: help is missing")
	require.ErrorContains(t, err, "field B: a setting cannot be a float32")
	require.Error(t, config.Print(io.Discard, wrong{}))
}

func TestAPrefixIsThatOfAVariable(t *testing.T) {
	for _, prefix := range []config.Prefix{"", "laurel", "LAUREL_", "LAUREL.ACCRUAL"} {
		_, err := config.Load[settings]("", nil, prefix)
		require.ErrorContains(t, err, "is no prefix of environment variables", string(prefix))
	}
}
