#!/usr/bin/env bash
# live: a capture on loopback between real clients and nginx holds exactly what was sent: every request, every response, every byte.
. "$(dirname "$0")/../support/e2e.sh"
need nginx curl wrk jq zstd
if ! can_capture; then
	skip "live capture" "this process lacks CAP_NET_RAW"
	exit 0
fi

# Bodies that all differ, from 30 bytes to 60 KB, and files to fetch, one of them no text.
mkdir -p "$work/www" "$work/bodies"
awk -v dir="$work/bodies" 'BEGIN { srand(7); for (i = 1; i <= 200; i++) {
	f = dir "/" i; printf "{\"number\":%d,\"text\":\"", i >f
	n = (i % 20 == 0) ? 9000 : i % 37; for (k = 0; k < n; k++) printf "%06d ", rand() * 1000000 >f
	printf "\"}" >f; close(f) } }'
for i in $(seq 1 20); do seq -f "line %g of file $i" $((i * i * 40)) >"$work/www/f$i"; done
head -c 100000 /dev/urandom >"$work/www/binary"

nginx_start
log=$work/live.gor.zst
record "$log" "127.0.0.1:$nginx_port" --ledger "$work/ledger.json"

# 200 POSTs and 105 GETs, each kind over one keep-alive connection.
for i in $(seq 1 200); do
	[ "$i" = 1 ] || echo next
	printf 'url = "http://127.0.0.1:%s/post/%s"\ndata-binary = "@%s"\nheader = "Content-Type: application/json"\nsilent\noutput = /dev/null\n' "$nginx_port" "$i" "$work/bodies/$i"
done >"$work/posts"
for _ in 1 2 3 4 5; do for f in $(seq -f 'f%g' 1 20) binary; do
	printf 'url = "http://127.0.0.1:%s/%s"\noutput = /dev/null\n' "$nginx_port" "$f"
done; done >"$work/gets"
curl -s -K "$work/posts" & a=$!
curl -s -K "$work/gets" & b=$!
wait $a $b

# wrk: GETs and POSTs with a body of their own each, as many as it manages in a second. nginx's log says how many that were.
cat >"$work/mix.lua" <<'LUA'
local n = 0
request = function()
	n = n + 1
	if n % 3 == 0 then
		local body = string.format('{"n":%d,"square":%d}', n, n * n)
		return wrk.format("POST", "/post/wrk" .. n, { ["Content-Type"] = "application/json" }, body)
	end
	return wrk.format("GET", "/hello/" .. n)
end
LUA
wrk -t1 -c16 -d1s -s "$work/mix.lua" "http://127.0.0.1:$nginx_port" >"$work/wrk.txt" 2>&1
sleep 0.5
finish "$recorder"
equal "SIGINT ends the capture with status 0" 0 $?
kill -USR1 "$nginx_pid" 2>/dev/null
sleep 0.2

json "$log" >"$work/json" 2>"$work/err"
equal "the log reads back without a complaint" "" "$(cat "$work/err")"

# Truth, as nginx saw it: method, target, status, bytes of the request, bytes of the response. (Of a POST it counts the body only when
# it reads it, which it does not here: the bodies are compared below.)
awk '$1 == "POST" { $4 = "body" } { print }' "$work/access.log" | sort >"$work/truth"
jq -rn '[inputs] | group_by(.id)[] | (map(select(.type == "request"))[0]) as $q | (map(select(.type == "response"))[0]) as $r
	| "\($q.method // "-") \($q.target // "-") \($r.status // "-") \(if $q.method == "POST" then "body" else $q.size // "-" end) \($r.size // "-")"' "$work/json" | sort >"$work/seen"
requests=$(jq -r 'select(.type == "request") | .id' "$work/json" | wc -l)
# wrk stops in the middle: a request may be on the wire that nginx never read. Nothing else may differ.
only_truth=$(comm -23 "$work/truth" "$work/seen")
only_seen=$(comm -13 "$work/truth" "$work/seen" | grep -cvE '^(GET|POST) /(hello|post/wrk)[^ ]* - ([0-9]+|body) -$')
equal "every exchange nginx logged is in the capture, with its sizes" "" "$(printf '%s' "$only_truth" | head -3)"
equal "and nothing else is" 0 "$only_seen"
echo "# $requests requests captured, $(wc -l <"$work/truth") in nginx's log"
[ "$requests" -gt 5000 ] && ok "wrk sent thousands" || not_ok "wrk sent thousands" "$requests"

