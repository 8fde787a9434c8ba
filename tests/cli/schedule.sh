#!/usr/bin/env bash
# schedule: what leaves when: speeds, rates, ramps and stages against the times at which requests arrive at a real server (captured there), with
# generous bounds; counts of limits, loops and copies exactly; and the dry run, whose clock is exact.
. "$(dirname "$0")/../support/e2e.sh"
need nginx jq
"$PWD/$BUILD/bench/make_log" "$work/in.gor" 400 3 40
"$replay" convert --quiet "$work/in.gor" "$work/in.gor.zst" || exit 1
sent=$(grep -ac '^1 [0-9a-f]\{24\} ' "$work/in.gor")
nginx_start 'location / { return 200 "ok\n"; }'
target=http://127.0.0.1:$nginx_port

sum() { jq "[.sections[] | select(.section == \"$1\") | .rows.$2 // 0] | add // 0" "$work/ledger.json"; }
run() { "$replay" --quiet --ledger "$work/ledger.json" --input-file "$work/in.gor.zst" --output-http "$target" "$@"; }
dry() { "$replay" --quiet --input-file-dry-run --json "$@"; }
# Times of requests after the first, in seconds, one a line.
offsets() { json "$1" | sed -n 's/.*"type":"request".*"ts_ns":\([0-9]*\).*/\1/p' | sort -n | awk '{ s = substr($1, 1, 10); n = substr($1, 11); if (NR == 1) { s0 = s; n0 = n } printf "%.9f\n", s - s0 + (n - n0) / 1e9 }'; }

# --- arrivals against the schedule ---------------------------------------------------------------------------------
# arrive NAME EXPECTED [OPTION...]: EXPECTED has an offset for each request, in order. A busy machine may be late; it must not drift.
arrive() {
	local name=$1 expected=$2
	shift 2
	rm -f "$work/arrived.gor.zst"
	record "$work/arrived.gor.zst" "127.0.0.1:$nginx_port" --input-raw-track-response=false
	run "$@" || not_ok "$name: status $?"
	sleep 0.3
	finish "$recorder"
	offsets "$work/arrived.gor.zst" >"$work/got"
	equal "$name: every request of the schedule arrived" "$(wc -l <"$expected")" "$(wc -l <"$work/got")"
	paste "$expected" "$work/got" | awk '{ d = $2 - $1; print d < 0 ? -d : d }' | sort -n >"$work/off"
	within "$name: half of them within 20 ms" "$(awk '{ v[NR] = $1 } END { printf "%.6f", v[int((NR + 1) / 2)] }' "$work/off")" 0 0.020
	within "$name: 95% within 150 ms" "$(awk '{ v[NR] = $1 } END { printf "%.6f", v[int(NR * 0.95)] }' "$work/off")" 0 0.150
	within "$name: no drift between the first tenth and the last, in seconds" \
		"$(paste "$expected" "$work/got" | awk '{ d[NR] = $2 - $1 } END { n = int(NR / 10); for (i = 1; i <= n; i++) { a += d[i]; b += d[NR + 1 - i] } printf "%.6f", (b - a) / n }')" -0.05 0.05
}
scaled() { awk -v s="$1" '{ printf "%.9f\n", $1 / s }' "$work/recorded"; }
offsets "$work/in.gor" >"$work/recorded"
if can_capture; then
	arrive "as recorded" "$work/recorded"
	scaled 2 >"$work/expected"
	arrive "2x" "$work/expected" --speed 2x
	awk '$1 < 1' "$work/recorded" >"$work/first" && awk '{ printf "%.9f\n", $1 * 2 }' "$work/first" >"$work/expected"
	arrive "0.5x of the first second" "$work/expected" --speed 0.5x --to +1s
	awk -v n="$sent" 'BEGIN { for (k = 0; k < n; k++) printf "%.9f\n", k / 600 }' >"$work/expected"
	arrive "--rate 600" "$work/expected" --rate 600
	# 0 to 800 a second within a second is 400 requests, the k-th at sqrt(k/400); then half a second at 800.
	awk 'BEGIN { for (k = 0; k < 400; k++) printf "%.9f\n", sqrt(k / 400); for (k = 0; k < 400; k++) printf "%.9f\n", 1 + k / 800 }' >"$work/expected"
	arrive "a ramp and a stage" "$work/expected" --rate 0:800:1s,800:500ms
	# Two machines that begin together.
	record "$work/two.gor.zst" "127.0.0.1:$nginx_port" --input-raw-track-response=false
	at=$(($(date +%s) + 2))
	"$replay" --quiet --input-file "$work/in.gor.zst" --limit 1 --output-http "$target" --start-at $at &
	first=$!
	pids+=("$first")
	sleep 0.4
	run --limit 1 --speed max --start-at $at
	equal "an appointment is kept at full speed too" 0 $?
	wait "$first"
	sleep 0.3
	finish "$recorder"
	within "two that begin together do so within 150 ms, in seconds" "$(offsets "$work/two.gor.zst" | tail -n 1)" 0 0.150
	within "and not before the time" "$(json "$work/two.gor.zst" | jq -rs "(map(.ts_ns) | min) / 1e9 - $at")" -0.000001 0.5
