#!/bin/sh
# A suite as an array job: sbatch slurm.sh; afterwards: npx cajal merge results/part-* --out results/all
#SBATCH --job-name=cajal-table
#SBATCH --array=1-4
#SBATCH --gres=gpu:1
#SBATCH --exclusive
#SBATCH --time=02:00:00
set -e
npx cajal run table --device gpu \
  --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \
  --out "results/part-$SLURM_ARRAY_TASK_ID"
