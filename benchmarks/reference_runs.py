"""A table of runs beside the figures of the reports that they reproduce.

    python benchmarks/reference_runs.py runs/dexnet runs/compact-net ... --strangers strangers.json

`strangers.json` is what `fingerspell evaluate RUN ... --external DIR --no-speed --json` printed. Prints
Markdown.
"""

import argparse
import json
from pathlib import Path
from typing import Any

# What the reports say: test accuracy where there is one, else validation; seconds an epoch; parameters.
REPORTED = {
    "mobilenet-v2": "R0: 46.4 to 75 % (28 images)",
    "compact-net": "R1: 99.88 %, 100 s on a V100, 544,713",
    "aslnet-10": "R2: 98 %, 106,877",
    "aslnet-25": "R2: 98 %, 106,877",
    "aslnet-50": "R2: 99 %, 106,877",
    "aslnet-75": "R2: 99 %, 106,877",
    "dexnet": "R3: 99.3 % (validation), about 180 s, 12,275,101",
    "dexnet-v2": "R3: 99.1 % (validation), about 180 s, 5,854,621",
    "dexnet-half": "R3: 98.9 % (validation), about 60 s, 12,275,101",
    "efficientnet-b0": "R4: 96 %",
}
HEADER = (
    *("run", "split", "epochs", "unseen signers", "test", "validation", "train"),
    *("s an epoch", "parameters", "the report"),
)


def row(summary: dict[str, Any], strangers: dict[str, Any]) -> list[str]:
    """The cells of a run."""
    best, data = summary["best"], summary["data"]
    stranger = strangers.get(Path(summary["run"]).name)
    seconds = summary["train_seconds"] / summary["epochs"]
    return [
        Path(summary["run"]).name,
        data["split"],
        str(summary["epochs"]),
        f"**{stranger['value']:.1%}** (n {stranger['n']:,})" if stranger else "not measured",
        f"{summary['test']['accuracy']:.2%} (n {summary['test']['n']:,})",
        f"{best['validation_accuracy']:.2%}",
        f"{best['train_accuracy']:.2%}",
        f"{seconds:.0f}",
        f"{summary['parameters']:,}",
        REPORTED.get(summary["recipe"], ""),
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--strangers", type=Path, help="what `evaluate --json` printed")
    options = parser.parse_args()
    judged = json.loads(options.strangers.read_bytes()) if options.strangers else []
    judged = judged if isinstance(judged, list) else [judged]  # one run makes no list
    strangers = {
        each["model"].rpartition("(")[2].rstrip(")"): each["headline"]["accuracy"]
        for each in judged
        if each["headline"]["protocol"] == "strangers"
    }
    rows = [row(json.loads((run / "summary.json").read_bytes()), strangers) for run in options.runs]
    for cells in (HEADER, ["---"] * len(HEADER), *rows):
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
