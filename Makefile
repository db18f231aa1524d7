# Placet. Two commands matter: `make demo` and `make test`; each sets up what it needs.
VENV   ?= .venv
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PY      = $(VENV)/bin/python
PIP     = $(PY) -m pip --disable-pip-version-check --quiet install --constraint constraints.txt
PORT   ?= 8080
DATA   ?= placet-data

.PHONY: help setup demo serve test check format bench mutation clean

help:
	@echo "make demo    set up, then watch requests be allowed, held and refused; results in demo-out/"
	@echo "make test    set up everything, then run every test"
	@echo "make serve   API, pages and worker in one process on port $(PORT), data in $(DATA)/"
	@echo "make check   format, lint, types, import contracts"
	@echo "make bench   the benchmarks, as tables"
	@echo "make setup   the environment and nothing else"

# Debian's own Python comes without ensurepip; where we may, we fetch it.
$(PY):
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); apt-get install -y -qq python3-venv && $(PYTHON) -m venv $(VENV); }

$(VENV)/.lean: pyproject.toml constraints.txt | $(PY)
	@echo "setting up $(VENV) (lean: no torch)"
	@$(PIP) --editable .
	@touch $@

# insightface, speechbrain and invisible-watermark ask for packages that cannot stand beside ours; docs/decisions/0003.
$(VENV)/.full: $(VENV)/.lean
	@echo "setting up the extras and the tools"
	@$(PIP) torch==2.13.0
	@$(PIP) --editable '.[insightface,speechbrain,diffusers,invisible-watermark,perth,postgres,redis,test]'
	@$(PIP) --no-deps insightface speechbrain invisible-watermark
	@touch $@

setup: $(VENV)/.lean

demo: $(VENV)/.lean
	@$(VENV)/bin/placet demo run --out demo-out

serve: $(VENV)/.lean
	@$(VENV)/bin/placet serve --data $(DATA) --port $(PORT)

test: $(VENV)/.full
	$(PY) -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

check: $(VENV)/.full
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

format: $(VENV)/.full
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

bench: $(VENV)/.full
	$(PY) -m benchmarks.all --out bench-out

mutation: $(VENV)/.full
	$(PY) -m benchmarks.mutation --out bench-out

clean:
	rm -rf demo-out bench-out build *.egg-info
