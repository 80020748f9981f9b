// Package lossfs is a file system that forgets, as a disk does whose power is cut: what was written and not yet synced is undone.
// It hands everything on to a directory, and keeps for each file how to undo its writes since its last fsync, and for names
// how to undo creations, renames and removals since the last fsync of anything, as a journal of a file system does. Fsync itself costs
// nothing here. It is for tests, and needs /dev/fuse and the right to mount.
package lossfs

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// FS is such a file system that is mounted. It is safe for many.
type FS struct {
	backing, trash string
	server         *fuse.Server

	mu     sync.Mutex // guards what follows, and is held over each change
	cut    bool       // the power is off: nothing can be changed
	serial int
	names  []change            // creations, renames, removals, oldest first
	data   map[uint64][]change // by inode, oldest first
	files  map[uint64]*os.File // by inode, to undo by
}

// change is how something that was done is undone, or, once it is synced, forgotten.
type change struct {
	serial int
	undo   func() error
	forget func()
}

// Mount mounts one over a directory. What it holds lies in dir + ".backing". The caller must call Unmount.
func Mount(dir string) (*FS, error) {
	f := &FS{backing: dir + ".backing", trash: dir + ".trash", data: map[uint64][]change{}, files: map[uint64]*os.File{}}
	for _, d := range []string{dir, f.backing, f.trash} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, fmt.Errorf("make a place for the file system: %w", err)
		}
	}
	root := &fs.LoopbackRoot{Path: f.backing}
	never := time.Duration(0) // the kernel asks again each time: after a cut all may be different
	var err error
	f.server, err = fs.Mount(dir, f.newNode(root), &fs.Options{
		AttrTimeout: &never, EntryTimeout: &never, NegativeTimeout: &never,
		MountOptions: fuse.MountOptions{DirectMount: true, FsName: "lossfs", Name: "lossfs", MaxWrite: 128 << 10},
	})
	if err != nil {
		return nil, fmt.Errorf("mount a file system by /dev/fuse: %w", err)
	}
	return f, nil
}

// Unmount takes it away; what is in it stays in the directory behind it. Nobody may use it any more.
func (f *FS) Unmount() error {
	err := f.server.Unmount()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, file := range f.files {
		err = errors.Join(err, file.Close())
	}
	clear(f.files)
	return err
}

// Off cuts the power: from here on nothing can be changed. Whoever uses the file system is to be killed then.
func (f *FS) Off() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cut = true
}

// On brings the power back: what was not synced is undone, newest first. It returns how many changes that were. Nobody may use the
// file system meanwhile.
func (f *FS) On() (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	changes := slices.Clone(f.names)
	for _, of := range f.data {
		changes = append(changes, of...)
	}
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(b.serial, a.serial) })
	for _, c := range changes {
		if err := c.undo(); err != nil {
			return 0, fmt.Errorf("undo change %d: %w", c.serial, err)
		}
	}
	f.names, f.cut = nil, false
	clear(f.data)
	return len(changes), nil
}

// number gives a change its place in the order of all. The lock is held.
func (f *FS) number(undo func() error, forget func()) change {
	f.serial++
	return change{f.serial, undo, forget}
}

// named notes how to undo a change of names. The lock is held.
func (f *FS) named(undo func() error, forget func()) {
	f.names = append(f.names, f.number(undo, forget))
}

// synced forgets how to undo what is on disk now: the data of a file, and all names. The lock is held.
func (f *FS) synced(inode uint64) {
	delete(f.data, inode)
	for _, c := range f.names {
		if c.forget != nil {
			c.forget()
		}
	}
	f.names = nil
}

// aside keeps what a name stands for by another one. The lock is held.
func (f *FS) aside(path string) (string, error) {
	f.serial++
	kept := filepath.Join(f.trash, strconv.Itoa(f.serial))
	return kept, os.Link(path, kept)
}
