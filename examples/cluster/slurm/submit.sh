#!/bin/bash
# A suite as a job array, and a job that merges its shards:
#     SHARDS=16 ./submit.sh SUITE [OPTIONS OF hpobench plan]
# The same command again runs what is missing. SHARDS must stay the same.
set -euo pipefail
export SHARDS=${SHARDS:-16}
here=$(dirname "${BASH_SOURCE[0]}")

array=$(sbatch --parsable --array="1-$SHARDS" "$here/array.sbatch" "$@")
# afterany: a failed cell is a result, too. Where a shard is missing, `merge` names it.
sbatch --dependency="afterany:$array" "$here/merge.sbatch" "$@"
