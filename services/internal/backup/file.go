package backup

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
	"go.mongodb.org/mongo-driver/v2/bson"
)

const (
	// documentBytesMax is more than a document of MongoDB, or a message of the bus, may have.
	documentBytesMax = 17 << 20
	// windowBytesMax is the memory that a file may ask for to be read.
	windowBytesMax = 64 << 20
)

// fileWriter writes BSON documents one behind the other, compressed; each begins with its own length.
type fileWriter struct {
	path      string // within the backup
	file      *os.File
	buffered  *bufio.Writer
	packed    *zstd.Encoder
	sum       hash.Hash // of the file
	digest    hash.Hash // of the documents
	bytes     int64
	documents int64
}

// create begins a file, which must not be there.
func create(dir, path string) (*fileWriter, error) {
	full := filepath.Join(dir, path)
	if err := os.MkdirAll(filepath.Dir(full), dirMode); err != nil {
		return nil, fmt.Errorf("write a backup: %w", err)
	}
	file, err := os.OpenFile(full, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return nil, fmt.Errorf("write a backup: %w", err)
	}
	w := &fileWriter{path: path, file: file, buffered: bufio.NewWriterSize(file, 1<<20), sum: sha256.New(), digest: sha256.New()}
	w.packed, err = zstd.NewWriter(counter{w}, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("write a backup: %w", err), file.Close())
	}
	return w, nil
}

// counter writes to the file, and counts and sums what is written.
type counter struct{ w *fileWriter }

func (c counter) Write(p []byte) (int, error) {
	n, err := c.w.buffered.Write(p)
	c.w.bytes += int64(n)
	_, _ = c.w.sum.Write(p[:n])
	return n, err
}

func (w *fileWriter) add(document bson.Raw) error {
	w.documents++
	_, _ = w.digest.Write(document)
	if _, err := w.packed.Write(document); err != nil {
		return fmt.Errorf("write %s: %w", w.path, err)
	}
	return nil
}

// close ends the file; nil: it is on disk.
func (w *fileWriter) close() (File, error) {
	err := errors.Join(w.packed.Close(), w.buffered.Flush(), w.file.Sync(), w.file.Close())
	if err != nil {
		return File{}, fmt.Errorf("write %s: %w", w.path, err)
	}
	return File{
		Path: filepath.ToSlash(w.path), Bytes: w.bytes, SHA256: hex.EncodeToString(w.sum.Sum(nil)),
		Documents: w.documents, Digest: hex.EncodeToString(w.digest.Sum(nil)),
	}, nil
}

// abandon closes a file that will not be finished.
func (w *fileWriter) abandon() {
	_ = w.packed.Close()
	_ = w.file.Close()
}

// fileReader reads the documents of a file.
type fileReader struct {
	path    string
	file    *os.File
	packed  *zstd.Decoder
	plain   *bufio.Reader
	scratch []byte
}

func openFile(dir string, f File) (*fileReader, error) {
	file, err := os.Open(filepath.Join(dir, filepath.FromSlash(f.Path)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &BadFile{f.Path, "it is not there"}
	}
	if err != nil {
		return nil, fmt.Errorf("read the backup: %w", err)
	}
	packed, err := zstd.NewReader(bufio.NewReaderSize(file, 1<<20), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(windowBytesMax))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read the backup: %w", err), file.Close())
	}
	return &fileReader{path: f.Path, file: file, packed: packed, plain: bufio.NewReaderSize(packed, 1<<20)}, nil
}

// next returns the next document, which lives until the next call; io.EOF behind the last. Other errors: *BadFile.
func (r *fileReader) next() (bson.Raw, error) {
	var length [4]byte
	if _, err := io.ReadFull(r.plain, length[:]); errors.Is(err, io.EOF) {
		return nil, io.EOF
	} else if err != nil {
		return nil, r.bad(err)
	}
	n := int(int32(binary.LittleEndian.Uint32(length[:]))) //nolint:gosec // a negative length is refused
	if n < 5 || n > documentBytesMax {
		return nil, &BadFile{r.path, fmt.Sprintf("it has a document of %d bytes", n)}
	}
	if cap(r.scratch) < n {
		r.scratch = make([]byte, n)
	}
	document := r.scratch[:n]
	copy(document, length[:])
	if _, err := io.ReadFull(r.plain, document[4:]); err != nil {
		return nil, r.bad(err)
	}
	return bson.Raw(document), nil
}

func (r *fileReader) bad(err error) error {
	return &BadFile{r.path, "it is cut off or damaged: " + err.Error()}
}

func (r *fileReader) close() {
	r.packed.Close()
	_ = r.file.Close()
}

// check reads a file to its end and holds it against what the manifest says of it. Errors: *BadFile.
func check(dir string, f File) error {
	file, err := os.Open(filepath.Join(dir, filepath.FromSlash(f.Path)))
	if errors.Is(err, fs.ErrNotExist) {
		return &BadFile{f.Path, "it is not there"}
	}
	if err != nil {
		return fmt.Errorf("read the backup: %w", err)
	}
	sum := sha256.New()
	n, err := io.Copy(sum, file)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("read the backup: %w", err)
	}
	if n != f.Bytes {
		return &BadFile{f.Path, fmt.Sprintf("it has %d bytes, not %d", n, f.Bytes)}
	}
	if hex.EncodeToString(sum.Sum(nil)) != f.SHA256 {
		return &BadFile{f.Path, "it is not as it was written: its SHA-256 is another"}
	}
	r, err := openFile(dir, f)
	if err != nil {
		return err
	}
	defer r.close()
	d := newDigest()
	for {
		document, err := r.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && document.Validate() != nil {
			err = &BadFile{f.Path, "it has a document that is no BSON"}
		}
		if err != nil {
			return err
		}
		d.add(document)
	}
	if !d.is(f) {
		return &BadFile{f.Path, fmt.Sprintf("it has %d documents, which are not the %d that were written", d.documents, f.Documents)}
	}
	return nil
}

// digest counts and sums documents.
type digest struct {
	sum       hash.Hash
	documents int64
}

func newDigest() *digest { return &digest{sum: sha256.New()} }

func (d *digest) add(document bson.Raw) {
	d.documents++
	_, _ = d.sum.Write(document)
}

func (d *digest) is(f File) bool {
	return d.documents == f.Documents && hex.EncodeToString(d.sum.Sum(nil)) == f.Digest
}
