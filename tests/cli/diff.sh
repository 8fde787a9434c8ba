#!/usr/bin/env bash
# diff: a noisy service's second build is compared with its first: each of its twelve regressions is found at its path and nothing else is; the first build
# compared with itself shows nothing.
#
#   FULL=1 tests/cli/diff.sh       the whole claim: 20 seeds of 20,000 exchanges each, where the test takes 20 of 1,000
. "$(dirname "$0")/../support/e2e.sh"
need jq
exchanges=20000 rate=2500 seeds=20 null_exchanges=1000
[ -z "$SAN" ] || exchanges=4000 rate=500 seeds=3 null_exchanges=500
[ -z "${FULL:-}" ] || null_exchanges=20000

# Three services: a, b of build 1, c of the build that is named; each with noise of its own.
services() { # seed, build
	serve "$tools/noisy_service" --build 1 --seed "${1}1"; a=http://127.0.0.1:$port port_a=$port started=("$pid")
	serve "$tools/noisy_service" --build 1 --seed "${1}2"; b=http://127.0.0.1:$port started+=("$pid")
	serve "$tools/noisy_service" --build "$2" --seed "${1}3"; c=http://127.0.0.1:$port started+=("$pid")
}
services_end() { kill "${started[@]}"; wait "${started[@]}" 2>/dev/null; }
compare() { # report's name, options...: the candidate, the control and so on are options
	local name=$1
	shift
	"$replay" --diff --diff-report "$work/$name.json" "$@" >"$work/$name.txt" 2>"$work/$name.err"
}
sure() { jq -r '.findings[] | select(.state == "sure") | [.endpoint, .path, .kind] | @tsv' "$work/$1.json" | sort; }
found() { # name, report, a kind to leave out: exactly the regressions
	sure "$2" | awk -F '\t' -v no="${3:-}" '$3 != no' >"$work/found"
	awk -F '\t' -v no="${3:-}" '$3 != no' "$work/expected" >"$work/expected.$2"
	if cmp -s "$work/expected.$2" "$work/found"; then
		ok "$1"
	else
		not_ok "$1" "$(diff "$work/expected.$2" "$work/found")" "$(jq -c '.findings[] | del(.examples)' "$work/$2.json" | grep -v '"state":"noise"')" "$(tail -3 "$work/$2.err")"
	fi
}
nothing_found() { # name, report
	if [ -s "$work/$2.json" ] && [ -z "$(sure "$2")" ]; then ok "$1"; else not_ok "$1" "$(jq -c '.findings[] | select(.state == "sure") | del(.examples)' "$work/$2.json")" "$(tail -3 "$work/$2.err")"; fi
}

"$tools/noisy_service" --list-regressions >"$work/list"
cut -f 2-4 "$work/list" | sort >"$work/expected"
"$tools/noisy_requests_tool" $exchanges 200 $rate >"$work/in.gor"

# --- two builds, the control twice --------------------------------------------------------------------------------------------------------
services 1 2
compare two --input-file "$work/in.gor" --output-http "$c" --output-http-baseline "$a" --output-http-baseline "$b" --diff-latency 20% --diff-fail 0 --diff-seed 7 --diff-report "$work/two.html" --diff-report "$work/two.xml"
equal "differences: exit status 3" 3 $?
r=$work/two.json
if [ -n "$SAN" ]; then # too few exchanges for the rare ones, and too slow for the times
	sure two | grep -v latency >"$work/found"
	equal "nothing is found that is not there" "" "$(comm -13 "$work/expected" "$work/found")"
	within "most of what is there is found" "$(comm -12 "$work/expected" "$work/found" | wc -l)" 7 12
else
	found "all twelve regressions at their paths, and nothing else" two
fi
equal "every exchange is accounted for" "$exchanges true true" \
	"$(jq -r '.exchanges | "\(.seen) \(.seen == .compared + .not_comparable) \(.compared == .same + .noise + .different)"' "$r")"
equal "and each endpoint's" true "$(jq '([.endpoints[] | .compared + .not_comparable] | add) == .exchanges.seen and (.endpoints | all(.compared == .same + .noise + .different))' "$r")"
equal "ten endpoints" 10 "$(jq '.endpoints | length' "$r")"
# What the list says lies within what the report says of the rate: 99.9% of the way, since the 503s take some and 12 intervals are asked.
while IFS=$'\t' read -r name endpoint path kind percent _; do
	[ "$kind" != latency ] || continue
	jq -e --arg e "$endpoint" --arg p "$path" --arg k "$kind" --argjson r "$percent" '[.findings[] | select(.endpoint == $e and .path == $p and .kind == $k)][0]
		| .rate - 3 * (.rate - .rate_low) - 0.05 * .rate <= $r / 100 + .noise_rate and $r / 100 <= .rate + 3 * (.rate_high - .rate) + 0.05 * .rate' "$r" >/dev/null || echo "$name $(jq -c --arg p "$path" '.findings[] | select(.path == $p) | del(.examples)' "$r")"
