// Package check holds what is deployed (docker-compose.yml, Dockerfile, the Helm chart, configurations of servers) against what
// must hold of it. There is nothing in it but tests; it is a module of its own, run by `make
// lint`, since what they parse with is heavy and nothing of Laurel's.
package check
