#!/usr/bin/env bash
# From the training sets to the bundled model: 3.5 hours on two quiet cores, and goes on where it stopped.
#
#     scripts/reader/reproduce.sh DATA OUT
set -euo pipefail
data=$1 out=$2 here=$(dirname "$0")
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 # see train.py

uv run --no-project --isolated --python 3.11 --with mediapipe==0.10.21 "$here/label_joints.py" "$data"
uv run --no-project --isolated --python 3.11 --with mediapipe==0.10.21 "$here/cut_out_hands.py" "$data"
python "$here/train.py" "$data" --out "$out/first"
python "$here/train.py" "$data" --out "$out/second" --start-from "$out/first/reader.safetensors" \
    --steps 9000 --learning-rate 1.2e-3 --seed 1
python "$here/mix.py" "$out/first/reader.safetensors" "$out/second/reader.safetensors" \
    --share 0.7 -o "$out/mixed.safetensors"
python "$here/train.py" "$data" --out "$out/third" --start-from "$out/mixed.safetensors" \
    --steps 7000 --learning-rate 1.2e-3 --seed 2
python "$here/mix.py" "$out/mixed.safetensors" "$out/third/reader.safetensors" \
    --share 0.7 -o "$out/reader.safetensors"
python "$here/export.py" "$out/reader.safetensors" "$data/aslalphabets_test" \
    --version 0.4.0 --int8 -o "$out/reader.onnx"
python "$here/joint_letters.py" "$data" --judge "" -o "$out/joints.onnx" # for --hands mediapipe