done <"$work/list" >"$work/wrong"
[ -n "$SAN" ] || equal "each as often as it is" "" "$(cat "$work/wrong")"
check "each with an example" jq -e '.findings | all(.state != "sure" or .kind == "latency" or (.examples | length > 0))' "$r"
check "noise is told as such" jq -e '[.findings[] | select(.state == "noise")] | length > 10' "$r"
check "time stamps of the moment are no difference" jq -e --argjson n $exchanges '[.hidden[] | select(.rule == "built in: the present moment") | .count] | add > $n / 10' "$r"
check "built-in volatile headers are named" jq -e '[.hidden[].rule] | any(test("etag"))' "$r"
for path in 'header:cache-control' '$.items[*].stock' '$.prices.*.vat' '$.payment.state'; do
	check "the table has $path" grep -qF "$path" "$work/two.txt" "$work/two.err"
done
check "the page is there, whole" grep -q '</html>' "$work/two.html"
check "JUnit has a failure for an endpoint" grep -q '<failure' "$work/two.xml"

# --- some of it confirmed by asking again ---------------------------------------------------------------------------------------------------
"$tools/noisy_requests_tool" 3000 100 $rate >"$work/some.gor"
compare again --input-file "$work/some.gor" --output-http "$c" --output-http-baseline "$a" --output-http-baseline "$b" --diff-confirm 3
check "what depends on the request is confirmed" jq -e '[.findings[] | select(.path == "header:cache-control" or .path == "$.tags" or .path == "$.hits[*]")] | length == 3 and all(.confirmed > 0)' "$work/again.json"
equal "an unsafe request is not sent again" "" "$(jq -c '.findings[] | select(.endpoint | startswith("POST")) | select(.confirmed + .flaky > 0) | del(.examples)' "$work/again.json")"
equal "nothing is found that is not there" "" "$(sure again | comm -13 "$work/expected" -)"

# --- a contract, and what a person ignores ---------------------------------------------------------------------------------------------------
cat >"$work/contract" <<-'RULES'
	# what the service promises
	GET /export/*: status 200,503
	GET /api/items/*: require $.id $.price
	POST /api/orders: status 2xx,503
	POST /api/orders: latency p50 < 5500us
RULES
compare contract --input-file "$work/some.gor" --output-http "$c" --output-http-baseline "$a" --expect "$work/contract" --diff-ignore '**' --diff-fail 0
equal "a broken contract: exit status 3" 3 $?
equal "by its two rules that are broken" "GET /export/{id}.csv POST /api/orders" \
	"$(jq -r '[.findings[] | select(.state == "sure" and .kind == "expect") | .endpoint] | sort | join(" ")' "$work/contract.json")"
compare same --input-file "$work/some.gor" --output-http "$b" --output-http-baseline "$a" --diff-ignore '**' --diff-fail 0
equal "everything ignored: exit status 0" 0 $?
nothing_found "and nothing found" same

# --- wrong usage -------------------------------------------------------------------------------------------------------------------------------
refused() { # what, words, options...
	local what=$1 words=$2
	shift 2
	"$replay" --quiet --input-file "$work/some.gor" --output-http "$c" "$@" >/dev/null 2>"$work/err"
	equal "$what: exit status 2" 2 $?
	one_sentence "$what" 0 "$work/err" "$words"
}
refused "a rule that is none" "sometimes" --diff-ignore '$.a sometimes'
refused "a share that is none" "diff-fail" --diff --diff-fail many
refused "three baselines" "baseline" --output-http-baseline "$a" --output-http-baseline "$b" --output-http-baseline "$a"
refused "a report of no known kind" "report|html" --diff-report "$work/x.doc"
printf 'GET /a: $.b\nGET /a: $.b like nothing\n' >"$work/bad"
refused "a bad line of a rules file" "bad:2" --diff-rules "$work/bad"

# --- hostile answers -----------------------------------------------------------------------------------------------------------------------------
"$tools/noisy_requests_tool" hostile >"$work/hostile.gor"
compare hostile --input-file "$work/hostile.gor" --output-http "$c" --output-http-baseline "$a" --diff-report "$work/hostile.html" --diff-report "$work/hostile.xml"
equal "hostile answers are compared" 0 $?
r=$work/hostile.json
equal "each of them differs" "$(grep -ac '^1 ' "$work/hostile.gor")" "$(jq '.exchanges.different' "$r")"
check "what was no JSON is told" jq -e '[.fallbacks[].count] | add >= 5' "$r"
equal "no script of theirs in the page" 0 "$(grep -aciE '<script>document|<img|<!-- [12]' "$work/hostile.html")"
equal "and one end of the page" 1 "$(grep -ac '</html>' "$work/hostile.html")"
for f in hostile.txt hostile.err hostile.xml hostile.html hostile.json; do
	equal "$f: no control characters" 0 "$(LC_ALL=C grep -acP '[\x00-\x08\x0b-\x1f\x7f]' "$work/$f")"
	check "$f: valid UTF-8" iconv -f UTF-8 -t UTF-8 "$work/$f" -o /dev/null
done
services_end

# --- the recorded answers as the only control ----------------------------------------------------------------------------------------------------
if can_capture && [ -z "$SAN" ]; then
	services 1 2
	record "$work/rec.gor.zst" "127.0.0.1:$port_a"
	"$replay" --quiet --input-file "$work/in.gor" --output-http "$a" --report "$work/recording.run" 2>"$work/err"
	sleep 0.3
	finish "$recorder"
	equal "every exchange was recorded" "$exchanges" "$(json "$work/rec.gor.zst" | grep -c '"type":"response"')"
	"$replay" --quiet --input-file "$work/rec.gor.zst" --output-http "$b" --diff-learn "$work/rules" --diff-latency 20% --report "$work/learning.run" 2>"$work/err"
	equal "the first build's noise is learned" 0 $?
	check "as rules for each endpoint" [ "$(grep -c '^[A-Z]* /[^ ]*: \*\* rate 0/' "$work/rules")" = 10 ]
	compare recorded --input-file "$work/rec.gor.zst" --output-http "$c" --diff-rules "$work/rules" --diff-latency 20% --diff-fail 0 --report "$work/replaying.run"
	equal "recorded answers: exit status 3" 3 $?
	# Recorded times compare with replayed ones where neither run had to wait for the machine.
	if jq -se 'all(.schedule_held)' "$work"/{recording,learning,replaying}.run >/dev/null; then
		found "recorded answers and learned rules: all twelve, and nothing else" recorded
	else
		found "recorded answers and learned rules, on a busy machine: all eleven that are no matter of time, and nothing else" recorded latency
	fi
	compare clean --input-file "$work/rec.gor.zst" --output-http "$b" --diff-rules "$work/rules" --diff-fail 0
	equal "the first build against what it answered when it was recorded: exit status 0" 0 $?
	nothing_found "nothing is found" clean

	# --- two logs
	"$replay" --quiet --input-file "$work/rec.gor.zst" --output-http "$c" --output-http-track-response --output-file "$work/answers.gor.zst" 2>"$work/err"
	"$replay" diff "$work/rec.gor.zst" "$work/answers.gor.zst" --diff-rules "$work/rules" --diff-report "$work/logs.json" --diff-fail 0 >"$work/logs.txt" 2>&1
	equal "replay diff: exit status 3" 3 $?
	found "two logs: the same findings" logs latency
	id=$(jq -r '[.findings[] | select(.path == "$.price")][0].examples[0].id' "$work/logs.json")
	(cd "$work" && "$replay" diff --show "$id" rec.gor.zst answers.gor.zst >show.txt 2>&1)
	check "--show: the request" grep -q '^GET /api/items/' "$work/show.txt"
	check "both answers and what differs" grep -qE '^[-+].*"?price' "$work/show.txt"
	check "a curl command that asks again" grep -q "^curl .*/api/items/" "$work/show.txt"
	equal "and a log of that exchange" 1 "$(json "$work/$id.gor" | grep -c '"type":"request"')"
	services_end
