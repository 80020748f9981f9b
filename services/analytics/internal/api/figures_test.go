package api

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// bodyField is where the body of a report stands: its name with underscores.
func bodyField(t *testing.T, name string) protoreflect.FieldDescriptor {
	t.Helper()
	f := (&analyticsv1.Report{}).ProtoReflect().Descriptor().Fields().ByName(protoreflect.Name(strings.ReplaceAll(name, "-", "_")))
	require.NotNil(t, f, "report %s has a body of its name", name)
	return f
}

func TestEveryFigureOfEveryReportIsExplained(t *testing.T) {
	for _, r := range reports() {
		t.Run(r.name, func(t *testing.T) {
			explained := map[string]bool{}
			for _, f := range r.figures() {
				require.False(t, explained[f.field], "%s is explained once", f.field)
				require.NotEmpty(t, f.definition, f.field)
				require.NotEmpty(t, f.source, f.field)
				require.NotZero(t, f.basis, f.field)
				explained[f.field] = true
			}
			used := map[string]bool{}
			requireExplained(t, bodyField(t, r.name).Message(), "", explained, used)
			for field := range explained {
				require.True(t, used[field], "%s is explained, but there is no such figure", field)
			}
		})
	}
}

// requireExplained checks the fields of a message, those of nested ones where they have no line as a whole.
func requireExplained(t *testing.T, d protoreflect.MessageDescriptor, prefix string, explained, used map[string]bool) {
	t.Helper()
	for i := range d.Fields().Len() {
		f := d.Fields().Get(i)
		path := prefix + string(f.Name())
		if explained[path] {
			used[path] = true
		}
		if f.Message() != nil {
			before := len(used)
			if explained[path] {
				requireSome(d, used, f, path+".", explained)
				continue
			}
			requireExplained(t, f.Message(), path+".", explained, used)
			require.Greater(t, len(used), before, "%s is explained, or what is below it", path)
			continue
		}
		require.True(t, explained[path], "%s is explained", path)
	}
}

// requireSome marks lines below one that is explained as a whole.
func requireSome(_ protoreflect.MessageDescriptor, used map[string]bool, f protoreflect.FieldDescriptor, prefix string, explained map[string]bool) {
	for i := range f.Message().Fields().Len() {
		if path := prefix + string(f.Message().Fields().Get(i).Name()); explained[path] {
			used[path] = true
		}
	}
}

func TestAnAnswerSaysWhatAFigureIsMadeOf(t *testing.T) {
	r := &analyticsv1.Report{
		Body: &analyticsv1.Report_Survival{Survival: &analyticsv1.SurvivalReport{
			FirstRepeat: &analyticsv1.SurvivalCurve{Customers: 7}, SilentDays: 180,
		}},
		Figures: []*analyticsv1.Figure{{Field: "loss", Basis: measured}},
	}
	explain(r, survivalFigures())
	require.EqualValues(t, 7, r.GetFigures()[0].GetN())
	require.Equal(t, estimated, r.GetFigures()[0].GetBasis())
	require.Zero(t, r.GetFigures()[1].GetN(), "there is no curve of losses")
	require.Equal(t, measured, r.GetFigures()[1].GetBasis(), "what the answer has said of it stays")
	require.Zero(t, r.GetFigures()[2].GetN())
	empty := &analyticsv1.Report{}
	explain(empty, survivalFigures())
	require.Len(t, empty.GetFigures(), 7)
}
