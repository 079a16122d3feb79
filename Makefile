# All commands of the project; `make` lists them.

BIN       = .local/bin
DEVSERVER = ${BIN}/temporal-devserver
CLI       = ${BIN}/temporal-cli
S3        = ${BIN}/versitygw
GOLANGCI  = ${BIN}/golangci-lint
CYCLONEDX = ${BIN}/cyclonedx-gomod
FUZZTIME  = 30000x

# The main packages; each binary has the name of its folder.
MAINS = ./worker ./starter ./local ./twiliosim/cmd/twiliosim ./examples/orderstatus

# The race detector needs a C compiler, except on macOS.
RACE = $(shell test "$$(go env CGO_ENABLED)" = 1 && echo -race)

# Packages to test without the race detector, which would multiply their time
# and find nothing: they measure, read files, or run programs that other tests
# run with it. The tests of freemarker that need no clock also run with it.
UNRACED = ./test/bench/... ./test/docs ./test/browser ./test/alerts ./test/release ./test/architecture ./test/mutants ./freemarker

# Without the debugger's symbols (-w), each of the 60 test programs is linked in two
# thirds of the time.
TOGETHER = -count=1 -p=3 -parallel=4 -timeout=30m -ldflags=-w

# The flags with which local/build.go builds the embedded Temporal: with other
# flags, its tests and go vet would compile its 1100 packages again.
TEMPORAL_FLAGS = -trimpath -tags=release,disable_grpc_modules
DEVSERVER_TEST = CGO_ENABLED=0 go test -vet=off -ldflags=-w ${TEMPORAL_FLAGS}

.PHONY: help
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' ${MAKEFILE_LIST}

.PHONY: run
run: build ## run Temporal, a local Twilio and the worker in this terminal
	@${BIN}/local

.PHONY: build
build: ## build the binaries into .local/bin
	@mkdir -p ${BIN}
	go build -o ${BIN}/ ${MAINS}

.PHONY: devserver
devserver: build ## build the embedded Temporal into .local/bin (about 3 minutes the first time)
	@${BIN}/local devserver

.PHONY: temporalcli
temporalcli: ${CLI} ## build Temporal's own CLI, for the tests of the documentation

${CLI}: test/temporalcli/go.mod test/temporalcli/go.sum
	@mkdir -p ${BIN}
	@echo "building Temporal's CLI, a few minutes the first time"
	cd test/temporalcli && version=$$(go list -m -f '{{slice .Version 1}}' github.com/temporalio/cli) && \
		CGO_ENABLED=0 go build ${TEMPORAL_FLAGS} -ldflags="-s -w -X github.com/temporalio/cli/temporalcli.Version=$$version" -o ../../${CLI} github.com/temporalio/cli/cmd/temporal
	@touch ${CLI}

.PHONY: s3server
s3server: ${S3} ## build an S3 server, for the tests of broadcasts

${S3}: test/s3server/go.mod test/s3server/go.sum
	@mkdir -p ${BIN}
	@echo "building an S3 server, two minutes the first time"
	cd test/s3server && CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o ../../${S3} github.com/versity/versitygw/cmd/versitygw
	@touch ${S3}

.PHONY: test
test: devserver temporalcli s3server ## run all tests, most of them with the race detector, against a real Temporal
	$(if ${RACE},,@echo "no C compiler found: testing without the race detector")
	@# Most tests wait more than they work: run more of them at a time than
	@# there are processors, and the longest first. TEMPORAL_DEBUG turns off the SDK's
	@# limits on how long a workflow may run (1 s) and a test of it may wait (3 s),
	@# which a busy machine exceeds.
	export TEMPORAL_BINARY="$(abspath ${DEVSERVER})" TEMPORAL_DEBUG=1; status=0; \
	go test ${TOGETHER} ${TESTFLAGS} ${UNRACED} || status=1; \
	go test ${TOGETHER} ${RACE} ${TESTFLAGS} ./test/chaos ./test/e2e ./freemarker $(filter-out $(shell go list ${UNRACED}),$(shell go list ./...)) || status=1; \
	exit $$status
	cd local/devserver && ${DEVSERVER_TEST} -count=1 ${TESTFLAGS} ./...
	cd tools && go test ${TESTFLAGS} ./...
	cd test/deploy && go test -count=1 ${TESTFLAGS} ./...

