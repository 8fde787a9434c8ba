#!/usr/bin/env bash
# diff_logs: two logs compared offline: by id, by request, recorded with replayed within one; one exchange shown and kept; statuses; what is refused.
. "$(dirname "$0")/../support/e2e.sh"
need jq
cd "$work" || exit 1
sep=$'\n\xf0\x9f\x90\xb5\xf0\x9f\x99\x88\xf0\x9f\x99\x89\n'
record() { printf '%s %s %s 1000000\n%b%s' "$1" "$2" "$3" "$4" "$sep"; } # type, id, time, text
answer() { printf 'HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %s\\r\\n\\r\\n%s' "${#1}" "$1"; }
request() { printf 'GET %s HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n' "$1"; }

# Ten exchanges; the third one's price and the fifth one's status differ in b.
for i in 0 1 2 3 4 5 6 7 8 9; do
	id=00000000000000aa0000000$i other=00000000000000bb0000000$i t=17000000000000000${i}0
	price=1.50 line=200
	[ $i != 3 ] || price=1.5000001
	record 1 $id $t "$(request /items/$i)" >>a.gor
	record 2 $id ${t%0}5 "$(answer "{\"id\":$i,\"price\":1.50}")" >>a.gor
	text=$(answer "{\"price\":$price,\"id\":$i}")
	[ $i != 5 ] || text=${text/200 OK/500 Oops}
	record 1 $id $t "$(request /items/$i)" >>b.gor
	record 3 $id ${t%0}5 "$text" >>b.gor
	record 1 $other $t "$(request /items/$i)" >>c.gor
	record 2 $other ${t%0}5 "$text" >>c.gor
done
want=$'GET /items/{id}\t$.price\tvalue\t1\nGET /items/{id}\tstatus 200>500\tvalue\t1'
told() { jq -r '.findings[] | [.endpoint, .path, .kind, .differ] | @tsv' "$1" | sort; }

"$replay" diff --json --diff-fail 0 a.gor b.gor >ab.json 2>ab.err
equal "two logs by id: exit status 3" 3 $?
equal "two differences at their places" "$want" "$(told ab.json)"
equal "ten exchanges" "10 10 8" "$(jq -r '.exchanges | "\(.seen) \(.compared) \(.same)"' ab.json)"
"$replay" diff --json a.gor c.gor >ac.json
equal "without --diff-fail: 0" 0 $?
equal "by request where ids do not meet" "$want" "$(told ac.json)"
"$replay" diff --json --by id a.gor c.gor >no.json
equal "by id they do not meet" "20 0" "$(jq -r '.exchanges | "\(.seen) \(.compared)"' no.json)"
"$replay" diff --diff-fail 0 --by id a.gor c.gor >/dev/null 2>err
equal "nothing compared: --diff-fail does not pass" "1 1" "$? $(grep -c 'nothing was compared' err)"
# A run with two targets keeps both their answers: t=1 has another price.
for i in 0 1 2 3 4 5 6 7 8 9; do
	id=00000000000000aa0000000$i t=17000000000000000${i}5
	body="{\"id\":$i,\"price\":1.50}"
	record 1 $id $t "$(request /items/$i)"
	for n in 1 0; do
		printf '3 %s %s 1000000 t=%s\n%b%s' $id $t $n "$(answer "$body" | if [ $n = 1 ]; then sed 's/1.50/1.51/'; else cat; fi)" "$sep"
	done
done >targets.gor
"$replay" diff --json a.gor targets.gor >first.json
equal "of two targets the first is compared" "10 10" "$(jq -r '.exchanges | "\(.compared) \(.same)"' first.json)"
"$replay" diff --json --candidate replayed:1 a.gor targets.gor >second.json
equal "or the one that is named" "10 10" "$(jq -r '.exchanges | "\(.compared) \(.different)"' second.json)"
cat a.gor b.gor >both.gor
awk 1 both.gor >/dev/null
"$replay" diff --json --by id --control recorded --candidate replayed a.gor b.gor >kinds.json
equal "kinds named" "$want" "$(told kinds.json)"
"$replay" diff --diff-fail 50% a.gor b.gor >text.out
equal "20% of the exchanges are within 50%" 0 $?
check "the table names the path" grep -qF '$.price' text.out
"$replay" diff --diff-fail 10% a.gor b.gor >/dev/null
equal "and not within 10%" 3 $?
"$replay" diff --json --diff-ignore '$.price tolerance 0.001' --diff-ignore 'status 200>500' a.gor b.gor | jq -e '.findings == [] or ([.findings[] | select(.state == "sure")] == [])' >/dev/null
equal "rules hide both" 0 $?
"$replay" diff --diff-report r.html --diff-report r.json --diff-report r.xml a.gor b.gor >/dev/null
equal "three reports" "600 600 600" "$(stat -c %a r.html r.json r.xml | tr '\n' ' ' | sed 's/ $//')"
"$replay" compare r.json r.json >cmp.out
equal "compare: nothing new" 0 $?
jq '.findings = []' r.json >none.json
"$replay" compare none.json r.json >cmp.out
equal "compare: something new" 3 $?
"$replay" compare r.json none.json >cmp.out
equal "compare: something fixed" 0 $?

