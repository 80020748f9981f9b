package bus

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// ControlEvents returns the control events of a kind that a partition of EVENTS holds behind a sequence, in their order,
// of all programmes and sources. An event for all partitions stands in each of them. It is for the few that a house has:
// each is asked for by itself, and all of them are held in memory.
func (b *Bus) ControlEvents(ctx context.Context, partition int, kind string, behind uint64) ([]Message, error) {
	filter := fmt.Sprintf("%s.%d.%s.*.*.%s.*", eventsPrefix, partition, ClassControl, kind)
	var list []Message
	for next := behind + 1; ; {
		s, found, err := b.fetch(ctx, Events, lookup{Sequence: next, NextOn: filter})
		if err != nil || !found {
			return list, err
		}
		a, err := parseStored(s.subject)
		if err != nil {
			return nil, err
		}
		list = append(list, Message{
			Partition: a.partition, Class: a.class, Program: a.program, Merchant: a.source, Kind: a.kind, Account: a.account,
			Malformed: a.fault, Subject: a.published, Header: s.header, Data: s.data, Sequence: s.sequence, Time: s.time,
			ID: s.header.Get(jetstream.MsgIDHeader),
		})
		next = s.sequence + 1
	}
}