for i in $(seq 1 200); do printf '/post/%s ' "$i"; cat "$work/bodies/$i"; echo; done | sort >"$work/expected"
jq -r 'select(.type == "request" and .method == "POST" and (.target | test("^/post/[0-9]+$"))) | "\(.target) \(.body)"' "$work/json" | sort >"$work/got"
same_file "the 200 bodies curl sent are there, byte for byte" "$work/expected" "$work/got"

wrong=$(jq -r 'select(.type == "request" and .method == "POST" and (.target | startswith("/post/wrk"))) | (.target[9:] | tonumber) as $n
	| select(.body != "{\"n\":\($n),\"square\":\($n * $n)}") | .target' "$work/json" | wc -l)
equal "each body of wrk's belongs to its request" 0 "$wrong"

# Responses: every file, five times over, as it stands on disk.
for f in "$work/www"/*; do for _ in 1 2 3 4 5; do printf '/%s %s\n' "$(basename "$f")" "$(base64 -w0 "$f" | cksum)"; done; done | sort >"$work/expected"
jq -rn '[inputs] | group_by(.id)[] | (map(select(.type == "request"))[0]) as $q | (map(select(.type == "response"))[0]) as $r
	| select($q.target // "" | test("^/(f[0-9]+|binary)$")) | "\($q.target)\t\(if $r.body_encoding == "base64" then $r.body else ($r.body | @base64) end)"' "$work/json" |
	while IFS=$'\t' read -r target body; do printf '%s %s\n' "$target" "$(printf '%s' "$body" | cksum)"; done | sort >"$work/got"
same_file "the 105 files fetched are there, byte for byte" "$work/expected" "$work/got"

equal "nothing is flagged but what wrk cut off" 0 "$(jq -r 'select((.flags | length) > 0 and (.target // "" | test("wrk|hello") | not) and .type == "request") | .id' "$work/json" | wc -l)"
check "zstd -t accepts the log" zstd -qt "$log"
zstd -qdc "$log" >"$work/text"
equal "zstdcat gives the records" "$(wc -l <"$work/json")" "$(grep -ac '^🐵🙈🙉$' "$work/text")"
equal "the ledger balances" true "$(jq .balanced "$work/ledger.json")"
equal "the ledger counts the requests" "$requests" "$(jq '[.sections[] | select(.section == "requests") | .rows.complete + .rows.incomplete] | add' "$work/ledger.json")"
equal "no packet was dropped" 0 "$(jq '[.sections[].rows | (.kernel_dropped // 0) + (.interface_dropped // 0)] | add' "$work/ledger.json")"

# Exactly as many as the demo's client sends: no more, no less.
serve "$demo/service"
record "$work/exact.gor.zst" "127.0.0.1:$port"
"$demo/client" "$port" 4000 16 1500 >"$work/client.txt"
sleep 0.3
finish "$recorder"
equal "4000 requests sent are 4000 requests and 4000 responses in the log" "4000 4000 0" \
	"$(json "$work/exact.gor.zst" | jq -rn '[inputs] | "\(map(select(.type == "request")) | length) \(map(select(.type == "response")) | length) \(map(select((.flags | length) > 0)) | length)"')"

# A stop takes what the kernel holds already: Ctrl-C right after the last answer loses nothing.
missed=0
for round in 1 2 3 4 5 6; do
	record "$work/last$round.gor.zst" "127.0.0.1:$port"
	"$demo/client" "$port" 64 16 20 >/dev/null
	kill -INT "$recorder"
	wait "$recorder"
	[ "$(json "$work/last$round.gor.zst" | wc -l)" = 128 ] || missed=$((missed + 1))
done
equal "SIGINT right after the last answer: the log has it (rounds that missed some)" 0 $missed
