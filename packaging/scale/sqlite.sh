#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The messages of all parts as a table of SQLite: sqlite.sh messages.db part_*.jsonl
# Columns: part, time, stream, url, client, server, direction, type, text, info, length, wire_length; the whole line as json.
set -eu
database=$1
shift
sqlite3 "$database" 'CREATE TABLE line(json)'
for part in "$@"; do
    printf '.mode ascii\n.separator "\\037" "\\n"\n.import "%s" line\n' "$part" | sqlite3 "$database"
    sqlite3 "$database" 'ALTER TABLE line ADD COLUMN part' 2>/dev/null || true
    sqlite3 "$database" "UPDATE line SET part = '$(basename "$part" .jsonl)' WHERE part IS NULL"
done
sqlite3 "$database" "
CREATE TABLE messages AS SELECT part, json ->> 'time' AS time, json ->> 'stream' AS stream, json ->> 'url' AS url, json ->> 'client' AS client,
    json ->> 'server' AS server, json ->> 'direction' AS direction, json ->> 'type' AS type, json ->> 'text' AS text, json ->> 'info' AS info,
    json ->> 'length' AS length, json ->> 'wire_length' AS wire_length, json FROM line ORDER BY time;
DROP TABLE line;"
