#!/usr/bin/env bash
# shadow: live traffic goes on to a second deployment from the same process, and that one's own connections are never captured again,
# though its port is among the captured ones.
. "$(dirname "$0")/../support/e2e.sh"
need jq
if ! can_capture; then
	skip "shadowing" "this process lacks CAP_NET_RAW"
	exit 0
fi
serve "$demo/service"
one=$port
serve "$demo/service" --version 2
two=$port
record "$work/seen.gor.zst" "127.0.0.1:$one,$two" --output-http "http://127.0.0.1:$two" --ledger "$work/ledger.json"
"$demo/client" "$one" 800 8 1500 >"$work/client.txt" || not_ok "the client was answered" "$(cat "$work/client.txt")"
sleep 0.5
finish "$recorder"
equal "the run ends with status 0" 0 $?

sum() { jq "[.sections[] | select(.section == \"$1\") | .rows.$2 // 0] | add // 0" "$work/ledger.json"; }
equal "800 requests are in the log, none of them our own" 800 "$(json "$work/seen.gor.zst" | jq -r 'select(.type == "request") | .id' | wc -l)"
equal "and their 800 responses" 800 "$(json "$work/seen.gor.zst" | jq -r 'select(.type == "response") | .id' | wc -l)"
equal "800 went on to the second deployment" 800 "$(sum target answered)"
equal "the ledger balances" true "$(jq .balanced "$work/ledger.json")"

# A target that is down costs the log nothing.
serve "$demo/service"
one=$port
down=$(free_port)
record "$work/down.gor.zst" "127.0.0.1:$one" --output-http "http://127.0.0.1:$down" --ledger "$work/ledger.json"
"$demo/client" "$one" 400 8 600 >/dev/null
sleep 0.3
finish "$recorder"
equal "with the target down the log is whole" "800" "$(json "$work/down.gor.zst" | wc -l)"
equal "and each request is counted as not connected" 400 "$(($(sum target failed_connect) + $(sum target not_tried) + $(sum target queue_full)))"
