# shellcheck shell=bash disable=SC2154
# targets: for tests/bench/run: what TLS, HTTP/2 and a second thread cost, and how many clients there can be at once.

per_request() { calc "$(cpu "$1") * 1e6 / $2" 2; } # µs

# at_max NAME [OPTION...]: sends $work/max.gor.zst; leaves $work/m.NAME, and the number answered in $answered.
at_max() {
	local name=$1
	shift
	measure "$work/m.$name" "$replay" --quiet --input-file "$work/max.gor.zst" --speed max --ledger "$work/ledger" "$@"
	answered=$(sum target answered "$work/ledger")
}

by_wrk() { # NAME URL: leaves $work/m.NAME and the number answered in $answered
	measure "$work/m.$1" wrk -t1 -c100 -d3s "$2" >"$work/wrk"
	answered=$(awk '/requests in/ { print $1 }' "$work/wrk")
}

max_log() { # REQUESTS
	rm -f "$work/max.gor.zst"
	"$bench/make_log" "$work/max.gor" "$1" 1 100 tiny
	"$replay" convert --quiet "$work/max.gor" "$work/max.gor.zst"
}

tls() {
	local plain tls wrk_plain wrk_tls
	max_log 200000
	by_wrk wrk "http://127.0.0.1:$nginx_port/hello"
	wrk_plain=$(per_request "$work/m.wrk" "$answered")
	by_wrk wrktls "https://127.0.0.1:$tls_port/hello"
	wrk_tls=$(per_request "$work/m.wrktls" "$answered")
	at_max plain --output-http "http://127.0.0.1:$nginx_port"
	plain=$(per_request "$work/m.plain" "$answered")
	at_max tls --output-http-skip-verify --output-http "https://127.0.0.1:$tls_port"
	tls=$(per_request "$work/m.tls" "$answered")
	row tls "wrk -t1 -c100, CPU per request: plain, TLS" "$wrk_tls" µs "" "plain $wrk_plain"
	row tls "replay --speed max, 100 lanes, CPU per request: TLS" "$tls" µs "" "plain $plain; $answered answered"
	row tls "replay through TLS / replay plain" "$(calc "$tls / $plain" 2)" times "<= 1.6"
	row tls "replay through TLS / wrk plain" "$(calc "$tls / $wrk_plain" 2)" times "<= 1.6"
	row tls "replay through TLS / wrk through TLS" "$(calc "$tls / $wrk_tls" 2)" times
}

http2() {
	local one two
	max_log 100000
	at_max tls --output-http-skip-verify --output-http "https://127.0.0.1:$tls_port"
	one=$(per_request "$work/m.tls" "$answered")
	at_max h2 --output-http-version 2 --output-http-skip-verify --output-http "https://127.0.0.1:$tls_port"
	two=$(per_request "$work/m.h2" "$answered")
	row http2 "HTTP/1.1 through TLS, 100 lanes, CPU per request" "$one" µs
	row http2 "HTTP/2 by libcurl's transfers, CPU per request" "$two" µs "" "$answered answered, $(sum target connections "$work/ledger") connection(s)"
	row http2 "ratio" "$(calc "$two / $one" 2)" times
}

threads() {
	local one two
	max_log 200000
	at_max one --output-http "http://127.0.0.1:$nginx_port"
	one=$(calc "$answered / $(jq -r .wall "$work/m.one")" 0)
	row threads "one thread" "$one" "per s" "" "$(per_request "$work/m.one" "$answered") µs CPU a request"
	at_max two --threads 2 --output-http "http://127.0.0.1:$nginx_port"
	two=$(calc "$answered / $(jq -r .wall "$work/m.two")" 0)
	row threads "--threads 2" "$two" "per s" "" "$(per_request "$work/m.two" "$answered") µs CPU a request; nginx has one worker, $(nproc) cores for all"
	row threads "rate, two threads / one" "$(calc "$two / $one" 2)" times "cores allowing"
}

# Clients that are all there at once: each sends one request within the first two seconds, and one after four.
lanes() {
	local want=20000 most
	ulimit -Hn 65536 2>/dev/null # root may
	ulimit -n "$(ulimit -Hn)"
	most=$(($(ulimit -n) - 200))
	[ "$most" -ge "$want" ] || want=$most
	awk -v n="$want" -v sep='\n🐵🙈🙉\n' 'BEGIN { for (k = 0; k < 2 * n; k++) { i = k % n; t = int(k / n) * 4e9 + i * (2e9 / n)
		printf "1 %016x%08x 17600000%02d%09d 0\nGET /%d HTTP/1.1\r\nHost: a\r\n\r\n%s", i + 65536, int(k / n), int(t / 1e9), t % 1e9, k, sep } }' >"$work/lanes.gor"
	local addresses
	# Towards one address the kernel searches long for a free port once more than half of them are taken: two addresses have twice as many.
	for addresses in 127.0.0.1,127.0.0.2 127.0.0.1; do
		serve "${promptly[@]}" "$bench/arrival_server" "$work/arrivals"
		local server=$pid
		"${promptly[@]}" "$bench/measure" "$work/m.lanes" "$replay" --quiet --json --input-file "$work/lanes.gor" --output-http-queue-len 50000 \
			--output-http-resolve "bench.test:$port:$addresses" --output-http "http://bench.test:$port" --ledger "$work/ledger" >"$work/summary"
		kill "$server"
		wait "$server" 2>/dev/null
		row lanes "clients at once, as the target ($addresses) counted them" "$(awk '/^peak/ { print $2 }' "$work/arrivals")" "" "20000" "$(sum target connections "$work/ledger") connections, $(sum target answered "$work/ledger") of $((2 * want)) answered; descriptors: $(ulimit -n)"
		row lanes "memory for each" "$(calc "$(jq -r .peak_kib "$work/m.lanes") / $want" 2)" KiB "" "peak $(calc "$(jq -r .peak_kib "$work/m.lanes") / 1024" 0) MiB"
		row lanes "CPU for each: a connection and two requests" "$(calc "$(cpu "$work/m.lanes") * 1e6 / $want" 0)" µs "" "due to sent, p99: $(jq -r '.targets[0].lateness_ms.p99' "$work/summary") ms"
	done
}