else
	skip "arrivals against the schedule" "capturing takes CAP_NET_RAW"
fi

# --- how many ----------------------------------------------------------------------------------------------------------
run --speed max --limit 100
equal "--limit 100" 100 "$(sum target answered)"
run --speed max --loop --limit $((2 * sent + 7))
equal "--loop without an end, up to a limit" $((2 * sent + 7)) "$(sum target answered)"
equal "the account balances" true "$(jq .balanced "$work/ledger.json")"
run --loop --rate 200:1s
equal "--loop for as long as the stages last" 200 "$(sum target answered)"
run --speed max --clone 5
equal "--clone 5: every request five times" $((5 * sent)) "$(sum target answered)"
equal "over five times the connections" $((5 * 40)) "$(sum target connections)"
equal "copies are in the account" $((4 * sent)) "$(sum pace copies)"
equal "which balances" true "$(jq .balanced "$work/ledger.json")"
"$replay" --quiet --ledger "$work/ledger.json" --input-file "$work/in.gor.zst" --clone 4 --clone-spread 1s --speed 4x --output-file "$work/copies.gor"
equal "copies kept in a log" $((4 * sent)) "$(grep -ac '^1 [0-9a-f]\{24\} ' "$work/copies.gor")"
equal "and each is a client of its own" $((4 * 40)) "$(sed -n 's/^1 \([0-9a-f]\{16\}\)[0-9a-f]\{8\} .*/\1/p' "$work/copies.gor" | sort -u | wc -l)"
equal "with the same bytes" "$(json "$work/in.gor" | jq -c '[.method, .target, .headers, .body]' | sort -u | md5sum)" \
	"$(json "$work/copies.gor" | jq -c '[.method, .target, .headers, .body]' | sort -u | md5sum)"
"$replay" --quiet --ledger "$work/ledger.json" --input-file "$work/in.gor.zst|100" --output-http "$target"
equal "GoReplay's file|100: what is over 100 a second is not sent" 300 "$(sum target answered)"
equal "but counted" $((sent - 300)) "$(sum pace limited)"
equal "and the account balances" true "$(jq .balanced "$work/ledger.json")"

# What a filter drops takes no place in rates and limits, and none in the dry run's.
wanted=$(json "$work/in.gor" | jq -r 'select(.type == "request") | .method' | grep -c '^GET$')
within "of the requests GET are" "$wanted" 100 $((sent - 100))
run --speed max --http-allow-method GET --limit 90
equal "--limit counts what is sent" "90 true" "$(sum target answered) $(jq .balanced "$work/ledger.json")"
check "what was dropped is in the account" test "$(sum messages filtered)" -gt 0
run --rate 400:1s --loop --http-allow-method GET
equal "a stage has all of its requests" "400 true" "$(sum target answered) $(jq .balanced "$work/ledger.json")"
run --threads 2 --rate 400:1s --loop --http-allow-method GET
equal "by two threads too" "400 true" "$(sum target answered) $(jq .balanced "$work/ledger.json")"
equal "a dry run says the same" "400 0.9975 400" "$(dry --input-file "$work/in.gor.zst" --rate 400:1s --loop --http-allow-method GET | jq -r '"\(.requests) \(.seconds) \(.peak_per_second)"')"
"$replay" --quiet --ledger "$work/ledger.json" --input-file "$work/in.gor.zst|50" --http-allow-method GET --output-http "$target"
equal "file|50 sends 50 of them a second" "150 true" "$(sum target answered) $(jq .balanced "$work/ledger.json")"
equal "each is sent, over the limit or filtered out" "$sent" $((150 + $(sum pace limited) + $(sum pace filtered)))
run --speed max --http-allow-method GET
equal "without limits all of them are sent" "$wanted" "$(sum target answered)"

