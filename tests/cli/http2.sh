#!/usr/bin/env bash
# http2: recorded HTTP/1.1 requests said in HTTP/2: what the target gets and what comes back, over TLS and without; a target without HTTP/2; failures
# in the rows that HTTP/1.1 has.
. "$(dirname "$0")/../support/e2e.sh"
need jq nginx openssl
nginx -V 2>&1 | grep -q http_v2_module || { skip http2 "this nginx has no HTTP/2"; exit 0; }
sep=$'\n🐵🙈🙉\n'
sum() { jq "[.sections[] | select(.section == \"target\") | .rows.$1 // 0] | add // 0" "$work/ledger.json"; }
balanced() { jq .balanced "$work/ledger.json"; }
run() { "$replay" --quiet --output-http-version 2 --input-file "$work/in.gor" --ledger "$work/ledger.json" "$@" 2>"$work/err"; }
record_one() { printf '1 00000000000000%02x%08x 17000000000%02d000000 0\n%b%s' "$1" "$2" "$3" "$4" "$sep" >>"$work/in.gor"; } # LANE ORDINAL MS BYTES
field='Host: recorded\r\n'

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$work/key.pem" -out "$work/cert.pem" -days 2 -subj /CN=target.test 2>/dev/null
tls=$(free_port) clear=$(free_port) old=$(free_port) tokens=$(free_port)
serve "$tools/token_server"
nginx_start "}
log_format said escape=json '\$server_protocol \$request_method \$request_uri \$host|\$http_x_n|\$http_connection\$http_upgrade\$http_keep_alive\$http_x_hop|\$http_te|\$content_type|\$http_accept\$http_user_agent|\$request_body';
log_format lanes '\$connection \$http_x_n';
server {
	listen 127.0.0.1:$tokens ssl http2; ssl_certificate $work/cert.pem; ssl_certificate_key $work/key.pem; access_log off;
	location / { proxy_pass http://127.0.0.1:$port; proxy_http_version 1.1; } }
server { listen unix:$work/inner.sock; access_log off; location / { return 201 stored; } }
server {
	listen 127.0.0.1:$tls ssl http2; listen 127.0.0.1:$clear http2; listen 127.0.0.1:$old ssl;
	ssl_certificate $work/cert.pem; ssl_certificate_key $work/key.pem; root $work/www; keepalive_requests 100000; client_max_body_size 0;
	location / { access_log $work/said.log said; return 200 \"hello \$request_uri\n\"; }
	location /moved { access_log $work/said.log said; return 303 /hello/moved; } location /away { access_log off; return 307 https://127.0.0.1:$clear/; }
	location /lane { access_log $work/lanes.log lanes; return 200 ok; }
	location /body { access_log $work/said.log said; proxy_pass http://unix:$work/inner.sock; }
	location /drip { access_log off; limit_rate 1; }"
head -c 3000 /dev/zero | tr '\0' x >"$work/www/drip"
said() { sleep 0.1; cat "$work/said.log"; : >"$work/said.log"; }
target=(--output-http-skip-verify --output-http "https://127.0.0.1:$tls")

record_one 1 1 0 "GET /a?b=c%20d&e HTTP/1.1\r\n${field}X-N: 1\r\nX-Hop: h\r\nConnection: keep-alive, X-Hop, TE\r\nKeep-Alive: 5\r\nTE: gzip\r\n\r\n"
record_one 1 2 1 "POST /body/1 HTTP/1.1\r\n${field}Content-Type: text/x\r\nContent-Length: 5\r\n\r\nabcde"
record_one 1 3 2 "PUT /body/2 HTTP/1.1\r\n${field}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nXY\r\n0\r\nX-Trailer: t\r\n\r\n"
record_one 1 4 3 "HEAD /h HTTP/1.1\r\n${field}TE: trailers\r\nUser-Agent: me\r\n\r\n"
record_one 1 5 4 "POST /empty HTTP/1.1\r\n${field}Content-Length: 0\r\n\r\n"
record_one 1 6 5 "GET /up HTTP/1.1\r\n${field}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
record_one 1 7 6 "DELETE http://elsewhere/absolute HTTP/1.1\r\n${field}\r\n"
record_one 1 8 7 "POST /body/3 HTTP/1.1\r\n${field}Expect: 100-continue\r\nContent-Length: 3\r\n\r\nxyz"
expected() { # AUTHORITY'S HOST
	cat <<-LIST
	HTTP/2.0 GET /a?b=c%20d&e $1|1|||||
	HTTP/2.0 POST /body/1 $1||||text/x||abcde
	HTTP/2.0 PUT /body/2 $1||||||abcXY
	HTTP/2.0 HEAD /h $1|||trailers||me|
	HTTP/2.0 POST /empty $1||||||
	HTTP/2.0 GET /up $1||||||
	HTTP/2.0 DELETE /absolute $1||||||
	HTTP/2.0 POST /body/3 $1||||||xyz
	LIST
}
expected 127.0.0.1 >"$work/expected"

run --speed max "${target[@]}" --output-http-track-response --output-file "$work/answers.gor"
equal "the run ends with status 0" 0 $?
equal "over TLS: everything is answered, on one connection" "8 8 1 true" "$(sum answered) $(sum status_2xx) $(sum connections) $(balanced)"
said >"$work/got"
same_file "method, target, authority, fields and content arrive; the connection's own do not" "$work/expected" "$work/got"
json "$work/answers.gor" | jq -r 'select(.type == "replayed") | "\(.status)"' | sort | uniq -c | awk '{ $1 = $1; print }' >"$work/got"
equal "the answers are kept as HTTP/1.1" "5 200,3 201" "$(paste -sd, "$work/got")"
check "with their fields and content" grep -qa '^hello /a?b=c%20d&e' "$work/answers.gor"
equal "and begin as such" 8 "$(grep -ac '^HTTP/1.1 20[01] ' "$work/answers.gor")"
run --speed max "${target[@]}" --http-original-host
equal "the recorded Host as authority" 8 "$(said | grep -c ' recorded|')"
run --speed max --output-http "http://127.0.0.1:$clear/"
equal "without TLS, by prior knowledge" "8 true" "$(sum answered) $(balanced)"
said >"$work/got"
same_file "the same arrives" "$work/expected" "$work/got"
run --speed max --output-http-skip-verify --output-http "https://127.0.0.1:$old"
equal "a target without HTTP/2 answers in HTTP/1.1, and that is counted" "8 8 true" "$(sum answered) $(sum old_version) $(balanced)"
equal "as nginx saw it" 8 "$(said | grep -c '^HTTP/1.1 ')"

# What cannot be said; what fails.
cp "$work/in.gor" "$work/whole.gor"
record_one 2 1 8 "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n"
record_one 2 2 9 "GET /after HTTP/1.1\r\n${field}\r\n"
run --speed max "${target[@]}"
equal "CONNECT is not sent, and its lane goes on" "9 1 true" "$(sum answered) $(sum not_in_version) $(balanced)"
run --speed max --output-http "https://127.0.0.1:$tls"
equal "a certificate nobody vouches for" "0 9 true" "$(sum answered) $(($(sum failed_tls) + $(sum not_tried))) $(balanced)"
run --speed max --output-http "http://127.0.0.1:$(free_port)"
equal "nobody listens" "0 9 true" "$(sum answered) $(($(sum failed_connect) + $(sum not_tried))) $(balanced)"
run --speed max --output-http "http://127.0.0.1:$nginx_port"
equal "a target that speaks HTTP/1.1 only" "0 true" "$(sum answered) $(balanced)"
within "is no HTTP/2, or closed" "$(($(sum failed_garbage) + $(sum failed_closed) + $(sum failed_connect) + $(sum not_tried)))" 9 9
: >"$work/in.gor"
record_one 3 1 0 "GET /drip HTTP/1.1\r\n${field}\r\n"
record_one 4 1 0 "GET /in/time HTTP/1.1\r\n${field}\r\n"
run --speed max "${target[@]}" --output-http-timeout 500ms
equal "an answer that takes too long times out alone" "1 1 true" "$(sum answered) $(sum failed_timeout) $(balanced)"

# Redirects.
said >/dev/null
: >"$work/in.gor"
record_one 3 1 0 "POST /moved HTTP/1.1\r\n${field}X-N: 1\r\nContent-Type: text/x\r\nContent-Length: 3\r\n\r\nabc"
record_one 3 2 0 "GET /after HTTP/1.1\r\n${field}\r\n"
record_one 3 3 0 "PUT /away HTTP/1.1\r\n${field}Content-Length: 3\r\n\r\nabc"
run --speed max "${target[@]}" --output-http-redirects 3
equal "redirects are followed on the target only" "3 2 1 1 1 true" "$(sum answered) $(sum status_2xx) $(sum status_3xx) $(sum redirects) $(sum redirects_elsewhere) $(balanced)"
said | cut -d'|' -f1,2,5,7 >"$work/got"
cat >"$work/expected" <<-LIST
HTTP/2.0 POST /moved 127.0.0.1|1|text/x|
HTTP/2.0 GET /hello/moved 127.0.0.1|1||
HTTP/2.0 GET /after 127.0.0.1|||
LIST
same_file "by a request without content, before the client's next one" "$work/expected" "$work/got"

# Many clients at once: each in order, all together on few connections.
awk -v sep="$sep" 'BEGIN { for (i = 0; i < 6000; i++) printf "1 00000000%08x%08x 1700000000%09d 0\nGET /lane HTTP/1.1\r\nHost: r\r\nX-N: %d %d\r\n\r\n%s",
	i % 300, i / 300, i * 10000, i % 300, i / 300, sep }' >"$work/in.gor"
for how in "--speed max" "--speed 1" "--speed max --output-http-lanes off" "--speed max --output-http-workers 1"; do
	: >"$work/lanes.log"
	# shellcheck disable=SC2086
	run $how "${target[@]}"
	equal "300 clients ($how): every request is answered" "6000 true" "$(sum answered) $(balanced)"
	sleep 0.1
	case $how in
	*off*) equal "each once" 6000 "$(cut -d' ' -f2- "$work/lanes.log" | sort -u | wc -l)" ;;
	*) equal "each client's in order" "6000 0" "$(awk '{ n++; bad += $3 != seen[$2]++ } END { print n, bad + 0 }' "$work/lanes.log")" ;;
	esac
	within "few connections" "$(cut -d' ' -f1 "$work/lanes.log" | sort -u | wc -l)" 1 12
	[ "${how#*workers}" = "$how" ] || equal "one worker is one connection" 1 "$(sum connections)"
done

# Values carried over: the bytes are taken apart after the last word on them.
"$tools/token_server" --record 20 >"$work/in.gor"
run --speed max --output-http-skip-verify --output-http "https://127.0.0.1:$tokens" --carry cookie --carry header:X-CSRF-Token --carry json:token --carry json:order_id
equal "with --carry everything succeeds" "140 0 true" "$(sum status_2xx) $(sum status_4xx) $(balanced)"

for bad in 3 h2; do
	"$replay" --quiet --input-file "$work/in.gor" --output-http "http://127.0.0.1:1" --output-http-version "$bad" 2>"$work/err"
	one_sentence "version \"$bad\"" $? "$work/err" "not one of 1.1 and 2"
done
run --output-http-pipeline "${target[@]}"
one_sentence "pipelining is refused" $? "$work/err" "no pipelining"
