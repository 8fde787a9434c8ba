#!/usr/bin/env bash
# live_engines: the other engines of --input-raw, and its flags: capture files by port, VXLAN from a real tunnel, the client's address as a
# field; how soon a message is out.
. "$(dirname "$0")/../support/e2e.sh"
need jq curl
count() { json "$1" 2>/dev/null | jq -r 'select(.type == "request") | .id' | wc -l; }
refused() { # NAME WORDS OPTION...
	local name=$1 words=$2
	shift 2
	"$replay" --output-null --quiet "$@" 2>"$work/err"
	one_sentence "$name" $? "$work/err" "$words"
}

# --- pcap_file: only connections with the port, as fast or as slow as a file is replayed --------------------------------
pcap=$fixtures/pcap/zeek-tcp-http-with-padding.pcap # port 27272
from_file() { rm -f "$work/x.gor"; "$replay" --input-raw-engine pcap_file --speed max --output-file "$work/x.gor" --quiet --ledger "$work/ledger.json" "$@"; }
check "a capture file given to --input-raw is read" from_file --input-raw "$pcap:27272"
equal "with the port of its connection" 1 "$(count "$work/x.gor")"
check "it is read for another port" from_file --input-raw "$pcap:80,8000-9000"
equal "and there is nothing then" 0 "$(count "$work/x.gor")"
equal "which the account tells" true "$(jq '[.sections[] | select(.section == "capture") | .rows.outside] | add > 10' "$work/ledger.json")"
check "two files, each with its port" from_file --input-raw "$pcap:27272" --input-raw "$fixtures/pcap/zeek-get.pcap:80"
equal "are merged" 2 "$(count "$work/x.gor")"
refused "a file without a port" 'FILE:PORTS' --input-raw-engine pcap_file --input-raw "$pcap"
refused "a log instead of a capture" 'is a log' --input-raw-engine pcap_file --input-raw "$fixtures/log/mixed.gor:80"
refused "an engine nobody knows" 'there are libpcap' --input-raw-engine afpacket --input-raw :80
refused "a protocol that is not HTTP" 'not supported' --input-raw-protocol binary --input-raw :80
refused "a field that can have no such name" 'no name of a field' --input-raw-realip-header 'X: y' --input-raw :80
refused "a VLAN that cannot be" 'VLAN id' --input-raw-vlan-vid 5000 --input-raw :80
refused "a VXLAN network that cannot be" 'VXLAN network' --input-raw-engine vxlan --input-raw-vxlan-vni x --input-raw :80

check "the client's address is added" "$replay" convert --quiet --input-raw-realip-header X-Real-IP "$fixtures/pcap/zeek-get.pcap" "$work/realip.gor"
equal "as a field of the request" '["X-Real-IP","141.142.228.5"]' "$(json "$work/realip.gor" | jq -c 'select(.type == "request") | .headers[0]')"

# A capture through a pipe is read as it comes.
mkfifo "$work/pipe"
cat "$fixtures/pcap/zeek-get.pcap" >"$work/pipe" &
check "a capture in a named pipe" "$replay" convert --quiet "$work/pipe" "$work/piped.gor"
check "is the same as in a file" cmp "$work/piped.gor" <("$replay" convert --quiet "$fixtures/pcap/zeek-get.pcap" -)

if ! can_capture; then
	skip "live engines" "this process lacks CAP_NET_RAW"
	exit 0
fi

# --- how soon: from the last byte that curl got to the line on standard output, the start of programs included -------------
serve "$demo/service"
"$replay" --input-raw "127.0.0.1:$port" --output-stdout --quiet 2>"$work/err" | while IFS= read -r line; do
	case $line in 2\ *) echo "$(date +%s%N) $line" ;; esac
