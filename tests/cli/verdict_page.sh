#!/usr/bin/env bash
# verdict_page: the page of a comparison in a browser: what it shows, sorts and filters with no network, and that hostile bytes stay text.
. "$(dirname "${BASH_SOURCE[0]}")/../support/e2e.sh"
browser=''
for b in chromium chromium-browser google-chrome; do
	command -v "$b" >/dev/null 2>&1 && { browser=$b; break; }
done
[ -n "$browser" ] || { skip verdict_page "there is no chromium"; exit 0; }

# dom FILE HASH: the document as it stands once its script has run, in $work/dom; what the browser had to say in $work/said.
dom() {
	timeout --kill-after=5 60 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir="$work/profile" \
		--host-resolver-rules='MAP * ~NOTFOUND' --enable-logging=stderr --virtual-time-budget=10000 --window-size=1400,1200 --dump-dom \
		"file://$1$2" >"$work/dom" 2>"$work/said" </dev/null
}
page() { "$tools/verdict_page_tool" html "$@" >"$work/page.html"; }
rows() { grep -oE 'data-finding="[0-9]+"' "$work/dom" | tr -dc '0-9\n' | tr '\n' ' ' | sed 's/ $//'; }
shown() { grep -oE '<output [^>]*id="shown"[^>]*>[^<]*' "$work/dom" | sed 's/.*>//'; }
complaints() { grep -E 'CONSOLE' "$work/said"; }

page 12 8
dom "$work/page.html" ''
if ! grep -q 'id="shown"' "$work/dom"; then
	grep -q '<noscript' "$work/dom" && not_ok "the page's script runs" "$(complaints)" || skip verdict_page "$browser does not run here: $(head -c 200 "$work/said")"
	exit 0
fi
equal 'the findings stand in their order, without the noise' '1 2 3 4 5 6 7 8 9 10 11' "$(rows)"
equal 'and are counted' '11 of 12 findings' "$(shown)"
equal 'the browser has nothing to say against the page' '' "$(complaints)"
equal 'the title is the verdict' 'DIFFERENT: 9 findings in 8 of 8 endpoints; 412 of 20,000 exchanges (2.1%); 2 more perhaps' \
	"$(grep -oE '<title>[^<]*' "$work/dom" | sed 's/<title>//')"
equal 'charts: one over time, one by endpoint' 2 "$(grep -oE '<svg ' "$work/dom" | wc -l)"

dom "$work/page.html" '#sort=rate&dir=asc&state=all'
equal 'sorted by rate, the smallest first' '12 11 10 9 8 7 6 5 4 3 2 1' "$(rows)"
dom "$work/page.html" '#sort=kind&dir=desc'
equal 'sorted by kind, those of one kind in their order' '1 4 5 10 2 11 6 3 8 9 7' "$(rows)"
dom "$work/page.html" '#kind=type'
equal 'filtered by kind' '2 11' "$(rows)"
dom "$work/page.html" '#state=noise'
equal 'filtered by state' '12' "$(rows)"
dom "$work/page.html" '#q=e-mail%20users'
equal 'filtered by words' '7' "$(rows)"
dom "$work/page.html" '#endpoint=GET%20%2Fsearch&state=all'
equal 'filtered by endpoint' '2 10' "$(rows)"
dom "$work/page.html" '#q=nowhere'
equal 'no finding fits' '0 of 12 findings' "$(shown)"
check 'and it says so' grep -q 'No finding fits' "$work/dom"

dom "$work/page.html" '#open=2'
check 'an open finding has the values' grep -qF '<mark>"9007199254740993"</mark>' "$work/dom"
check 'numbers keep their digits' grep -qF '1e400' "$work/dom"
check 'a command line asks again' grep -qF "'http://127.0.0.1:8082/api/items/1003?currency=EUR'" "$work/dom"
check 'quoted for a shell' grep -qF "'User-Agent: it'\\''s a test'" "$work/dom"
equal 'the lines of the finding are marked, in both examples' 4 "$(grep -oE 'class="line differs here"' "$work/dom" | wc -l)"

page 12 8 coded
dom "$work/page.html" '#open=2'
equal 'bodies in chunks and compressed are shown as JSON' 4 "$(grep -oE 'class="line differs here"' "$work/dom" | wc -l)"

