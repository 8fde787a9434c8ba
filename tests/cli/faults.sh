#!/usr/bin/env bash
# faults: targets that are down, hang, break off, answer nonsense or never end: each request is counted once, by its cause; the run goes
# on, its memory stays bounded, and other targets do not notice.
. "$(dirname "$0")/../support/e2e.sh"
need jq
measure=$PWD/$BUILD/bench/measure
limit_kib=65536
[ -z "${SAN:-}" ] || limit_kib=600000

# 20 requests on ten lanes.
sep=$'\n🐵🙈🙉\n'
for i in $(seq 0 19); do
	printf '1 00000000000000%02x%08x 17000000000%02d000000 0\nGET /item/%d HTTP/1.1\r\nHost: a\r\n\r\n%s' $((i % 10)) $((i / 10)) "$i" "$i" "$sep"
done >"$work/twenty.gor"
sum() { jq "[.sections[] | select(.section == \"target\") | .rows | ((${1//+/ // 0) + (} // 0))] | add // 0" "$work/ledger.json"; }
causes() { jq -c '[.sections[] | select(.section == "target") | .rows | to_entries[] | select(.value > 0 and (.key | test("answered|failed|not_tried|unfinished|queue_full"))) | "\(.key) \(.value)"] | join(", ")' "$work/ledger.json"; }

# mode          the rows that may hold all twenty
while read -r mode rows; do
	[ -n "$mode" ] || continue
	serve "$tools/chaos_server" --mode "$mode"
	began=$(date +%s%N)
	"$measure" "$work/m" timeout 60 "$replay" --quiet --input-file "$work/twenty.gor" --speed max --output-http-timeout 500ms \
		--output-http "http://127.0.0.1:$port" --ledger "$work/ledger.json" 2>"$work/err"
	status=$?
	took=$((($(date +%s%N) - began) / 1000000))
	kill "$pid"
	wait "$pid" 2>/dev/null
	got=0
	for r in $rows; do got=$((got + $(sum ".$r"))); done
	if [ $status != 0 ]; then
		not_ok "$mode" "status $status" "$(cat "$work/err")"
	elif [ $got != 20 ] || [ "$(sum .submitted)" != 20 ] || [ "$(jq .balanced "$work/ledger.json")" != true ]; then
		not_ok "$mode: twenty requests counted as $rows" "$(causes)"
	elif [ $took -gt 20000 ] || [ "$(jq .peak_kib "$work/m")" -gt $limit_kib ]; then
		not_ok "$mode: bounded" "$took ms, $(jq .peak_kib "$work/m") KiB"
	else
		ok "$mode: $(causes), $took ms"
	fi
done <<'TABLE'
normal        answered
slow          answered
no-content    answered
error         answered
early-hints   answered
upgrade       answered
close-after   answered
short-length  answered
refuse        failed_connect not_tried
hang          failed_timeout
hang-accept   failed_timeout not_tried
close         failed_closed
close-mid     failed_closed
close-head    failed_closed
reset         failed_closed
reset-mid     failed_closed
garbage       failed_garbage
binary        failed_garbage
bad-length    failed_garbage
bad-chunk     failed_garbage
endless-body  failed_timeout failed_too_long
endless-close failed_timeout failed_too_long
endless-head  failed_timeout failed_too_long failed_garbage
endless-line  failed_timeout failed_too_long failed_garbage
flood-1xx     failed_timeout failed_too_long failed_garbage
drip          failed_timeout
long-length   failed_timeout failed_closed
TABLE

# Nobody at home: no such port, no such name, no such socket.
run() { "$replay" --quiet --input-file "$work/twenty.gor" --speed max --output-http-timeout 2s --ledger "$work/ledger.json" "$@" 2>"$work/err"; }
run --output-http "http://127.0.0.1:$(free_port)"
status=$?
equal "nobody listens: failed to connect or not tried any more, status 0 (the run itself went well)" "20 0" "$(sum .failed_connect+.not_tried) $status"
run --output-http "unix:$work/nobody"
equal "no such socket" 20 "$(sum .failed_connect+.not_tried)"
# One at a time and patiently: a name server may leave one of many questions unanswered.
one=(--output-http-workers 1 --output-http-timeout 20s)
run "${one[@]}" --output-http "http://no.such.host.invalid"
equal "no such name" 20 "$(sum '.failed_resolve+.not_tried')"

