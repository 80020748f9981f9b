package callers

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/credential"
)

// line is what an audit line tells.
type line struct {
	Msg, Method, Reason, Remote, Key string
	Wait                             time.Duration
}

// gate knows one key, and writes its lines to what is returned.
func gate(t *testing.T, id string, public ed25519.PublicKey) (*Gate, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	g, err := New(Deps{Clock: clock.At(now), Log: slog.New(slog.NewJSONHandler(&log, nil)), Rate: Rate{PerSecond: 1, Burst: 1}})
	require.NoError(t, err)
	g.byID = map[string]credential.Key{id: {ID: id, Program: "tea", Partner: "a", PublicKey: public, Scopes: []credential.Scope{"award"}}}
	g.readAt = now
	return g, &log
}

// from is the context of a call that a key has signed, from a place.
func from(place, id, nonce string, key ed25519.PrivateKey, call rpc.Call) context.Context {
	proof := credential.Proof{KeyID: id, Time: now, Nonce: nonce}
	ctx := metadata.NewIncomingContext(context.Background(), metadata.New(credential.Sign(key, proof, call.Method, call.Body)))
	return peer.NewContext(ctx, &peer.Peer{Addr: &net.TCPAddr{IP: net.ParseIP(place), Port: 7}})
}

func lines(t *testing.T, log *bytes.Buffer) []line {
	t.Helper()
	var all []line
	for decoder := json.NewDecoder(log); decoder.More(); {
		var l line
		require.NoError(t, decoder.Decode(&l))
		all = append(all, l)
	}
	return all
}

// TestX20EachBlockLeavesALine: who, from where, what and why, and how long they are kept waiting from the 21st on.
func TestX20EachBlockLeavesALine(t *testing.T) {
	public, _, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	_, wrong, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	id := credential.NewID([16]byte{1})
	g, log := gate(t, id, public)
	call := rpc.Call{Method: "/laurel.partner.v1.PartnerService/AwardPoints", Scope: rpc.ScopeAward, Body: []byte("body")}
	for n := range failuresMax + 1 {
		_, err := g.Admit(from("192.0.2.7", id, "0123456789abcdef", wrong, call), call)
		want := reason.NotSignedIn
		if n == failuresMax {
			want = reason.RateLimited
		}
		require.ErrorIs(t, rpc.FromStatus(err), want, n)
	}
	all := lines(t, log)
	require.Len(t, all, failuresMax+1)
	told := line{"partner call refused", call.Method, string(reason.NotSignedIn), "192.0.2.7", id, 0}
	require.Equal(t, told, all[0])
	told.Wait = failuresWithin
	require.Equal(t, told, all[failuresMax])
}

// TestX20NoMadeUpKeyGetsIn: ids as Laurel makes them, each with a good signature of a key of its own.
func TestX20NoMadeUpKeyGetsIn(t *testing.T) {
	t.Parallel()
	const seed, guesses = 11, 2_000
	random := rand.NewChaCha8([32]byte{seed})
	_, key, err := ed25519.GenerateKey(random)
	require.NoError(t, err)
	public, _, err := ed25519.GenerateKey(random)
	require.NoError(t, err)
	g, log := gate(t, credential.NewID([16]byte{1}), public)
	call := rpc.Call{Method: "/laurel.partner.v1.PartnerService/AwardPoints", Scope: rpc.ScopeAward}
	for range guesses {
		var id [16]byte
		_, _ = random.Read(id[:])
		_, err := g.Admit(from("192.0.2.8", credential.NewID(id), "0123456789abcdef", key, call), call)
		require.Error(t, err)
	}
	require.Len(t, lines(t, log), guesses)
}
