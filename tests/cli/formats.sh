#!/usr/bin/env bash
# formats: every log form is written and read alike, GoReplay's own files are read, and the same capture gives the same bytes.
. "$(dirname "$0")/../support/e2e.sh"
need jq zstd gzip cmp
pcap=$fixtures/pcap/demo.pcap

convert() { "$replay" convert --quiet "$@" 2>&1; }

check "a capture becomes a native log" convert "$pcap" "$work/a.gor.zst"
check "and again" convert "$pcap" "$work/b.gor.zst"
same_file "the same capture twice gives the same bytes" "$work/a.gor.zst" "$work/b.gor.zst"
check "a capture becomes a plain log" convert "$pcap" "$work/a.gor"
check "a capture becomes a gzip log" convert "$pcap" "$work/a.gor.gz"
equal "the demo's capture holds 240 requests" 240 "$(json "$work/a.gor.zst" | jq -r 'select(.type == "request") | .id' | wc -l)"
equal "and 240 responses" 240 "$(json "$work/a.gor.zst" | jq -r 'select(.type == "response") | .id' | wc -l)"

check "zstd -t accepts the native log" zstd -qt "$work/a.gor.zst"
check "gzip -t accepts the gzip log" gzip -t "$work/a.gor.gz"
zstd -qdc "$work/a.gor.zst" >"$work/zstdcat"
same_file "zstdcat gives the plain log" "$work/a.gor" "$work/zstdcat"
gzip -dc "$work/a.gor.gz" >"$work/zcat"
same_file "zcat gives the plain log" "$work/a.gor" "$work/zcat"
equal "files are made 0600" "600 600 600" "$(stat -c %a "$work/a.gor" "$work/a.gor.gz" "$work/a.gor.zst" | xargs)"

json "$work/a.gor" >"$work/plain.json"
for form in a.gor.gz a.gor.zst; do
	json "$work/$form" >"$work/json"
	same_file "$form reads like the plain log" "$work/plain.json" "$work/json"
done
json "$pcap" >"$work/json"
same_file "the capture itself reads like its log" "$work/plain.json" "$work/json"
json - <"$work/a.gor.zst" >"$work/json"
same_file "a log from standard input reads the same" "$work/plain.json" "$work/json"
zstd -q "$work/a.gor" -o "$work/other.zst"
json "$work/other.zst" >"$work/json"
same_file "a plain .zst of a log reads the same" "$work/plain.json" "$work/json"
cp "$work/a.gor.zst" "$work/misnamed.txt"
json "$work/misnamed.txt" >"$work/json"
same_file "the form is told by the bytes, not by the name" "$work/plain.json" "$work/json"
convert "$work/a.gor.zst" - >"$work/stdout"
same_file "convert writes plain records to standard output" "$work/a.gor" "$work/stdout"
"$replay" convert --quiet - "$work/in.gor" <"$work/a.gor.gz"
same_file "convert reads a log from standard input" "$work/a.gor" "$work/in.gor"

# GoReplay's fields: type, id, time, latency; its readers ignore words after the fourth.
bad=$(grep -aE '^[123] [0-9a-f]{24} ' "$work/a.gor" | grep -avcE '^[12] [0-9a-f]{24} [0-9]{19} -?[0-9]+( |$)')
equal "every header line has GoReplay's four fields first" 0 "$bad"
equal "every record ends in GoReplay's separator" 480 "$(grep -ac '^🐵🙈🙉$' "$work/a.gor")"

# GoReplay's own form: no n=, three fields, 40-digit ids, a last record without its separator.
sep=$'\n🐵🙈🙉\n'
printf '%s%s' $'1 5e0a1f900000000000000001 1700000000000000000 0\nGET /one HTTP/1.1\r\nHost: a\r\n\r\n' "$sep" >"$work/gor"
printf '%s%s' $'2 5e0a1f900000000000000001 1700000000001000000 1000\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' "$sep" >>"$work/gor"
printf '%s%s' $'1 0123456789abcdef0123456789abcdef01234567 1700000000002000000\nPOST /two HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc' "$sep" >>"$work/gor"
printf '%s' $'1 5e0a1f900000000000000002 1700000000003000000 0\nGET /last HTTP/1.1\r\nHost: a\r\n\r\n' >>"$work/gor"
equal "GoReplay's form is read" "/one 200 /two /last" "$(json "$work/gor" | jq -r '.target // .status' | xargs)"
equal "a three-field header's record keeps its body" abc "$(json "$work/gor" | jq -r 'select(.target == "/two") | .body')"
equal "a 40-digit id is kept" 0123456789abcdef0123456789abcdef01234567 "$(json "$work/gor" | jq -r 'select(.target == "/two") | .id')"

