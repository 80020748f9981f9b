package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/credential"
)

type keyDoc struct {
	ID         string       `bson:"_id"`
	Format     int          `bson:"format"`
	Version    int64        `bson:"version"`
	Program    string       `bson:"programme"`
	Partner    string       `bson:"partner"`
	PublicKey  *bson.Binary `bson:"public_key,omitempty"`
	SAN        string       `bson:"san,omitempty"`
	Scopes     []string     `bson:"scopes"`
	Request    string       `bson:"request"` // <programme>/<caller>/<idempotency key>
	CreatedAt  time.Time    `bson:"created_at"`
	ExpiresAt  *time.Time   `bson:"expires_at,omitempty"`
	RevokedAt  *time.Time   `bson:"revoked_at,omitempty"`
	LastUsedAt *time.Time   `bson:"last_used_at,omitempty"`
}

// ErrKeyTaken says that a public key, a name of a certificate or a request is known already.
var ErrKeyTaken = errors.New("the credential is known")

// AddKey keeps a credential that a request has made, if room lets it, which is told all that its partner has.
// ErrKeyTaken: its public key, its name, or the request is known. store.ErrConflict: somebody else adds one at this moment.
func (s *Storage) AddKey(ctx context.Context, k credential.Key, request string, room func(has []credential.Key) error) error {
	var refused error
	err := s.store.Transact(ctx, func(ctx context.Context) error {
		_, err := s.store.Collection(fencesName).UpdateOne(ctx, bson.M{"_id": owner(k.Program, k.Partner)},
			bson.M{"$inc": bson.M{"version": 1}, "$setOnInsert": bson.M{"format": format}}, options.UpdateOne().SetUpsert(true))
		if err != nil {
			return err
		}
		has, err := s.keys(ctx, bson.M{"programme": k.Program, "partner": k.Partner})
		if err != nil {
			return err
		}
		if refused = room(has); refused != nil {
			return refused
		}
		_, err = s.store.Collection(keysName).InsertOne(ctx, keyToDoc(k, request))
		if mongo.IsDuplicateKeyError(err) {
			refused = ErrKeyTaken
			return refused
		}
		return err
	})
	if refused != nil {
		return refused
	}
	return wrap("keep key", k.ID, err)
}

// KeyOf returns the credential that a request has made; false: it has made none.
func (s *Storage) KeyOf(ctx context.Context, request string) (credential.Key, bool, error) {
	d, found, err := one[keyDoc](ctx, s.store.Collection(keysName), bson.M{"request": request})
	return keyFromDoc(d), found, wrap("look for the key of", request, err)
}

// RevokeKey ends a credential, if it is not over, and returns it; false: there is none of this id.
func (s *Storage) RevokeKey(ctx context.Context, id string, at time.Time) (credential.Key, bool, error) {
	c := s.store.Collection(keysName)
	_, err := c.UpdateOne(ctx, bson.M{"_id": id, "revoked_at": bson.M{"$exists": false}},
		bson.M{"$set": bson.M{"revoked_at": at}, "$inc": bson.M{"version": 1}})
	if err != nil {
		return credential.Key{}, false, wrap("revoke key", id, err)
	}
	d, found, err := one[keyDoc](ctx, c, bson.M{"_id": id})
	return keyFromDoc(d), found, wrap("read key", id, err)
}

// UsedKey notes that a credential was used.
func (s *Storage) UsedKey(ctx context.Context, id string, at time.Time) error {
	_, err := s.store.Collection(keysName).UpdateOne(ctx, bson.M{"_id": id}, bson.M{"$max": bson.M{"last_used_at": at}})
	return wrap("note the use of key", id, err)
}

// Keys returns all credentials, by programme, partner and age.
func (s *Storage) Keys(ctx context.Context) ([]credential.Key, error) { return s.keys(ctx, bson.M{}) }

func (s *Storage) keys(ctx context.Context, filter bson.M) ([]credential.Key, error) {
	var docs []keyDoc
	sort := bson.D{{Key: "programme", Value: 1}, {Key: "partner", Value: 1}, {Key: "created_at", Value: 1}, {Key: "_id", Value: 1}}
	cursor, err := s.store.Collection(keysName).Find(ctx, filter, options.Find().SetSort(sort))
	if err == nil {
		err = cursor.All(ctx, &docs)
	}
	if err != nil {
		return nil, fmt.Errorf("read the keys: %w", err)
	}
	list := make([]credential.Key, len(docs))
	for i, d := range docs {
		list[i] = keyFromDoc(d)
	}
	return list, nil
}

// Nonce remembers the nonce of a signed call. False: it came before.
func (s *Storage) Nonce(ctx context.Context, keyID, nonce string, at time.Time) (bool, error) {
	_, err := s.store.Collection(noncesName).InsertOne(ctx, bson.M{"_id": keyID + "/" + nonce, "at": at})
	if mongo.IsDuplicateKeyError(err) {
		return false, nil
	}
	return err == nil, wrap("remember a nonce of", keyID, err)
}

func keyToDoc(k credential.Key, request string) keyDoc {
	d := keyDoc{
		ID: k.ID, Format: format, Version: 1, Program: k.Program, Partner: k.Partner, SAN: k.SAN, Scopes: []string{}, Request: request,
		CreatedAt: k.CreatedAt, ExpiresAt: orNil(k.ExpiresAt), RevokedAt: orNil(k.RevokedAt), LastUsedAt: orNil(k.LastUsedAt),
	}
	if k.SAN == "" {
		d.PublicKey = &bson.Binary{Data: k.PublicKey}
	}
	for _, scope := range k.Scopes {
		d.Scopes = append(d.Scopes, string(scope))
	}
	return d
}

func keyFromDoc(d keyDoc) credential.Key {
	k := credential.Key{
		ID: d.ID, Program: d.Program, Partner: d.Partner, SAN: d.SAN, CreatedAt: d.CreatedAt.UTC(),
		ExpiresAt: orZero(d.ExpiresAt), RevokedAt: orZero(d.RevokedAt), LastUsedAt: orZero(d.LastUsedAt),
	}
	if d.PublicKey != nil {
		k.PublicKey = d.PublicKey.Data
	}
	for _, scope := range d.Scopes {
		k.Scopes = append(k.Scopes, credential.Scope(scope))
	}
	return k
}

func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
