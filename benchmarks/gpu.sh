#!/usr/bin/env bash
# What training does on a GPU: speed, memory, power, precisions, loading, batch sizes; under ten minutes.
#
#     benchmarks/gpu.sh OUT          # on a machine with an NVIDIA GPU
#     benchmarks/gpu.sh OUT --toy    # the same commands on the CPU with few pictures: a proof of the script
#
# It needs `pip install 'fingerspell[study]'` and nothing else: pictures are drawn on the device, so
# accuracies say only that learning works. OUT gets gpu.json, gpu.md, and what each command printed.
# A command that fails is noted in gpu.json, and the others go on.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
out=$(mkdir -p "$1" && cd "$1" && pwd)
python=${PYTHON:-python}
if [ "${2:-}" = --toy ]; then
  each=12 epochs=2 r1=tiny r2=tiny batches=16,32 large=32 precisions=fp32,bf16 loadings=reports,packed
  device=(--accelerator cpu) resident=packed size=(--size-px 32) cells=(--epochs 2) limit=600
else
  # R1 saw 25 x 76,760 = 1,919,000 pictures; 29 x 600 x 0.882 x 125 = 1,918,000.
  each=600 epochs=125 r1=compact-net r2=aslnet-25 batches=128,512,2048,8192 large=2048
  precisions=fp32,bf16,fp16 loadings=reports,packed,resident
  device=(--accelerator cuda --devices 1 --no-deterministic) resident=resident size=() limit=150
  cells=(--epochs 3)
fi

step() { # NAME COMMAND...: run it, note its seconds, exit code and what it printed
  local name=$1 began code=0
  shift
  began=$(date +%s.%N)
  timeout "$limit" "$@" >"$out/$name.stdout" 2>"$out/$name.stderr" || code=$?
  printf '%s\t%s\t%s\t%s\n' "$name" "$code" "$began" "$(date +%s.%N)" >>"$out/steps.tsv"
  echo "$name: exit code $code"
}

rm -f "$out/steps.tsv" "$out/power.csv"
if command -v nvidia-smi >/dev/null; then
  nvidia-smi --query-gpu=name,driver_version,memory.total,power.limit,clocks.max.sm --format=csv >"$out/device.csv"
  nvidia-smi --query-gpu=timestamp,power.draw,utilization.gpu,memory.used --format=csv,nounits,noheader \
    --loop-ms=200 >"$out/power.csv" &
  watcher=$!
  trap 'kill $watcher 2>/dev/null || true' EXIT
fi

fingerspell=("$python" -m fingerspell)
train=("${fingerspell[@]}" train --data "$out/pictures" --tracking none --json "${device[@]}" "${size[@]}" --split random)
study=("${fingerspell[@]}" study --data "$out/pictures" --tracking none --json "${device[@]:0:2}" "${size[@]}" --split random "${cells[@]}")

step draw "$python" "$here/gpu_pictures.py" "$out/pictures" --each "$each"
# R1's network and number of pictures, as fast as it goes, and each of the ways apart.
step r1 "${train[@]}" --recipe "$r1" --strategy auto --loading "$resident" --batch-size "$large" \
  --epochs "$epochs" --precision auto -o "$out/runs/r1"
step r1_compiled "${train[@]}" --recipe "$r1" --strategy auto --loading "$resident" --batch-size "$large" \
  --epochs 3 --precision bf16 --compile -o "$out/runs/r1_compiled"
step r1_no_channels_last "${train[@]}" --recipe "$r1" --strategy auto --loading "$resident" \
  --batch-size "$large" --epochs 3 --precision bf16 --no-channels-last -o "$out/runs/r1_no_channels_last"
step accuracy "${train[@]}" --recipe "$r2" --loading "$resident" --batch-size 256 --precision auto \
  --epochs 4 -o "$out/runs/accuracy"
step study_batches "${study[@]}" --recipe "$r1" --batch-size "$batches" --precision bf16 \
  --loading "$resident" -o "$out/study_batches"
step study_precisions "${study[@]}" --recipe "$r1" --batch-size "$large" --precision "$precisions" \
  --loading "$resident" -o "$out/study_precisions"
step study_loadings "${study[@]}" --recipe "$r1" --batch-size "$large" --precision bf16 \
  --loading "$loadings" -o "$out/study_loadings"
step export "${fingerspell[@]}" export "$out/runs/r1" -o "$out/r1.onnx" --json
step evaluate "${fingerspell[@]}" evaluate "$out/runs/r1" --data "$out/pictures" --json
"$python" "$here/gpu_table.py" "$out"