# --- several files -----------------------------------------------------------------------------------------------------
for part in 0 1 2; do
	"$replay" convert --quiet --from +${part}s --to +$((part + 1))s "$work/in.gor" "$work/part-$part.gor.zst"
done
"$replay" --quiet --input-file "$work/part-*.gor.zst" --speed max --output-file "$work/merged.gor"
same_file "a glob of parts is the whole, in order" <(json "$work/in.gor" | jq -c '[.id, .ts_ns]') <(json "$work/merged.gor" | jq -c '[.id, .ts_ns]')

# --- the dry run -------------------------------------------------------------------------------------------------------
served=$(wc -l <"$work/access.log")
span=$(tail -n 1 "$work/recorded")
dry --input-file "$work/in.gor.zst" --speed 2x --output-http "$target" >"$work/plan.json"
equal "a dry run counts the requests" "$sent" "$(jq .requests "$work/plan.json")"
within "how long they take" "$(jq .seconds "$work/plan.json")" "$(awk -v s="$span" 'BEGIN { print s / 2 - 1e-5 }')" "$(awk -v s="$span" 'BEGIN { print s / 2 + 1e-5 }')"
equal "and the peak" "$(scaled 2 | awk '{ n[int($1)]++ } END { for (s in n) if (n[s] > most) most = n[s]; print most }')" "$(jq .peak_per_second "$work/plan.json")"
equal "of stages" "800 1.49875 400" "$(dry --input-file - --rate 0:800:1s,800:500ms <"$work/in.gor" | jq -r '"\(.requests) \(.seconds) \(.peak_per_second)"')"
equal "of copies" "$((3 * sent)) 120" "$(dry --input-file "$work/in.gor.zst" --clone 3 --clone-spread 10m | jq -r '"\(.requests) \(.lanes)"')"
printf '1 %024x %s 0\nGET / HTTP/1.1\r\n\r\n\n🐵🙈🙉\n' 1 1700000000000000000 2 1700003600000000000 3 1700003601000000000 >"$work/pause.gor"
equal "an hour's pause cut to two seconds" 3 "$(dry --input-file "$work/pause.gor" --input-file-max-wait 2s | jq .seconds)"
equal "a loop that has no end is told as one" true "$(dry --input-file "$work/in.gor.zst" --loop | jq .endless)"
check "the text tells it too" grep -q "rate .*at most" <("$replay" --input-file "$work/in.gor.zst" --input-file-dry-run)
equal "and nothing is sent" "$served" "$(wc -l <"$work/access.log")"

# --- what makes no sense -----------------------------------------------------------------------------------------------
refused() { # NAME WORDS OPTION...
	local name=$1 words=$2
	shift 2
	"$replay" --output-null "$@" 2>"$work/err"
	local status=$?
	equal "$name: status 2" 2 $status
	one_sentence "$name" $status "$work/err" "$words"
}
refused "a rate and a speed" "not both" --input-file "$work/in.gor" --rate 10 --speed 2x
refused "a rate behind a speed" "not both" --input-file "$work/in.gor|200%" --rate 10
refused "a stage without a duration" "100:1000" --input-file "$work/in.gor" --rate 10:20
refused "a start in the past" "ago" --input-file "$work/in.gor" --start-at 2020-01-01T00:00:00Z
refused "a rate of live traffic" "about files" --input-raw :1 --rate 10
refused "a spread of no copies" "clone K" --input-file "$work/in.gor" --clone-spread 1s
