# shellcheck shell=bash
# e2e: what the end-to-end tests share. To be sourced. Everything stays on loopback, on ports that are free at the moment;
# what a test starts is ended by its process id when the test ends, however it ends.
#
#   ok NAME | not_ok NAME [DETAIL] | skip NAME REASON | check NAME COMMAND...
#   serve NAME...              starts a program that prints its port; sets $port and $pid
#   nginx_start                nginx over $work/www with an access log; sets $nginx_port
#   record FILE ADDRESS [OPTION...]   starts a live capture and waits until it captures; sets $recorder
#   finish PID                 SIGINT, then waits; gives its status
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
BUILD=${BUILD:-build}
SAN=${SAN:-}
replay=$PWD/$BUILD/replay
tools=$PWD/$BUILD/tools
demo=$PWD/$BUILD/demo
fixtures=$PWD/fixtures
work=$(mktemp -d) || exit 2
pids=()
export LC_ALL=C

clean_up() {
	local p
	for p in "${pids[@]}"; do kill "$p" 2>/dev/null; done
	for p in "${pids[@]}"; do
		for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$p" 2>/dev/null || break; sleep 0.1; done
		kill -9 "$p" 2>/dev/null
		wait "$p" 2>/dev/null
	done
	[ -z "${mounted:-}" ] || umount "$mounted" 2>/dev/null
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

ok() { echo "ok $*"; }
not_ok() {
	echo "not ok $1"
	shift
	[ $# = 0 ] || printf '%s\n' "$*" | head -30 | sed 's/^/  /'
	return 1
}
skip() { echo "skip $1 # $2"; }

# check NAME COMMAND...: ok when the command succeeds; what it printed is shown when it does not.
check() {
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then ok "$name"; else not_ok "$name" "$out"; fi
}

# equal NAME EXPECTED GOT
equal() {
	if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "expected: $2" "got:      $3"; fi
}

# same_file NAME EXPECTED GOT
same_file() {
	if cmp -s "$2" "$3"; then ok "$1"; else not_ok "$1" "$(diff <(head -c 20000 "$2" | cat -v | cut -c 1-300) <(head -c 20000 "$3" | cat -v | cut -c 1-300) | head -12)"; fi
}

# within NAME GOT LOW HIGH: numbers, decimals allowed
within() {
	if awk -v g="$2" -v l="$3" -v h="$4" 'BEGIN { exit !(g != "" && g + 0 >= l && g + 0 <= h) }'; then ok "$1 ($2)"; else not_ok "$1" "$2 is not between $3 and $4"; fi
}

# one_sentence NAME STATUS FILE WORDS: the status was that; standard error is one line of ours that holds the words.
one_sentence() {
	local name=$1 status=$2 file=$3 words=$4 lines
	lines=$(grep -c . "$file")
	if [ "$status" -ge 128 ]; then not_ok "$name" "ended by signal $((status - 128))" "$(head -20 "$file")"; return; fi
	if [ "$lines" != 1 ]; then not_ok "$name" "$lines lines instead of one:" "$(head -20 "$file")"; return; fi
	if grep -qiE "$words" "$file"; then ok "$name: $(head -c 200 "$file")"; else not_ok "$name" "does not speak of '$words':" "$(cat "$file")"; fi
}

can_capture() { # CAP_NET_RAW is bit 13
	local caps
	caps=$(awk '/^CapEff/ { print $2 }' /proc/self/status)
	[ $((0x${caps:-0} >> 13 & 1)) = 1 ]
}

need() { # commands; ends the test where one is missing
	local c
	for c in "$@"; do
		command -v "$c" >/dev/null 2>&1 || { skip "$(basename "$0" .sh)" "$c is not installed"; exit 0; }
	done
}

# A port nobody listens on. Below the range the kernel gives to clients, so that no connection takes it meanwhile.
free_port() {
	local p
	for _ in $(seq 100); do
		p=$((10000 + RANDOM % 20000))
		(exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo "$p"; return; }
	done
}

wait_for() { # seconds, command...
	local tries=$(($1 * 20))
	shift
	for _ in $(seq "$tries"); do
		"$@" && return 0
		sleep 0.05
	done
	return 1
}
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

serve() {
	local out=$work/serve.$RANDOM$RANDOM
	"$@" >"$out" 2>"$out.err" &
	pid=$!
	pids+=("$pid")
	wait_for 10 grep -sqE '^[0-9]+$' "$out" || { not_ok "start $1" "$(cat "$out.err")"; exit 1; }
	port=$(grep -m1 -E '^[0-9]+$' "$out")
}

# $work/www is served as files; /post takes any body; /hello answers from memory. One line a request in $work/access.log.
nginx_start() { # [more lines for the server]
	local conf=$work/nginx.conf who=''
	mkdir -p "$work/www" "$work/tmp"
	[ "$(id -u)" != 0 ] || who='user root;'
	for _ in 1 2 3 4 5; do
		nginx_port=$(free_port)
		cat >"$conf" <<-CONF
		$who
		worker_processes 1; daemon off; pid $work/nginx.pid; error_log $work/nginx.err;
		events { worker_connections 4096; }
		http {
			client_body_temp_path $work/tmp; proxy_temp_path $work/tmp; fastcgi_temp_path $work/tmp;
			uwsgi_temp_path $work/tmp; scgi_temp_path $work/tmp;
			log_format truth '\$request_method \$request_uri \$status \$request_length \$bytes_sent';
			access_log $work/access.log truth;
			client_max_body_size 0; keepalive_requests 100000000; keepalive_timeout 75s; default_type text/plain;
			server {
				listen 127.0.0.1:$nginx_port; root $work/www;
				location /hello { return 200 "hello, \$request_uri\n"; }
				location /post { return 201 "stored \$request_uri\n"; }
				${1:-}
			}
		}
		CONF
		nginx -c "$conf" -p "$work" 2>"$work/nginx.start" &
		nginx_pid=$!
		pids+=("$nginx_pid")
		wait_for 5 listens "$nginx_port" && kill -0 "$nginx_pid" 2>/dev/null && return 0
	done
	not_ok "start nginx" "$(cat "$work/nginx.start")"
	exit 1
}

record() {
	local file=$1 address=$2
	shift 2
	"$replay" --input-raw "$address" --output-file "$file" "$@" 2>"$work/record.err" &
	recorder=$!
	pids+=("$recorder")
	# Inputs are opened before outputs: once the file is there, packets are being captured.
	wait_for 10 test -e "$file" || { not_ok "start a capture" "$(cat "$work/record.err")"; exit 1; }
	sleep 0.1
}

finish() {
	kill -INT "$1" 2>/dev/null
	wait "$1"
}

peak_kib() { awk '/^VmHWM/ { print $2 }' "/proc/$1/status" 2>/dev/null; }

# Records as JSON, one a line.
json() { "$replay" cat --json "$@"; }
