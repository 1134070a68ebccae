"""PyTorch and ONNX Runtime read the same packed pictures the same way."""

import os
from pathlib import Path

import numpy as np
import pytest
from tests.runs import write_run

from fingerspell.data.decode import PackSpec
from fingerspell.data.pack import pack
from fingerspell.data.scan import scan
from fingerspell.evaluation.pictures import Protocol, open_pictures
from fingerspell.evaluation.predict import Predictor
from fingerspell.export.run import export_run

N = 10_000


def confusions(run: Path, pictures, folder: Path, parity: Path, processes: int):
    """Confusion matrices by the checkpoint and by what it is exported to."""
    exported = export_run(run, folder / "model.onnx", pictures=parity).path
    matrices = []
    for model in (run, exported):
        with Predictor(str(model), processes) as predictor:
            matrices.append(predictor.predict(pictures).counts.confusion)
    return matrices


def test_a_checkpoint_and_its_export_agree(samples, tmp_path):
    packed = pack(scan(samples).index, tmp_path, PackSpec(48))
    pictures = open_pictures(packed.folder, Protocol.GIVEN)
    by_torch, by_onnx = confusions(write_run(tmp_path / "run"), pictures, tmp_path, samples, 1)
    np.testing.assert_array_equal(by_torch, by_onnx)
    assert by_torch.sum() == 58
    assert np.count_nonzero(by_torch.sum(0)) > 1  # it does not always say the same


@pytest.mark.slow
def test_ten_thousand_packed_pictures(tmp_path):
    if "FINGERSPELL_DATA" not in os.environ:
        pytest.skip("set FINGERSPELL_DATA to the folder that holds the data sets")
    folder = Path(os.environ["FINGERSPELL_DATA"]) / "kaggle64"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    packed = pack(scan(folder).index, tmp_path, PackSpec(64))
    pictures = open_pictures(packed.folder, Protocol.GIVEN).sample(N)
    run = write_run(tmp_path / "run")
    by_torch, by_onnx = confusions(run, pictures, tmp_path, folder, 2)
    np.testing.assert_array_equal(by_torch, by_onnx)
    assert by_torch.sum() == N
