#!/usr/bin/env bash
# crash: what was written stays readable whatever happens to the writer or the file: kill -9, a cut, a flipped byte, a full disk.
. "$(dirname "$0")/../support/e2e.sh"
need jq zstd cmp
pcap=$work/big.pcap
"$PWD/$BUILD/bench/make_pcap" "$pcap" 12000
"$replay" convert --quiet "$pcap" "$work/whole.gor.zst" || exit 1
"$replay" convert --quiet "$pcap" "$work/whole.gor" || exit 1
size=$(stat -c %s "$work/whole.gor.zst")

# text FILE OUT: its records as plain text in the file's own order, complaints in $work/err.
text() { "$replay" convert --quiet "$1" - >"$2" 2>"$work/err"; }
is_prefix() { cmp -s -n "$(stat -c %s "$1")" "$1" "$2"; }

# --- kill -9 in a conversion -------------------------------------------------------------------------------------
bad=0 records=''
for round in 1 2 3 4 5; do
	rm -f "$work/killed.gor.zst"
	"$replay" convert --quiet "$pcap" "$work/killed.gor.zst" 2>/dev/null &
	p=$!
	sleep "0.0$((RANDOM % 9 + 1))"
	kill -9 $p 2>/dev/null
	wait $p 2>/dev/null
	[ -s "$work/killed.gor.zst" ] || continue
	text "$work/killed.gor.zst" "$work/got"
	status=$?
	records="$records $(grep -ac '^🐵🙈🙉$' "$work/got")"
	[ $status = 0 ] && is_prefix "$work/got" "$work/whole.gor" || { bad=$((bad + 1)); cat "$work/err"; }
done
equal "kill -9 in a conversion: what reads back is how the whole begins (records:$records)" 0 $bad

# --- kill -9 in a live capture -------------------------------------------------------------------------------------
if ! can_capture || ! command -v nginx >/dev/null || ! command -v wrk >/dev/null; then
	skip "kill -9 in a live capture" "it takes CAP_NET_RAW, nginx and wrk"
else
	nginx_start
	slack_ms=1500
	[ -z "$SAN" ] || slack_ms=6000 # a sanitizer's capture lags behind wrk by what the kernel's buffer holds
	for round in 1 2 3; do
		log=$work/live$round.gor.zst
		record "$log" "127.0.0.1:$nginx_port"
		wrk -t1 -c20 -d4s "http://127.0.0.1:$nginx_port/hello" >/dev/null 2>&1 &
		w=$!
		pids+=("$w")
		sleep "2.$((RANDOM % 90 + 10))"
		kill -9 "$recorder"
		killed=$(date +%s%N)
		wait "$recorder" 2>/dev/null
		json "$log" >"$work/json" 2>"$work/err"
		equal "kill -9 at 20,000 a second, round $round: the log reads back" 0 $?
		last=$(tail -n 1 "$work/json" | sed 's/.*"ts_ns":\([0-9]*\).*/\1/')
		within "it reaches to within the flush interval of the end (ms before it)" $(((killed - ${last:-0}) / 1000000)) -5 $slack_ms
		# Within each lane the ordinals go up one by one: nothing is missing before the end.
		holes=$(jq -r 'select(.type == "request") | .id' "$work/json" | sort |
			awk '{ lane = substr($1, 1, 16); n = substr($1, 17); if (lane == last && n != sprintf("%08x", was + 1)) holes++; last = lane; was = 0
			       for (i = 1; i <= 8; i++) was = was * 16 + index("0123456789abcdef", substr(n, i, 1)) - 1 } END { print holes + 0 }')
		equal "no request is missing in between ($(wc -l <"$work/json") records)" 0 "$holes"
		[ -s "$work/err" ] && ok "the reader says what it skipped: $(head -c 160 "$work/err")" || not_ok "the reader says what it skipped" "it said nothing"
		kill "$w" 2>/dev/null
		wait "$w" 2>/dev/null
	done
	# A new capture goes on in the same file.
	record "$log" "127.0.0.1:$nginx_port" --output-file-append
	before=$(wc -l <"$work/json")
	curl -s "http://127.0.0.1:$nginx_port/hello/again" >/dev/null
	sleep 0.3
	finish "$recorder"
	json "$log" >"$work/json" 2>/dev/null
	equal "appending goes on behind the last whole frame" $((before + 2)) "$(wc -l <"$work/json")"
fi

