#!/bin/bash
# A suite as a job array, and a job that merges its parts:
#     PARTS=16 ./submit.sh SUITE [OPTIONS OF hpobench plan]
# The same command again runs what is missing. PARTS must stay the same.
set -euo pipefail
export PARTS=${PARTS:-16}
here=$(dirname "${BASH_SOURCE[0]}")

array=$(sbatch --parsable --array="1-$PARTS" "$here/array.sbatch" "$@")
# afterany: a failed cell is a result, too. Where a part is missing, `merge` names it.
sbatch --dependency="afterany:$array" "$here/merge.sbatch" "$@"