.PHONY: temporalserver
temporalserver: temporalcli
	cd test/temporalserver && CGO_ENABLED=0 go build ${TEMPORAL_FLAGS} -ldflags="-s -w" -o ../../${BIN}/ go.temporal.io/server/cmd/server go.temporal.io/server/cmd/tools/sql

.PHONY: compose-test
compose-test: temporalserver ## test what docker-compose.yml describes, without Docker; needs root and Debian's postgresql
	go test -tags compose ./test/compose -count=1 -v

.PHONY: lint
lint: tools ${GOLANGCI} ## check the format, the rules of .golangci.yml, and that the workflows are deterministic
	@unformatted=$$(${BIN}/gofumpt -l .); test -z "$$unformatted" || { echo "run make format, for:"; echo "$$unformatted"; exit 1; }
	${GOLANGCI} run ./...
	${BIN}/workflowcheck -config tools/workflowcheck.yaml ./workflows/...

.PHONY: format
format: tools ## format all Go files
	${BIN}/gofumpt -w .

.PHONY: tools
tools: ${BIN}/tools.built

${BIN}/tools.built: tools/go.mod tools/go.sum tools/testsummary/main.go
	@mkdir -p ${BIN}
	cd tools && GOBIN="$(abspath ${BIN})" go install tool ./testsummary
	@touch $@

${GOLANGCI}: tools/golangci-lint/go.mod tools/golangci-lint/go.sum
	@mkdir -p ${BIN}
	@echo "building golangci-lint, a minute the first time"
	cd tools/golangci-lint && GOBIN="$(abspath ${BIN})" CGO_ENABLED=0 go install tool
	@touch $@

# The Go version of the image decides which vulnerabilities of the standard
# library count, not that of the Go that runs the check, which may differ.
RELEASED_WITH = go$(shell sed -n 's/^FROM golang:\([0-9.]*\).*/\1/p' Dockerfile)

.PHONY: vulncheck
vulncheck: ## check the code that the programs call for known vulnerabilities, with the newest database
	go run -C tools ./vulncheck -C .. -go ${RELEASED_WITH} ${MAINS}

# What a release contains, and for which machines. Building the same source as
# the same version with the same Go yields the same bytes, anywhere and at any
# time.
RELEASED  = worker starter twiliosim
PLATFORMS = linux/amd64 linux/arm64 darwin/amd64 darwin/arm64
RELEASE   = .local/release

# The programs of a release contain the standard library of the Go that builds
# them.
release: RELEASED_WITH = $(shell go env GOVERSION)

.PHONY: release
release: vulncheck ${CYCLONEDX} ## build the programs as VERSION for Linux and macOS, with checksums and SBOMs, into .local/release
	@echo "${VERSION}" | grep -Eq '^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$$' || { echo "VERSION is missing or not a version: run, for example, make release VERSION=v1.2.3"; exit 1; }
	@case "${VERSION}" in *-*) ;; *) grep -q "^## \[$$(echo ${VERSION} | cut -c2-)\]" CHANGELOG.md || \
		{ echo "CHANGELOG.md has no section [$$(echo ${VERSION} | cut -c2-)]: rename [Unreleased]"; exit 1; };; esac
	@rm -rf "${RELEASE}" && mkdir -p "${RELEASE}"
	@set -e; for platform in ${PLATFORMS}; do for program in ${RELEASED}; do \
		file="${RELEASE}/$$program-${VERSION}-$${platform%/*}-$${platform#*/}"; \
		main=$$(echo ${MAINS} | tr ' ' '\n' | grep "/$$program$$"); echo "$$file"; \
		CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/} go build -trimpath -buildvcs=false \
			-ldflags="-s -w -X temporal-twilio/internal/version.release=${VERSION}" -o "$$file" $$main; \
		${CYCLONEDX} bin -json -noserial -notimestamp -version ${VERSION} -output "$$file.cdx.json" "$$file" 2>/dev/null; \
	done; done
	@cd "${RELEASE}" && if command -v sha256sum >/dev/null; then sha256sum *; else shasum -a 256 *; fi > SHA256SUMS

