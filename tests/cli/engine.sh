#!/usr/bin/env bash
# engine: how targets are reached: own CA and client certificate, SNI, a proxy's tunnel, pinned and several addresses; pipelining; redirects; a target
# that goes down and comes back; thousands of clients at once.
. "$(dirname "$0")/../support/e2e.sh"
need jq nginx openssl
sep=$'\n🐵🙈🙉\n'
sum() { jq "[.sections[] | select(.section == \"target\") | .rows.$1 // 0] | add // 0" "$work/ledger.json"; }
balanced() { jq .balanced "$work/ledger.json"; }
run() { "$replay" --quiet --input-file "$work/in.gor" --ledger "$work/ledger.json" "$@" 2>"$work/err"; }

# 60 requests on 12 lanes.
for i in $(seq 0 59); do
	printf '1 00000000000000%02x%08x 17000000000%02d000000 0\nGET /hello/%d HTTP/1.1\r\nHost: recorded\r\n\r\n%s' $((i % 12)) $((i / 12)) "$i" "$i" "$sep"
done >"$work/in.gor"

# A CA of our own, a certificate for target.test, one for the client.
new_key() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$work/$1.key" "${@:2}" 2>/dev/null; }
new_key ca -x509 -days 2 -subj '/CN=our CA' -out "$work/ca.pem"
for who in target.test client; do
	new_key $who -subj "/CN=$who" -out "$work/$who.csr"
	openssl x509 -req -in "$work/$who.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days 2 -out "$work/$who.pem" \
		-extfile <(echo "subjectAltName=DNS:$who") 2>/dev/null
done
cat "$work/client.pem" "$work/client.key" >"$work/client.both"

