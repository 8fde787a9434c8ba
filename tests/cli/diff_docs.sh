#!/usr/bin/env bash
# diff_docs: what the documentation prints of comparisons is what the program takes: every rule, every expectation, every command's options; and the
# headers that are said to be built in are those that are.
. "$(dirname "$0")/../support/e2e.sh"
need jq
rules=$PWD/src/diff/RULES.md readme=$PWD/README.md
"$replay" help --man >"$work/man"
for c in '' diff compare; do "$replay" ${c:+"$c"} --help | sed 's/^ *//' | tr '\n' ' '; done | tr -s ' ' >"$work/help"
cd "$work" || exit 1

# section TITLE: of RULES.md. cells N: the N-th cell of each of a table's rows. code: what stands in backquotes.
section() { awk -v t="## $1" '$0 == t { on = 1; next } /^## / { on = 0 } on' "$rules"; }
cells() { awk -F'|' -v n="$1" '/^\|/ { print $(n + 1) }'; }
code() { grep -oE '`[^`]+`' | sed 's/^`//; s/`$//'; }
sep=$'\n\xf0\x9f\x90\xb5\xf0\x9f\x99\x88\xf0\x9f\x99\x89\n'
exchange() { # type of the answer, field lines with CR LF at their ends
	printf '1 00000000000000aa00000001 1700000000000000000 0\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n%s' "$sep"
	printf '%s 00000000000000aa00000001 1700000000000000005 0\nHTTP/1.1 200 OK\r\n%sContent-Length: 2\r\n\r\nok%s' "$1" "$2" "$sep"
}
exchange 2 '' >a.gor
exchange 3 '' >b.gor

# taken NAME LEAST OPTION: each line of standard input is given to the option as a file of its own; at least that many are there.
taken() {
	local name=$1 least=$2 option=$3 n=0 bad='' line
	while IFS= read -r line; do
		n=$((n + 1))
		printf '%s\n' "$line" >one
		"$replay" diff "$option" one a.gor b.gor >/dev/null 2>err || bad+="$line: $(cat err)"$'\n'
	done
	[ "$n" -ge "$least" ] || bad+="only $n where there should be $least"
	equal "$name ($n)" '' "$bad"
}

# --- RULES.md ------------------------------------------------------------------------------------------------------------------------------
section ENDPOINT | cells 1 | code | sed 's/$/ $.x/' | taken 'endpoints of RULES.md are taken' 6 --diff-rules
{ section PATH | cells 1 | code; section PATH | cells 2 | code | grep -E '^(header|form|status)'; } | taken 'paths are taken' 19 --diff-rules
section HOW | cells 1 | code | grep -vE 'FORM|KIND' | sed 's|^|$.x |' | taken 'what stands behind them' 4 --diff-rules
section HOW | cells 2 | code | grep -E '^([$]|\*\*)' | sed 's|rate …|rate 0/2000|' | taken 'its examples' 3 --diff-rules
section HOW | grep '^| `kind KIND`' | cells 2 | code | sed 's/^/$.x kind /' | tee kinds | taken 'kinds' 6 --diff-rules
section HOW | grep '^| `rate' | cells 2 | code | grep '^kind' | sed 's/KIND/value/; s|^|$.x |; s|$| rate 1/20|' | taken 'a rate of one kind' 1 --diff-rules
section HOW | sed -n '/^Forms:/,/^$/p' | code | sed 's/^like //' | grep -vE '^/REGEX/$' | sed 's/^/$.x like /' | taken 'forms' 6 --diff-rules
section Expectations | awk '/^```/ { on = !on; next } on' | taken 'expectations' 3 --expect
section Expectations | awk '/^```/ { on = !on; next } on' | sed -n 's/.*# *//p' | tr ',;' '\n\n' | sed 's/^ *//' |
	sed -nE 's/^also //; s/^([0-9x-]+)$/* : status \1/p; s/^(p[0-9.]+|max)$/* : latency \1 < 1s/p' |
	sed 's/^\* :/*:/' | taken 'what their comments say' 8 --expect

# The words that errors name are the words that are documented.
printf '$.x like nothing\n' >one
"$replay" diff --diff-rules one a.gor b.gor 2>err
for form in $(section HOW | sed -n '/^Forms:/,/^$/p' | code | grep -E '^[a-z]+$'); do check "'like $form' is in the sentence for a form that is none" grep -qw "$form" err; done

# --- what is built in ------------------------------------------------------------------------------------------------------------------------
section 'Built in' | sed -n '/^- /,/^$/p' | sed '/^- of `set-cookie`/,$d' | code | sort >documented
sed -n '/volatile_headers\[\] = {/,/^}/s/^\t"\(.*\)",$/\1/p' "${rules%RULES.md}rules.c" | sort >built-in
same_file 'the headers said to be built in are those that are' built-in documented
fields() { sed 's/\*/x/; /^content-length$/d; /^transfer-encoding$/d' documented | while read -r name; do printf '%s: %s\r\n' "$name" "$1"; done; }
exchange 2 "$(fields one)"$'\r\n' >fields-a.gor
exchange 3 "$(fields two)"$'\r\n' >fields-b.gor
"$replay" diff --json fields-a.gor fields-b.gor >fields.json
equal 'and hide what they should' '[]' "$(jq -c '[.findings[].path]' fields.json)"
equal 'each of them' "$(fields x | wc -l)" "$(jq '[.hidden[] | select(.where == "built in")] | length' fields.json)"
"$replay" diff --json --diff-all-headers fields-a.gor fields-b.gor >fields.json
equal '--diff-all-headers: all of them count' "$(fields x | wc -l)" "$(jq '.findings | length' fields.json)"

# --- README, help, man page --------------------------------------------------------------------------------------------------------------------
quoted() { grep -oE "'[^']+'" | sed "s/^'//; s/'\$//"; }
grep -oE -- "--diff-ignore '[^']+'" "$readme" | quoted | taken "rules of the README" 2 --diff-rules
grep -oE "printf '[^']+' > contract.txt" "$readme" | quoted | sed 's/\\n/\n/g' | grep . | taken "its contract" 2 --expect
for page in help man; do
	sed 's/\\-/-/g; s/\\(aq/'"'"'/g; s/\\&//g' "$page" | tr '\n' ' ' | tr -s ' ' >text
	grep -oE "no difference, like '[^']+', [^ ]+ or '[^']+'" text | sort -u | sed "s/^[^']*//; s/', /'\n/; s/ or /\n/" | sed "s/^'//; s/'\$//" |
		taken "rules of the $page page" 3 --diff-rules
	grep -oE "one rule a line: '[^;]+;" text | sort -u | quoted | taken "expectations of the $page page" 3 --expect
done

# Commands as they are printed: every option of theirs is one, and takes what it is given. Replays are not sent: what is read is not there.
{ awk '/^    replay / || more { print; more = /\\$/ }' "$readme"; for c in '' diff compare; do "$replay" ${c:+"$c"} --help | grep '^    replay '; done; } |
	sed -e :a -e '/\\$/N; s/\\\n */ /; ta' | grep -E 'diff|--expect|compare' | sed 's/^ *//; s/ | .*//; s/--show ID/--show 5f1c2a9be07d4c3300000001/' | sort -u >commands
while IFS= read -r line; do
	eval "set -- ${line#replay }"
	"$replay" "$@" >/dev/null 2>err </dev/null
	status=$?
	if [ $status = 1 ] && grep -qE 'No such file|no such file' err; then ok "usage of: $line"; else not_ok "usage of: $line" "status $status: $(cat err)"; fi
done <commands
within 'commands that are printed' "$(wc -l <commands)" 10 30