${CYCLONEDX}: tools/cyclonedx/go.mod tools/cyclonedx/go.sum
	@mkdir -p ${BIN}
	cd tools/cyclonedx && GOBIN="$(abspath ${BIN})" CGO_ENABLED=0 go install tool
	@touch $@

# Limit the inputs, not the duration: at the end of a duration, Go before 1.27 may
# fail with "context deadline exceeded" without an input (go.dev/issue/75804).
.PHONY: fuzz
fuzz: ## run each fuzz target with FUZZTIME (30000x) inputs
	@grep -rHo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | sed 's/:func / /' | sort | while read -r file target; do \
		echo "$$target in $$(dirname $$file)"; \
		go test -run='^$$' -fuzz="^$$target$$" -fuzztime=${FUZZTIME} -fuzzminimizetime=100x "$$(dirname $$file)" || exit 1; \
	done

# Set if a JDK and Debian's libfreemarker-java are installed.
JAVA = $(shell command -v javac >/dev/null && test -e $${FREEMARKER_JAR:-/usr/share/java/freemarker.jar} && echo yes)

.PHONY: conformance
conformance: ## compare both engines with Java's answers, which are regenerated if Java is installed
	$(if ${JAVA},cd freemarker && go run ./internal/corpus/regenerate,@echo "Java is not installed: using the committed answers")
	$(if ${JAVA},go test -tags java ./javaregex -run Java -v -seed $(shell date +%s))
	$(if ${JAVA},go test -tags java ./freemarker -run TestFamiliesAgainstJava -v -seed $(shell date +%s))
	go test ./freemarker -run TestConformance -v
	go test ./javaregex -run TestCorpus -v

.PHONY: bench
bench: devserver s3server ## run all benchmarks in short form, and write docs/benchmarks.md (about 10 minutes)
	go run ./test/bench/all

.PHONY: bench-freemarker
bench-freemarker: ## compare the template engine with Java's; needs Java
	go test -tags java ./freemarker -run TestSpeedAgainstJava -v

.PHONY: bench-javaregex
bench-javaregex: ## compare the regular expressions with Go's and, if it is installed, Java's
	go run ./javaregex/internal/bench

.PHONY: bench-inbound
bench-inbound: devserver ## measure the time from a text to its echo, compared with a bare Temporal client
	go test ./test/bench -count=1 -run TestInbound -v -turns 9 -turn 1s

.PHONY: bench-outbound
bench-outbound: devserver ## compare SendSms with plain twilio-go and with a bare HTTP client
	go test ./test/bench -count=1 -run TestOutbound -v -turns 9 -turn 1s -timeout 30m

N = 20000

.PHONY: bench-broadcast
bench-broadcast: devserver ## measure a broadcast to N (20000) recipients: its time, and the worker's memory
	go test ./test/bench -count=1 -run '^TestBroadcast$$' -v -recipients ${N} -timeout 24h

.PHONY: bench-workers
bench-workers: temporalserver ## compare 1, 2 and 4 workers, and write docs/scaling.md (6 minutes); needs root and Debian's postgresql
	go test -tags compose,workers ./test/compose -count=1 -run TestWorkersBesideEachOther -v -timeout 8m -page ${CURDIR}/docs/scaling.md

.PHONY: mutants
mutants: devserver ## remove each protection in turn, and show which test fails
	go run ./test/mutants

FOR  = 3m
SEED = 0

.PHONY: chaos
chaos: devserver ## send and receive texts while everything fails, for 3 minutes (or FOR=30m); SEED=7 repeats the faults of a run
	go test ./test/chaos -count=1 -run TestEverythingFailsAtOnce -v -timeout 0 -chaos.for ${FOR} -chaos.seed ${SEED}
	@if test "$$(id -u)" = 0 && ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then ${MAKE} compose-test; \
	else echo "skipped the test in which PostgreSQL crashes and its disk is full: it needs root and Debian's postgresql"; fi

.PHONY: clean
clean: ## remove .local, which holds the binaries and the data of make run
	rm -rf .local
