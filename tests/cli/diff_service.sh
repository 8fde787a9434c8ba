#!/usr/bin/env bash
# diff_service: what the tests of --diff are tested with: noisy_service's second build differs from the first where its list says, as often as it says, and
# nowhere else; its noise is there in both.
. "$(dirname "$0")/../support/e2e.sh"
need curl jq
# tests/support/*_service.c is a program like the others there.
numbers=399

fetch() { # folder, port: every endpoint's answers to the numbers 0 to 399, a file each
	local f
	for f in items list users search prices pages export events orders login; do mkdir -p "$work/$1/$f"; done
	while read -r f options; do
		curl -s "http://127.0.0.1:$2$(printf '%s' "$options" | sed "s/N/[0-$numbers]/")" -o "$work/$1/$f/#1" -D "$work/$1/$f.heads" || return 1
	done <<-'LIST'
	items /api/items/N
	list /api/items?page=N
	users /api/users/N
	search /api/search?n=N
	prices /api/prices?set=N
	pages /pages/N
	export /export/N.csv
	events /api/events?since=N
	LIST
	for i in $(seq 0 49); do
		[ "$i" = 0 ] || echo next
		printf 'url = "http://127.0.0.1:%s/api/orders"\ndata = "{\\"cart\\":%s}"\nsilent\noutput = "%s"\nwrite-out = "%%{time_starttransfer}\\n"\n' "$2" "$i" "$work/$1/orders/$i"
		printf 'next\nurl = "http://127.0.0.1:%s/login"\ndata = "user=user%s"\nsilent\noutput = "%s"\n' "$2" "$i" "$work/$1/login/$i"
	done | curl -K - >"$work/$1/orders.times"
}

# differing FOLDER PATTERN: how many answers' matches differ between the builds.
differing() {
	diff <(cd "$work/1/$1" && grep -aoHE "$2" -- *) <(cd "$work/2/$1" && grep -aoHE "$2" -- *) | sed -n 's/^[<>] \([0-9]*\):.*/\1/p' | sort -u | wc -l
}

# alike FOLDER SED: answers are the same once the regressions of that endpoint are taken out.
alike() {
	local b
	for b in 1 2; do
		(cd "$work/$b/$1" && sed -E "$2" -- *) >"$work/alike.$b"
	done
	equal "$1: every answer is there" "$((${3:-numbers} + 1))" "$(find "$work/1/$1" -type f -size +20c | wc -l)"
	same_file "$1: nothing else differs" "$work/alike.1" "$work/alike.2"
}

for b in 1 2; do
	serve "$tools/noisy_service" --build $b --seed $b --quiet-noise
	fetch $b "$port" || { not_ok "fetch the answers of build $b"; exit 1; }
done
"$tools/noisy_service" --list-regressions >"$work/list"
equal "twelve regressions" 12 "$(wc -l <"$work/list")"
expected() { awk -F'\t' -v name="$1" '$1 == name { print $5 * 4 }' "$work/list"; }

equal "tag-order" "$(expected tag-order)" "$(differing items '"tags":[^]]*')"
equal "price-digit" "$(expected price-digit)" "$(differing items '"price":[0-9.]*')"
equal "stock-type" "$(expected stock-type)" "$(differing list '"stock":"?[0-9]*')"
equal "cache-control" "$(expected cache-control)" "$(paste <(grep ^Cache-C "$work/1/users.heads") <(grep ^Cache-C "$work/2/users.heads") | tr -d '\r' | awk -F'\t' '$1 != $2' | wc -l)"
equal "account-digit" "$(expected account-digit)" "$(differing users '"account":[0-9]*')"
equal "lost-hit" "$(expected lost-hit)" "$(differing search '"id":[0-9]*')"
equal "price-vat" "$(expected price-vat)" "$(differing prices '"vat":[0-9.]*')"
equal "page-letters" "$(expected page-letters)" "$(differing pages '<address>.*')"
equal "export-gone" "$(expected export-gone)" "$(grep -c '^HTTP/1.1 404' "$work/2/export.heads")"
within "event-source" "$(differing events '"id":[0-9]*|"source"')" 1 15
within "payment-race" "$(cat "$work"/2/orders/* | grep -c pending)" 1 15
within "slow-orders: 4 ms to 7 ms" "$(paste "$work"/?/orders.times | awk '{ n++; a += $1; b += $2 } END { print 1000 * (b - a) / n }')" 2 4.5
alike items 's/"tags":[^]]*//; s/"price":[0-9.]*//'
alike list 's/"stock":"?[0-9]*"?//g'
alike users 's/"account":[0-9]*//'
alike search 's/"hits":[^]]*//'
alike prices 's/,"vat":[0-9.]*//'
alike pages '/<address>/d'
alike login '' 49
alike orders 's/"state":"[a-z]*"//' 49
for b in 1 2; do grep -hvE '^(Date|Server|Content-Length|Cache-Control):' "$work/$b"/{items,list,users,search,prices,pages,events}.heads >"$work/heads.$b"; done
same_file "nor do the heads" "$work/heads.1" "$work/heads.2"

# --- noise -------------------------------------------------------------------------------------------------------------------------------
serve "$tools/noisy_service" --seed 5
curl -s "http://127.0.0.1:$port/api/items/[0-1999]" -o "$work/noise/#1" --create-dirs -w '%{http_code}\n' >"$work/status"
within "2% of the answers are 503" "$(grep -c 503 "$work/status")" 20 65
curl -s "http://127.0.0.1:$port/api/items/[0-1999]" -o "$work/again/#1" --create-dirs
within "asked again, the same request is answered with other noise" "$(diff -rq "$work/noise" "$work/again" | wc -l)" 1960 2000
serve "$tools/noisy_service" --seed 5
curl -s "http://127.0.0.1:$port/api/items/[0-1999]" -o "$work/third/#1" --create-dirs
equal "one seed, one noise" 0 "$(diff -rq "$work/noise" "$work/third" | wc -l)"

# --- the log of requests ------------------------------------------------------------------------------------------------------------------
"$tools/noisy_requests_tool" 2000 50 >"$work/in.gor"
equal "the log has its requests, ten endpoints alike" "2000 200" \
	"$(json "$work/in.gor" | jq -rs '"\(length) \([group_by(.target | gsub("[0-9]+"; ""))[] | length] | max)"')"
