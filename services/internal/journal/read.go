package journal

import (
	"container/heap"
	"context"
	"fmt"
	"io"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Reader reads the messages of a journal in the order of their sequences. Pages overlap, for lanes and replicas write side by
// side: no more of them are unpacked at a time than do.
type Reader struct {
	pages *mongo.Cursor
	page  Page // next one; First 0: none is left
	open  messages
}

// Read begins to read a journal. The reader must be closed.
func Read(ctx context.Context, journal *mongo.Collection) (*Reader, error) {
	pages, err := journal.Find(ctx, bson.D{}, options.Find().SetSort(bson.D{{Key: "first", Value: 1}, {Key: "_id", Value: 1}}))
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	r := &Reader{pages: pages}
	return r, r.turn(ctx)
}

// turn reads the next page, still packed.
func (r *Reader) turn(ctx context.Context) error {
	r.page = Page{}
	if !r.pages.Next(ctx) {
		if err := r.pages.Err(); err != nil {
			return fmt.Errorf("read the journal: %w", err)
		}
		return nil
	}
	if err := r.pages.Decode(&r.page); err != nil {
		return fmt.Errorf("read the journal: %w", err)
	}
	return nil
}

// Next returns the message with the lowest sequence that has not been returned yet, io.EOF behind the last.
func (r *Reader) Next(ctx context.Context) (Message, error) {
	for r.page.First > 0 && (len(r.open) == 0 || r.page.First <= r.open[0].Sequence) {
		unpacked, err := r.page.Unpack()
		if err != nil {
			return Message{}, err
		}
		for _, m := range unpacked {
			heap.Push(&r.open, m)
		}
		if err := r.turn(ctx); err != nil {
			return Message{}, err
		}
	}
	if len(r.open) == 0 {
		return Message{}, io.EOF
	}
	return heap.Pop(&r.open).(Message), nil //nolint:forcetypeassert // nothing else is pushed
}

// Close ends reading.
func (r *Reader) Close(ctx context.Context) { _ = r.pages.Close(ctx) } // the server drops it by itself

// messages are a heap by sequence.
type messages []Message

func (m messages) Len() int           { return len(m) }
func (m messages) Less(i, j int) bool { return m[i].Sequence < m[j].Sequence }
func (m messages) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }
func (m *messages) Push(x any)        { *m = append(*m, x.(Message)) } //nolint:forcetypeassert // see Next
func (m *messages) Pop() any {
	old := *m
	last := old[len(old)-1]
	*m = old[:len(old)-1]
	return last
}
