package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
)

// format is the version of what a backup is made of. Another one is refused.
const format = 1

const (
	manifestName = "manifest.json"
	sealName     = "manifest.sha256"
	fileMode     = 0o600 // members' data is in it
	dirMode      = 0o700
	// manifestBytesMax keeps something else from being read as a manifest.
	manifestBytesMax = 16 << 20
)

// BadFile is a file of a backup that cannot be trusted.
type BadFile struct {
	File string // within the backup
	Why  string
}

func (e *BadFile) Error() string { return fmt.Sprintf("the backup's file %s: %s", e.File, e.Why) }

// Manifest says what a backup holds.
type Manifest struct {
	Format   int       `json:"format"`
	ID       string    `json:"id"`
	Taken    time.Time `json:"taken"` // by the clock of who took it
	Services []Service `json:"services"`
	Streams  []Stream  `json:"streams"`
}

// Service is what one service's database held.
type Service struct {
	Name        string       `json:"name"`
	Database    string       `json:"database"` // as it was called
	Marks       []Mark       `json:"marks"`
	Collections []Collection `json:"collections"`
}

// Mark is how far a service had applied a partition.
type Mark struct {
	Partition int              `json:"partition"`
	Stream    string           `json:"stream,omitempty"` // empty: it had read nothing
	Sequence  uint64           `json:"sequence"`
	Outbox    map[string]int64 `json:"outbox,omitempty"` // last chunk written, by stream
}

// Collection is one collection, its documents in a file in the order of their _id.
type Collection struct {
	Name    string          `json:"name"`
	Options json.RawMessage `json:"options"` // extended JSON, as listCollections says them
	Indexes json.RawMessage `json:"indexes"` // extended JSON, as listIndexes says them, but for _id
	File
}

// File is one file of BSON documents.
type File struct {
	Path      string `json:"file"`
	Bytes     int64  `json:"bytes"`
	SHA256    string `json:"sha256"` // of the file
	Documents int64  `json:"documents"`
	Digest    string `json:"digest"` // SHA-256 of the documents, one behind the other
}

// Stream is a stream up to the moment of the backup.
type Stream struct {
	Config   jetstream.StreamConfig `json:"config"`
	Created  time.Time              `json:"created"`
	First    uint64                 `json:"first"`
	Last     uint64                 `json:"last"`
	Messages uint64                 `json:"messages"`
	File
}

func (s Stream) copied() bus.Copied {
	return bus.Copied{Config: s.Config, Created: s.Created, First: s.First, Last: s.Last, Messages: s.Messages}
}

// stream finds a stream by its name.
func (m *Manifest) stream(name string) *Stream {
	for i := range m.Streams {
		if m.Streams[i].Config.Name == name {
			return &m.Streams[i]
		}
	}
	return nil
}

// write seals a backup: without its manifest it is none.
func (m *Manifest) write(dir string) error {
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	sum := sha256.Sum256(text)
	if err := writeWhole(filepath.Join(dir, sealName), []byte(hex.EncodeToString(sum[:])+"\n")); err != nil {
		return err
	}
	return writeWhole(filepath.Join(dir, manifestName), text)
}

// writeWhole writes a file that is there as a whole or not at all.
func writeWhole(path string, content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".partial-*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(file.Name()))
	}
	return nil
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// ReadManifest reads what a backup says it holds. Errors: *BadFile.
func ReadManifest(dir string) (*Manifest, error) {
	text, err := readSmall(dir, manifestName)
	if err != nil {
		return nil, err
	}
	seal, err := readSmall(dir, sealName)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	if string(bytes.TrimSpace(seal)) != hex.EncodeToString(sum[:]) {
		return nil, &BadFile{manifestName, "it is not as it was written: its SHA-256 is not the one in " + sealName}
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, &BadFile{manifestName, "it is no manifest: " + err.Error()}
	}
	if m.Format != format {
		return nil, &BadFile{manifestName, fmt.Sprintf("it has format %d; this program reads format %d", m.Format, format)}
	}
	return &m, m.check()
}

// check refuses a manifest that names what this house does not have, lacks something, or points out of its directory.
func (m *Manifest) check() error {
	var names []string
	for _, s := range m.Services {
		names = append(names, s.Name)
	}
	if fmt.Sprint(names) != fmt.Sprint(Services) {
		return &BadFile{manifestName, fmt.Sprintf("it has the services %v; this house has %v", names, Services)}
	}
	for _, name := range streamNames {
		if m.stream(name) == nil {
			return &BadFile{manifestName, "it has no stream " + name}
		}
	}
	for _, f := range m.files() {
		if !filepath.IsLocal(f.Path) {
			return &BadFile{manifestName, fmt.Sprintf("it names the file %q, which is not in the backup", f.Path)}
		}
	}
	return nil
}

// files are all files of a backup but the manifest.
func (m *Manifest) files() []File {
	var files []File
	for _, s := range m.Services {
		for _, c := range s.Collections {
			files = append(files, c.File)
		}
	}
	for _, s := range m.Streams {
		files = append(files, s.File)
	}
	return files
}

func readSmall(dir, name string) ([]byte, error) {
	info, err := os.Stat(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &BadFile{name, "it is not there: this is no backup, or one that was never finished"}
	}
	if err == nil && info.Size() > manifestBytesMax {
		return nil, &BadFile{name, fmt.Sprintf("it has %d bytes; at most %d", info.Size(), manifestBytesMax)}
	}
	if err != nil {
		return nil, fmt.Errorf("read the backup: %w", err)
	}
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return nil, fmt.Errorf("read the backup: %w", err)
	}
	return text, nil
}
