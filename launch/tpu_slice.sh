#!/usr/bin/env bash
# Trains on all hosts of a Cloud TPU slice. Edit what stands between the lines.
#
# Not run by us: no TPU was at hand. What it does on every host is what
# tests/devices/test_processes.py does with two processes on one machine.
set -euo pipefail

# ------------------------------------------------------------------------------
name=my-slice                      # an existing TPU VM slice
zone=us-central1-a
code=graves_jax                    # this repository, in every host's home
arguments="configs/handwriting_synthesis.py
  --data.path iamondb.jsonl.gz
  --workdir runs/iam
  --data.batch-size 64
  --preemption-notice google"
# ------------------------------------------------------------------------------

on_all_hosts() {
  gcloud compute tpus tpu-vm ssh "$name" --zone "$zone" --worker=all \
    --command "cd $code && $1"
}

# The code and the data must lie on every host; the workdir is written by the
# first one alone. Once, before the first start:
#   gcloud compute tpus tpu-vm scp --recurse . "$name:$code" --zone "$zone" \
#     --worker=all
on_all_hosts 'pip install --quiet -e ".[tpu]"'

# JAX finds the other hosts by itself. Started again, the run goes on.
on_all_hosts "exec python train.py ${arguments//$'\n'/ } --distributed"
