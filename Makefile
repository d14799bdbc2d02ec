# Phủ Kín. `make` lists what there is to do.

SHELL    := /bin/bash
GO       ?= go
ADDR     ?= 127.0.0.1:8080
CAMERAS  ?= 180
SEED     ?= 1
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  := -s -w -X main.version=$(VERSION)
LINT     := $(shell sed -n 's/^golangci-lint //p' .tools)
BIN      := build/bin

export CGO_ENABLED ?= 0

.DEFAULT_GOAL := help
.PHONY: help demo test check short build web generate unit norace-tests e2e norace webtest lint cross compose bench probe-matrix broker-matrix spool-matrix chaos truth schemathesis schema-fuzz influxd clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z0-9_-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: web ## the whole system on this machine with simulated cameras (ADDR=127.0.0.1:8080 CAMERAS=180)
	@$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/phukin-demo ./deploy/demo
	@exec $(BIN)/phukin-demo --addr $(ADDR) --cameras $(CAMERAS) --seed $(SEED)

test: SCHEMA = -short
test: web unit norace-tests webtest e2e schema-fuzz ## all tests; what is missing is named with the command that installs it

check: CHAOS = -short
check: BENCH = -short -tries 3 -only cost,hostile,fleet,spool,line,backlog,plan,ledger,uptime,coverage
check: TRUTH = -short
check: lint cross compose test chaos truth bench ## what CI runs: the long campaigns in their short form

build: web ## both programs, into build/bin
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/ ./agent/cmd/phukin-agent ./hub/cmd/phukin-hub

# The page is built again only when something it is made of is newer.
WEB_SOURCES := $(shell find api/web hub/wire/texts -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)
web: api/web/dist/index.html ## build the page
api/web/dist/index.html: api/web/node_modules/.package-lock.json $(WEB_SOURCES)
	@cd api/web && npm run --silent build
api/web/node_modules/.package-lock.json: api/web/package-lock.json
	@cd api/web && npm ci --ignore-scripts --no-audit --no-fund --silent

generate: ## make generated code again: the API's client, and messages (needs protoc)
	$(GO) generate ./api/client
	$(GO) generate ./hub/wire

# Where a C compiler is at hand tests run under the race detector.
RACE := $(shell command -v gcc >/dev/null 2>&1 && echo -race)
GOTEST = CGO_ENABLED=$(if $(RACE),1,0) $(GO) test $(RACE) -timeout 15m
norace:
	@test -n "$(RACE)" || { echo "LOUD SKIP: no C compiler, so tests run without the race detector; mend it with: apt-get install gcc libc6-dev"; test -z "$$PHUKIN_REQUIRE_PEERS"; }

unit: norace ## Go tests of all rooms
	$(GOTEST) $$($(GO) list ./... | grep -v /deploy/e2e)

# What says nothing under the race detector, or takes ten times as long, skips
# there: the packages with such tests run once more without it.
NORACE_TESTS = $(shell grep -rlE 'raceDetector|/historytest"' --include='*_test.go' agent hub api deploy | xargs -n1 dirname | sort -u | sed 's,^,./,')
norace-tests: ## Go tests that skip under the race detector
	CGO_ENABLED=0 $(GO) test -timeout 15m $(NORACE_TESTS)

e2e: build norace deploy/e2e/oidc/node_modules/.package-lock.json ## the built programs against servers nobody here wrote
	$(GOTEST) -count=1 -v ./deploy/e2e
deploy/e2e/oidc/node_modules/.package-lock.json: deploy/e2e/oidc/package-lock.json
	@cd deploy/e2e/oidc && npm ci --ignore-scripts --no-audit --no-fund --silent

webtest: api/web/node_modules/.package-lock.json ## tests and types of the page
	cd api/web && npm run --silent check && npm run --silent test

lint: $(BIN)/golangci-lint-$(LINT) ## vet, format and the linters of .golangci.yml
	$(GO) vet ./...
	$(BIN)/golangci-lint-$(LINT) run ./...
