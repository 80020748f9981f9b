package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/config"
)

// vault has a careless Check.
type vault struct {
	Word string   `yaml:"word" help:"The word." secret:"true"`
	Keys []string `yaml:"keys" help:"Whose keys fit." secret:"true"`
}

func (v vault) Check() error {
	if v.Word == "" {
		return nil
	}
	return fmt.Errorf("word %s (%q) with keys %v does not open it", v.Word, v.Word, v.Keys)
}

func TestACarelessCheckShowsNoSecret(t *testing.T) {
	_, err := config.Load[vault]("", []string{`LAUREL_TEST_WORD=ope"n`, "LAUREL_TEST_KEYS=gold,golden"}, prefix)
	require.EqualError(t, err, `settings: word *** ("***") with keys [*** ***] does not open it`)
}

// TestNoFaultShowsASecret puts a secret wherever a value can stand.
func TestNoFaultShowsASecret(t *testing.T) {
	type deep struct {
		Number int      `yaml:"number" help:"A number."`
		Limit  string   `yaml:"limit" min:"90" help:"A text."`
		List   []string `yaml:"list" max:"1" help:"A list."`
		Flag   bool     `yaml:"flag" help:"A flag."`
	}
	type hidden struct {
		Deep deep `yaml:"deep" secret:"true"`
	}
	rapid.Check(t, func(rt *rapid.T) {
		const secret = "s3cret"
		key := rapid.SampledFrom([]string{"number", "limit", "list", "flag", "deep", "other"}).Draw(rt, "key")
		form := rapid.SampledFrom([]string{
			"deep: {%s: %s}", "%s: %s", "deep: {%s: [%s, x]}", "deep: {%s:%s}", "deep: {%s: *%s}", "deep: {%s: &%s x}", "deep: {%s: !%s x}",
			"deep: {%s: {%s: 1}}", "deep: {%s: \"%s}", "deep:\n  %s: 1\n %s", "%s: @%s", "%s%s", "deep: {? [%s, %s] : 1}",
		}).Draw(rt, "form")
		environ := []string{}
		if rapid.Bool().Draw(rt, "in the environment too") {
			environ = append(environ, "LAUREL_TEST_DEEP_"+strings.ToUpper(key)+"="+secret)
		}
		_, err := config.Load[hidden](write(t, fmt.Sprintf(form, key, secret)), environ, prefix)
		require.Error(rt, err)
		var all *config.Error
		require.ErrorAs(rt, err, &all)
		require.NotContains(rt, err.Error(), secret)
	})
}
