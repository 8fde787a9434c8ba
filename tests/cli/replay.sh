#!/usr/bin/env bash
# replay: a log sent to a target at twice its speed arrives as it was recorded, byte for byte but for Host, in half the time; the tool
# itself captures what arrives.
. "$(dirname "$0")/../support/e2e.sh"
need nginx jq
seconds=4
"$PWD/$BUILD/bench/make_log" "$work/in.gor" 400 $seconds 40
"$replay" convert --quiet "$work/in.gor" "$work/in.gor.zst" || exit 1
sent=$(json "$work/in.gor" | wc -l)
nginx_start 'location / { return 200 "ok\n"; } listen unix:'"$work"'/socket;'
target=http://127.0.0.1:$nginx_port

sum() { jq "[.sections[] | select(.section == \"$1\") | .rows.$2 // 0] | add // 0" "$3"; }

# Requests as one line each, without Host; then all of a lane on one line, so that order within lanes counts.
lanes() {
	jq -rn '[inputs | select(.type == "request")] | group_by(.id[0:16])[] | sort_by(.ts_ns, .id)
		| map([.method, .target, .version, (.headers | map(select(.[0] | ascii_downcase != "host"))), .body]) | @json' "$1" | sort
}

# --- at 2x, captured on arrival ----------------------------------------------------------------------------------
captured=no
if can_capture; then
	captured=yes
	record "$work/arrived.gor.zst" "127.0.0.1:$nginx_port"
fi
"$replay" --input-file "$work/in.gor.zst" --speed 2x --output-http "$target" --ledger "$work/ledger.json" --json >"$work/summary.json" 2>"$work/summary.txt"
equal "the run ends with status 0" 0 $?
sleep 0.3
[ $captured = no ] || finish "$recorder"

equal "every request was answered" "$sent" "$(sum target answered "$work/ledger.json")"
equal "with a status of 2xx" "$sent" "$(sum target status_2xx "$work/ledger.json")"
equal "the ledger balances" true "$(jq .balanced "$work/ledger.json")"
check "the summary has the latencies" jq -e '.targets[0] | .latency_from_due_ms.p50 > 0 and .latency_from_send_ms.p99 > 0 and .lateness_ms.max >= 0 and .scheduled' "$work/summary.json"
equal "nginx saw each of them" "$sent" "$(wc -l <"$work/access.log")"
check "the summary speaks of the target" grep -q "127.0.0.1:$nginx_port" "$work/summary.txt"

if [ $captured = yes ]; then
	json "$work/in.gor" >"$work/in.json"
	json "$work/arrived.gor.zst" >"$work/arrived.json"
	lanes "$work/in.json" >"$work/expected"
	lanes "$work/arrived.json" >"$work/got"
	same_file "what arrived is what was recorded, lane by lane, but for Host" "$work/expected" "$work/got"
	equal "Host is the target's" "127.0.0.1:$nginx_port" "$(jq -r 'select(.type == "request") | .headers[] | select(.[0] == "Host") | .[1]' "$work/arrived.json" | sort -u)"
	span() { sed -n 's/.*"type":"request".*"ts_ns":\([0-9]*\).*/\1/p' "$1" | sort -n | sed -n '1p;$p' | paste -sd' ' | awk '{ print substr($2, 5) - substr($1, 5) }'; }
	within "the span is half the recorded one, to 1%" "$(echo "$(span "$work/in.json") $(span "$work/arrived.json")" | awk '{ printf "%.4f", $2 / $1 }')" 0.495 0.505
else
	skip "what arrived is what was recorded" "capturing takes CAP_NET_RAW"
fi

# --- other ways to a target ----------------------------------------------------------------------------------------
if [ $captured = yes ]; then
	record "$work/original.gor.zst" "127.0.0.1:$nginx_port"
	"$replay" --quiet --input-file "$work/in.gor.zst" --speed max --http-original-host --output-http "$target"
	sleep 0.3
	finish "$recorder"
	json "$work/original.gor.zst" | jq -c 'select(.type == "request") | [.method, .target, .version, .headers, .body]' | sort >"$work/got"
	jq -c 'select(.type == "request") | [.method, .target, .version, .headers, .body]' "$work/in.json" | sort >"$work/expected"
	same_file "--http-original-host and --speed max: every byte as recorded" "$work/expected" "$work/got"
fi

run() { "$replay" --quiet --input-file "$work/in.gor.zst" --ledger "$work/ledger.json" "$@"; }
run --speed 'max' --output-http "$target" --output-http "unix:$work/socket"
equal "two targets, one on a unix socket: each gets every request" "$((2 * sent))" "$(sum target answered "$work/ledger.json")"
run --speed max --output-http-lanes off --output-http-workers 4 --output-http "$target"
equal "pooled connections: every request" "$sent" "$(sum target answered "$work/ledger.json")"
within "over four connections at most" "$(sum target connections "$work/ledger.json")" 1 4
"$replay" --quiet --input-file "$work/in.gor.zst|400%" --output-http "$target" --ledger "$work/ledger.json"
equal "GoReplay's file|400%" "$sent" "$(sum target answered "$work/ledger.json")"
run --speed max --input-file-loop 3 --output-http "$target"
equal "three times over" $((3 * sent)) "$(sum target answered "$work/ledger.json")"
equal "and each round's records are in the account" "$(jq '[.sections[] | select(.section == "messages") | .rows.seen] | add' "$work/ledger.json")" \
	"$(jq '[.sections[] | select(.section == "input") | .rows[.total]] | add' "$work/ledger.json")"
"$replay" --input-file - --input-file-loop 2 --output-null <"$work/in.gor.zst" 2>"$work/err"
one_sentence "standard input cannot be looped over" $? "$work/err" "only once"
run --speed max --output-http "$target" --output-http "$target"
equal "the same target twice is two in the account" "$sent $sent" "$(jq -r '[.sections[] | select(.section == "target") | .rows.answered] | join(" ")' "$work/ledger.json")"
run --speed max --http-allow-method POST --output-http "$target"
equal "--http-allow-method POST" "$(json "$work/in.gor" | jq -r 'select(.method == "POST") | .id' | wc -l)" "$(sum target answered "$work/ledger.json")"
run --speed 4x --max-lateness 1ns --output-http "$target" 2>/dev/null
equal "a schedule that was not held is status 5 where --max-lateness was given" 5 $?

if command -v openssl >/dev/null; then
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
	tls=$(free_port)
	kill "$nginx_pid"
	wait "$nginx_pid" 2>/dev/null
	rm -f "$work/socket"
	nginx_start "location / { return 200 \"ok\\n\"; } listen 127.0.0.1:$tls ssl; ssl_certificate $work/cert.pem; ssl_certificate_key $work/key.pem;"
	run --speed max --output-http-skip-verify --output-http "https://127.0.0.1:$tls"
	equal "https with --output-http-skip-verify" "$sent" "$(sum target answered "$work/ledger.json")"
	run --speed max --output-http "https://127.0.0.1:$tls" 2>/dev/null
	equal "https without it: the certificate is refused, and counted so" "$sent" "$(($(sum target failed_tls "$work/ledger.json") + $(sum target not_tried "$work/ledger.json")))"
fi