# --- a file that was cut -------------------------------------------------------------------------------------------
bad=0 silent=0
for cut in 1 17 $((size / 7)) $((size / 3)) $((size / 2)) $((size * 9 / 10)) $((size - 1)); do
	head -c "$cut" "$work/whole.gor.zst" >"$work/cut.gor.zst"
	text "$work/cut.gor.zst" "$work/got"
	status=$?
	[ $status -lt 128 ] && is_prefix "$work/got" "$work/whole.gor" || bad=$((bad + 1))
	[ -s "$work/err" ] || "$replay" info "$work/cut.gor.zst" 2>&1 | grep -qiE 'skipp|index|damage|cut' || silent=$((silent + 1))
done
equal "a cut file reads up to its last whole frame" 0 $bad
equal "and the reader says so" 0 $silent

# --- a flipped byte ------------------------------------------------------------------------------------------------
bad=0 lost=0
for i in $(seq 1 12); do
	at=$((size * i / 13))
	cp "$work/whole.gor.zst" "$work/flipped.gor.zst"
	byte=$(od -An -tu1 -j $at -N 1 "$work/whole.gor.zst" | tr -d ' ')
	printf "\\x$(printf %02x $((byte ^ 0x10)))" | dd of="$work/flipped.gor.zst" bs=1 seek=$at conv=notrunc status=none
	json "$work/flipped.gor.zst" >"$work/json" 2>"$work/err"
	[ $? -lt 128 ] || bad=$((bad + 1))
	[ -s "$work/err" ] || cmp -s "$work/json" <(json "$work/whole.gor.zst") || bad=$((bad + 1))
	n=$(wc -l <"$work/json")
	[ "$n" -gt 12000 ] || lost=$((lost + 1))
done
equal "a flipped byte is told, or changes nothing" 0 $bad
equal "and costs its frame, not the file" 0 $lost

# --- no log at all -------------------------------------------------------------------------------------------------
: >"$work/empty.gor.zst"
head -c 50000 /dev/urandom >"$work/random.gor.zst"
mkdir "$work/directory.gor.zst"
for command in info cat "convert OUT" run; do
	set -- "directory|directory" "missing|no such|exist|not found" "random|not a|no log|unknown|format|recogni" "empty|empty|no messages|holds no"
	for case in "$@"; do
		file=$work/${case%%|*}.gor.zst
		case $command in
		info) "$replay" info "$file" >/dev/null 2>"$work/err" ;;
		cat) "$replay" cat "$file" >/dev/null 2>"$work/err" ;;
		convert*) rm -f "$work/out.gor" && "$replay" convert --quiet "$file" "$work/out.gor" 2>"$work/err" ;;
		run) "$replay" --quiet --input-file "$file" --output-null 2>"$work/err" ;;
		esac
		status=$?
		if [ "${case%%|*}" = empty ] && [ $status = 0 ]; then
			[ "$status" -lt 128 ] && ok "an empty file for $command: a log without messages"
		else
			one_sentence "a ${case%%|*} file for ${command%% *}" $status "$work/err" "${case#*|}"
			[ $status != 0 ] || not_ok "a ${case%%|*} file for ${command%% *} is a failure" "status 0"
		fi
	done
done

# --- a full disk ---------------------------------------------------------------------------------------------------
full_disk() { # NAME FILE
	local status
	one_sentence "$1: one sentence" "$full" "$work/full.err" 'space|large|limit|write'
	[ "$full" = 1 ] && ok "$1: status 1" || not_ok "$1: status 1" "$full"
	text "$2" "$work/got"
	status=$?
	[ $status = 0 ] && [ -s "$work/got" ] && is_prefix "$work/got" "$work/whole.gor" && ok "$1: what was written reads back" || not_ok "$1: what was written reads back" "status $status" "$(cat "$work/err")"
}
(
	ulimit -f 600
	"$replay" convert --quiet "$pcap" "$work/limited.gor.zst" 2>"$work/full.err"
)
full=$?
full_disk "a file size limit" "$work/limited.gor.zst"
check "a file size limit: zstd -t accepts what there is" zstd -qt "$work/limited.gor.zst"
mkdir "$work/small"
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=1m none "$work/small" 2>/dev/null; then
	mounted=$work/small
	"$replay" convert --quiet "$pcap" "$work/small/x.gor.zst" 2>"$work/full.err"
	full=$?
	full_disk "a full disk" "$work/small/x.gor.zst"
	check "a full disk: zstd -t accepts what there is" zstd -qt "$work/small/x.gor.zst"
	rm -f "$work/small/x.gor.zst"
	"$replay" convert --quiet "$pcap" "$work/small/x.gor" 2>"$work/full.err"
	full=$?
	full_disk "a full disk, plain" "$work/small/x.gor"
else
	skip "a full disk" "mounting a small tmpfs takes root"
fi
