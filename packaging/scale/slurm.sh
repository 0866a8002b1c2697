#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# On the nodes of a Slurm cluster; this folder is on a file system that all of them see, and each has tshark with the plugin.
#     slurm.sh CAPTURE PARTS [OPTION OF SBATCH …]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
capture=$1 parts=$2
shift 2
wscap -q -r "$capture" --tls --split "$parts" -w part.pcapng
sbatch --wait --array="1-$parts" --job-name=websocket --output="decode_%a.log" "$@" "$here/slurm-task" "$here"
