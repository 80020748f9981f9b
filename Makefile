# Each target is one line that calls a script; `make help` lists them.
.PHONY: help run serve test test-faults bench lint generate clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## replay orders, print and write what came out [ORDERS=file.csv] [PROGRAMME=file.yaml] [UNTIL=time] [AT=time,...]
	@scripts/run.sh

serve: ## keep the house up until Ctrl-C
	@scripts/serve.sh

test: ## go vet and all tests, on a real MongoDB and nats-server [ARGS="go test flags and packages"]
	@scripts/test.sh $(ARGS)

test-faults: ## break servers, disks and links under load [FAULTS=X1,X7] [LOAD=small] [SEED=number]
	@scripts/faults.sh

bench: ## measure a house against its targets [SIZE=small, medium or full]
	@scripts/bench.sh

lint: ## golangci-lint, import rules and their proof, buf lint, buf breaking, drift of generated code
	@scripts/lint.sh

generate: ## write generated code anew
	@scripts/generate.sh

clean: ## remove binaries, downloads and local data (.laurel)
	@rm -rf .laurel