else
	skip "the recorded answers as control" "this process lacks CAP_NET_RAW, or is a slow build"
fi

# --- runs compared --------------------------------------------------------------------------------------------------------------------------------
"$replay" compare "$work/two.json" "$work/same.json" >"$work/fixed.txt" 2>&1
equal "a run that ignores all: exit status 0" 0 $?
check "what a rule hides is not called fixed" grep -qE '^0 new, 0 lasting, 0 fixed, [1-9][0-9]* hidden now' "$work/fixed.txt"
"$replay" compare "$work/same.json" "$work/two.json" >"$work/new.txt" 2>&1
equal "a run with new differences: exit status 3" 3 $?
"$replay" compare "$work/two.json" "$work/two.json" >"$work/lasting.txt" 2>&1
equal "one where they last: exit status 0" 0 $?
check "what lasts is told" grep -qE '[1-9][0-9]* lasting' "$work/lasting.txt"

# --- the control against itself -----------------------------------------------------------------------------------------------------------------
"$tools/noisy_requests_tool" $null_exchanges 100 $rate >"$work/null.gor"
clean=0
for seed in $(seq $seeds); do
	services "$seed" 1
	compare null --input-file "$work/null.gor" --output-http "$c" --output-http-baseline "$a" --output-http-baseline "$b" --diff-fail 0 --diff-seed "$seed"
	[ $? = 0 ] && [ -z "$(sure null)" ] && clean=$((clean + 1)) || echo "  seed $seed: $(jq -c '.findings[] | select(.state == "sure") | del(.examples)' "$work/null.json" | head -5)"
	services_end
done
equal "the control against itself: no finding with any of $seeds seeds, $null_exchanges exchanges each" $seeds $clean
"$replay" compare "$work/two.json" "$work/null.json" >"$work/mended.txt" 2>&1
equal "a run that mends all: exit status 0" 0 $?
check "what is fixed is told" grep -qE '^0 new, 0 lasting, [1-9][0-9]* fixed' "$work/mended.txt"
