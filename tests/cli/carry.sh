#!/usr/bin/env bash
# carry: sessions recorded against a service that issues random cookies, tokens and ids. Replayed as they are nobody gets in; with --carry all do,
# at the recorded pace and at full speed.
. "$(dirname "$0")/../support/e2e.sh"
need jq
clients=40
"$tools/token_server" --record $clients >"$work/plain.gor"
"$replay" convert --quiet "$work/plain.gor" "$work/in.gor.zst" || exit 1
all=$((clients * 7)) logins=$clients
row() { jq "[.sections[] | select(.section == \"$1\") | .rows.$2 // 0] | add // 0" "$work/ledger.json"; }
run() { "$replay" --quiet --input-file "$work/in.gor.zst" --ledger "$work/ledger.json" --output-http "http://127.0.0.1:$port" "$@"; }
rules=(--carry cookie --carry header:X-CSRF-Token --carry json:token --carry json:order_id)
serve "$tools/token_server"

run --speed max
equal "without --carry only the logins succeed" "$logins $((all - logins))" "$(row target status_2xx) $(row target status_4xx)"

run --speed max "${rules[@]}"
equal "the run ends with status 0" 0 $?
equal "with --carry, at full speed: everything succeeds" "$all 0" "$(row target status_2xx) $(row target status_4xx)"
equal "the ledger balances" true "$(jq .balanced "$work/ledger.json")"
equal "each answer was compared with the recorded one" "$all" "$(row carry joined)"
equal "all requests but the logins were changed" $((all - logins)) "$(row carry changed)"
equal "sid, csrf, token, order_id of each client were other ones" $((clients * 4)) "$(row carry learnt)"
equal "no value was let go" 0 "$(row carry let_go)"

# At a pace a request does not wait for another connection's answer: on a machine that is slow just then one may leave before the value it
# holds is known. It is told so; every other one succeeds.
run --speed 2x "${rules[@]}"
within "at a recorded pace: each succeeds, or is told to have left early" $(($(row target status_2xx) + $(row carry early))) "$all" $((2 * all))
within "and most succeed" "$(row target status_2xx)" $((all / 2)) "$all"
run --speed max --output-http-lanes off --output-http-workers 1 --carry cookie --carry header:X-CSRF-Token --carry json:token --carry location
equal "ids by Location" "$all" "$(row target status_2xx)"
run --speed max --carry cookie
equal "cookies alone: /me and nothing that needs more" $((clients * 2)) "$(row target status_2xx)"
run --speed max --input-file-loop 3 "${rules[@]}"
equal "three rounds, each with sessions of its own" $((3 * all)) "$(row target status_2xx)"
run --clone 3 --clone-spread 50ms "${rules[@]}"
within "three copies of each client, each with its own session" $(($(row target status_2xx) + $(row carry early))) $((3 * all)) $((6 * all))
within "and most of theirs succeed" "$(row target status_2xx)" $((all * 3 / 2)) $((3 * all))
run --speed max "${rules[@]}" --output-http "http://127.0.0.1:$port/"
equal "two targets: each has its own" "$((2 * all))" "$(row target status_2xx)"
run --speed max --output-http "http://127.0.0.1:$port" --carry body 2>"$work/err"
one_sentence "a rule that is none is refused" $? "$work/err" "cookie, location, header:NAME or json:FIELD"

run --threads 2 --carry cookie 2>"$work/err"
one_sentence "not with several threads, which do not know each other's answers" $? "$work/err" "without --threads"
run --output-http-pipeline --carry cookie 2>"$work/err"
one_sentence "nor with requests that do not wait for answers" $? "$work/err" "without --output-http-pipeline"

# The account of what cannot be joined: responses left out of the log.
"$replay" cat --raw "$work/in.gor.zst" | awk 'BEGIN { RS = "\n\360\237\220\265\360\237\231\210\360\237\231\211\n"; ORS = RS } /^1 /' >"$work/requests.gor"
"$replay" --quiet --input-file "$work/requests.gor" --speed max --ledger "$work/ledger.json" --output-http "http://127.0.0.1:$port" "${rules[@]}"
equal "a log without responses: nothing to compare with" "$all 0" "$(row carry no_recorded) $(row carry joined)"
equal "that ledger balances" true "$(jq .balanced "$work/ledger.json")"
dead=$(free_port)
"$replay" --quiet --input-file "$work/in.gor.zst" --speed max --ledger "$work/ledger.json" --output-http "http://127.0.0.1:$dead" "${rules[@]}"
equal "a dead target: nothing answered" "$all" "$(row carry no_answer)"
equal "and that ledger balances" true "$(jq .balanced "$work/ledger.json")"

# Each target has its own values: a comparison of two deployments works through their sessions, too.
first=$port
serve "$tools/token_server"
"$replay" --quiet --input-file "$work/in.gor.zst" --ledger "$work/ledger.json" --speed max "${rules[@]}" --output-http "http://127.0.0.1:$first" \
	--output-http-baseline "http://127.0.0.1:$port" --diff-report "$work/diff.json"
equal "two targets, each with its own sessions: everything succeeds" "$((2 * all)) 0" "$(row target status_2xx) $(row target status_4xx)"
equal "and all exchanges are compared" "$all $all" "$(jq -r '.exchanges | "\(.seen) \(.compared)"' "$work/diff.json")"
equal "with no other status among them" 0 "$(jq '[.findings[] | select(.path | startswith("status"))] | length' "$work/diff.json")"
