#!/usr/bin/env bash
# Trains on one or several machines with GPUs, without a scheduler: start it on
# every machine, with the machine's number: launch/gpu_nodes.sh 0
#
# Not run by us with several machines. On one machine no launcher is needed:
# `python train.py CONFIG` takes all of its GPUs in one process.
set -euo pipefail

# ------------------------------------------------------------------------------
first=node-0:12345                 # the machine of number 0, and a free port
machines=2
arguments=(configs/handwriting_synthesis.py
  --data.path iamondb.jsonl.gz
  --workdir runs/iam
  --data.batch-size 64)
# ------------------------------------------------------------------------------

cd "$(dirname "$0")/.."
exec python train.py "${arguments[@]}" \
  --distributed.coordinator "$first" \
  --distributed.processes "$machines" \
  --distributed.process "${1:?give the number of this machine, from 0}"
