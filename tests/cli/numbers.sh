#!/usr/bin/env bash
# numbers: answers kept as replayed messages, the report with endpoints and series, why a schedule was not held, lines of statistics, --max-loss,
# and incomplete requests that are sent all the same.
. "$(dirname "$0")/../support/e2e.sh"
need jq
row() { jq "[.sections[] | select(.section == \"$1\") | .rows.$2 // 0] | add // 0" "${3:-$work/ledger.json}"; }
put() { # TYPE LANE ORDINAL TIME_US BYTES [FLAGS]
	local bytes
	bytes=$(printf '%b.' "$5")
	bytes=${bytes%.}
	printf '%s 00000000000000%s%08x %s000 0 n=%s%s\n%s\n\360\237\220\265\360\237\231\210\360\237\231\211\n' "$1" "$2" "$3" "$((1700000000000000 + $4))" "${#bytes}" "${6:-}" "$bytes"
}
# Two clients: one asks every 2 ms, the other posts now and then.
for i in $(seq 0 299); do
	put 1 a1 "$i" $((i * 2000)) "GET /items/$((i % 90 + 1)) HTTP/1.1\r\nHost: x\r\n\r\n"
	[ $((i % 10)) != 0 ] || put 1 b2 $((i / 10)) $((i * 2000 + 500)) 'POST /square HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\n{"x":7}'
done >"$work/in.gor"
all=330
serve "$demo/service"
target=http://127.0.0.1:$port
run() { "$replay" --input-file "$work/in.gor" --ledger "$work/ledger.json" "$@" 2>"$work/err"; }

# --- answers as messages -----------------------------------------------------------------------------------------------------------------
before=$(date +%s)
run --speed max --output-http "$target" --output-http-track-response --output-file "$work/out.gor.zst" --output-stdout >"$work/stdout.gor"
equal "the run ends with status 0" 0 $?
json "$work/out.gor.zst" >"$work/out.json"
equal "every answer is in the log" "$all" "$(jq -s 'map(select(.type == "replayed")) | length' "$work/out.json")"
equal "with the requests" "$all" "$(jq -s 'map(select(.type == "request")) | length' "$work/out.json")"
equal "under their requests' ids" "" "$(diff <(jq -r 'select(.type == "request") | .id' "$work/out.json" | sort) <(jq -r 'select(.type == "replayed") | .id' "$work/out.json" | sort))"
check "each is a response, with its round trip and the time it was sent" \
	jq -se --argjson before "$before" 'map(select(.type == "replayed")) | all(.status == 200 and .latency_ns > 0 and .ts_ns / 1e9 >= $before - 1)' "$work/out.json"
equal "standard output has them too" "$all" "$(grep -c '^3 ' "$work/stdout.gor")"
check "by the target's number" grep -q '^3 .* t=0' "$work/stdout.gor"
equal "the account of answers" "$all $all" "$(row answers tracked) $(row answers handed)"
equal "the ledger balances" true "$(jq .balanced "$work/ledger.json")"
run --speed max --output-http "$target" --output-http "$target" --output-http-track-response --output-file "$work/two.gor"
equal "of two targets: each under its number" "$all $all" "$(grep -c '^3 .* t=0' "$work/two.gor") $(grep -c '^3 .* t=1' "$work/two.gor")"
run --output-http "$target" --output-http-track-response
one_sentence "nowhere to keep them is a wrong usage" $? "$work/err" "give --output-file"
run --speed max --threads 2 --output-http "$target" --output-http-track-response --output-file "$work/threads.gor.zst" --report "$work/report.json"
equal "with two threads: every answer" "$all" "$(json "$work/threads.gor.zst" | grep -c '"type":"replayed"')"
equal "and one report of both" "$all" "$(jq '[.targets[0].endpoints[].answered] | add' "$work/report.json")"