tls=$(free_port)
many=$(free_port)
nginx_start "}
log_format tls '\$ssl_server_name \$ssl_client_s_dn';
log_format many '\$server_addr \$connection';
server { listen 127.0.0.1:$many; listen 127.0.0.2:$many; location / { access_log $work/many.log many; return 200 \"ok\n\"; } }
server {
	listen 127.0.0.1:$tls ssl; ssl_certificate $work/target.test.pem; ssl_certificate_key $work/target.test.key;
	ssl_client_certificate $work/ca.pem; ssl_verify_client optional; keepalive_requests 100000;
	location /hello { access_log $work/tls.log tls; return 200 \"ok\n\"; }"
pin=(--output-http-resolve "target.test:$tls:127.0.0.1")
logged() { sleep 0.1; sort "$1" | uniq -c | awk '{$1=$1; print}' | paste -sd' '; : >"$1"; }

run --speed max "${pin[@]}" --output-http-ca "$work/ca.pem" --output-http "https://target.test:$tls"
equal "own CA: every request is answered" "60 true" "$(sum answered) $(balanced)"
equal "the name is told (SNI), no certificate shown" "60 target.test -" "$(logged "$work/tls.log")"
run --speed max "${pin[@]}" --output-http "https://target.test:$tls"
equal "without it: TLS fails, and is counted so" "0 60" "$(sum answered) $(($(sum failed_tls) + $(sum not_tried)))"
run --speed max "${pin[@]}" --output-http-ca "$work/ca.pem" --output-http "https://127.0.0.1:$tls"
equal "a certificate for another name" "0 60" "$(sum answered) $(($(sum failed_tls) + $(sum not_tried)))"
run --speed max "${pin[@]}" --output-http-ca "$work/ca.pem" --output-http-cert "$work/client.pem" --output-http-key "$work/client.key" --output-http "https://target.test:$tls"
equal "a client certificate with its key" "60 60 target.test CN=client" "$(sum answered) $(logged "$work/tls.log")"
run --speed max "${pin[@]}" --output-http-ca "$work/ca.pem" --output-http-cert "$work/client.both" --output-http "https://target.test:$tls"
equal "both in one file" "60 60 target.test CN=client" "$(sum answered) $(logged "$work/tls.log")"

refused() { # WORDS OPTION...
	run --speed max --output-http "http://127.0.0.1:$nginx_port" "${@:2}"
	one_sentence "refused: ${*:2}" $? "$work/err" "$1"
}
refused "CA certificates.*No such file" --output-http-ca /nonexistent.pem
refused "beside its certificate" --output-http-key "$work/client.key"
refused "a proxy is" --output-http-proxy ftp://127.0.0.1:1
refused "not one of 1.1 and 2" --output-http-version 3
refused "HOST:PORT:ADDRESS" --output-http-resolve a.test:127.0.0.1

serve "$tools/proxy_server"
proxy=$port
tunnels=$(ls -t "$work"/serve.* | grep -v err | head -1)
run --speed max --output-http-proxy "http://127.0.0.1:$proxy" --output-http "http://127.0.0.1:$nginx_port"
equal "through a proxy: every request, a tunnel each lane" "60 12" "$(sum answered) $(grep -c "^CONNECT 127.0.0.1:$nginx_port" "$tunnels")"
equal "requests are as without it" "60 GET /hello" "$(sleep 0.1; awk '{ print $1, substr($2, 1, 6) }' "$work/access.log" | sort | uniq -c | awk '{$1=$1; print}')"
run --speed max "${pin[@]}" --output-http-ca "$work/ca.pem" --output-http-proxy "127.0.0.1:$proxy" --output-http "https://127.0.0.1:$tls" --output-http-skip-verify
equal "https through a proxy" 60 "$(sum answered)"
serve "$tools/proxy_server" --refuse
run --speed max --output-http-proxy "http://127.0.0.1:$port" --output-http "http://127.0.0.1:$nginx_port"
equal "a proxy that refuses: no connection" "0 60" "$(sum answered) $(($(sum failed_connect) + $(sum not_tried)))"
http_proxy=http://127.0.0.1:1 all_proxy=http://127.0.0.1:1 run --speed max --output-http "http://127.0.0.1:$nginx_port"
equal "the environment's proxies are not used" 60 "$(sum answered)"

# Two addresses. They are learned while the first connections are made; later ones take turns.
: >"$work/many.log"
for i in $(seq 0 99); do
	printf '1 00000000000001%02x%08x 1700000000%03d000000 0\nGET /hello/%d HTTP/1.1\r\nHost: recorded\r\n\r\n%s' "$i" 0 $((i * 9)) "$i" "$sep"
done >"$work/hundred.gor"
"$replay" --quiet --input-file "$work/hundred.gor" --output-http-resolve "many.test:$many:127.0.0.1,127.0.0.2" --output-http "http://many.test:$many" --ledger "$work/ledger.json"
equal "two addresses: every request" 100 "$(sum answered)"
sleep 0.1
within "of which the first address has" "$(grep -c '^127.0.0.1 ' "$work/many.log")" 30 70

# Pipelining.
run --speed max --output-http-pipeline --output-http "http://127.0.0.1:$nginx_port"
equal "pipelined: every request over a connection each lane" "60 12 true" "$(sum answered) $(sum connections) $(balanced)"

# Redirects: to the target itself, on each client's connection, before its next request; load goes nowhere else.
away=$(free_port)
hops=$(free_port)
nginx_hops="server { listen 127.0.0.1:$away; location / { access_log $work/away.log truth; return 200; } }
server { listen 127.0.0.1:$hops; keepalive_requests 100000; access_log $work/hops.log hops; root $work/www;
	location /see { if (\$request_method = POST) { return 303 ../ok?see; } return 200; }
	location /same { return 307 http://127.0.0.1:$hops/stored; } location /stored { return 201; }
	location /moved { return 301 /see; }
	location /away { return 302 http://127.0.0.1:$away/x; } location /tls { return 308 https://127.0.0.1:$hops/x; }
	location /login { add_header Set-Cookie \"sid=ours\" always; return 303 /ok?home; }
	location /round { return 302 /round; } location /ok { return 200; } }"
sed -i "s|^log_format many .*|&\nlog_format hops '\$connection \$http_x_n \$request_method \$request_uri \$status \$content_length \$http_cookie';\n$(printf '%s' "$nginx_hops" | tr '\n' ' ' | sed 's/[&|]/\\&/g')|" "$work/nginx.conf"
kill -HUP "$nginx_pid"
wait_for 5 listens "$hops"
n=0
for path in see same moved away tls round ok; do
	for lane in 0 1 2; do
		printf '1 00000000000003%02x%08x 17000000000%02d000000 0\nPOST /%s HTTP/1.1\r\nHost: recorded\r\nX-N: %d\r\nContent-Length: 3\r\n\r\nabc%s' $lane $n "$n" "$path" $n "$sep"
	done
	n=$((n + 1))
done >"$work/hops.gor"
for how in "--speed max" "--speed 1" "--speed max --output-http-lanes off" "--speed max --output-http-pipeline" "--threads 2"; do
	: >"$work/hops.log"
	rm -f "$work/hops.answers"
	# shellcheck disable=SC2086
	"$replay" --quiet --input-file "$work/hops.gor" $how --output-http-redirects 2 --output-http-track-response --output-file "$work/hops.answers" \
		--output-http "http://127.0.0.1:$hops" --ledger "$work/ledger.json"
	equal "redirects ($how): each request has one answer, the last" "21 21 true 12 9" "$(sum submitted) $(sum answered) $(balanced) $(sum status_2xx) $(sum status_3xx)"
	equal "followed, not followed since they lead elsewhere, too many" "15 6 3" "$(sum redirects) $(sum redirects_elsewhere) $(sum redirects_spent)"
	sleep 0.1
	awk '{ $1 = $7 = "" } 1' "$work/hops.log" | sort | uniq -c | awk '{ $1 = $1; print }' | sort -u >"$work/got"
	cat >"$work/expected" <<-LIST
	3 0 GET /ok?see 200 -
	3 0 POST /see 303 3
	3 1 POST /same 307 3
	3 1 POST /stored 201 3
	3 2 GET /see 200 -
	3 2 POST /moved 301 3
	3 3 POST /away 302 3
	3 4 POST /tls 308 3
	3 5 GET /round 302 -
	3 5 POST /round 302 3
	3 6 POST /ok 200 3
	LIST
	sed -i 's/^3 5 GET/6 5 GET/' "$work/expected"
	sort -o "$work/expected" "$work/expected"
	same_file "methods and content are those of RFC 9110" "$work/expected" "$work/got"
	case $how in
	*off* | *pipeline*) ;;
	*) equal "on the client's connection, before its next request" "3 0" "$(awk '{ if (!($1 in seen)) n++; bad += $2 < seen[$1]; seen[$1] = $2 } END { print n, bad + 0 }' "$work/hops.log")" ;;
	esac
	equal "the answer kept is the last" "$(printf '3 200\n3 200\n3 200\n3 201\n3 302\n3 302\n3 308' | sort)" "$(json "$work/hops.answers" |
		jq -r 'select(.type == "replayed") | "\(.id) \(.status)"' | sort -u | awk '{ k = substr($1, 17) " " $2; n[k]++ } END { for (k in n) { split(k, p, " "); print n[k], p[2] } }' | sort)"
done
equal "nothing went elsewhere" 0 "$(wc -l <"$work/away.log")"
"$replay" --quiet --input-file "$work/hops.gor" --speed max --output-http "http://127.0.0.1:$hops" --ledger "$work/ledger.json"
equal "not followed unless asked" "21 3 18 0" "$(sum answered) $(sum status_2xx) $(sum status_3xx) $(sum redirects)"

# What is carried over comes from the answer that the recorded one is compared with: the first, which led on.
{
	printf '1 00000000000004010000000%d 170000000%d000000000 0\n%b%s' 0 0 'POST /login HTTP/1.1\r\nHost: h\r\nX-N: 0\r\nContent-Length: 0\r\n\r\n' "$sep"
	printf '2 00000000000004010000000%d 170000000%d000000000 0\n%b%s' 0 0 'HTTP/1.1 303 See Other\r\nSet-Cookie: sid=theirs\r\nLocation: /ok?home\r\nContent-Length: 0\r\n\r\n' "$sep"
	printf '1 00000000000004010000000%d 170000000%d000000000 0\n%b%s' 1 1 'GET /ok?own HTTP/1.1\r\nHost: h\r\nX-N: 1\r\nCookie: sid=theirs\r\n\r\n' "$sep"
} >"$work/login.gor"
: >"$work/hops.log"
"$replay" --quiet --input-file "$work/login.gor" --speed max --carry cookie --output-http-redirects 3 --output-http "http://127.0.0.1:$hops" --ledger "$work/ledger.json"
sleep 0.1
equal "a cookie that came with a redirect is carried over" "POST /login -,GET /ok?home -,GET /ok?own sid=ours" "$(awk '{ print $3, $4, $7 }' "$work/hops.log" | paste -sd,)"

# A target that goes down and comes back.
down=$(free_port)
"$replay" --input-file "$work/hundred.gor" --speed 0.5x --output-http "http://127.0.0.1:$down" --ledger "$work/ledger.json" 2>"$work/err" &
player=$!
pids+=("$player")
sleep 0.6
"$tools/chaos_server" --port "$down" --mode normal >/dev/null &
pids+=($!)
wait "$player"
check "it is told that the target is down, and why" grep -qE "target http://127.0.0.1:$down is down: .*onnect" "$work/err"
check "and that it is back" grep -qE "target http://127.0.0.1:$down is back after [0-9.]+ s" "$work/err"
equal "each request is answered, failed or not tried" "100 true" "$(($(sum answered) + $(sum failed_connect) + $(sum not_tried))) $(balanced)"
within "answered once it was back" "$(sum answered)" 20 80

# Every misbehaviour in turn, on lanes that go on behind it; pipelined and pooled too.
modes=(normal hang close close-mid close-head close-after reset reset-mid garbage endless-body endless-head drip slow long-length short-length
	bad-length bad-chunk flood-1xx early-hints upgrade no-content error early)
for i in $(seq 0 399); do
	printf '1 00000000000002%02x%08x 1700000000%03d000000 0\nPOST /x/%s HTTP/1.1\r\nHost: recorded\r\n%sContent-Length: 3\r\n\r\nabc%s' $((i % 40)) $((i / 40)) "$i" \
		"${modes[$((i * 7 % ${#modes[@]}))]}" "$([ $((i % 3)) = 0 ] && printf 'Expect: 100-continue\r\n.')" "$sep" | sed 's/^\.//'
done >"$work/chaos.gor"
serve "$tools/chaos_server"
for how in "" "--output-http-pipeline" "--output-http-lanes off --output-http-workers 9" "--output-http-pipeline --output-http-workers 7"; do
	# shellcheck disable=SC2086
	"$replay" --quiet --input-file "$work/chaos.gor" --speed max --output-http-timeout 100ms $how --output-http "http://127.0.0.1:$port" --ledger "$work/ledger.json"
	equal "each of 400 into chaos has its outcome ${how:+($how)}" "0 400 true" "$? $(sum submitted) $(balanced)"
done

# Thousands of clients at once, each with a connection of its own.
clients=4000
[ "$(ulimit -Hn)" -ge 9000 ] || clients=400
ulimit -n "$(ulimit -Hn)"
for i in $(seq "$clients"); do
	printf '1 %016x%08x 1700000000000000000 0\nGET /normal HTTP/1.1\r\nHost: recorded\r\n\r\n%s' $((i + 65536)) 0 "$sep"
done >"$work/clients.gor"
serve "$tools/chaos_server" --mode slow
"$PWD/$BUILD/bench/measure" "$work/m" "$replay" --quiet --input-file "$work/clients.gor" --speed max --output-http-queue-len 10000 --output-http-timeout 20s \
	--output-http "http://127.0.0.1:$port" --ledger "$work/ledger.json"
equal "$clients clients: each has its connection and its answer" "$clients $clients true" "$(sum answered) $(sum connections) $(balanced)"
limit_kib=$((20000 + clients * 12))
[ -z "$SAN" ] || limit_kib=900000
within "peak memory in KiB" "$(jq .peak_kib "$work/m")" 1 $limit_kib
