#!/usr/bin/env bash
# The library as others use it: the example is built against include/replay and libreplay.a alone, in C and with the headers as C++
# read them, and does on real files and a real server what it says.
. "$(dirname "$0")/../support/e2e.sh"
need nm jq

flags=$(pkg-config --libs libpcap libcurl libzstd zlib libbrotlidec libpcre2-8 jansson libcap-ng)
sanitize=${SAN:+-fsanitize=$SAN}
# shellcheck disable=SC2086
check "the example builds against the public headers and libreplay.a alone" \
	"${CC:-cc}" -std=c11 -Wall -Wextra -Werror $sanitize -Iinclude -o "$work/posts" contrib/examples/posts.c "$BUILD/libreplay.a" $flags -lm -pthread
for header in include/replay/*.h; do
	check "${header##*/} stands alone" "${CC:-cc}" -std=c99 -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only -x c "$header"
done
if [ -z "$SAN" ]; then
	equal "libreplay.a gives no name but rp_*" "" "$(nm -g --defined-only "$BUILD/libreplay.a" | awk 'NF == 3 && $3 !~ /^rp_/ { print $3 }' | head)"
fi

serve "$demo/service"
posts=$("$replay" cat --json "$fixtures/pcap/demo.pcap" | jq -r 'select(.type == "request" and .method == "POST") | .id' | wc -l)
check "it sends the POSTs of a capture" bash -c "'$work/posts' '$fixtures/pcap/demo.pcap' '$work/posts.gor.zst' http://127.0.0.1:$port >'$work/out'"
equal "each is answered" "$posts answered, 0 failed" "$(cat "$work/out")"
equal "and keeps them in a log" "$posts POST" \
	"$("$replay" cat --json "$work/posts.gor.zst" | jq -rn '[inputs] | "\(length) \(map(.method) | unique | join(" "))"')"
"$work/posts" "$fixtures/pcap/demo.pcap" "$work/posts.gor.zst" "http://127.0.0.1:$port" 2>"$work/err"
one_sentence "what is wrong is one sentence" $? "$work/err" exist
