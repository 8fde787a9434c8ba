#!/usr/bin/env bash
# fidelity: what a server of our own receives is byte for byte what the log has: bare line feeds, folded fields, chunk extensions and trailers, Expect,
# HTTP/1.0, custom methods, upgrades, tunnels, bodies of a megabyte and bodies that look like records.
. "$(dirname "$0")/../support/e2e.sh"
need jq
count=10000
[ -z "$SAN" ] || count=3000
sum() { jq "[.sections[] | select(.section == \"target\") | .rows.$1 // 0] | add // 0" "$work/ledger.json"; }
"$tools/odd_requests_tool" "$count" 100 "$work/expected" >"$work/odd.gor"
"$replay" convert "$work/odd.gor" "$work/odd.gor.zst" 2>"$work/err" || not_ok "convert the log" "$(cat "$work/err")"

try() { # NAME OPTION...
	local name=$1
	shift
	serve "$tools/raw_server" "$work/received"
	"$replay" --quiet --input-file "$work/odd.gor.zst" --ledger "$work/ledger.json" --output-http "http://127.0.0.1:$port" "$@" 2>"$work/err"
	kill "$pid"
	wait "$pid" 2>/dev/null
	equal "$name: each is answered" "$count true" "$(sum answered) $(jq .balanced "$work/ledger.json")"
	sort "$work/expected" >"$work/a"
	sort "$work/received" >"$work/b"
	same_file "$name: every byte of $count requests" "$work/a" "$work/b"
}
in_order() { # ordinals rise within each lane
	awk '{ lane = substr($1, 1, 16); n = substr($1, 17); if (n <= last[lane]) { print; bad = 1 } last[lane] = n } END { exit bad }' "$work/received"
}

try "as fast as it goes" --speed max --http-original-host
check "in order within each lane" in_order
equal "no content was sent without 100 (Continue), none held back" "0 0" "$(sum continue_late) $(sum content_unasked)"
within "connections ended after 101 and CONNECT" "$(sum upgraded)" 100 2000
within "100 (Continue) came" "$(sum status_1xx)" 200 5000
try "at three times the speed" --speed 3x --http-original-host
try "pipelined" --speed max --http-original-host --output-http-pipeline
check "in order within each lane" in_order
try "over 7 connections" --speed max --http-original-host --output-http-workers 7
try "pooled" --speed max --http-original-host --output-http-lanes off --output-http-workers 20
