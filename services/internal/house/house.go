// Package house says where the house stands that runs on this machine: `laurel serve` writes it down when it is up, and
// `laurelctl` reads it, so that nobody has to type addresses and tokens. It also makes the tokens.
package house

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Path is where the house is written down, from the directory in which it was started.
const Path = ".laurel/house.json"

const (
	fileMode = 0o600 // it holds tokens
	dirMode  = 0o700
	// fileBytesMax keeps something else from being read as a house.
	fileBytesMax = 64 << 10
	tokenBytes   = 32
)

// House is where its doors are, and what opens them.
type House struct {
	GRPC GRPC `json:"grpc"`
	// Token is what the operator shows to gRPC.
	Token string `json:"token"`
	NATS  NATS   `json:"nats"`
	// Mongo is where the services keep what they have; it is not in the files of persons.
	Mongo Mongo `json:"mongo,omitzero"`
	// CA is the PEM file of the authority of the services' certificates; empty: they speak without TLS, on this machine.
	CA string `json:"ca,omitempty"`
	// PartnerDoor is where partner companies come in; its address is empty where they do not.
	PartnerDoor PartnerDoor `json:"partner_door"`
	// Program is the programme that is meant where none is named.
	Program string `json:"programme"`
	// Zone is the programme's time zone, for dates without a time in order files; empty: UTC.
	Zone string `json:"zone,omitempty"`
	// Currency is the programme's, for rows of order files without one; empty: such rows are rejected.
	Currency string `json:"currency,omitempty"`
}

// GRPC holds host:port of each service.
type GRPC struct {
	Accrual   string `json:"accrual"`
	Analytics string `json:"analytics"`
	Member    string `json:"member"`
	Partner   string `json:"partner"`
	Programme string `json:"programme"`
	Reward    string `json:"reward"`
	Tier      string `json:"tier"`
}

// Of is where a service listens; empty for one that the house does not know.
func (g GRPC) Of(service string) string {
	return map[string]string{
		"accrual":   g.Accrual,
		"analytics": g.Analytics,
		"member":    g.Member,
		"partner":   g.Partner,
		"programme": g.Programme,
		"reward":    g.Reward,
		"tier":      g.Tier,
	}[service]
}

// PartnerDoor is where partner companies come in over TLS.
type PartnerDoor struct {
	Address string `json:"address,omitempty"`
	// CA is the PEM file of the authority that has signed its certificate, and theirs.
	CA string `json:"ca,omitempty"`
}

// NATS is where the bus is.
type NATS struct {
	URL   string `json:"url"`
	Token string `json:"token,omitempty"`
	// User and Password where the bus knows users, and CA is the PEM file of the authority of its certificate.
	User     string `json:"user,omitempty"`
	Password string `json:"password,omitempty"`
	CA       string `json:"ca,omitempty"`
}

// Mongo is where the databases are.
type Mongo struct {
	URI string `json:"uri,omitempty"`
	// Suffix of the databases' names: laurel_accrual<suffix>.
	Suffix string `json:"suffix,omitempty"`
}

// NewToken makes a secret at random: 32 bytes in hex, so that it never begins with a dash, which a flag would not take.
func NewToken() string {
	var secret [tokenBytes]byte
	_, _ = rand.Read(secret[:]) // never fails: it ends the process instead
	return hex.EncodeToString(secret[:])
}

// Text is the house as it is written down.
func (h House) Text() ([]byte, error) {
	text, err := json.MarshalIndent(h, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write down the house: %w", err)
	}
	return append(text, '\n'), nil
}

// Write writes the house down for this user's eyes alone, whole or not at all. Parent directories are made.
func Write(path string, h House) error {
	text, err := h.Text()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), dirMode); err != nil {
		return fmt.Errorf("write down the house: %w", err)
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".house-*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("write down the house: %w", err)
	}
	_, err = file.Write(text)
	err = errors.Join(err, file.Chmod(fileMode), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write down the house: %w", err), os.Remove(file.Name()))
	}
	return nil
}

// Read reads where the house is. No file is fs.ErrNotExist: no house is up, or it was started somewhere else. A file that
// others may read is refused: its tokens are no secret any more.
func Read(path string) (House, error) {
	info, err := os.Stat(path)
	if err != nil {
		return House{}, fmt.Errorf("read where the house is: %w", err)
	}
	if info.Mode().Perm()&^fs.FileMode(fileMode) != 0 {
		return House{}, fmt.Errorf("%s has mode %04o and holds tokens: nobody but you may read it; start the house again, which makes new ones",
			path, info.Mode().Perm())
	}
	if info.Size() > fileBytesMax {
		return House{}, fmt.Errorf("%s has %d bytes: this is no house", path, info.Size())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return House{}, fmt.Errorf("read where the house is: %w", err)
	}
	var h House
	if err := json.Unmarshal(text, &h); err != nil { // what a newer house adds is passed over
		return House{}, fmt.Errorf("read %s: %w", path, err)
	}
	return h, nil
}
