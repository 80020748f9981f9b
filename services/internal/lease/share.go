package lease

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
)

// share reckons which replica should have each partition: rendezvous hashing (Thaler and Ravishankar, "Using name-based
// mappings to increase hit rates", 1998) with a bound, so that the shares differ by one at most. All
// replicas that see the same others reckon the same; one that comes or goes moves little more than what is its own.
// Nobody lives: nobody has anything.
func share(live []string, partitions int) map[int]string {
	type bid struct {
		weight    uint64
		replica   string
		partition int
	}
	if len(live) == 0 {
		return nil
	}
	bids := make([]bid, 0, len(live)*partitions)
	for _, replica := range live {
		for p := range partitions {
			sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", replica, p))
			bids = append(bids, bid{binary.BigEndian.Uint64(sum[:]), replica, p})
		}
	}
	slices.SortFunc(bids, func(a, b bid) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.replica, b.replica), cmp.Compare(a.partition, b.partition))
	})
	least, more := partitions/len(live), partitions%len(live) // so many have one more
	wanted, has := make(map[int]string, partitions), map[string]int{}
	for _, b := range bids {
		if _, given := wanted[b.partition]; given || has[b.replica] > least || has[b.replica] == least && more == 0 {
			continue
		}
		if has[b.replica] == least {
			more--
		}
		wanted[b.partition] = b.replica
		has[b.replica]++
	}
	return wanted
}
