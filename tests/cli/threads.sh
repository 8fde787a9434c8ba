#!/usr/bin/env bash
# threads: with --threads the same messages, once each, whether they come from the wire or from files, go to files or to a target.
. "$(dirname "$0")/../support/e2e.sh"
need nginx jq
"$PWD/$BUILD/bench/make_log" "$work/in.gor" 400 3 40
sent=$(json "$work/in.gor" | wc -l)
sum() { jq "[.sections[] | select(.section == \"$1\") | .rows.$2 // 0] | add // 0" "$3"; }
# The records, without the order between lanes.
records() { json "$@" 2>&1 | sort; }
in_order() { json "$1" | jq -r .ts_ns | sort -nc 2>&1; }

# --- files -------------------------------------------------------------------------------------------------------
records "$work/in.gor" >"$work/expected"
for name in out.gor.zst out.gor out.gor.gz; do
	"$replay" --input-file "$work/in.gor" --speed max --threads 3 --output-file "$work/$name" --ledger "$work/ledger.json" --quiet 2>"$work/err"
	equal "$name: three threads end with status 0" "0 " "$? $(cat "$work/err")"
	records "$work/$name" >"$work/got"
	same_file "$name: the same records" "$work/expected" "$work/got"
	equal "$name: read in time order" "" "$(in_order "$work/$name")"
	equal "$name: each in one account" "true $sent $sent" \
		"$(jq .balanced "$work/ledger.json") $(sum messages seen "$work/ledger.json") $(sum output written "$work/ledger.json")"
done
check "zstd -t accepts the log" zstd -qt "$work/out.gor.zst"
"$replay" --input-file "$work/in.gor" --speed max --threads 2 --output-stdout 2>/dev/null >"$work/stdout.gor"
records "$work/stdout.gor" >"$work/got"
same_file "standard output: whole records, all of them" "$work/expected" "$work/got"

# A capture file: what packets came to is told once, not once a thread.
pcap=$fixtures/pcap/suricata-http-gap-simple.pcap
for n in 1 2; do
	"$replay" --input-file "$pcap" --speed max --threads $n --output-file "$work/pcap$n.gor" --ledger "$work/ledger$n.json" --quiet 2>"$work/err$n"
	records "$work/pcap$n.gor" >"$work/pcap$n"
	jq -S '[.sections[] | select(.section == "output" | not)]' "$work/ledger$n.json" >"$work/sections$n"
done
same_file "a capture file: the same messages" "$work/pcap1" "$work/pcap2"
same_file "and the same account" "$work/sections1" "$work/sections2"
same_file "and no sentence twice" "$work/err1" "$work/err2"

# What only one can read.
"$replay" --input-file - --speed max --threads 2 --output-file "$work/pipe.gor" <"$work/in.gor" 2>"$work/err"
equal "standard input is read with one thread" 0 $?
equal "which is told" 1 "$(grep -c 'cannot be split among threads' "$work/err")"
records "$work/pipe.gor" >"$work/got"
same_file "and nothing is missing" "$work/expected" "$work/got"
"$replay" --input-file "$work/in.gor" --threads 65 --output-null 2>"$work/err"
one_sentence "more threads than are allowed" $? "$work/err" 'at most 64'

# A full disk is told once, and the messages of all threads are in the account.
if [ -w /dev/full ]; then
	"$PWD/$BUILD/bench/make_log" "$work/big.gor" 4000 5 40
	"$replay" --input-file "$work/big.gor" --speed max --threads 2 --output-file-append --output-file /dev/full --ledger "$work/full.json" 2>"$work/err"
	equal "a log that cannot be written ends the run with status 1" 1 $?
	equal "the reason is told once before the summary" 1 "$(sed '/^ledger/,$d' "$work/err" | grep -c 'cannot write /dev/full')"
	equal "and everything is in the account" "true $(sum messages seen "$work/full.json")" "$(jq .balanced "$work/full.json") $(sum output offered "$work/full.json")"
fi

# --- a target ------------------------------------------------------------------------------------------------------
nginx_start 'location / { return 200 "ok\n"; }'
target=http://127.0.0.1:$nginx_port
lanes() { # requests without Host; those of a lane on one line, so that their order counts
	jq -rn '[inputs | select(.type == "request")] | group_by(.id[0:16])[] | sort_by(.ts_ns, .id)
		| map([.method, .target, .version, (.headers | map(select(.[0] | ascii_downcase != "host"))), .body]) | @json' "$1" | sort
}
captured=no
if can_capture; then
	captured=yes
	record "$work/arrived.gor.zst" "127.0.0.1:$nginx_port"
fi
"$replay" --input-file "$work/in.gor" --speed 2x --threads 2 --output-http "$target" --ledger "$work/ledger.json" --json >"$work/summary.json" 2>"$work/err"
equal "a replay with two threads ends with status 0" 0 $?
sleep 0.3
[ $captured = no ] || finish "$recorder"
kill -USR1 "$nginx_pid"
sleep 0.2
equal "each request is sent once and answered" "$sent $sent $sent" \
	"$(sum target submitted "$work/ledger.json") $(sum target answered "$work/ledger.json") $(wc -l <"$work/access.log")"
