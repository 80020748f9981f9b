package program

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
)

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(readFile(t, schemaFile)))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("programme.schema.json", doc))
	schema, err := c.Compile("programme.schema.json")
	require.NoError(t, err)
	return schema
}

// asJSON reads YAML as an editor does, numbers as floats and all; nil where it cannot.
func asJSON(t *testing.T, text string) any {
	t.Helper()
	var doc any
	if yaml.Unmarshal([]byte(text), &doc) != nil {
		return nil
	}
	raw, err := json.Marshal(withDates(doc))
	if err != nil {
		return nil
	}
	out, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	require.NoError(t, err)
	return out
}

// withDates writes days as editors read them: as text, as keys too.
func withDates(doc any) any {
	switch v := doc.(type) {
	case map[any]any:
		texts := make(map[string]any, len(v))
		for key, child := range v {
			if key == nil {
				return doc
			}
			texts[fmt.Sprint(withDates(key))] = withDates(child)
		}
		return texts
	case map[string]any:
		for key, child := range v {
			v[key] = withDates(child)
		}
	case []any:
		for i, child := range v {
			v[i] = withDates(child)
		}
	case time.Time:
		if v.Equal(v.Truncate(24 * time.Hour)) {
			return v.Format(time.DateOnly)
		}
	}
	return doc
}

func TestSchemaAcceptsTheExamples(t *testing.T) {
	schema := compileSchema(t)
	for _, text := range append(referenceExamples(t), string(readFile(t, cdnowFile)), string(readFile(t, cdnowTiersFile)), string(readFile(t, clubFile)),
		string(readFile(t, coalitionFile)), whole(rich)) {
		require.NoError(t, schema.Validate(asJSON(t, text)), text)
	}
}

func TestSchemaRefusesWhatASchemaCanSee(t *testing.T) {
	schema := compileSchema(t)
	for _, c := range badCases() {
		t.Run(c.name, func(t *testing.T) {
			err := schema.Validate(asJSON(t, whole(c.yaml)))
			require.Equal(t, c.lax, err == nil, "%s\n%v", c.yaml, err)
		})
	}
}

