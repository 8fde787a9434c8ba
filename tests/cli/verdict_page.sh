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
