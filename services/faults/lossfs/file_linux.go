package lossfs

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
)

// file is an open file.
type file struct {
	*fs.LoopbackFile
	f     *FS
	inode uint64
}

// PassthroughFd keeps the kernel from writing past us.
func (*file) PassthroughFd() (int, bool) { return -1, false }

// open wraps an open file, and opens it once more, to undo by. The lock is held.
func (f *FS) open(path string, handle fs.FileHandle) (fs.FileHandle, syscall.Errno) {
	inode, err := f.own(path)
	if err != nil {
		return nil, fs.ToErrno(err)
	}
	return &file{handle.(*fs.LoopbackFile), f, inode}, 0 //nolint:forcetypeassert // of the library's own Open
}

// own opens a file to undo by, unless it is open already, and returns its inode. An inode that is open is given to no other file.
func (f *FS) own(path string) (uint64, error) {
	made, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	var stat syscall.Stat_t
	if err := syscall.Fstat(int(made.Fd()), &stat); err != nil {
		return 0, errors.Join(err, made.Close())
	}
	if f.files[stat.Ino] != nil {
		return stat.Ino, made.Close()
	}
	f.files[stat.Ino] = made
	return stat.Ino, nil
}

// Write implements fs.FileWriter.
func (w *file) Write(ctx context.Context, data []byte, offset int64) (uint32, syscall.Errno) {
	end, ok := w.f.begin()
	defer end()
	if !ok {
		return 0, syscall.EIO
	}
	if err := w.f.note(w.inode, offset, int64(len(data))); err != nil {
		return 0, fs.ToErrno(err)
	}
	return w.LoopbackFile.Write(ctx, data, offset)
}

// Allocate implements fs.FileAllocater: it may make the file longer.
func (w *file) Allocate(ctx context.Context, offset uint64, size uint64, mode uint32) syscall.Errno {
	end, ok := w.f.begin()
	defer end()
	if !ok {
		return syscall.EIO
	}
	if err := w.f.note(w.inode, int64(offset), int64(size)); err != nil { //nolint:gosec // sizes of files
		return fs.ToErrno(err)
	}
	return w.LoopbackFile.Allocate(ctx, offset, size, mode)
}

// note keeps what stands at a place of a file, and how long the file is, before it is written. The lock is held.
func (f *FS) note(inode uint64, offset, size int64) error {
	at := f.files[inode]
	info, err := at.Stat()
	if err != nil {
		return err
	}
	long := info.Size()
	old := make([]byte, max(0, min(size, long-offset)))
	if _, err := at.ReadAt(old, offset); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	f.data[inode] = append(f.data[inode], f.number(func() error {
		if len(old) > 0 {
			if _, err := at.WriteAt(old, offset); err != nil {
				return err
			}
		}
		return at.Truncate(long)
	}, nil))
	return nil
}

// noteTruncate keeps what a file holds beyond a size. The lock is held.
func (f *FS) noteTruncate(inode uint64, size int64) {
	const whole = 1 << 40
	_ = f.note(inode, size, whole) // what cannot be read is not brought back
}

func (f *FS) beforeTruncate(path string, size int64) syscall.Errno {
	inode, err := f.own(path)
	if err != nil {
		return fs.ToErrno(err)
	}
	f.noteTruncate(inode, size)
	return 0
}
