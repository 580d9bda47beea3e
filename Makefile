# `make benchmark` scores the baseline; `make test` proves the project. Both create what they need.
PYTHON ?= python3
BIN := .venv/bin
SERVER := .label-studio/venv
# The project's own code; a user's files beside it are not ours to check.
CODE := benchmark scripts tests
UV := $(BIN)/uv pip install --quiet --compile-bytecode

.PHONY: benchmark test test-all test-models say-test say-test-all lint corpus baselines diff release chromium postgresql clean label-studio label-studio-stop update

benchmark: .venv/.ready
	@$(BIN)/python -m scripts build corpus --check
	@$(BIN)/python benchmark/baselines/lookup/lookup.py
	@echo "lookup: names and triggers of the other articles, found again"
	@$(BIN)/vostochny score benchmark/baselines/lookup/predictions.jsonl

# What CI runs. The first prerequisite announces how long it takes, before anything is installed.
test: say-test .venv/.ready $(SERVER)/.ready chromium lint
	$(BIN)/python -m pytest -n 2 --no-loadscope-reorder

say-test:
	@echo "make test: about 8 minutes on two idle cores; the first run also installs what it needs"

# Everything in make test at greater length, and what is too heavy for it; stores its result in benchmark/test-all.json.
test-all: say-test-all .venv/.ready $(SERVER)/.ready chromium postgresql lint .models/.ready .s3/.ready
	@$(BIN)/python -m scripts test-all

say-test-all:
	@echo "make test-all: an hour or more; benchmark/test-all.json has the seconds of its last run. The first one also installs torch (up to 3 GB)"

# A server with the gold in it, to correct in the browser; what was edited there stays until it is pulled.
label-studio: .venv/.ready $(SERVER)/.ready
	@$(BIN)/python -m scripts start

label-studio-stop: .venv/.ready
	@$(BIN)/python -m scripts stop

# From a correction in the browser to a corpus that loads it.
update: .venv/.ready
	@$(BIN)/python -m scripts update

lint: .venv/.ready
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check --quiet $(CODE) || (echo "lint: run $(BIN)/ruff format $(CODE)"; exit 1)
	@$(BIN)/mypy
	@$(BIN)/lint-imports > .lint-imports.log || (cat .lint-imports.log; exit 1)

corpus: .venv/.ready
	$(BIN)/python -m scripts build corpus datasheet

# Every stored baseline anew, from the gold as it is now.
baselines: .venv/.ready
	$(BIN)/python benchmark/baselines/lookup/lookup.py
	$(BIN)/python benchmark/baselines/annotator_b/copy_pass.py
	$(BIN)/python benchmark/baselines/spacy/train.py
	cd benchmark/baselines/recognizers && ../../../$(BIN)/vostochny run extract:extract --restart -o predictions.jsonl
	$(BIN)/python -m scripts build leaderboard datasheet

# The adapters of transformers and GLiNER, with small random models; torch is large, so it has its own environment.
test-models: .models/.ready
	@$(BIN)/python -m scripts test-all --suite models

# What changed in the annotation: since the last commit, or as in `make diff A=v1.0.0 B=v1.1.0`.
A ?= HEAD
diff: .venv/.ready
	@$(BIN)/python -m scripts diff $(A) $(B)

# `make release BUMP=minor`, with DRY=--dry-run to see it without writing.
release: .venv/.ready
	@test -n "$(BUMP)" || { echo "say which digit: make release BUMP=patch|minor|major"; exit 2; }
	@$(BIN)/python -m scripts release $(BUMP) $(DRY)

# The project's environment, with exact versions.
.venv/.ready: pyproject.toml constraints.txt
	@echo "creating .venv"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "vostochny needs Python 3.11 or newer")'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	@$(UV) --python $(BIN)/python --constraint constraints.txt --editable '.[dev]'
	@touch $@

# Label Studio pins packages that the project cannot share, so it has an environment of its own.
$(SERVER): $(SERVER)/.ready

$(SERVER)/.ready: .venv/.ready constraints-label-studio.txt
	@echo "creating $(SERVER)"
	@mkdir -p .label-studio && chmod 700 .label-studio
	@$(PYTHON) -m venv $(SERVER)
	@$(UV) --python $(SERVER)/bin/python --constraint constraints-label-studio.txt label-studio
	@touch $@

# pytest and hypothesis are what those tests and tests/conftest.py import. torch comes by pip, which also finds wheels
# that it is configured to find (find-links); uv then keeps what is there.
.models/.ready: .venv/.ready Makefile
	@echo "creating .models"
	@$(PYTHON) -m venv .models
	@.models/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	@$(UV) --python .models/bin/python --editable . pytest hypothesis torch==2.13.0 transformers==5.16.1 gliner==0.2.29
	@touch $@

# A server that answers as S3 does, for the tests that read from there.
.s3/.ready: .venv/.ready Makefile constraints.txt
	@echo "creating .s3"
	@$(PYTHON) -m venv .s3
	@$(UV) --python .s3/bin/python --constraint constraints.txt 'moto[server]==5.2.5'
	@touch $@

chromium:
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  echo "installing Debian's chromium" && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } || \
	  { echo "the browser tests need Chromium: apt-get install chromium"; [ -z "$$CI" ]; }

postgresql:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  echo "installing Debian's postgresql" && apt-get update -qq && apt-get install -y -qq postgresql >/dev/null; } || \
	  { echo "make test-all needs PostgreSQL: apt-get install postgresql"; false; }

clean:
	rm -rf .venv .models .s3 .label-studio build dist benchmark/*.egg-info
