package terms_test

import (
	"testing"

	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }
