package storage

import (
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/laurel-loyalty/laurel/services/internal/document"
)

const (
	// wordsMax is how many words a decoder remembers, wordBytes how long they may be.
	wordsMax  = 4096
	wordBytes = 32
)

// decoder reads documents. They hold the same words again and again (units, kinds, tiers), each of which it makes once; and it
// reads each entry into the room of the one before, since what is thrown away costs as much as what is read. So an entry is
// there until the next one is. Not safe for many goroutines.
type decoder struct {
	words map[string]string
	room  entryDoc
	parts struct { // of the room
		order  orderDoc
		ladder ladderDoc
	}
}

func newDecoder() *decoder { return &decoder{words: map[string]string{}} }

// word reads what is the same in many documents.
func (d *decoder) word(v bsoncore.Value, into *string) error {
	b, err := document.Letters(v)
	if err != nil || len(b) > wordBytes {
		*into = string(b)
		return err
	}
	known, ok := d.words[string(b)]
	if !ok {
		known = string(b)
		if len(d.words) < wordsMax {
			d.words[known] = known
		}
	}
	*into = known
	return nil
}

func (d *decoder) wordList(v bsoncore.Value, into *[]string) error {
	return document.Items(v, into, d.word)
}
