package lossfs

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// node is a file or directory; its changes are noted before they are made.
type node struct {
	fs.LoopbackNode
	f *FS
}

func (f *FS) newNode(root *fs.LoopbackRoot) *node {
	return &node{LoopbackNode: fs.LoopbackNode{RootData: root}, f: f}
}

// WrapChild implements fs.NodeWrapChilder: what is in a directory is watched as it is.
func (n *node) WrapChild(context.Context, fs.InodeEmbedder) fs.InodeEmbedder {
	return n.f.newNode(n.RootData)
}

func (n *node) path() string { return filepath.Join(n.f.backing, n.Path(n.Root())) }

// begin takes the lock for a change; not ok: the power is off.
func (f *FS) begin() (end func(), ok bool) {
	f.mu.Lock()
	return f.mu.Unlock, !f.cut
}

// Create implements fs.NodeCreater.
func (n *node) Create(ctx context.Context, name string, flags uint32, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	end, ok := n.f.begin()
	defer end()
	if !ok {
		return nil, nil, 0, syscall.EIO
	}
	path := filepath.Join(n.path(), name)
	_, err := os.Lstat(path)
	made := errors.Is(err, os.ErrNotExist)
	inode, handle, fuseFlags, errno := n.LoopbackNode.Create(ctx, name, flags, mode, out)
	if errno != 0 {
		return nil, nil, 0, errno
	}
	if made {
		n.f.named(func() error { return os.Remove(path) }, nil)
	}
	wrapped, errno := n.f.open(path, handle)
	return inode, wrapped, fuseFlags, errno
}

// Open implements fs.NodeOpener.
func (n *node) Open(ctx context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	end, ok := n.f.begin()
	defer end()
	writes := flags&syscall.O_ACCMODE != syscall.O_RDONLY
	if writes && !ok {
		return nil, 0, syscall.EIO
	}
	if flags&syscall.O_TRUNC != 0 {
		if errno := n.f.beforeTruncate(n.path(), 0); errno != 0 {
			return nil, 0, errno
		}
	}
	handle, fuseFlags, errno := n.LoopbackNode.Open(ctx, flags)
	if errno != 0 {
		return nil, 0, errno
	}
	wrapped, errno := n.f.open(n.path(), handle)
	return wrapped, fuseFlags, errno
}

// Setattr implements fs.NodeSetattrer.
func (n *node) Setattr(ctx context.Context, handle fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	end, ok := n.f.begin()
	defer end()
	if !ok {
		return syscall.EIO
	}
	if size, ok := in.GetSize(); ok {
		if file, ok := handle.(*file); ok { // the name may be gone
			n.f.noteTruncate(file.inode, int64(size)) //nolint:gosec // sizes of files
		} else if errno := n.f.beforeTruncate(n.path(), int64(size)); errno != 0 { //nolint:gosec // sizes of files
			return errno
		}
	}
	if file, ok := handle.(*file); ok {
		handle = file.LoopbackFile
	}
	return n.LoopbackNode.Setattr(ctx, handle, in, out)
}

// Unlink implements fs.NodeUnlinker.
func (n *node) Unlink(ctx context.Context, name string) syscall.Errno {
	end, ok := n.f.begin()
	defer end()
	if !ok {
		return syscall.EIO
	}
	path := filepath.Join(n.path(), name)
	kept, err := n.f.aside(path)
	if err != nil {
		return fs.ToErrno(err)
	}
	if errno := n.LoopbackNode.Unlink(ctx, name); errno != 0 {
		return errno
	}
	n.f.named(func() error { return os.Rename(kept, path) }, func() { _ = os.Remove(kept) })
	return 0
}

// Mkdir implements fs.NodeMkdirer.
func (n *node) Mkdir(ctx context.Context, name string, mode uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	end, ok := n.f.begin()
	defer end()
	if !ok {
		return nil, syscall.EIO
	}
	inode, errno := n.LoopbackNode.Mkdir(ctx, name, mode, out)
	if errno == 0 {
		path := filepath.Join(n.path(), name)
		n.f.named(func() error { return os.Remove(path) }, nil)
	}
	return inode, errno
}

// Rmdir implements fs.NodeRmdirer.
func (n *node) Rmdir(ctx context.Context, name string) syscall.Errno {
	end, ok := n.f.begin()
	defer end()
	if !ok {
		return syscall.EIO
	}
	errno := n.LoopbackNode.Rmdir(ctx, name)
	if errno == 0 {
		path := filepath.Join(n.path(), name)
		n.f.named(func() error { return os.Mkdir(path, 0o700) }, nil)
	}
	return errno
}

// Rename implements fs.NodeRenamer.
func (n *node) Rename(ctx context.Context, name string, parent fs.InodeEmbedder, newName string, flags uint32) syscall.Errno {
	end, ok := n.f.begin()
	defer end()
	to, known := parent.(*node)
	if !ok || !known || flags != 0 {
		return syscall.EIO
	}
	from, onto := filepath.Join(n.path(), name), filepath.Join(to.path(), newName)
	kept, forget := "", func() {}
	if info, err := os.Lstat(onto); err == nil && !info.IsDir() {
		if kept, err = n.f.aside(onto); err != nil {
			return fs.ToErrno(err)
		}
		forget = func() { _ = os.Remove(kept) }
	}
	if errno := n.LoopbackNode.Rename(ctx, name, parent, newName, flags); errno != 0 {
		return errno
	}
	n.f.named(func() error {
		err := os.Rename(onto, from)
		if kept != "" {
			err = errors.Join(err, os.Rename(kept, onto))
		}
		return err
	}, forget)
	return 0
}

// Fsync implements fs.NodeFsyncer for directories, where there is no handle of ours.
func (n *node) Fsync(_ context.Context, handle fs.FileHandle, _ uint32) syscall.Errno {
	end, ok := n.f.begin()
	defer end()
	if !ok {
		return syscall.EIO
	}
	if file, ok := handle.(*file); ok {
		n.f.synced(file.inode)
		return 0
	}
	n.f.synced(0)
	return 0
}
