# Each target is one line that calls a script; `make help` lists them.
.PHONY: help run serve test test-faults test-upgrade bench lint generate clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## replay orders, print and write what came out [ORDERS=file.csv] [PROGRAMME=file.yaml] [UNTIL=time] [AT=time,...]
	@scripts/run.sh

serve: ## keep the house up until Ctrl-C
	@scripts/serve.sh

test: ## go vet and all tests, on a real MongoDB and nats-server [ARGS="go test flags and packages"]
	@scripts/test.sh $(ARGS)

test-faults: ## break servers, disks and links under load [FAULTS=X1,X7] [LOAD=small] [SEED=number]
	@scripts/faults.sh

test-upgrade: ## replace replicas of an earlier commit by today's under load (builds both; needs the history of git)
	@LAUREL_UPGRADE=1 scripts/test.sh -count=1 -run TestReplicasAreReplacedUnderLoad ./services/e2e

bench: ## measure a house against its targets [SIZE=small, medium or full]
	@scripts/bench.sh

lint: ## golangci-lint, import rules and their proof, buf lint, buf breaking, drift of generated code
	@scripts/lint.sh

generate: ## write generated code anew
	@scripts/generate.sh

clean: ## remove binaries, downloads and local data (.laurel)
	@rm -rf .laurel
