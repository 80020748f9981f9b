//go:build !fault

package fault_test

import (
	"testing"

	"github.com/laurel-loyalty/laurel/services/internal/fault"
)

func TestAPointDoesNothingInAnOrdinaryBuild(t *testing.T) {
	for _, name := range fault.Points() {
		t.Setenv("LAUREL_FAULT", name+":1")
		t.Setenv("LAUREL_FAULT_SLOW", name+":1000h")
		fault.Point(name)
	}
}
