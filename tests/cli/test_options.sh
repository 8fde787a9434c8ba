#!/usr/bin/env bash
# test_options: the command line from outside: spellings, mistakes, exit statuses, help in every form, and what goes to which stream.
. "$(dirname "$0")/../support/e2e.sh"
need jq cmp
pcap=$fixtures/pcap/demo.pcap
"$replay" convert --quiet "$pcap" "$work/a.gor" || { not_ok "a log to work with"; exit 1; }

# usage NAME SENTENCE WORDS...: exit status 2, nothing on standard output, one line with that sentence on standard error.
usage() {
	local name=$1 sentence=$2 out status
	shift 2
	out=$("$replay" "$@" 2>&1 >"$work/stdout" </dev/null)
	status=$?
	if [ "$status" = 2 ] && [ "$out" = "replay: $sentence" ] && [ ! -s "$work/stdout" ]; then
		ok "$name"
	else
		not_ok "$name" "status $status, said: $out"
	fi
}

usage "nothing at all" "no input: say where requests come from, with --input-raw :PORT or --input-file FILE (see replay --help)"
usage "no output" "no output: say where they go, with --output-file FILE or --output-http URL (see replay --help)" --input-file "$work/a.gor"
usage "an unknown command" "there is no command 'inof': did you mean replay info?" inof
usage "an unknown option" "there is no option --output-fiel: did you mean --output-file?" --output-fiel x
usage "an option of GoReplay's" "--middleware: known from GoReplay, not supported by this version" --middleware cat
usage "an option of another command" "--speed is no option of this command: see --help" cat --speed 2x "$work/a.gor"
usage "a missing value" "--output-file needs a value: FILE" --output-file
usage "a bad duration" "--exit-after: 'soon' will not do, it takes a duration like 500ms, 2s or 1m30s" --exit-after soon
usage "a bad speed" "--speed: '0' will not do, it takes a speed like 2x, 0.5x, 200% or max" --speed 0
usage "two writers of standard output" "--json and --output-stdout both write to standard output: give one of them" \
	--input-file "$work/a.gor" --output-stdout --json
usage "a time that is none" "--from: 'noon' is no time like 2024-05-06T07:08:09Z, 1714979289 or +10s" cat --from noon "$work/a.gor"
usage "bounds that hold nothing" "--from is not before --to: nothing lies between" cat --from +2s --to +1s "$work/a.gor"
usage "cat without a file" "cat needs a file: replay cat LOG" cat
usage "info without a file" "info needs a file: replay info LOG" info
usage "convert without a target" "convert needs what to read and what to write: replay convert IN OUT" convert "$work/a.gor"
usage "raw and readable at once" "--raw goes with neither --json nor --body: it prints the records as they are" cat --raw --json "$work/a.gor"

# Every spelling of one run gives the same: nothing printed, status 0.
for line in "--input-file $work/a.gor --output-null --speed max --quiet" "-input-file $work/a.gor -output-null -speed max -quiet" \
	"--input-file=$work/a.gor --output-null=true --speed=max --quiet=1" "-quiet -speed=max -output-null -input-file=$work/a.gor"; do
	# shellcheck disable=SC2086
	equal "spelt ${line//"$work/"/}" "0" "$("$replay" $line 2>&1; echo $?)"
done

# What goes where.
"$replay" --input-file "$work/a.gor" --output-null --speed max >"$work/out" 2>"$work/err"
equal "a run prints nothing on standard output" 0 "$(stat -c %s "$work/out")"
check "and its summary on standard error" grep -q '^every total is the sum of its parts$' "$work/err"
"$replay" --input-file "$work/a.gor" --output-null --speed max --json --quiet >"$work/out" 2>"$work/err"
equal "--json prints the summary as JSON" "true 480" "$(jq -r '"\(.balanced) \(.sections[] | select(.section == "messages") | .rows.seen)"' "$work/out")"
equal "--quiet says nothing" 0 "$(stat -c %s "$work/err")"