# Codings that a browser does not undo for a page: real answers, whose control is chunked br (a stored block, RFC 7932 section 9.2) and whose candidate is
# zstd (a raw block, RFC 8878 section 3.1.1), with a name that would run.
sep=$'\n\xf0\x9f\x90\xb5\xf0\x9f\x99\x88\xf0\x9f\x99\x89\n'
octets() { local n=$1 k; for k in $(seq "$2"); do printf '%b' "\\x$(printf %02x $((n & 255)))"; n=$((n >> 8)); done; }
br() { octets $(((${#1} - 1) << 4 | 1 << 20)) 3; printf '%s\3' "$1"; }
zst() { printf '\x28\xb5\x2f\xfd\x20'; octets ${#1} 1; octets $((${#1} << 3 | 1)) 3; printf '%s' "$1"; }
answer_of() { printf 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: %s\r\n' "$1"; }
body_of() { printf '{"name":"</script><img src=x onerror=alert(1)>","price":%s}' "$1"; }
request='GET /coded HTTP/1.1
Host: h

'
records() { # name of the log, type of the answer, coding of the answer, file of the answer
	{ printf '1 00000000000000aa00000001 1700000000000000000 0\n%s%s' "$request" "$sep"
		printf '%s 00000000000000aa00000001 1700000000000000005 0\n' "$2"; cat "$3"; printf '%s' "$sep"; } >"$work/$1"
}
{ answer_of br; printf 'Transfer-Encoding: chunked\r\n\r\n'; br "$(body_of 1.50)" >"$work/br"; printf '%x\r\n' "$(stat -c %s "$work/br")"; cat "$work/br"; printf '\r\n0\r\n\r\n'; } >"$work/control"
{ answer_of zstd; zst "$(body_of 1.75)" >"$work/zst"; printf 'Content-Length: %s\r\n\r\n' "$(stat -c %s "$work/zst")"; cat "$work/zst"; } >"$work/candidate"
records a.gor 2 "$work/control"
records b.gor 3 "$work/candidate"
"$replay" diff --diff-ignore 'header:*' --diff-report "$work/coded.html" "$work/a.gor" "$work/b.gor" >"$work/coded.txt" 2>&1
equal 'br against zstd is compared' 0 $?
dom "$work/coded.html" '#open=1'
sed 's/<\/\?mark>//g' "$work/dom" >"$work/plain"
for coding in br zstd; do
	check "$coding: shown decoded, and said" grep -qF "(compressed as $coding, shown decoded)" "$work/plain"
done
equal 'the line of the finding is marked' 1 "$(grep -oE 'class="line differs here"' "$work/dom" | wc -l)"
for price in 1.50 1.75; do
	check "the line with $price is there" grep -qF "\"price\": $price" "$work/plain"
done
equal 'what a body holds is text' 0 "$(grep -oE '<img' "$work/dom" | wc -l)"
equal 'without a complaint' '' "$(complaints)"
# Cut in the middle: as much as there is.
head -c 150 "$work/candidate" >"$work/cut" && records b.gor 3 "$work/cut"
"$replay" diff --diff-ignore 'header:*' --diff-report "$work/coded.html" "$work/a.gor" "$work/b.gor" >"$work/coded.txt" 2>&1
dom "$work/coded.html" '#open=1'
sed 's/<\/\?mark>//g' "$work/dom" >"$work/plain"
check 'a damaged one as far as it goes' grep -qE '\(compressed as zstd, shown decoded as far as it could be\)' "$work/plain"
{ answer_of zstd; printf 'Content-Length: 12\r\n\r\n<img src=x/>'; } >"$work/none" && records b.gor 3 "$work/none"
"$replay" diff --diff-ignore 'header:*' --diff-report "$work/coded.html" "$work/a.gor" "$work/b.gor" >"$work/coded.txt" 2>&1
dom "$work/coded.html" '#open=1'
sed 's/<\/\?mark>//g' "$work/dom" >"$work/plain"
equal 'one that is none makes no element' 0 "$(grep -oE '<img' "$work/dom" | wc -l)"
check 'and is shown as it is' grep -qE '\(compressed as zstd: shown as it is\)' "$work/plain"

page 1000 14
dom "$work/page.html" '#q=part&kind=order&sort=rate&dir=desc'
equal 'a thousand findings are filtered' '99 of 1,000 findings' "$(shown)"
equal 'and all of these are there' 99 "$(rows | wc -w)"

page 0 8
dom "$work/page.html" ''
check 'no finding at all is said' grep -q 'No finding: the answers are the same' "$work/dom"
equal 'without a complaint' '' "$(complaints)"

page 12 3 hostile
for hash in '' '#open=1' '#open=12&state=all'; do
	dom "$work/page.html" "$hash"
	equal "hostile bytes make no element ($hash)" '0 2' "$(grep -oE '<(img|iframe|object|embed)' "$work/dom" | wc -l) $(grep -oE '<script' "$work/dom" | wc -l)"
	equal "and run nothing ($hash)" '' "$(grep -oE '<title>PWNED|<title></title>' "$work/dom")$(complaints)"
	# (the value of a choice is no text)
	equal "and no control character is in the document ($hash)" 0 \
		"$(sed -E 's/<option value="[^"]*"//g' "$work/dom" | tr -d '\n\t\r\40-\176\200-\377' | wc -c)"
done
equal 'all of them are shown' '12 of 12 findings' "$(shown)"