# Part of the time.
first=$(jq -s '.[0].ts_ns' "$work/plain.json") last=$(jq -s '.[-1].ts_ns' "$work/plain.json")
jq -c "select(.ts_ns >= $first + 1000000000 and .ts_ns < $first + 1500000000)" "$work/plain.json" >"$work/expected"
jq -c . <(json --from +1s --to +1500ms "$work/a.gor.zst") >"$work/json"
same_file "--from and --to cut the time out of a native log" "$work/expected" "$work/json"
jq -c . <(json --from +1s --to +1500ms "$work/a.gor") >"$work/json"
same_file "and out of a plain one" "$work/expected" "$work/json"
equal "--from behind the end gives nothing" 0 "$(json --from "$((last + 1000))" "$work/a.gor.zst" 2>/dev/null | wc -l)"

# A capture that is damaged at its end gives what came before that, in time order too.
{ cat "$pcap"; printf '\377%.0s' {1..16}; } >"$work/damaged.pcap"
"$replay" --quiet --input-file "$work/damaged.pcap" --speed max --output-file "$work/before.gor" 2>"$work/err"
one_sentence "a damaged capture fails the run" $? "$work/err" 'damaged at byte'
same_file "behind all that came before the damage" <(json "$work/a.gor.zst") <(json "$work/before.gor")

# One capture in several files, as tcpdump -C and dumpcap -b write them: named in any order, some compressed.
od -An -v -tu1 -w1 "$pcap" | awk '{ b[NR - 1] = $1 }
	END { for (at = 24; at < NR; at += 16 + b[at + 8] + 256 * b[at + 9]) if (n++ % 90 == 0) print at; print NR }' >"$work/cuts"
mkdir "$work/set"
from= n=
while read -r at; do
	if [ -n "$from" ]; then
		{ head -c 24 "$pcap"; head -c "$at" "$pcap" | tail -c +$((from + 1)); } >"$work/set/cap$n"
		n=$((n + 1))
	fi
	from=$at
done <"$work/cuts"
files=("$work"/set/cap*)
equal "the demo's capture is cut into 12 files" 12 "${#files[@]}"
check "captures that follow each other are converted together" convert "${files[@]}" "$work/set.gor.zst"
same_file "and give byte for byte what the whole gives" "$work/a.gor.zst" "$work/set.gor.zst"
gzip "$work/set/cap3"
zstd -q --rm "$work/set/cap7"
"$replay" --quiet --input-file "$work/set/cap1*" --input-file "$work/set/cap[2-9]*" --input-file "$work/set/cap" --speed max --output-file "$work/set.gor"
"$replay" --quiet --input-file "$pcap" --speed max --output-file "$work/whole.gor"
same_file "some of them compressed, by patterns, in time order" "$work/whole.gor" "$work/set.gor"
port=$(jq -rs '.[0].dst' "$work/plain.json")
for f in "$work"/set/cap*; do set -- "$f:${port##*:}" "$@"; done
"$replay" --quiet --input-raw-engine pcap_file "${@/#/--input-raw=}" --output-file "$work/ports.gor"
same_file "named backwards with their ports, for GoReplay's sake" "$work/set.gor" "$work/ports.gor"
check "captures that overlap are converted together" convert "$pcap" "$work/set/cap" "$pcap" "$work/overlap.gor"
equal "each on its own" "$((2 * 480 + $(json "$work/set/cap" 2>/dev/null | wc -l)))" "$(json "$work/overlap.gor" | wc -l)"

# Nothing is overwritten by accident.
cp "$work/a.gor" "$work/kept.gor"
"$replay" convert --quiet "$pcap" "$work/kept.gor" 2>"$work/err"
one_sentence "an existing log is not overwritten" $? "$work/err" 'exist'
same_file "and stands as it was" "$work/a.gor" "$work/kept.gor"
check "--append goes on behind it" convert --append "$pcap" "$work/kept.gor"
equal "with every record twice" 960 "$(json "$work/kept.gor" | wc -l)"
cp "$work/a.gor.zst" "$work/kept.gor.zst"
check "--append goes on in a native log" convert --append "$pcap" "$work/kept.gor.zst"
equal "with every record twice there too" 960 "$(json "$work/kept.gor.zst" | wc -l)"
check "which zstd -t accepts" zstd -qt "$work/kept.gor.zst"
check "info reads it" "$replay" info "$work/kept.gor.zst"
check "info as JSON is JSON" jq -e . <("$replay" info --json "$work/a.gor.zst")
