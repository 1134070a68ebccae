"""A data set with every defect planted: each is found, and nothing else."""

import json
from collections import Counter

import pytest
from tests.data.defects import ERRORS, plant, scene, write

from fingerspell.data.check import check, clean
from fingerspell.data.scan import scan


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    root = tmp_path_factory.mktemp("set")
    expected = plant(root, tmp_path_factory.mktemp("outside"))
    scanned = scan(root)
    return root, expected, scanned, check(scanned)


def test_every_planted_defect_is_found_and_no_other(planted):
    _, expected, _, report = planted
    found = {
        finding.kind: {part for example in finding.examples for part in example}
        for finding in report.findings
    }
    assert found.pop("not RGB") == {*expected["not RGB"], "L", "CMYK", "RGBA"}
    assert found.pop("class with few pictures") == {*expected["class with few pictures"], "1"}
    expected = {kind: set(paths) for kind, paths in expected.items()}
    del expected["not RGB"], expected["class with few pictures"]
    assert found == expected
    assert report.n_ignored == 2


def test_what_is_an_error_and_what_a_warning(planted):
    *_, report = planted
    assert report.has_errors
    assert {finding.kind for finding in report.findings if finding.severity == "error"} == ERRORS
    severities = [finding.severity for finding in report.findings]
    assert severities == sorted(severities)
    assert all(finding.mend for finding in report.findings)


def test_figures(planted):
    _, _, scanned, report = planted
    usable = scanned.index.usable.pictures
    assert report.n_pictures == len(scanned.index.pictures)
    assert report.n_usable == len(usable) == sum(report.classes.values())
    assert report.classes == Counter(p.label for p in usable)
    assert report.splits == Counter(p.split for p in usable)
    assert report.modes["RGB"] == report.n_usable - 3
    assert report.missing_classes[0] == "D"
    assert report.sizes == {"64x64": report.n_usable}
    assert report.near_duplicate_pairs == {"within_class": 1, "across_classes": 1, "across_splits": 1}
    assert json.loads(json.dumps(report.as_dict()))["has_errors"] is True


def test_clean_leaves_out_what_is_bad_and_nothing_more(planted):
    _, _, scanned, _ = planted
    kept = {p.path for p in clean(scanned.index).pictures}
    usable = {p.path for p in scanned.index.usable.pictures}
    assert usable - kept == {
        "train/A/A1.jpg",
        "train/B/other.jpg",
        "train/B/same.jpg",
        "train/B/B2.jpg",
    }
    assert kept < usable


def test_what_is_cleaned_has_no_errors(planted):
    _, _, scanned, _ = planted
    report = check(type(scanned)(clean(scanned.index), {}, 0))
    assert not report.has_errors


def test_a_sound_set_has_no_findings(tmp_path):
    for number in range(12):
        write(tmp_path / "ABC"[number % 3] / f"{number}.jpg", scene(number))
    report = check(scan(tmp_path))
    assert (report.findings, report.has_errors) == ((), False)
    assert report.classes == {"A": 4, "B": 4, "C": 4}


def test_a_set_with_nothing_usable(tmp_path):
    write(tmp_path / "7" / "1.jpg", scene(0))
    report = check(scan(tmp_path))
    assert (report.n_usable, report.has_errors) == (0, True)
