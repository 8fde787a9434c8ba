# shellcheck shell=bash
# diff: what comparing costs: beside a replay, and for two logs whose answers are equal or differ. Sourced by run.

difference() {
	local n bare with equal differ
	# Beside a replay: the recorded answer is the target's, but for Date.
	curl -si "http://127.0.0.1:$nginx_port/hello" >"$work/answer"
	"$bench/diff_logs" answered "$work/diff.gor" 100000 100 /hello "$work/answer"
	"$replay" convert --quiet "$work/diff.gor" "$work/diff.gor.zst"
	measure "$work/m.bare" "$replay" --quiet --input-file "$work/diff.gor.zst" --speed max --output-http "http://127.0.0.1:$nginx_port" --ledger "$work/ledger"
	n=$(sum target answered "$work/ledger")
	measure "$work/m.with" "$replay" --quiet --input-file "$work/diff.gor.zst" --speed max --output-http "http://127.0.0.1:$nginx_port" --diff-report "$work/diff.json"
	bare=$(calc "$(cpu "$work/m.bare") * 1e6 / $n" 2) with=$(calc "$(cpu "$work/m.with") * 1e6 / $n" 2)
	row diff "replay --speed max of a log with answers" "$bare" "µs each" "" "$n answered"
	row diff "the same, each answer compared with the recorded one" "$with" "µs each" "" "$(jq '.exchanges | "\(.same) of \(.seen) the same"' "$work/diff.json")"
	row diff "comparing equal answers adds" "$(calc "$with - $bare" 2)" "µs CPU" "<= 15"
	# Two logs, from reading to verdict.
	for n in "50000 2000" "60 1000000"; do
		# shellcheck disable=SC2086
		set -- $n
		"$bench/diff_logs" pair "$work/a.gor" "$work/b.gor" "$1" "$2" 0
		measure "$work/m.equal" "$replay" diff "$work/a.gor" "$work/b.gor" >/dev/null
		"$bench/diff_logs" pair "$work/a.gor" "$work/b.gor" "$1" "$2" 10
		measure "$work/m.differ" "$replay" diff "$work/a.gor" "$work/b.gor" >/dev/null
		equal=$(cpu "$work/m.equal") differ=$(cpu "$work/m.differ")
		row diff "replay diff, equal answers of $(calc "$2 / 1000" 0) KB, all of it" "$(calc "$equal * 1e6 / $1" 2)" "µs each"
		row diff "JSON of $(calc "$2 / 1000" 0) KB with 1% of the numbers changed, beyond that" "$(calc "$1 * $2 / 1e6 / ($differ - $equal)" 0)" "MB/CPU s" ">= 100"
		row diff "peak memory" "$(calc "$(jq -r .peak_kib "$work/m.differ") / 1024" 1)" MiB
	done
	rm -f "$work"/diff.gor* "$work/a.gor" "$work/b.gor"
}
