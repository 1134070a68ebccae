"""What the documents state of the code, compared with it."""

import json
import re
import shlex
import tomllib

from docs.command_line import commands as every_command
from tests.docs.pages import DOCS, PAGES, REPOSITORY, commands, spans, text_of
from typer.testing import CliRunner

from fingerspell.app.settings import AppSettings
from fingerspell.cli import app
from fingerspell.core.decoding.options import DecoderOptions
from fingerspell.data.presets import PRESETS
from fingerspell.data.split_options import DEFAULT_SHARES, Method
from fingerspell.training.recipes import recipe_names

ASSETS = REPOSITORY / "src" / "fingerspell" / "assets"
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
OPTION = re.compile(r"^(-[a-zA-Z]|--[a-z][\w-]*)$")
FOR_THE_PROGRAM = {"--help", "-h", "--version", "--install-completion", "--show-completion"}


def table(page: str, heading: str) -> list[list[str]]:
    """The rows of the table whose first row begins so."""
    after = text_of(REPOSITORY / page).split(heading, 1)[1]
    rows = re.search(r"(?:^\|.*\n)+", after, re.MULTILINE)[0].splitlines()
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[1:]]


def coded(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def test_every_option_that_is_named_is_one_of_its_command():
    known = {
        words.removeprefix("fingerspell "): {*FOR_THE_PROGRAM, *_names(command)}
        for words, command, _ in every_command()
    }
    unknown = []
    for page in PAGES:
        for text in [*commands(page), *spans(page)]:
            if not re.match(r"(\.venv/bin/)?fingerspell [a-z]", text):
                continue
            words = shlex.split(re.sub(r"[\[\]|]", " ", text).replace("...", ""))[1:]
            name = " ".join(words[:2]) if words[0] == "data" else words[0]
            if name in known:
                given = {
                    word.partition("=")[0] for word in words if OPTION.match(word.partition("=")[0])
                }
                unknown += [(page.name, text, option) for option in given - known[name]]
    assert unknown == []


def _names(command) -> set[str]:
    return {name for each in command.params for name in [*each.opts, *each.secondary_opts]}


def test_options_that_stand_alone_are_options_of_some_command():
    """Of the package's own pages; scripts' and other programs' options are in the lists."""
    ours = {name for _, command, _ in every_command() for name in _names(command)} | FOR_THE_PROGRAM
    scripts = "".join(
        text_of(path)
        for folder in ("scripts", "benchmarks")
        for path in (REPOSITORY / folder).rglob("*.py")
    )
    others = {"--all-extras", "--universal", "--no-header", "--nnodes", "--nproc-per-node"}
    alone = {
        (page.name, span.split()[0])
        for page in PAGES
        for span in spans(page)
        if span.startswith("--") and span != "--"
    }
    names = {(page, word.rstrip(",").partition("=")[0]) for page, word in alone}
    assert (
        sorted(each for each in names if each[1] not in ours | others and f'"{each[1]}"' not in scripts)
        == []
    )


def test_the_list_of_commands_is_in_the_manual():
    words = {words for words, _, _ in every_command()}
    pages = "".join(map(text_of, PAGES))
    assert {each for each in words if f"{each} " not in pages and f"{each}`" not in pages} == set()


def test_sizes_of_the_bundled_model():
    size = f"{(ASSETS / 'reader.onnx').stat().st_size / 1e6:.1f} MB"
    for page in ("docs/app.md", "docs/model-card.md"):
        [told] = re.findall(
            r"(\d+\.\d MB)(?: of model|, [\d.]+ million parameters)", text_of(REPOSITORY / page)
        )
        assert told == size


def test_the_table_of_networks_is_what_models_prints():
    printed = json.loads(CliRunner().invoke(app, ["models", "--json"]).stdout)
    rows = {coded(row[0])[0]: row[3:5] for row in table("docs/models.md", "| name | from |")}
    told = {
        each["name"]: [f"{each['parameters']:,}", f"{each['multiply_adds'] / 1e6:,.1f} M"]
        for each in printed["trainable"]
    }
    assert rows == told
    [bundled] = printed["bundled"]
    assert f"{bundled['parameters']:,} parameters" in text_of(DOCS / "models.md")
    version = bundled["name"].split()[-1]
    assert f"version {version}" in text_of(DOCS / "model-card.md")
    assert f"bundled reader {version}" in text_of(REPOSITORY / "README.md")
    assert f"version {PROJECT['version']}" in text_of(REPOSITORY / "README.md")


def test_lists_of_recipes_presets_splits_and_extras_are_whole():
    recipes = {name for row in table("docs/training.md", "| recipe |") for name in coded(row[0])}
    recipes = {name for each in recipes for name in ([each] if each[0] != "-" else [f"aslnet{each}"])}
    assert recipes == set(recipe_names())
    presets = {coded(row[0])[0] for row in table("docs/packing.md", "| preset |")}
    assert presets == set(PRESETS)
    methods = {
        name for row in table("docs/data.md", "| `--by` |") for cell in row[:1] for name in coded(cell)
    }
    assert methods == {str(method) for method in Method}
    extras = {coded(row[0])[0] for row in table("CONTRIBUTING.md", "| installed |")}
    assert extras == {
        "fingerspell",
        *(f"fingerspell[{name}]" for name in PROJECT["optional-dependencies"]),
    } - {"fingerspell[dev]"}


def test_defaults_that_are_told():
    text, hosting = text_of(DOCS / "text.md"), text_of(DOCS / "hosting.md")
    letters, served = DecoderOptions(), AppSettings()
    assert f"averaged over {letters.smoothing_s} s" in text
    begins = f"at {letters.sure_probability} for {letters.min_hold_s} s"
    unsure = f"at {letters.enter_probability} for {letters.unsure_hold_s} s"
    ends = f"and ends under {letters.leave_probability}"
    assert f"ahead {begins}, or {unsure}, {ends}" in " ".join(text.split())
    assert f"{letters.word_probability} for {letters.unsure_hold_s} s is enough" in text
    assert f"or {letters.pause_s} s between two letters" in text
    assert f"| {served.signers} | `--signers` |" in hosting
    assert f"| {served.longest_upload_s / 60:.0f} minutes | `--longest` |" in hosting
    assert f"| {served.largest_upload_mb} MB | `--largest` |" in hosting
    assert f"| {served.most_uploads_mb // 1000} GB | |" in hosting
    assert f"shares ({DEFAULT_SHARES.validation} and {DEFAULT_SHARES.test})" in " ".join(
        text_of(DOCS / "data.md").split()
    )


def test_python_is_the_version_that_is_required():
    assert PROJECT["requires-python"] == ">=3.11"
    for page in (REPOSITORY / "README.md", DOCS / "first-hour.md"):
        assert re.search(r"Python\s3\.11 or newer", text_of(page))
