"""The text of the chapters: computed numbers, references in step, tables named, figures that can be read."""

import re
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest

from railbelt import catalog, claims
from railbelt.claims import verdicts

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
import references  # noqa: E402

CHAPTERS = sorted((ROOT / "chapters").glob("*.md"))
WITH_CODE = references.chapters()

# What may hold digits: years and decades, dates, section and figure references, quotations, addresses, code.
ALLOWED = (
    r"```.*?```",
    r":::\{.*?\n",
    r"\{[a-z:]+\}`[^`]*`",
    r"`[^`]*`",
    r"\$[^$]*\$",
    r"\]\([^)]*\)",
    r"https?://\S+",
    r"“[^”]*”|\"[^\"]*\"",
    r"\b1[89]\d\d[–-]\d\d(?:\d\d)?\b|\b20\d\d[–-]\d\d(?:\d\d)?\b",
    r"\b(?:1[89]|20)\d\ds?\b",
    r"\b[AMZ]\d\d\b",
    r"\([A-Z]-?\d[^)]*\)",
    r"\b\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December)\b",
    r"\b9[05] percent interval",
    r"^[#:].*$",
    r"^\s*\d+\. ",
)


def typed_numbers(text: str) -> list[str]:
    """Return numbers typed into prose."""
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    text = re.sub(r"(`{3,})\{code-cell\}.*?\1", "", text, flags=re.DOTALL)
    for pattern in ALLOWED:
        text = re.sub(pattern, " ", text, flags=re.DOTALL if "```" in pattern else re.MULTILINE)
    return re.findall(r"(?<![\w.])\d[\d,.]*\d?\s?%?", text)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_every_number_in_prose_is_computed(chapter):
    assert typed_numbers(chapter.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text", ["The share fell to 4.8 percent.", "About 11 million left.", "It lost 3% a year.", "Some 1,234 people."]
)
def test_the_lint_finds_typed_numbers(text):
    assert typed_numbers(text)


@pytest.mark.parametrize(
    "text",
    [
        "In 2003 it opened.",
        "{glue:text}`share:.1f` percent",
        "Between 2010–20 the 1990s",
        "He said “40 cities”.",
        "(A01)",
    ],
)
def test_the_lint_leaves_years_quotations_and_computed_numbers(text):
    assert typed_numbers(text) == []


@pytest.mark.parametrize("chapter", WITH_CODE, ids=lambda path: path.stem)
def test_reference_is_in_step_with_its_chapter(chapter):
    path = ROOT / "tests" / "references" / f"{chapter.stem}.ipynb"
    assert path.exists(), "run: make references"
    stored = nbformat.read(path, as_version=4)
    current = references.reference(chapter, execute=False)
    assert [c.source for c in stored.cells] == [c.source for c in current.cells], "run: make references"
    assert [c.metadata for c in stored.cells] == [c.metadata for c in current.cells], "run: make references"
    marked = [c for c in stored.cells if c.metadata.get("tags")]
    assert marked and all(c.outputs for c in marked)
    leaks = re.findall(r"0x[0-9a-f]{6,}|/(?:home|tmp|root|work)/", nbformat.writes(stored))
    assert leaks == []


def code_of(chapter: Path) -> str:
    return "\n".join(c.source for c in jupytext.read(chapter).cells if c.cell_type == "code")


@pytest.mark.parametrize("chapter", WITH_CODE, ids=lambda path: path.stem)
def test_every_table_a_chapter_reads_is_in_its_provenance(chapter):
    code, text = code_of(chapter), chapter.read_text(encoding="utf-8")
    read = set(re.findall(r'load\("([a-z0-9_]+)"\)', code))
    assert read <= set(catalog.tables().index)
    boxes = " ".join(re.findall(r"\{provenance\} (.*)", text)).split()
    assert read <= set(boxes), f"add to the provenance box: {sorted(read - set(boxes))}"
    ledger = verdicts(chapter.stem).tables if "{verdicts}" in text else []
    behind = {name for names in ledger for name in names.split("; ")}
    assert set(boxes) <= read | behind, f"not read by the chapter: {sorted(set(boxes) - read - behind)}"


CLAIMED = sorted(set(catalog.load("claims").chapter) & {path.stem for path in CHAPTERS})


@pytest.mark.parametrize("chapter", CLAIMED)
def test_a_chapter_shows_its_claims_and_types_no_verdict(chapter):
    text = (ROOT / "chapters" / f"{chapter}.md").read_text(encoding="utf-8")
    own = catalog.load("claims").query("chapter == @chapter").claim_id
    assert f"{{claims}} {chapter}\n" in text
    assert f"{{verdicts}} {chapter}\n" in text or not set(own) & set(claims.tested()), "print the evidence: {verdicts}"
    typed = re.findall(r'"([AMZ]\d\d)", ?"(?:supported|partly|contradicted|not testable)"', text)
    assert not set(typed) & set(own), "verdicts come from railbelt.claims"


@pytest.mark.parametrize("chapter", WITH_CODE, ids=lambda path: path.stem)
def test_every_glued_number_exists_and_is_used(chapter):
    text, code = chapter.read_text(encoding="utf-8"), code_of(chapter)
    used = set(re.findall(r"\{glue:text\}`([a-z0-9_]+)", text))
    defined = set()
    for call in re.findall(r"^numbers\((.*?)\)$", code, flags=re.DOTALL | re.MULTILINE):
        defined |= set(re.findall(r"^\s{4}([a-z0-9_]+)=", call, flags=re.MULTILINE))
    assert used <= defined, f"used but not computed: {sorted(used - defined)}"
    assert defined <= used, f"computed but not used: {sorted(defined - used)}"


@pytest.mark.parametrize("chapter", WITH_CODE, ids=lambda path: path.stem)
def test_cells_are_short(chapter):
    long = [
        c.source.splitlines()[0]
        for c in jupytext.read(chapter).cells
        if c.cell_type == "code"
        and "nbval-check-output" not in c.metadata.get("tags", [])
        and len([line for line in c.source.splitlines() if line.strip()]) > 26
    ]
    assert long == [], "move logic to the package"
