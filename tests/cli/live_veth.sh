#!/usr/bin/env bash
# live_veth: captures sent over a wire are captured live as they are read from their files: every Ethernet fixture goes through a veth pair
# between two network namespaces of their own, and gives the same messages (but for their times and ids, which are those of the wire), with one
# thread and with three.
. "$(dirname "$0")/../support/e2e.sh"
need ip tcpreplay jq
[ "$(id -u)" = 0 ] && can_capture || { skip "captures over a veth pair" "not privileged"; exit 0; }
from=rp$$a to=rp$$b
namespaces_away() { ip netns del "$from" 2>/dev/null; ip netns del "$to" 2>/dev/null; clean_up; }
trap namespaces_away EXIT
if ! { ip netns add "$from" && ip netns add "$to" && ip -n "$from" link add v0 type veth peer name v1 netns "$to"; } 2>"$work/err"; then
	skip "captures over a veth pair" "no network namespaces here: $(head -1 "$work/err")"
	exit 0
fi
# No packet but those sent: no IPv6 chatter, no answers. Packets may be as long as offloading made them in the capture.
ip netns exec "$to" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 2>/dev/null
ip netns exec "$from" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 2>/dev/null
ip -n "$from" link set v0 mtu 65535 up
ip -n "$to" link set v1 mtu 65535 up

link_type() { # of a pcap: the low byte of its head's last word, whatever the byte order
	local head
	head=$(od -An -tx1 -N24 "$1" | tr -d ' \n')
	case $head in
	d4c3b2a1* | 4d3cb2a1*) echo $((16#${head:40:2})) ;;
	a1b2c3d4* | a1b23c4d*) echo $((16#${head:46:2})) ;;
	0a0d0d0a*) echo 1 ;;
	esac
}
# What a message is, without what the wire decides.
messages() { json "$1" 2>/dev/null | jq -cS '{ type, method, target, status, src, dst, flags, size, body }' | sort; }

compared=0
while IFS=$'\t' read -r file _; do
	case $file in '#'* | '') continue ;; esac
	pcap=$fixtures/pcap/$file
	[ "$(link_type "$pcap")" = 1 ] || continue
	# A packet cut short by its capture cannot be sent as it was.
	[ "$file" = zeek-communityid-tcp.pcap ] && continue
	"$replay" convert --quiet "$pcap" "$work/file.gor" 2>"$work/err" || not_ok "$file is read" "$(cat "$work/err")"
	recorders=()
	for n in 1 3; do
		ip netns exec "$to" "$replay" --input-raw v1:1-65535 --threads $n --output-file "$work/wire$n.gor" --ledger "$work/ledger$n.json" --quiet 2>"$work/err$n" &
		recorders+=("$!")
	done
	pids+=("${recorders[@]}")
	for n in 1 3; do
		wait_for 10 test -e "$work/wire$n.gor" || { not_ok "a capture starts" "$(cat "$work/err$n")"; exit 1; }
	done
	# Not at top speed: tcpreplay then overruns the queue of the veth pair.
	ip netns exec "$from" timeout 60 tcpreplay -q --pps 5000 -i v0 "$pcap" >"$work/sent" 2>&1 || not_ok "$file is sent" "$(cat "$work/sent")"
	kill -INT "${recorders[@]}"
	for r in "${recorders[@]}"; do
		wait "$r" || not_ok "$file: the capture ends well" "$(cat "$work"/err[13])"
	done
	messages "$work/file.gor" >"$work/read"
	for n in 1 3; do
		messages "$work/wire$n.gor" >"$work/captured"
		same_file "$file: $(wc -l <"$work/read") messages on the wire as in the file (threads: $n)" "$work/read" "$work/captured"
		[ "$(jq .balanced "$work/ledger$n.json")" = true ] || not_ok "$file: the ledger balances"
	done
	rm -f "$work/file.gor" "$work"/wire[13].gor
	compared=$((compared + 1))
done <tests/golden/counts.tsv
[ "$compared" -ge 30 ] && ok "$compared captures compared" || not_ok "only $compared captures compared"