$(BIN)/golangci-lint-%:
	@mkdir -p $(BIN)
	GOBIN=$(CURDIR)/$(BIN)/tmp $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$*
	@mv $(BIN)/tmp/golangci-lint $@ && rmdir $(BIN)/tmp

cross: ## both programs for every kind of machine they are meant for
	@for t in linux/amd64 linux/arm64 linux/arm windows/amd64; do \
	  echo "build $$t"; GOOS=$${t%/*} GOARCH=$${t#*/} CGO_ENABLED=0 $(GO) build -o /dev/null ./agent/cmd/phukin-agent || exit 1; \
	  GOOS=$${t%/*} GOARCH=$${t#*/} CGO_ENABLED=0 $(GO) vet ./hub/cmd/phukin-hub || exit 1; done

# BENCH=-short is for CI; BENCH=-update also writes the pages.
bench: ## the figures, each beside its peer and its bound (BENCH=-short takes about three minutes)
	@$(GO) run ./deploy/bench $(BENCH)

probe-matrix: ## the probe's tables: faults × modes, servers × codec × authentication (MATRIX=-update writes docs/probe.md)
	@$(GO) run ./deploy/bench matrix $(MATRIX)

broker-matrix: ## what an agent can and cannot do × brokers (MATRIX=-update writes docs/reliability.md)
	@$(GO) run ./deploy/bench brokers $(MATRIX)

spool-matrix: ## what becomes of a spool whatever happens to its files (MATRIX=-update writes docs/reliability.md, MATRIX=-short kills less often)
	@$(GO) run ./deploy/bench spool $(MATRIX)

# CHAOS=-short is for CI; CHAOS=-update also writes docs/reliability.md; CHAOS='-seed 7' draws another course.
chaos: ## break everything at once: at least 1,000 kills in 10 minutes (CHAOS=-short: 60 in half a minute)
	@$(GO) build -o $(BIN)/phukin-chaos ./deploy/chaos
	@exec $(BIN)/phukin-chaos $(CHAOS)

# TRUTH=-short is for CI; TRUTH=-update also writes docs/uptime.md; TRUTH='-seed 7' draws other worlds.
truth: ## figures against 10,000 worlds of which everything is known (TRUTH=-short: 300 in half a minute)
	@$(GO) run ./deploy/truth $(TRUTH)

# SCHEMA=-short is for CI; SCHEMA=-update also writes docs/api.md; SCHEMA='-seed 7' makes other requests.
schema-fuzz: ## 20,000 requests made from the OpenAPI document, each answer held against it (SCHEMA=-short: 1,500 in half a minute)
	@$(GO) run ./deploy/schema $(SCHEMA)

schemathesis: build/schemathesis/bin/schemathesis ## Schemathesis, for schema-fuzz, into build (once; needs Python 3.10 with venv)
build/schemathesis/bin/schemathesis: deploy/schema/requirements.txt
	@rm -rf build/schemathesis && python3 -m venv build/schemathesis
	@build/schemathesis/bin/pip install --quiet --disable-pip-version-check --require-hashes -r deploy/schema/requirements.txt
	@touch $@

influxd: ## InfluxDB 1.8 and 2.7, for tests, into build/bin (once; about nine minutes on two cores; needs cargo)
	@deploy/e2e/influxd/build.sh

compose: ## check docker-compose.yml for syntax
	@if command -v docker-compose >/dev/null 2>&1; then docker-compose -f docker-compose.yml config -q && echo "docker-compose.yml is in order"; \
	 else echo "LOUD SKIP: docker-compose is not there; mend it with: apt-get install --no-install-recommends docker-compose"; test -z "$$PHUKIN_REQUIRE_PEERS"; fi

clean: ## remove what was built
	rm -rf build api/web/node_modules deploy/e2e/oidc/node_modules; find api/web/dist -mindepth 1 -not -name .keep -delete
