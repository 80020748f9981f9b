// Command generate writes JSON schemas of what the chart renders, for kubeconform, out of the OpenAPI specification that the
// module k8s.io/kubernetes carries. Nobody is asked but the Go module proxy. From deploy/check:
//
//	GOWORK=off go run ./schemas/generate v1.37.2
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

const (
	module    = "k8s.io/kubernetes"
	specified = "api/openapi-spec/swagger.json"
	folder    = "schemas"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return errors.New("say which version of Kubernetes: v1.37.2")
	}
	version := args[0]
	text, err := specification(version)
	if err != nil {
		return err
	}
	files, err := generate(text)
	if err != nil {
		return fmt.Errorf("%s of Kubernetes %s: %w", specified, version, err)
	}
	into := filepath.Join(folder, version)
	if err := os.MkdirAll(into, 0o755); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(into, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// specification fetches the module, beside all others that this one needs: it is no dependency.
func specification(version string) ([]byte, error) {
	out, err := exec.Command("go", "mod", "download", "-json", module+"@"+version).Output()
	var where struct{ Dir, Error string }
	if err := errors.Join(err, json.Unmarshal(out, &where)); err != nil || where.Error != "" {
		return nil, fmt.Errorf("fetch %s %s: %w %s", module, version, err, where.Error)
	}
	return os.ReadFile(filepath.Join(where.Dir, specified))
}

// kind is one kind of object that the chart renders.
type kind struct{ definition, version, name, file string }

func kinds() []kind {
	return []kind{
		{"io.k8s.api.apps.v1.Deployment", "apps/v1", "Deployment", "deployment-apps-v1.json"},
		{"io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler", "autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscaler-autoscaling-v2.json"},
		{"io.k8s.api.batch.v1.Job", "batch/v1", "Job", "job-batch-v1.json"},
		{"io.k8s.api.core.v1.Service", "v1", "Service", "service-v1.json"},
		{"io.k8s.api.networking.v1.NetworkPolicy", "networking.k8s.io/v1", "NetworkPolicy", "networkpolicy-networking-v1.json"},
		{"io.k8s.api.policy.v1.PodDisruptionBudget", "policy/v1", "PodDisruptionBudget", "poddisruptionbudget-policy-v1.json"},
	}
}

const shared = "definitions.json" // what the kinds are made of, one definition a line

// generate returns a file for each kind, and one of what they share.
func generate(specification []byte) (map[string][]byte, error) {
	var all struct{ Definitions map[string]*schema }
	if err := json.Unmarshal(specification, &all); err != nil {
		return nil, err
	}
	used, files := map[string]*schema{}, map[string][]byte{}
	for _, k := range kinds() {
		root, ok := all.Definitions[k.definition]
		if !ok {
			return nil, fmt.Errorf("%s is not defined", k.definition)
		}
		root.only(k)
		if err := collect(k.definition, all.Definitions, used); err != nil {
			return nil, err
		}
		files[k.file] = fmt.Appendf(nil, "{\"$schema\": \"http://json-schema.org/draft-04/schema#\", \"$ref\": \"%s#/definitions/%s\"}\n", shared, k.definition)
	}
	names := make([]string, 0, len(used))
	for name := range used {
		names = append(names, name)
	}
	slices.Sort(names)
	text := []byte("{\"definitions\": {\n")
	for i, name := range names {
		line, err := json.Marshal(used[name])
		if err != nil {
			return nil, err
		}
		comma := ","
		if i == len(names)-1 {
			comma = ""
		}
		text = fmt.Appendf(text, "%q: %s%s\n", name, line, comma)
	}
	files[shared] = append(text, "}}\n"...)
	return files, nil
}

// collect closes a definition and all that it is made of.
func collect(name string, all, used map[string]*schema) error {
	if used[name] != nil {
		return nil
	}
	s, ok := all[name]
	if !ok {
		return fmt.Errorf("%s is not defined", name)
	}
	s.written(name)
	used[name] = s
	for _, ref := range s.close() {
		if err := collect(ref, all, used); err != nil {
			return err
		}
	}
	return nil
}