"$replay" --input-file "$work/a.gor" --output-null --speed max --quiet --ledger "$work/ledger.json"
equal "--ledger writes a balanced account" true "$(jq .balanced "$work/ledger.json")"
equal "readable by its owner only" 600 "$(stat -c %a "$work/ledger.json")"
"$replay" --input-file "$work/missing" --output-null --ledger "$work/failed.json" 2>"$work/err"
equal "a run that cannot begin has status 1" 1 $?
equal "says why in one line" 1 "$(wc -l <"$work/err")"
check "and its ledger says so too" jq -e '.error | test("missing")' "$work/failed.json"
"$replay" --input-file "$work/a.gor" --output-null --speed max --quiet --ledger "$work/no/such/directory" 2>"$work/err"
equal "a ledger that cannot be written is status 1" 1 $?
equal "nothing temporary is left" "" "$(find "$work" -name 'ledger.json.*' -o -name 'failed.json.*')"

# A reader that goes away is no error.
"$replay" cat "$work/a.gor" 2>"$work/err" | head -n 1 >/dev/null
equal "cat ends quietly when its reader does" "0 0" "${PIPESTATUS[0]} $(stat -c %s "$work/err")"
equal "cat --limit" 3 "$("$replay" cat --json --limit 3 "$work/a.gor" | wc -l)"
"$replay" cat --raw "$work/a.gor" >"$work/raw"
"$replay" cat --json "$work/raw" >"$work/1" && "$replay" cat --json "$work/a.gor" >"$work/2"
same_file "cat --raw gives a log again" "$work/2" "$work/1"
equal "--from +1s leaves out the first second" 0 "$("$replay" cat --json --from +1s "$work/a.gor" |
	jq -r --argjson first "$(head -n 1 "$work/2" | jq .ts_ns)" 'select(.ts_ns < $first + 999000000) | .id' | wc -l)"
all=$(wc -l <"$work/2") early=$("$replay" cat --json --to +1s "$work/a.gor" | wc -l) late=$("$replay" cat --json --from +1s "$work/a.gor" | wc -l)
equal "--from and --to part a log without loss" "$all" $((early + late))
printf '1 aa 1 1 n=30\nGET /\033[2J\007 HTTP/1.1\r\nA: \033[0m\r\n\r\n\n🐵🙈🙉\n' >"$work/hostile.gor"
equal "no control character of a log reaches the terminal" 0 "$({ "$replay" cat "$work/hostile.gor"; "$replay" info "$work/hostile.gor"; } 2>&1 | LC_ALL=C tr -d '\n\t' | LC_ALL=C grep -c '[[:cntrl:]]')"

# Help.
for c in "" info cat convert help; do
	# shellcheck disable=SC2086
	check "replay $c --help" sh -c "'$replay' $c --help | grep -q '^Usage: replay $c'"
done
equal "help of a command is the same both ways" "$("$replay" cat --help)" "$("$replay" help cat)"
check "--version" sh -c "'$replay' --version | grep -Eq '^replay [0-9]+\.[0-9]+\.[0-9]+\$'"
"$replay" help --bash >"$work/replay.bash"
check "the bash completions are bash" bash -n "$work/replay.bash"
equal "and complete" "--output-file --output-file-append --output-file-flush-interval" "$(
	# shellcheck disable=SC1091
	. "$work/replay.bash"
	COMP_WORDS=(replay --output-file) COMP_CWORD=1
	_replay
	printf '%s\n' "${COMPREPLY[@]}" | sort | xargs
)"
if command -v zsh >/dev/null; then
	"$replay" help --zsh >"$work/_replay"
	check "the zsh completions are zsh" zsh -n "$work/_replay"
else
	skip "the zsh completions are zsh" "no zsh here"
fi
if command -v fish >/dev/null; then
	"$replay" help --fish >"$work/replay.fish"
	check "the fish completions are fish" fish --no-execute "$work/replay.fish"
else
	skip "the fish completions are fish" "no fish here"
fi
"$replay" help --man >"$work/replay.1"
if command -v groff >/dev/null; then
	equal "the manual page is sound roff" "" "$(groff -man -ww -Tutf8 "$work/replay.1" 2>&1 >/dev/null | head -5)"
else
	check "the manual page begins as one" grep -q '^\.TH REPLAY 1' "$work/replay.1"
fi
