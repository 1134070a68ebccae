#!/usr/bin/env bash
# From the training sets to the bundled model: less than two hours on two quiet cores.
#
#     scripts/reader/reproduce.sh DATA OUT [BATCHES STEPS]
#
# BATCHES of 64 views are drawn and learned from in STEPS steps; fewer of both try the way out in less time.
set -euo pipefail
data=$1 out=$2 batches=${3:-2100} steps=${4:-2000} here=$(dirname "$0")
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 # see look.py
isolated=(uv run --no-project --isolated --python 3.11 --with mediapipe==0.10.21)

"${isolated[@]}" "$here/label_joints.py" "$data"
"${isolated[@]}" "$here/cut_out_hands.py" "$data"
"${isolated[@]}" --with tflite --with safetensors "$here/mediapipe_weights.py" "$data"
uv run --no-project --isolated --python 3.11 --with anny==0.6.2 "$here/anny_hand.py" "$data"
python "$here/solve_poses.py" "$data"
python "$here/render_hands.py" "$data"
git -C "$here" show fb70af4:src/fingerspell/assets/reader.onnx > "$data/reader-0.4.0.onnx"
python "$here/small_hands.py" "$data/reader-0.4.0.onnx" -o "$data/small_hands.safetensors"
python "$here/look_for_hands.py" "$data"
python "$here/look.py" "$data" --out "$out/views" --batches "$batches"
python "$here/train.py" "$data" "$out/views" --out "$out/reader" --steps "$steps"
python "$here/joint_letters.py" "$data" --judge "" -o "$out/reader/shape.safetensors"
python "$here/export.py" "$data" "$out/reader/letters.safetensors" "$out/reader/shape.safetensors" \
    "$data/aslalphabets_test" --version 0.10.0 -o "$out/reader.onnx"
