"""Pages leave out the classes that are not read as Python does."""

import json
import shutil
import subprocess

import numpy as np
import pytest
from tests.conftest import REPOSITORY

from fingerspell.core.alphabet import CLASSES, DIGITS, Alphabet

SCRIPT = REPOSITORY / "src" / "fingerspell" / "app" / "live" / "static" / "classes.js"
BOTH = Alphabet.of((*CLASSES, *DIGITS))
RUN = """
import { readFileSync } from "node:fs";
import { narrowed } from "./classes.mjs";
const { read, known } = JSON.parse(readFileSync(0));
console.log(JSON.stringify(known.map((each) => [...narrowed(each, read)])));
"""


@pytest.mark.parametrize("digits", [False, True])
def test_a_page_leaves_out_what_python_does(tmp_path, digits):
    if shutil.which("node") is None:
        pytest.skip("no node here: install Node.js")
    said = np.random.default_rng(2).dirichlet(np.full(len(BOTH), 0.3), 5).tolist()
    read = BOTH.read(digits=digits)
    shutil.copy(SCRIPT, tmp_path / "classes.mjs")
    (tmp_path / "run.mjs").write_text(RUN)
    run = subprocess.run(
        ["node", tmp_path / "run.mjs"],
        input=json.dumps({"read": BOTH.places_of(read), "known": said}),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    known = [BOTH.narrowed(each, read) for each in said]
    np.testing.assert_allclose(json.loads(run.stdout), known, atol=1e-6)
