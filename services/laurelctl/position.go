package laurelctl

import typev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/type/v1"

// position is a place in EVENTS on the command line, as `orders publish` tells it.
type position uint64

func (p position) toProto() *typev1.Position {
	if p == 0 {
		return nil
	}
	return &typev1.Position{Sequence: uint64(p)}
}