# --- what became of the findings, by real runs -------------------------------------------------------------------------------------------------
became() { "$replay" compare --json "$1" "$2" | jq -r '.changes[] | [.change, .path, .why // "-"] | @tsv' | sort; }
"$replay" diff --diff-report mended.json a.gor a.gor --candidate recorded --control recorded --by request >/dev/null
equal "mended: both are fixed" $'fixed\t$.price\t-\nfixed\tstatus 200>500\t-' "$(became r.json mended.json)"
"$replay" diff --diff-report ruled.json --diff-ignore '/items/*: $.price tolerance 0.001' a.gor b.gor >/dev/null
equal "one that a new rule hides is not" $'hidden\t$.price\tby the rule /items/*: $.price tolerance 0.001\nlasting\tstatus 200>500\t-' "$(became r.json ruled.json)"
equal "and the rule is named with how often" "1" "$(jq '.hidden[] | select(.where == "--diff-ignore") | .count' ruled.json)"
equal "the other way round it is new" $'lasting\tstatus 200>500\t-\nnew\t$.price\t-' "$(became ruled.json r.json)"
printf 'GET /items/*: status 2xx\n' >promise.txt
"$replay" diff --expect promise.txt --diff-report promised.json a.gor b.gor >/dev/null
equal "what is expected no more" $'lasting\t$.price\t-\nlasting\tstatus 200>500\t-\nnot_asked\tGET /items/*: status 2xx\tit is expected no more' "$(became promised.json r.json)"
sed 's/200 OK/500 Oops/' b.gor >broken.gor
"$replay" diff --diff-report broken.json a.gor broken.gor >/dev/null
equal "bodies behind another status" $'lasting\tstatus 200>500\t-\nnot_compared\t$.price\t10 of 10 exchanges differ by what stands before it: status 200>500' "$(became r.json broken.json)"
"$replay" convert --quiet --to 1700000000.000000019 a.gor few.gor
"$replay" diff --diff-report few.json few.gor few.gor --candidate recorded --control recorded --by request >/dev/null
equal "too few of them" "not_compared too few exchanges to tell: $(grep -ac '^1 ' few.gor), of 10 earlier" "$(became r.json few.json | awk -F'\t' '$2 == "$.price" { print $1, $3 }')"
sed 's|GET /items|GET /others|' a.gor >others.gor
"$replay" diff --diff-report elsewhere.json others.gor others.gor --candidate recorded --control recorded --by request >/dev/null
equal "another endpoint" $'not_compared\t$.price\tits endpoint was not compared\nnot_compared\tstatus 200>500\tits endpoint was not compared' "$(became r.json elsewhere.json)"
"$replay" compare r.json elsewhere.json >cmp.out
check "it is told in words" grep -q '^0 new, 0 lasting, 0 fixed, 2 not compared any more$' cmp.out

# --- one exchange --------------------------------------------------------------------------------------------------------------------------
id=00000000000000aa00000003
"$replay" diff --show $id a.gor b.gor >show.out 2>show.err
equal "--show" 0 $?
check "both values" grep -q '1\.50 *-> *1\.5000001\|1\.50.*1\.5000001' show.out
check "a unified diff" grep -q '^+.*1\.5000001' show.out
check "a curl command" grep -q "^curl .*'http://h/items/3'" show.out
equal "the exchange as a log" "request response replayed" "$("$replay" cat --json $id.gor | jq -r .type | tr '\n' ' ' | sed 's/ $//')"
equal "which is private" 600 "$(stat -c %a $id.gor)"
equal "and can be compared by itself" $'GET /items/{id}\t$.price\tvalue\t1' "$("$replay" diff --json $id.gor >one.json; told one.json)"
"$replay" diff --show $id a.gor b.gor >show.out 2>show.err
equal "an existing file is not overwritten" 1 $?
"$replay" diff --show 00 a.gor b.gor >show.out 2>show.err
equal "an id that is not there" 2 $?

