package store

import (
	"context"
	"fmt"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// commandBytes is how much one command carries: mongod takes 16 MiB, and one document may be as large as that by itself.
const commandBytes = 8 << 20

// Replacement is a document that takes the place of the one with its _id.
type Replacement struct {
	ID       string
	Document bson.Raw
}

// InsertWritten inserts documents whose BSON is there already, in as many commands as their size asks for. The driver's InsertMany would take each apart and put it
// together again. It belongs inside Transact: whether a write lasts is the transaction's matter. An error is the driver's for writes.
func (s *Store) InsertWritten(ctx context.Context, collection string, documents []bson.Raw) error {
	for len(documents) > 0 {
		n := inOneCommand(len(documents), func(i int) int { return len(documents[i]) })
		at, command := bsoncore.AppendDocumentStart(nil)
		command = bsoncore.AppendStringElement(command, "insert", collection)
		list, command := bsoncore.AppendArrayElementStart(command, "documents")
		for i, d := range documents[:n] {
			command = bsoncore.AppendDocumentElement(command, strconv.Itoa(i), d)
		}
		command = ended(command, list, at)
		if err := Made(ctx, s.db.RunCommand(ctx, bson.Raw(command)).Err()); err != nil {
			return fmt.Errorf("insert %d documents: %w", n, err)
		}
		documents = documents[n:]
	}
	return nil
}

// Replace replaces documents whose BSON is there already, as InsertWritten inserts them, and tells how many were there. It names them by
// _id alone, for which mongod needs no plan: that takes a third less time than with a condition beside it. Whoever has a condition reads what it is about
// in the same transaction: another write of the document since then is a conflict.
func (s *Store) Replace(ctx context.Context, collection string, replacements []Replacement) (int, error) {
	matched := 0
	for len(replacements) > 0 {
		n := inOneCommand(len(replacements), func(i int) int { return len(replacements[i].ID) + len(replacements[i].Document) })
		at, command := bsoncore.AppendDocumentStart(nil)
		command = bsoncore.AppendStringElement(command, "update", collection)
		list, command := bsoncore.AppendArrayElementStart(command, "updates")
		for i, r := range replacements[:n] {
			var one int32
			one, command = bsoncore.AppendDocumentElementStart(command, strconv.Itoa(i))
			var q int32
			q, command = bsoncore.AppendDocumentElementStart(command, "q")
			command = bsoncore.AppendStringElement(command, "_id", r.ID)
			command, _ = bsoncore.AppendDocumentEnd(command, q)
			command = bsoncore.AppendDocumentElement(command, "u", r.Document)
			command, _ = bsoncore.AppendDocumentEnd(command, one)
		}
		command = ended(command, list, at)
		answer, err := s.db.RunCommand(ctx, bson.Raw(command)).Raw()
		if err = Made(ctx, err); err != nil {
			return matched, fmt.Errorf("replace %d documents: %w", n, err)
		}
		held, ok := answer.Lookup("n").AsInt64OK()
		if !ok {
			return matched, fmt.Errorf("replace %d documents: the answer does not say how many there were", n)
		}
		matched += int(held)
		replacements = replacements[n:]
	}
	return matched, nil
}

// inOneCommand is how many of some writes go into one command: at least one.
func inOneCommand(many int, size func(i int) int) int {
	n, bytes := 0, 0
	for n < many {
		bytes += size(n)
		if n > 0 && bytes > commandBytes {
			break
		}
		n++
	}
	return n
}

// ended closes the list of a command and the command.
func ended(command []byte, list, at int32) []byte {
	command, _ = bsoncore.AppendArrayEnd(command, list) // they fail where nothing was begun
	command, _ = bsoncore.AppendDocumentEnd(command, at)
	return command
}
