package secrets

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/crypto/bcrypt"

	"github.com/laurel-loyalty/laurel/services/internal/house"
)

// keptFile holds every secret but the private keys; all else in the directory is written from it.
const keptFile = "secrets.json"

// kept is what a directory remembers. Names of secrets are "<whose> <for what>".
type kept struct {
	Where     Where             `json:"where"`
	Merchants []string          `json:"merchants"`
	People    []string          `json:"people"`
	Secrets   map[string]string `json:"secrets"`
	// Hashes are of the secrets that nats-server looks at: it is given no password. They are kept since each hash of one
	// password is another.
	Hashes map[string]string `json:"hashes"`
}

// Where says where the house is.
type Where struct {
	// NATS and Mongo are host:port of the servers, as services reach them; several are a cluster and a replica set.
	NATS  []string `json:"nats"`
	Mongo []string `json:"mongo"`
	// Reach is the host by which people and merchants reach the doors of the house.
	Reach string `json:"reach"`
	// Mounted is where each service finds its own files; empty: where they were written.
	Mounted string `json:"mounted"`
}

// or takes from another what is not said here.
func (w Where) or(o Where) Where {
	if len(w.NATS) == 0 {
		w.NATS = o.NATS
	}
	if len(w.Mongo) == 0 {
		w.Mongo = o.Mongo
	}
	if w.Reach == "" {
		w.Reach = o.Reach
	}
	if w.Mounted == "" {
		w.Mounted = o.Mounted
	}
	return w
}

func readKept(dir string) (*kept, error) {
	k := &kept{Secrets: map[string]string{}, Hashes: map[string]string{}}
	text, err := os.ReadFile(filepath.Join(dir, keptFile)) //nolint:gosec // the operator names it
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the secrets: %w", err)
	}
	if err := json.Unmarshal(text, k); err != nil {
		return nil, fmt.Errorf("read %s: %w; put the file back from a copy, or begin in an empty directory", keptFile, err)
	}
	return k, nil
}

func (k *kept) text() ([]byte, error) {
	text, err := json.MarshalIndent(k, "", "  ")
	return append(text, '\n'), err
}

// secret returns a secret, and makes it where there is none.
func (k *kept) secret(name string) string {
	if k.Secrets[name] == "" {
		k.Secrets[name] = house.NewToken()
	}
	return k.Secrets[name]
}

// hash returns what nats-server is given of a secret. The secret has 256 random bits: a dear hash would protect nothing more.
func (k *kept) hash(name string) (string, error) {
	secret := k.secret(name)
	if h := k.Hashes[name]; h != "" && bcrypt.CompareHashAndPassword([]byte(h), []byte(secret)) == nil {
		return h, nil
	}
	h, err := bcrypt.GenerateFromPassword([]byte(secret), bcrypt.MinCost)
	if err != nil {
		return "", fmt.Errorf("hash the password of %s: %w", name, err)
	}
	k.Hashes[name] = string(h)
	return string(h), nil
}

// forget drops the secrets of somebody, so that others are made.
func (k *kept) forget(whose string) bool {
	found := false
	for name := range k.Secrets {
		if strings.HasPrefix(name, whose+" ") {
			delete(k.Secrets, name)
			found = true
		}
	}
	return found
}

// add keeps the names of more merchants or people, sorted, each once.
func add(list *[]string, more []string) {
	*list = append(*list, more...)
	slices.Sort(*list)
	*list = slices.Compact(*list)
}
