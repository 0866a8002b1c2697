#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Hands the messages of all parts to OpenSearch or Elasticsearch: opensearch.sh https://host:9200 INDEX part_*.jsonl
# Options of curl (a user, a certificate) are taken from CURL_OPTIONS.
set -eu
url=$1 index=$2
shift 2
for part in "$@"; do
    # Each document is two lines, the first saying what to do; an even number of lines in each request keeps them together.
    jq -c '{index: {}}, .' "$part" |
        split -l 20000 --filter="curl -sS --fail-with-body ${CURL_OPTIONS:-} -H 'Content-Type: application/x-ndjson' --data-binary @- '$url/$index/_bulk?filter_path=errors'"
done