// The keys, forms and limits of the schema are those of Parse.
func TestSchemaAndParseAgree(t *testing.T) {
	var doc map[string]any
	require.NoError(t, json.Unmarshal(readFile(t, schemaFile), &doc))
	at := func(path ...string) any {
		var v any = doc
		for _, key := range path {
			m, ok := v.(map[string]any)
			require.True(t, ok, path)
			require.Contains(t, m, key, path)
			v = m[key]
		}
		return v
	}
	keys := slices.Concat(requiredSections, optionalSections)
	slices.Sort(keys)
	require.Equal(t, keys, sortedKeys(at("properties").(map[string]any)))

	for _, c := range []struct {
		want any
		path []string
	}{
		{idPattern, []string{"properties", "programme", "pattern"}},
		{zonePattern, []string{"properties", "zone", "pattern"}},
		{wordPattern, []string{"$defs", "word", "pattern"}},
		{float64(nameCharsMax), []string{"properties", "name", "maxLength"}},
		{float64(exclusionsMax), []string{"$defs", "names", "maxItems"}},
		{float64(labelCharsMax), []string{"$defs", "names", "items", "maxLength"}},
		{float64(pointsMost), []string{"properties", "earning", "properties", "points", "maximum"}},
		{float64(pendingDaysMost), []string{"properties", "earning", "properties", "pending_days", "maximum"}},
		{float64(multipliersMax), []string{"properties", "earning", "properties", "multipliers", "properties", "category", "maxProperties"}},
		{float64(tiersMax), []string{"properties", "earning", "properties", "multipliers", "properties", "tier", "maxProperties"}},
		{float64(unitsMax), []string{"properties", "units", "maxProperties"}},
		{float64(returnWaitMost), []string{"properties", "returns", "properties", "wait_days", "maximum"}},
		{float64(refundExtendMost), []string{"properties", "refunds", "properties", "extend_expired_days", "maximum"}},
		{float64(causesMax), []string{"properties", "causes", "maxProperties"}},
		{float64(causeCapMost), []string{"properties", "causes", "additionalProperties", "properties", "match", "properties", "cap", "maximum"}},
		{float64(transferMost), []string{"properties", "transfers", "properties", "max", "maximum"}},
		{float64(transferOlderMost), []string{"properties", "transfers", "properties", "older_than_days", "maximum"}},
		{float64(transferOlderDaysDefault), []string{"properties", "transfers", "properties", "older_than_days", "default"}},
		{float64(returnWaitDefault), []string{"properties", "returns", "properties", "wait_days", "default"}},
		{float64(returnAcceptMost), []string{"properties", "returns", "properties", "accept_days", "maximum"}},
		{float64(owedMostMost), []string{"properties", "returns", "properties", "limit", "maximum"}},
		{float64(acceptLateMost), []string{"properties", "orders", "properties", "accept_late_days", "maximum"}},
		{float64(acceptLateDefault), []string{"properties", "orders", "properties", "accept_late_days", "default"}},
		{float64(rateCurrenciesMax), []string{"properties", "orders", "properties", "rates", "maxProperties"}},
		{float64(rateDaysMax), []string{"properties", "orders", "properties", "rates", "additionalProperties", "maxProperties"}},
		{float64(monthsMost), []string{"properties", "ladder", "properties", "window_months", "maximum"}},
		{float64(tiersMax), []string{"properties", "ladder", "properties", "tiers", "maxItems"}},
		{float64(actionsMax), []string{"properties", "actions", "maxProperties"}},
		{float64(actionPointsMost), []string{"$defs", "actionPoints", "maximum"}},
		{float64(partnersMax), []string{"properties", "partners", "maxProperties"}},
		{float64(merchantsMax), []string{"$defs", "partner", "properties", "merchants", "maxItems"}},
		{float64(merchantCharsMax), []string{"$defs", "partner", "properties", "merchants", "items", "maxLength"}},
		{float64(partnerPointsMost), []string{"$defs", "partnerPoints", "maximum"}},
		{datePattern, []string{"$defs", "date", "pattern"}},
	} {
		require.Equal(t, c.want, at(c.path...), c.path)
	}
	forms := string(readFile(t, schemaFile))
	for _, form := range []string{amountPattern, factorPattern, pricePattern, percentPattern, exchangePattern} {
		quoted, err := json.Marshal(form)
		require.NoError(t, err)
		require.Contains(t, forms, string(quoted))
	}
}

// The reference names every key of the schema.
func TestReferenceNamesEveryKey(t *testing.T) {
	var doc any
	require.NoError(t, json.Unmarshal(readFile(t, schemaFile), &doc))
	page := string(readFile(t, referenceFile))
	for _, path := range keyPaths(doc, "") {
		if parent := path[:max(strings.LastIndex(path, "."), 0)]; !strings.Contains(page, "| `"+path+"` |") {
			require.Contains(t, page, "`"+path+".", "key %s of %s", path, parent)
		}
	}
}

func keyPaths(schema any, path string) []string {
	var out []string
	m, ok := schema.(map[string]any)
	if !ok {
		return nil
	}
	properties, _ := m["properties"].(map[string]any)
	for key, child := range properties {
		p := strings.TrimPrefix(path+"."+key, ".")
		out = append(append(out, p), keyPaths(child, p)...)
	}
	alternatives, _ := m["oneOf"].([]any)
	for _, child := range alternatives {
		out = append(out, keyPaths(child, path)...)
	}
	return append(out, keyPaths(m["items"], path+"[]")...)
}

var textBlock = regexp.MustCompile("(?s)```text\n(.*?)```")

// The faults that the reference shows are those of its own example with three slips.
func TestReferenceShowsRealFaults(t *testing.T) {
	text := referenceExamples(t)[0]
	for right, wrong := range map[string]string{"Europe/Berlin": "Europe/Berln", "pending_days": "pendingdays", "2000.00": "300.00"} {
		require.Equal(t, 1, strings.Count(text, right))
		text = strings.Replace(text, right, wrong, 1)
	}
	_, faults := Parse([]File{{Name: "club.yaml", Content: []byte(text)}})
	shown := textBlock.FindStringSubmatch(string(readFile(t, referenceFile)))
	require.Len(t, shown, 2)
	require.Equal(t, shown[1], strings.Join(lines(faults), "\n")+"\n")
}
