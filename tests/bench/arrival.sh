# shellcheck shell=bash disable=SC2154
# arrival: for tests/bench/run: when requests arrive at a target of our own, by the kernel's stamps, against the schedule: the recorded offsets at
# 1x, 2x and half the speed, and a ramp. Every time is absolute: the run begins by --start-at, so nothing is shifted to fit.

# arrive NAME LOG EXPECTED [OPTION...]: EXPECTED has a line "NUMBER SECONDS" for each request that is to arrive.
arrive() {
	local name=$1 log=$2 expected=$3 at n
	shift 3
	serve "${promptly[@]}" "$bench/arrival_server" "$work/arrivals"
	local server=$pid probe
	"${promptly[@]}" "$bench/timer_probe" "$work/probe" &
	probe=$!
	pids+=("$probe")
	at=$(($(date +%s) + 2))
	"${promptly[@]}" "$replay" --quiet --json --input-file "$log" --start-at $at --output-http "http://127.0.0.1:$port" "$@" >"$work/summary"
	kill "$server" "$probe"
	wait "$server" "$probe" 2>/dev/null
	awk -v at=$at 'NR == FNR { due[$1] = $2; next } $1 == "peak" { next } { printf "%.3f %.3f\n", due[$1], (($2 - at) * 1e9 + $3 - due[$1] * 1e9) / 1e3 }' "$expected" "$work/arrivals" >"$work/off"
	n=$(wc -l <"$work/off")
	awk '{ print $2 < 0 ? -$2 : $2 }' "$work/off" | sort -n >"$work/sorted"
	pick() { awk -v q="$1" -v n="$n" 'NR == int(q * (n - 1)) + 1 { printf "%.3f", $1 / 1e3; exit }' "$work/sorted"; }
	local first last span
	span=$(tail -n 1 "$expected" | cut -d' ' -f2)
	first=$(awk '$1 < 1 { print $2 }' "$work/off" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] + 0 }')
	last=$(awk -v s="$span" '$1 > s - 1 { print $2 }' "$work/off" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] + 0 }')
	row arrival "$name: off the schedule, p50" "$(pick 0.5)" ms "< 0.1" "$n of $(wc -l <"$expected") requests"
	row arrival "$name: off the schedule, p99" "$(pick 0.99)" ms "< 1" "the farthest: $(pick 1); by its own account p99 $(jq -r '.targets[0].lateness_ms.p99 * 1000 | round / 1000' "$work/summary"); a timer of nobody's beside it $(cut -d' ' -f2 "$work/probe")"
	row arrival "$name: the last second's median less the first's" "$(calc "($last - $first) / 1000" 3)" ms 0
}

# The log's requests with their offsets divided by a speed.
offsets_at() { # LOG SPEED
	awk -v speed="$2" '/^1 [0-9a-f]+ [0-9]+ / { s = substr($3, 1, 10); n = substr($3, 11); if (!k) { s0 = s; n0 = n } printf "%d %.9f\n", k++, ((s - s0) + (n - n0) / 1e9) / speed }' "$1"
}

arrival() {
	local rate speed
	for rate in 300 2000 20000; do
		rm -f "$work/numbered.gor.zst"
		"$bench/make_log" "$work/numbered.gor" $rate "$seconds" 100 numbered
		"$replay" convert --quiet "$work/numbered.gor" "$work/numbered.gor.zst"
		for speed in 1 2 0.5; do
			offsets_at "$work/numbered.gor" $speed >"$work/expected"
			arrive "$rate a second (Poisson), ${speed}x" "$work/numbered.gor.zst" "$work/expected" --speed ${speed}x
		done
	done
	# From 100 to 1,000 a second within 10 s: the k-th when 100 t + 45 t^2 = k.
	awk 'BEGIN { for (k = 0; k < 5500; k++) printf "%d %.9f\n", k, (sqrt(10000 + 180 * k) - 100) / 90 }' >"$work/expected"
	arrive "--rate 100:1000:10s" "$work/numbered.gor.zst" "$work/expected" --rate 100:1000:10s
}
