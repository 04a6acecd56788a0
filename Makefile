# make book · make test · make pdf · make serve · make bench · make refresh · make lock: each is one clear command.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: book test pdf serve bench quickstart refresh lock references lint clean

book: $(READY)
	@$(BIN)/python -m railbelt.book

test: book
	@$(BIN)/python scripts/browser.py
	@$(BIN)/ruff check src tests scripts
	@$(BIN)/mypy
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist loadfile --junitxml=_build/tests.xml --doctest-modules --nbval-lax --nbval-current-env src tests

pdf: book
	@$(BIN)/python scripts/browser.py
	@$(BIN)/python scripts/pdf.py

serve: book
	@$(BIN)/python -m railbelt.book.serve

# Every figure of benchmarks/README.md, in about twelve minutes; the quick starts, which set up environments, apart.
bench: book
	@$(BIN)/python scripts/browser.py
	@$(BIN)/python -m pip install --quiet -e '.[bench]'
	@for script in import_time spatial recentring network site explorer build hostile; do \
		OMP_NUM_THREADS=1 $(BIN)/python benchmarks/$$script.py || exit 1; done
	@test ! -f _build/tests.xml || $(BIN)/python benchmarks/suite.py

quickstart:
	@$(PYTHON) benchmarks/quickstart.py

# What the marked cells of the chapters must print; review the difference before committing it.
references: $(READY)
	@$(BIN)/python scripts/references.py

# What public interfaces say now, as a review below _build/update; the data stay as they are until you say so.
refresh: $(READY)
	@$(BIN)/python -m railbelt.update

lock: $(READY)
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile pyproject.toml --extra book --extra test --universal --python-version 3.11 \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links --upgrade --quiet -o requirements.txt
	@printf '%s\n%s\n' '# Exact versions for reading, running and Binder; made by "make lock" from pyproject.toml.' '-e .' \
		| cat - requirements.txt > requirements.new && mv requirements.new requirements.txt

$(READY): requirements.txt pyproject.toml scripts/environment.sh
	@sh scripts/environment.sh "$(PYTHON)"

clean:
	rm -rf _build .venv
