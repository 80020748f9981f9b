package faults

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

// damage is what happens to the store of EVENTS while nats-server is down.
type damage struct {
	name string
	do   func(x *trial, stream string)
}

var damages = []damage{
	{"a byte was flipped", func(x *trial, stream string) {
		path := lastBlock(x, stream)
		raw, err := os.ReadFile(path)
		require.NoError(x.t, err)
		raw[len(raw)/4+x.random.IntN(len(raw)/2)] ^= 1 << x.random.IntN(8)
		require.NoError(x.t, os.WriteFile(path, raw, 0o600))
		forgetIndex(x, stream)
	}},
	{"a block was cut in half", func(x *trial, stream string) {
		path := lastBlock(x, stream)
		info, err := os.Stat(path)
		require.NoError(x.t, err)
		require.NoError(x.t, os.Truncate(path, info.Size()/2))
		forgetIndex(x, stream)
	}},
	{"the consumers were deleted", func(x *trial, stream string) {
		require.NoError(x.t, os.RemoveAll(filepath.Join(stream, "obs")))
	}},
	{"the stream was deleted", func(x *trial, stream string) { require.NoError(x.t, os.RemoveAll(stream)) }},
}

// lastBlock is the file that holds the end of a stream.
func lastBlock(x *trial, stream string) string {
	blocks, err := filepath.Glob(filepath.Join(stream, "msgs", "*.blk"))
	require.NoError(x.t, err)
	require.NotEmpty(x.t, blocks)
	slices.Sort(blocks)
	return blocks[len(blocks)-1]
}

// forgetIndex removes what nats-server keeps of a stream beside its blocks, as after a crash: it reads the blocks then.
func forgetIndex(x *trial, stream string) {
	err := os.Remove(filepath.Join(stream, "msgs", "index.db"))
	if !os.IsNotExist(err) {
		require.NoError(x.t, err)
	}
}

// storesAreDamaged damages the store of EVENTS: the house must notice whatever is gone, must neither skip what comes then nor
// take it for what it had, and has all of it once its streams are mended.
func storesAreDamaged(x *trial) {
	const noticeMax = 30 * time.Second
	for _, d := range damages {
		x.mustFire(d.name, 1)
		w := x.raise(ground{bareNats: filepath.Join(x.t.TempDir(), "nats")})
		l := w.load(volume{perSecond: x.volume.perSecond / 3, seconds: 3, members: 60})
		w.holds(l)
		w.bare.kill()
		d.do(x, filepath.Join(w.bare.dir, "jetstream", "$G", "streams", "EVENTS"))
		w.bare.start()
		x.fired(d.name)
		harmless := strings.Contains(d.name, "consumers")
		began, alarm := time.Now(), ""
		for alarm == "" && !harmless && time.Since(began) < noticeMax {
			if said := w.readiness(); strings.Contains(said, "went back") || strings.Contains(said, "stream") {
				alarm = said
			}
			pause(x.t.Context(), loadTick)
		}
		if alarm == "" && !harmless {
			x.t.Errorf("%s: no alarm within %s; readiness: %s", d.name, noticeMax, w.readiness())
		}
		alarmed := time.Since(began)
		more, gone := w.more(l), strings.Contains(d.name, "stream")
		if !gone {
			more.orderEach() // to a stream that gives out sequences for the second time
		}
		if !harmless {
			w.laurel.stop()
			x.note("%s: %s", d.name, w.mend())
			w.serve()
		}
		if gone {
			more.orderEach()
		}
		ended := more.applied(noticeMax)
		if ended == "" {
			w.ctl("ledger", "verify")
			w.ctl("reward", "verify")
		} else {
			x.t.Errorf("%s: what came then is not applied within %s: %s", d.name, noticeMax, ended)
		}
		x.note("%s: said after %.1f s, what came then is applied: %v", d.name, alarmed.Seconds(), ended == "")
		w.laurel.stop()
		w.bare.kill()
		require.NoError(x.t, w.mongod.Stop())
	}
}

// mend puts back what the streams have lost, and returns what it says of it.
func (w *world) mend() string {
	w.t.Helper()
	p := run(w.t, nil, programs.laurel, "mend", filepath.Join(w.t.TempDir(), "mend"), "--data", w.data,
		"--mongodb-uri", w.mongod.URI(), "--nats-url", w.busURL(), "--nats-token", w.busToken())
	<-p.done
	require.Zero(w.t, p.cmd.ProcessState.ExitCode(), "laurel mend:\n%s%s", p.out.String(), p.err.String())
	return strings.Join(strings.Split(strings.TrimSpace(p.out.String()), "\n"), "; ")
}

// orderEach publishes an order of each member, which is acknowledged.
func (l *load) orderEach() {
	l.w.t.Helper()
	for n := range l.v.members {
		require.NoError(l.w.t, l.acknowledged(l.w.t.Context(), append(l.sent[:0:0], l.order(member(n), 1))))
	}
}

// applied waits until all that was acknowledged is in the books; otherwise it says what is not.
func (l *load) applied(limit time.Duration) string {
	b := l.w.books()
	defer b.close()
	for began := time.Now(); ; pause(l.w.t.Context(), loadTick) {
		if differs := b.differs(l); differs == "" || time.Since(began) > limit {
			return differs
		}
	}
}
