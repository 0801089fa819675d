# Every command of the house. `make help` lists them.

.DEFAULT_GOAL := help

.PHONY: help
help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## live one day in a town (ARGS="--json" for machines); pictures land in target/demo-out
	@make/demo.sh $(ARGS)

.PHONY: card
card: ## put a test card into a virtual reader (PERSON=adult, ARGS="--fault verify:drop-after") and say its PINs
	@make/install.sh smartcard
	cargo build --locked --quiet -p kinchaku-fixtures --bin kinchaku-card
	@make/smartcard.sh card --person $(or $(PERSON),adult) $(ARGS)

.PHONY: test
test: ## run every test on both databases; installs what it needs, saying what
	@make/test.sh

.PHONY: build
build: ## build kinchaku and kinchaku-server into target/release; with card readers where libpcsclite-dev is
	pcsc=$$(pkg-config --exists libpcsclite 2>/dev/null && echo kinchaku-cli/pcsc); \
	cargo build --locked --release -p kinchaku-cli -p kinchaku-server $${pcsc:+--features "$$pcsc"}

.PHONY: check
check: ## format, lints, words, bindings, licences (ONLY=fmt, strings, clippy, bindings or deny for one)
	@make/check.sh

.PHONY: bench
bench: ## measure what a payment and a touch of a card cost against their floors, as ratios of one run
	@make/bench.sh

.PHONY: bench-scan
bench-scan: ## measure how codes are read beside other readers (FRAMES=300, SEED="1 2" or development, PICTURES=folder)
	@make/bench-scan.sh

.PHONY: bindings
bindings: ## write the Kotlin and the Swift of the wallet library into android/ and ios/
	@make/bindings.sh

.PHONY: strings
strings: ## write the Rust of design/strings.json
	cargo run --locked --quiet -p kinchaku-design --example strings

.PHONY: peers-lock
peers-lock: ## renew tests/peers/requirements.txt from requirements.in
	python3 -m venv target/peers-lock
	target/peers-lock/bin/pip install --quiet pip-tools==7.6.2
	cd tests/peers && CUSTOM_COMPILE_COMMAND="make peers-lock" ../../target/peers-lock/bin/pip-compile --quiet --generate-hashes \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras --allow-unsafe requirements.in