"$replay" --input-file "$work/twenty.gor" --speed max "${one[@]}" --output-http "http://no.such.host.invalid" 2>"$work/err"
check "the summary says why there was no connection" grep -qE '^  last error  .*no\.such\.host\.invalid' "$work/err"

# Time stamps and heads that no client ever sent.
record_of() { printf '1 00000000000000a0%08x %s 0 n=%d\n%s%s' "$1" "$2" "${#3}" "$3" "$sep"; }
many_hosts=$(printf 'GET http://a/x HTTP/1.1\r\n'; for _ in $(seq 50); do printf 'Host:\r\n'; done; printf '\r\n.')
{ record_of 0 0 "${many_hosts%.}"; record_of 1 9223372036854775807 "${many_hosts%.}"; } >"$work/odd.gor"
serve "$tools/chaos_server" --mode normal
"$replay" --quiet --input-file "$work/odd.gor" --ledger "$work/ledger.json" --speed 0.0001x --exit-after 500ms --output-http "http://127.0.0.1:$port"
equal "times centuries apart: the first is sent, the other was still to come" "0 1 1" \
	"$? $(sum .answered) $(jq '.sections[] | select(.section == "pace") | .rows.left' "$work/ledger.json")"

# One target hangs or answers without an end, and the other gets everything, on time.
"$PWD/$BUILD/bench/make_log" "$work/paced.gor" 500 3 100
sent=$(grep -acE '^1 [0-9a-f]{24} ' "$work/paced.gor")
of() { jq "[.sections[] | select(.section == \"target\" and (.label | contains(\"$1\"))) | .rows | $2] | add" "$work/ledger.json"; }
for mode in endless-body hang; do
	serve "$tools/chaos_server" --mode "$mode"
	hanging=$port
	serve "$tools/chaos_server" --mode normal
	# A machine that has other work makes any run late; what one target does to the other, it does each time.
	for _ in 1 2 3; do
		"$measure" "$work/m" "$replay" --quiet --json --input-file "$work/paced.gor" --output-http-timeout 1s --output-http "http://127.0.0.1:$hanging" \
			--output-http "http://127.0.0.1:$port" --ledger "$work/ledger.json" >"$work/summary.json" 2>"$work/err"
		status=$?
		late=$(jq ".targets[] | select(.label | contains(\":$port\")) | .lateness_ms.p99" "$work/summary.json")
		[ "${late%%.*}" -ge 100 ] || break
	done
	equal "beside a target that says '$mode' the run ends well" 0 $status
	equal "the other target answers every request" "$sent" "$(of ":$port" '.answered // 0')"
	equal "the first answers none, and every request of its is accounted for" "0 $sent" \
		"$(of ":$hanging" '.answered // 0') $(of ":$hanging" '(.failed_timeout // 0) + (.failed_too_long // 0) + (.queue_full // 0) + (.unfinished // 0) + (.failed_connect // 0) + (.failed_closed // 0) + (.not_tried // 0)')"
	within "the other's p99 lateness in ms" "$late" 0 100
	within "peak memory in KiB" "$(jq .peak_kib "$work/m")" 1 $limit_kib
done

# As fast as it goes into a target that hangs: the file waits, memory stays where it is.
"$PWD/$BUILD/bench/make_log" "$work/many.gor" 40000 1 2000
"$measure" "$work/m" "$replay" --quiet --exit-after 3s --input-file "$work/many.gor" --speed max --output-http-timeout 1s \
	--output-http "http://127.0.0.1:$hanging" --ledger "$work/ledger.json" 2>"$work/err"
equal "40,000 requests into a hanging target: the ledger balances" true "$(jq .balanced "$work/ledger.json")"
within "peak memory in KiB" "$(jq .peak_kib "$work/m")" 1 $limit_kib
