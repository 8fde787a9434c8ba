#!/usr/bin/env bash
# live_interfaces: interfaces that come, go, fall and rise while they are captured on; loopback is seen once; a message is out within
# milliseconds of its last packet. In network namespaces of its own, so that nothing else is on the wire.
. "$(dirname "$0")/../support/e2e.sh"
need ip curl jq nginx
[ "$(id -u)" = 0 ] && can_capture || { skip "interfaces that come and go" "not privileged"; exit 0; }
here=rp$$h there=rp$$t
namespaces_away() { ip netns del "$here" 2>/dev/null; ip netns del "$there" 2>/dev/null; clean_up; }
trap namespaces_away EXIT
if ! { ip netns add "$here" && ip netns add "$there"; } 2>"$work/err"; then
	skip "interfaces that come and go" "no network namespaces here: $(head -1 "$work/err")"
	exit 0
fi
in_here() { ip netns exec "$here" "$@"; }
in_there() { ip netns exec "$there" "$@"; }
ip -n "$here" link set lo up

# plug NAME SUBNET: a wire between the two, 10.SUBNET.1 here and 10.SUBNET.2 there.
plug() {
	ip -n "$here" link add "$1" type veth peer name "$1" netns "$there"
	ip -n "$here" addr add "10.$2.1/24" dev "$1"
	ip -n "$there" addr add "10.$2.2/24" dev "$1"
	ip -n "$here" link set "$1" up
	ip -n "$there" link set "$1" up
}
unplug() { ip -n "$here" link del "$1"; }

# nginx in the namespace, at every address.
nginx() { exec ip netns exec "$here" nginx "$@"; }
listens() { ip netns exec "$here" bash -c "exec 3<>/dev/tcp/127.0.0.1/$1" 2>/dev/null; }
nginx_start "listen 0.0.0.0:8000;"
capture() { # LOG ADDRESS OPTION...
	local log=$1 address=$2
	shift 2
	ip netns exec "$here" "$replay" --input-raw "$address" --output-file "$log" --ledger "$log.json" "$@" 2>"$log.err" &
	recorder=$!
	pids+=("$recorder")
	wait_for 10 test -e "$log" || { not_ok "a capture starts" "$(cat "$log.err")"; exit 1; }
	sleep 0.1
}
targets() { json "$1" 2>/dev/null | jq -r 'select(.type == "request") | .target' | tr '\n' ' '; }
end() { kill -INT "$recorder"; wait "$recorder"; }

# --- all interfaces: those that are there, those that come; loopback once -----------------------------------------
plug w0 7.0
capture "$work/any.gor" :8000
check "loopback" in_here curl -s -o /dev/null http://127.0.0.1:8000/hello/lo
check "a wire" in_there curl -s -m 5 -o /dev/null http://10.7.0.1:8000/hello/w0
plug w1 7.1
sleep 0.2
check "a new wire" in_there curl -s -m 5 -o /dev/null http://10.7.1.1:8000/hello/w1
unplug w1
sleep 0.3
check "loopback again" in_here curl -s -o /dev/null http://127.0.0.1:8000/hello/lo2
sleep 0.1
end
equal "a capture of all interfaces ends well though one went away" 0 $?
equal "each request once, also of the interface that came later" "/hello/lo /hello/w0 /hello/w1 /hello/lo2 " "$(targets "$work/any.gor")"
equal "no segment was seen twice" 0 "$(jq '[.sections[] | select(.section == "segments") | .rows.duplicate] | add' "$work/any.gor.json")"

capture "$work/ignored.gor" :8000 --input-raw-ignore-interface w0
in_there curl -s -m 5 -o /dev/null http://10.7.0.1:8000/hello/ignored
in_here curl -s -o /dev/null http://127.0.0.1:8000/hello/lo
sleep 0.1
end
equal "--input-raw-ignore-interface leaves one out" "/hello/lo " "$(targets "$work/ignored.gor")"
equal "and counts what it leaves out" true "$(jq '[.sections[] | select(.section == "interface") | .rows.ignored] | add > 3' "$work/ignored.gor.json")"

