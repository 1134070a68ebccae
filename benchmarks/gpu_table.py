"""Sum up what `gpu.sh` left in a folder: gpu.json, and its table gpu.md.

python benchmarks/gpu_table.py OUT
"""

import argparse
import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from fingerspell.training.environment import environment

COLUMNS = ("images/s", "s an epoch", "MB in tensors", "MB by NVML", "busy", "test accuracy")


def steps_of(out: Path) -> list[dict[str, Any]]:
    """Each command: its name, seconds, exit code, what it said, and the power drawn meanwhile."""
    power, steps = _power(out / "power.csv"), []
    with (out / "steps.tsv").open() as file:
        for name, code, began, ended in csv.reader(file, delimiter="\t"):
            watts = [w for at, w in power if float(began) <= at <= float(ended)]
            seconds = float(ended) - float(began)
            mean_w = sum(watts) / len(watts) if watts else None
            step: dict[str, Any] = {"name": name, "exit_code": int(code), "seconds": round(seconds, 2)}
            step |= {"mean_w": mean_w, "energy_j": mean_w and mean_w * seconds}
            try:
                step["result"] = json.loads((out / f"{name}.stdout").read_text())
            except (OSError, ValueError):
                step["result"] = None
            if int(code):
                step["error"] = (out / f"{name}.stderr").read_text()[-2000:]
            steps.append(step)
    return steps


def _power(path: Path) -> list[tuple[float, float]]:
    """Seconds since 1970 and watts, as `nvidia-smi` noted them."""
    if not path.exists():
        return []
    readings = []
    for line in path.read_text().splitlines():
        at, watts, *_ = (part.strip() for part in line.split(","))
        try:
            when = datetime.strptime(at, "%Y/%m/%d %H:%M:%S.%f")
            readings.append((when.timestamp(), float(watts)))
        except ValueError:  # a last line that was cut, or a GPU that does not tell
            continue
    return readings


def table_of(steps: list[dict[str, Any]]) -> str:
    """The steps, then the cells of the studies, in Markdown."""
    lines = ["| step | exit code | s | W | J | test accuracy |", "|---|---|---|---|---|---|"]
    for step in steps:
        test = (step["result"] or {}).get("test", {}) if isinstance(step["result"], dict) else {}
        energy = (_number(step["mean_w"], 0), _number(step["energy_j"], 0))
        accuracy = _number(test.get("accuracy"), 4)
        cells = (step["name"], step["exit_code"], step["seconds"], *energy, accuracy)
        lines.append(f"| {' | '.join(map(str, cells))} |")
    lines += ["", f"| cell | {' | '.join(COLUMNS)} |", "|---" * (1 + len(COLUMNS)) + "|"]
    for step in steps:
        for cell in (step["result"] or {}).get("cells", []):
            lines.append(f"| {' | '.join(_cell(cell))} |")
    return "\n".join(lines) + "\n"


def _cell(result: dict[str, Any]) -> list[str]:
    at = result["cell"]
    name = f"{at['model']}, batch {at['batch_size']}, {at['precision']}, {at['loading']}"
    if result["status"] != "done":
        return [name, result["status"], *[""] * (len(COLUMNS) - 1)]
    counted = result["epoch_s"][1:] or result["epoch_s"]
    figures = (
        (result["images_per_s"], 0),
        (sum(counted) / len(counted), 2),
        *((max(result[key], default=None), 0) for key in ("allocated_mb", "driver_mb")),
        (max(result["utilisation"], default=None), 2),
        (result["test_accuracy"], 4),
    )
    return [name, *(_number(*figure) for figure in figures)]


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def main() -> None:
    """Parse the command line, write both files, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    steps = steps_of(out)
    device = out / "device.csv"
    document = {
        "environment": environment(),
        "device": device.read_text().splitlines() if device.exists() else None,
        "steps": steps,
    }
    (out / "gpu.json").write_text(json.dumps(document, indent=2) + "\n")
    (out / "gpu.md").write_text(table_of(steps))
    print(table_of(steps))


if __name__ == "__main__":
    main()