# --- what is refused -------------------------------------------------------------------------------------------------------------------------
refused() { # name, status, part of the sentence, arguments
	local name=$1 status=$2 part=$3
	shift 3
	"$replay" "$@" >out 2>err
	equal "$name" "$status 1" "$? $(grep -c "$part" err)"
}
refused "no log" 2 'one log or two' diff
refused "three" 2 'one log or two' diff a.gor b.gor c.gor
refused "a pipe" 2 'standard input' diff a.gor -
refused "no replayed answers" 2 'no replayed answers' diff a.gor
refused "a missing log" 1 'none.gor' diff a.gor none.gor
refused "a report of no known form" 2 '.html, .json or .xml' diff --diff-report x.pdf a.gor b.gor
refused "a report that cannot be written" 1 'diff-report' diff --diff-report /nowhere/x.html a.gor b.gor
refused "a bad rule" 2 'diff-ignore' diff --diff-ignore 'nonsense here' a.gor b.gor
refused "a missing rules file" 1 'none.txt' diff --diff-rules none.txt a.gor b.gor
printf '$.a like nothing\n' >bad.txt
refused "a bad line in a file" 2 'bad.txt:1' diff --diff-rules bad.txt a.gor b.gor
refused "a bad expectation" 2 'bad.txt:1' diff --expect bad.txt a.gor b.gor
refused "a bad share" 2 'diff-fail' diff --diff-fail many a.gor b.gor
refused "a bad endpoint" 2 'endpoint' diff --endpoint items a.gor b.gor
# What is written takes the place of what was there: never of what is read.
kept() { # name, option and file to write, what is read...
	local name=$1 file=$3
	refused "$name" 2 "$file: it is read too" diff "$2" "$file" "${@:4}"
	cmp -s "$file" "was.$file" && ok "$name: as it was" || not_ok "$name: as it was"
}
cp a.gor a.json && cp a.gor was.a.json && ln -sf a.json link.json && cp a.gor was.link.json
kept "a report in a log's place" --diff-report a.json a.json b.gor
kept "by another name" --diff-report link.json ./a.json b.gor
printf '$.mine\n' | tee rules.xml >was.rules.xml
kept "a report in its rules' place" --diff-report rules.xml --diff-rules ./rules.xml a.gor b.gor
printf '$.mine\n' | tee rules.txt >was.rules.txt
"$replay" --input-file a.gor --output-http http://127.0.0.1:9 --diff-rules rules.txt --diff-learn rules.txt >out 2>err
equal "learned rules in those rules' place" "2 1" "$? $(grep -c 'rules.txt: it is read too, as rules, which would be lost' err)"
same_file "the rules are as they were" was.rules.txt rules.txt
"$replay" --input-file 'a.json|200%' --output-http http://127.0.0.1:9 --diff-report a.json >out 2>err
equal "a report in its input's place" "2 1" "$? $(grep -c 'a.json: it is read too, as a log' err)"
refused "two reports in one file" 2 'two reports cannot be one file' diff --diff-report x.json --diff-report ./x.json a.gor b.gor
printf '{"format":"replay-verdict","version":1,"findings":[],"rules":[{"rule":"$.a sometimes","where":"r:1"}]}' >sometimes.json
refused "compare: a rule that nobody knows" 1 "the later run: r:1: '\$.a sometimes' is no rule" compare r.json sometimes.json
refused "compare: one file" 2 'two verdicts' compare r.json
refused "compare: no verdict" 1 'no verdict' compare a.gor r.json
equal "nothing is left of reports that were not written" "" "$(ls | grep 'html\.\|json\.\|xml\.')"

printf 'learned before\n' | tee learned.txt >was.learned.txt
"$replay" --speed max --input-file a.gor --output-http "http://127.0.0.1:$(free_port)" --diff-learn learned.txt >out 2>err
equal "nothing is learned from a target that is down" "1 1" "$? $(grep -c 'no rules were learned, and learned.txt was not written' err)"
same_file "and what was learned before is kept" was.learned.txt learned.txt

# --- ended by a signal ----------------------------------------------------------------------------------------------------------------------------
many() { # type of the answer, what differs
	awk -v type="$1" -v last="$2" -v sep="$sep" 'BEGIN {
		for (k = 0; k < 400; k++) body = body (k ? "," : "[") "{\"id\":" k ",\"p\":" k * 7 "}"
		body = body "," last "]"
		for (i = 0; i < 8000; i++) {
			id = sprintf("00000000000000ab%08d", i)
			printf "1 %s 17000000000%08d 0\nGET /many/%d HTTP/1.1\r\nHost: h\r\n\r\n%s", id, i, i, sep
			printf "%s %s 17000000000%08d 0\nHTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s%s", type, id, i, length(body), body, sep
		}
	}'
}
many 2 1 >many-a.gor
many 3 2 >many-b.gor
begun() { compgen -G 'ended.json.*' >/dev/null; }
"$replay" diff --diff-report ended.json many-a.gor many-b.gor >out 2>err &
pids+=($!)
if wait_for 10 begun; then
	kill -INT ${pids[-1]}
	wait ${pids[-1]}
	one_sentence "ended by a signal: status $?" 1 err interrupted
	equal "leaves no file behind" "" "$(compgen -G 'ended.json*')"
else
	skip "ended by a signal" "it had ended before"
fi

# --- a contract ------------------------------------------------------------------------------------------------------------------------------
printf 'GET /items/*: status 2xx\nGET /items/*: require $.price $.name\n' >contract.txt
"$replay" diff --json --expect contract.txt --diff-fail 0 b.gor b.gor --control replayed >contract.json
equal "a contract that is broken: exit status 3" 3 $?
printf 'GET /item/*: status 2xx\n' >misspelt.txt
"$replay" diff --expect misspelt.txt --diff-fail 0 a.gor a.gor --candidate recorded --by request >misspelt.out
check "a rule that is for nothing is told" grep -qx 'put to no answer: GET /item/\*: status 2xx' misspelt.out
equal "both its rules" "1 9" "$(jq -r '[.findings[] | select(.kind == "expect") | .differ] | sort | join(" ")' contract.json)"