# --- a named interface falls and rises, goes and comes back ---------------------------------------------------------
capture "$work/named.gor" w0:8000
check "before" in_there curl -s -m 5 -o /dev/null http://10.7.0.1:8000/hello/before
ip -n "$here" link set w0 down
sleep 1.2
ip -n "$here" link set w0 up
sleep 1.3
check "after it was down" in_there curl -s -m 5 --retry 3 --retry-connrefused -o /dev/null http://10.7.0.1:8000/hello/risen
unplug w0
sleep 1.2
plug w0 7.0
wait_for 3 grep -q 'capture on w0 goes on' "$work/named.gor.err"
sleep 0.1
check "after it was gone" in_there curl -s -m 5 -o /dev/null http://10.7.0.1:8000/hello/back
sleep 0.1
end
equal "a capture of one interface lives on while that is away" 0 $?
equal "and has what came before, after it fell, after it went" "/hello/before /hello/risen /hello/back " "$(targets "$work/named.gor")"
grep -q 'capture goes on when w0 is back' "$work/named.gor.err" && ok "it says that the interface went away" || not_ok "it says that the interface went away" "$(cat "$work/named.gor.err")"

# --- VLANs: by their number, on the interface below -----------------------------------------------------------------
for id in 5 6; do
	ip -n "$here" link add link w0 name w0.$id type vlan id $id && ip -n "$here" addr add 10.8.$id.1/24 dev w0.$id && ip -n "$here" link set w0.$id up
	ip -n "$there" link add link w0 name w0.$id type vlan id $id && ip -n "$there" addr add 10.8.$id.2/24 dev w0.$id && ip -n "$there" link set w0.$id up
done 2>"$work/vlan.err"
if [ -s "$work/vlan.err" ]; then
	skip "VLAN interfaces" "no VLAN interfaces here: $(head -1 "$work/vlan.err")"
else
	capture "$work/vlan.gor" w0:8000 --input-raw-vlan-vid 6
	for at in 10.7.0.1 10.8.5.1 10.8.6.1; do in_there curl -s -m 5 -o /dev/null "http://$at:8000/hello/$at"; done
	sleep 0.1
	end
	equal "--input-raw-vlan-vid takes one of several VLANs" "/hello/10.8.6.1 " "$(targets "$work/vlan.gor")"
	capture "$work/all.gor" :8000
	for at in 10.7.0.1 10.8.5.1 10.8.6.1; do in_there curl -s -m 5 -o /dev/null "http://$at:8000/hello/$at"; done
	sleep 0.1
	end
	equal "what is seen on an interface and on its VLAN is recorded once" "/hello/10.7.0.1 /hello/10.8.5.1 /hello/10.8.6.1 " "$(targets "$work/all.gor")"
fi

if command -v tcprewrite >/dev/null; then
	tag() { tcprewrite --enet-vlan=add --enet-vlan-tag="$1" --enet-vlan-cfi=0 --enet-vlan-pri=0 -i "$2" -o "$3" 2>"$work/err"; }
	tag 5 "$fixtures/pcap/zeek-get.pcap" "$work/one.pcap" && tag 9 "$work/one.pcap" "$work/two.pcap" || not_ok "tags are added" "$(cat "$work/err")"
	# The kernel takes the outer tag off and tells it beside the packet; the inner one, where there are two, counts.
	for want in "1 one 5" "0 one 6" "1 two 5" "0 two 9"; do
		read -r expected file id <<<"$want"
		rm -f "$work/tag.gor"
		capture "$work/tag.gor" w0:80 --input-raw-vlan-vid "$id"
		in_there tcpreplay -q --pps 5000 -i w0 "$work/$file.pcap" >"$work/sent" 2>&1
		end
		equal "behind $file tag(s): $expected requests in VLAN $id" "$expected" "$(targets "$work/tag.gor" | wc -w)"
	done
fi
