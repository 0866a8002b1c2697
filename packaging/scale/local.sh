#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# On all processors of this machine, with GNU parallel: the messages of a capture in part_00001.jsonl … of this folder.
#     local.sh CAPTURE [PARTS]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
wscap -q -r "$1" --tls --split "${2:-$(nproc)}" -w part.pcapng
parallel --will-cite "$here/decode-part" ::: part_*.pcapng