# --- the report ----------------------------------------------------------------------------------------------------------------------------
run --output-http "$target" --report "$work/report.json"
r=$work/report.json
equal "its mode" 600 "$(stat -c %a "$r")"
equal "endpoints: ids are folded" "GET /items/{id} 300,POST /square 30" "$(jq -r '[.targets[0].endpoints[] | "\(.endpoint) \(.count)"] | join(",")' "$r")"
check "each with status classes and latencies" jq -e '.targets[0].endpoints | all(.status["2xx"] == .count and .latency_from_due_ms.p99 > 0 and .latency_from_send_ms.count == .count)' "$r"
equal "the series adds up" "$all $all" "$(jq -r '.targets[0].series.points | "\([.[].sent] | add) \([.[].answered] | add)"' "$r")"
check "nothing is in flight at its end, and seconds with answers have quantiles" jq -e '.targets[0].series | .step_seconds == 1 and .points[-1].in_flight == 0 and (.points | all(.answered == 0 or .p50_ms > 0))' "$r"
check "it has what the ledger file has" jq -e --slurpfile l "$work/ledger.json" '.sections == $l[0].sections' "$r"
rm -f "$r"
"$replay" --quiet --input-file "$work/missing.gor" --output-http "$target" --report "$r" 2>/dev/null
check "a run that failed leaves one too" jq -e '.error != null and .targets == []' "$r"
run --output-http "$target" --report "$work/no/such/report.json"
one_sentence "a path that will not do is told" $? "$work/err" "cannot write the report"

# --- the schedule, and why not ----------------------------------------------------------------------------------------------------------------
kill "$pid"
serve "$demo/service" --version 2 # 4 ms an item, and one is due every 2 ms
target=http://127.0.0.1:$port
run --output-http "$target" --max-lateness 10ms --json >"$work/summary.json"
equal "a target too slow for the schedule: status 5" 5 $?
check "the summary says why" grep -qE 'late since: ([89][0-9]|100)% the target was slow' "$work/err"
check "JSON too" jq -e '.targets[0] | .schedule_held == false and .late_seconds_by_cause.target_slow > 10 * .late_seconds_by_cause.machine_busy' "$work/summary.json"
dead=$(free_port)
run --output-http "http://127.0.0.1:$dead" --max-lateness 10ms
equal "a dead target holds no schedule: status 5" 5 $?
check "and the summary says so" grep -q "$all of $all requests that were due could not be sent" "$work/err"
run --output-http "http://127.0.0.1:$dead" --report "$r"
equal "the report of a dead target: nothing sent" "0 $all" "$(jq -r '.targets[0].series.points | "\([.[].sent] | add) \([.[].failed | add // 0] | add)"' "$r")"

# --- lines of statistics ------------------------------------------------------------------------------------------------------------------------
run --output-http "$target" --output-http-stats --output-http-stats-ms 200
check "a line every 200 ms" [ "$(grep -cE "$target: [0-9,]+ answered \([0-9,]+/s\), p50 .*, p99 .* in flight" "$work/err")" -ge 4 ]

# --- loss -----------------------------------------------------------------------------------------------------------------------------------------
run --speed max --output-http "$target" --max-loss 0
equal "--max-loss 0 with nothing lost" 0 $?
run --speed max --output-http "http://127.0.0.1:$dead" --max-loss 5%
equal "more than 5% lost: status 4" 4 $?
check "in a sentence that names the section" grep -q "100% lost, more than the 5% of --max-loss: $all of $all in \"target http://127.0.0.1:$dead\"" "$work/err"
run --speed max --output-http "$target" --max-loss many
one_sentence "no share" $? "$work/err" "no share"
{ cat "$work/in.gor"; put 1 c3 1 900000 'GET /cut HTTP/1.1\r\nHost: x\r\nX: ' ' f=cut'; } >"$work/cut.gor"
"$replay" convert --quiet --max-loss 0 "$work/cut.gor" "$work/converted.gor" 2>"$work/err"
equal "convert has it too: one of 331 is incomplete" 4 $?
"$replay" convert --quiet --max-loss 1% "$work/cut.gor" "$work/converted2.gor" 2>"$work/err"
equal "within 1%" 0 $?

# --- incomplete requests --------------------------------------------------------------------------------------------------------------------------
put 1 d4 1 0 'POST /square HTTP/1.1\r\nHost: x\r\nContent-Length: 70\r\n\r\n{"x":7}' ' f=cut' >"$work/part.gor"
put 1 d5 1 1 'GET /items/1 HTTP/1.1\r\nHost: x\r\nX-Y: \r\n\r\n' ' f=gap' >>"$work/part.gor"
"$replay" --quiet --input-file "$work/part.gor" --output-http "$target" --ledger "$work/ledger.json"
equal "incomplete requests are not sent" "2 0" "$(row target incomplete) $(row target sent_incomplete)"
"$replay" --quiet --input-file "$work/part.gor" --output-http "$target" --output-http-timeout 300ms --input-raw-allow-incomplete --ledger "$work/ledger.json"
equal "--input-raw-allow-incomplete sends them as they are" "0 2 1 1" \
	"$(row target incomplete) $(row target sent_incomplete) $(row target answered) $(row target failed_timeout)"
equal "that ledger balances" true "$(jq .balanced "$work/ledger.json")"