done >"$work/out" &
pids+=($!)
sleep 0.5
recorder=$(pgrep -f "^$replay --input-raw 127.0.0.1:$port --output-stdout")
for _ in $(seq 30); do curl -s -o /dev/null "http://127.0.0.1:$port/"; sleep 0.03; done
sleep 0.2
[ -z "$recorder" ] || kill -INT "$recorder"
# Stamp, latency and the clock when the line was read.
late=$(awk '{ d = ($1 - $4 - $5) / 1e6; print d }' "$work/out" | sort -n)
equal "30 responses came out" 30 "$(printf '%s\n' "$late" | wc -l)"
echo "# from the last packet to the line read: median $(printf '%s\n' "$late" | sed -n 15p) ms, the last but two $(printf '%s\n' "$late" | sed -n 28p) ms"
within "a message is out within 10 ms of its last packet (median, ms, the reader's own start included)" "$(printf '%s\n' "$late" | sed -n 15p)" 0 "${SAN:+5}10"

check "raw_socket is libpcap" timeout 20 "$replay" --input-raw-engine raw_socket --input-raw "127.0.0.1:$port" --output-null --exit-after 200ms
refused "a time stamp nobody gives" 'pcap-tstamp' --input-raw-timestamp-type sundial --input-raw "127.0.0.1:$port"
refused "monitor mode of what has none" 'no monitor mode' --input-raw-monitor --input-raw lo:80
check "a time stamp by name" timeout 20 "$replay" --input-raw-timestamp-type host --input-raw lo:80 --output-null --quiet --exit-after 200ms

# --- vxlan: a kernel's tunnel on the other side ------------------------------------------------------------------------
for tool in ip tcpreplay; do command -v "$tool" >/dev/null || { skip "VXLAN" "$tool is not installed"; exit 0; }; done
here=rp$$h there=rp$$t
namespaces_away() { ip netns del "$here" 2>/dev/null; ip netns del "$there" 2>/dev/null; clean_up; }
trap namespaces_away EXIT
{
	ip netns add "$here" && ip netns add "$there" && ip -n "$here" link add w0 type veth peer name w0 netns "$there" &&
		ip -n "$here" addr add 10.7.0.1/24 dev w0 && ip -n "$there" addr add 10.7.0.2/24 dev w0 &&
		ip -n "$here" link set w0 mtu 9000 up && ip -n "$there" link set w0 mtu 9000 up &&
		ip -n "$there" link add x5 type vxlan id 5 remote 10.7.0.1 dstport 4789 dev w0 && ip -n "$there" link set x5 up &&
		ip -n "$there" link add x6 type vxlan id 6 remote 10.7.0.1 dstport 4789 dev w0 && ip -n "$there" link set x6 up
} 2>"$work/err" || { skip "VXLAN" "no namespaces or tunnels here: $(head -1 "$work/err")"; exit 0; }
for want in "2" "1 --input-raw-vxlan-vni 5" "1 --input-raw-vxlan-vni -5" "0 --input-raw-vxlan-vni 7" "0 PORT"; do
	read -r expected how <<<"$want"
	address=10.7.0.1:80
	[ "$how" != PORT ] || { address=10.7.0.1:8080 how=; }
	rm -f "$work/vx.gor"
	# shellcheck disable=SC2086
	ip netns exec "$here" "$replay" --input-raw "$address" --input-raw-engine vxlan $how --output-file "$work/vx.gor" --ledger "$work/ledger.json" --quiet 2>"$work/err" &
	recorder=$!
	pids+=("$recorder")
	wait_for 10 test -e "$work/vx.gor" || { not_ok "a VXLAN listener starts" "$(cat "$work/err")"; exit 1; }
	ip netns exec "$there" tcpreplay -q --pps 5000 -i x5 "$fixtures/pcap/zeek-get.pcap" >"$work/sent" 2>&1
	ip netns exec "$there" tcpreplay -q --pps 5000 -i x6 "$fixtures/pcap/zeek-post.pcap" >>"$work/sent" 2>&1
	sleep 0.1
	finish "$recorder"
	equal "VXLAN ${how:-for $address}: $expected requests" "$expected" "$(count "$work/vx.gor")"
	[ "$(jq .balanced "$work/ledger.json")" = true ] || not_ok "the ledger balances"
done
