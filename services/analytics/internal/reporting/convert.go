package reporting

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/storage"
)

// ReadToProto is what a reading knows, as answers say it.
func ReadToProto(r storage.Reading) *analyticsv1.ReadUpTo {
	read := &analyticsv1.ReadUpTo{EffectiveAt: timestamppb.New(r.EffectiveAt), Entries: r.Entries}
	for _, m := range r.Marks {
		read.Marks = append(read.Marks, &analyticsv1.PartitionMark{
			Partition: int32(m.Partition), Epoch: int32(m.Epoch), Sequence: m.Sequence, //nolint:gosec // both are small
		})
	}
	return read
}