equal "the account balances" true "$(jq .balanced "$work/ledger.json")"
equal "there is one target in the summary, with every answer's time" "1 $sent" "$(jq -r '"\(.targets | length) \(.targets[0].from_send_ms.count // .targets[0].from_send.count // '"$sent"')"' "$work/summary.json")"
within "in half the recorded time" "$(jq .seconds "$work/summary.json")" 1.3 2.5
if [ $captured = yes ]; then
	json "$work/in.gor" >"$work/in.json"
	json "$work/arrived.gor.zst" >"$work/arrived.json"
	lanes "$work/in.json" >"$work/expected.lanes"
	lanes "$work/arrived.json" >"$work/got.lanes"
	same_file "each lane's requests arrive as they are, in their order" "$work/expected.lanes" "$work/got.lanes"
fi
# Copies, and an end before the files': what is given out is what the target gets, whichever thread gave it.
"$replay" --input-file "$work/in.gor" --speed max --clone 3 --threads 2 --output-http "$target" --ledger "$work/ledger.json" --quiet
equal "--clone 3 with two threads" "$((3 * sent)) $((3 * sent)) $((2 * sent)) true" \
	"$(sum pace given "$work/ledger.json") $(sum target answered "$work/ledger.json") $(sum pace copies "$work/ledger.json") $(jq .balanced "$work/ledger.json")"
"$replay" --input-file "$work/in.gor" --speed max --loop 3 --limit $((2 * sent + 7)) --threads 2 --output-http "$target" --ledger "$work/ledger.json" --quiet
equal "--loop 3 --limit with two threads" "$((2 * sent + 7)) $((2 * sent + 7)) true" \
	"$(sum pace given "$work/ledger.json") $(sum target answered "$work/ledger.json") $(jq .balanced "$work/ledger.json")"
"$replay" --input-file "$work/in.gor" --threads 3 --output-http "$target" --output-http-workers 2 --quiet &
player=$!
pids+=("$player")
sleep 1
equal "no more threads than connections were asked for" "replay-0 replay-1" "$(cat /proc/$player/task/*/comm | grep -E '^replay-[0-9]' | sort | tr '\n' ' ' | sed 's/ $//')"
kill -INT "$player"
wait "$player"
equal "SIGINT ends them with status 0" 0 $?

# --- the wire --------------------------------------------------------------------------------------------------------
if [ $captured = no ]; then
	skip "live capture with two threads" "this process lacks CAP_NET_RAW"
	exit 0
fi
need wrk
cat >"$work/mix.lua" <<'LUA'
local n, threads = 0, 0
setup = function(thread) thread:set("number", threads) threads = threads + 1 end
request = function()
	n = n + 1
	local path = string.format("/post/w%d-%d", number, n)
	if n % 3 == 0 then return wrk.format("POST", path, nil, string.rep(path, n % 50)) end
	return wrk.format("GET", path)
end
LUA
for address in "127.0.0.1:$nginx_port" ":$nginx_port"; do
	rm -f "$work/live.gor.zst"
	: >"$work/access.log"
	record "$work/live.gor.zst" "$address" --threads 2 --ledger "$work/ledger.json"
	wrk -t2 -c32 -d1s -s "$work/mix.lua" "http://127.0.0.1:$nginx_port" >"$work/wrk.txt" 2>&1
	sleep 0.5
	finish "$recorder"
	equal "$address: SIGINT ends both threads with status 0" 0 $?
	kill -USR1 "$nginx_pid"
	sleep 0.2
	json "$work/live.gor.zst" >"$work/json" 2>"$work/err"
	equal "$address: the log reads back without a complaint" "" "$(cat "$work/err")"
	awk '{ print $1, $2, $3 }' "$work/access.log" | sort >"$work/truth"
	jq -rn 'reduce inputs as $m ({}; .[$m.id][$m.type] = (.[$m.id][$m.type] // []) + [$m]) | .[]
		| "\(.request[0].method) \(.request[0].target) \(.response[0].status // "-")"' "$work/json" | sort >"$work/seen"
	# wrk stops in the middle: a request may be on the wire that nginx never read, and one answer was not read by wrk.
	equal "$address: every exchange nginx logged is in the log" "" "$(comm -23 "$work/truth" "$work/seen" | head -3)"
	equal "$address: and nothing else" 0 "$(comm -13 "$work/truth" "$work/seen" | grep -cv ' -$')"
	equal "$address: none twice" "" "$(jq -r 'select(.type == "request") | .target' "$work/json" | sort | uniq -d | head -3)"
	equal "$address: none flagged" 0 "$(jq -r 'select((.flags | length) > 0 and .type == "response") | .id' "$work/json" | wc -l)"
	equal "$address: in time order" "" "$(jq -r .ts_ns "$work/json" | sort -nc 2>&1)"
	equal "$address: the ledger balances, no packet is lost" "true 0" \
		"$(jq .balanced "$work/ledger.json") $(jq '[.sections[].rows | (.kernel_dropped // 0) + (.interface_dropped // 0)] | add' "$work/ledger.json")"
	echo "# $(wc -l <"$work/truth") exchanges"
	[ "$(wc -l <"$work/truth")" -gt 500 ] && ok "$address: wrk sent hundreds" || not_ok "$address: wrk sent hundreds" "$(cat "$work/wrk.txt")"
done

# Shadowing: what is sent is never captured again, whichever thread sent it and whichever sees it.
serve "$demo/service"
"$replay" --input-raw ":$port" --threads 2 --output-http "http://127.0.0.1:$port" --output-file "$work/shadow.gor" --ledger "$work/ledger.json" 2>"$work/record.err" &
recorder=$!
pids+=("$recorder")
wait_for 10 test -e "$work/shadow.gor" || { not_ok "start a shadow" "$(cat "$work/record.err")"; exit 1; }
sleep 0.1
"$demo/client" "$port" 1000 16 1000 >"$work/client.txt"
sleep 0.5
finish "$recorder"
equal "a shadow with two threads captures 1000 requests and sends each once" "1000 1000" \
	"$(sum requests complete "$work/ledger.json") $(sum target answered "$work/ledger.json")"
