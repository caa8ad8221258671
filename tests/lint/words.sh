#!/bin/sh
# SPDX-License-Identifier: MIT
# words.sh <source folder>: marks of unfinished work, private paths, missing licence lines, long
# lines, tabs and links to no file are errors; files beyond 600 lines are only named.
set -eu
cd "$1"
failed=0
marks='TO''DO|FIX''ME|X''XX'
private='(^|[^A-Za-z0-9_.$}])/wor''k([^a-z]|$)'

# files <find expression>: ours, not what was built
files()
{
    find . \( -name .git -o -path ./build -o -path ./shared \) -prune -o -type f "$@" -print | sort
}

complain()
{
    if [ -n "$1" ]; then
        echo "$1"
        echo "^ $2"
        failed=1
    fi
}

sources=$(files \( -name '*.[ch]' -o -name '*.cmake' -o -name CMakeLists.txt -o -name '*.sh' \
    -o -path ./tests/run -o -path ./.ci/run \))
everything=$(files ! -name '*.csr' ! -name '*.gz')

complain "$(grep -nE "\\b($marks)\\b" $everything /dev/null || true)" "marks of unfinished work"
complain "$(grep -nE "$private" $everything /dev/null || true)" "paths of one machine"
complain "$(grep -nE '^.{101,}' $sources /dev/null || true)" "lines of more than 100 columns"
complain "$(grep -nP '^ *\t' $(files -name '*.[ch]') /dev/null || true)" "tabs"
complain "$(awk 'FNR == 1 { if (name != "" && !there) print name; name = FILENAME; there = 0 }
    FNR <= 2 && /SPDX-License-Identifier: MIT/ { there = 1 }
    FNR == 2 { nextfile }
    END { if (!there) print name }' $sources)" "no SPDX line at the top"
complain "$(for folder in runtime runtime/base runtime/os runtime/device runtime/policy \
    runtime/trace runtime/core runtime/replay runtime/model runtime/platform runtime/heap kernels \
    samples bench tests; do
    [ ! -d $folder ] || [ -f $folder/README.md ] || echo "$folder"
done)" "a folder without a README.md"

complain "$(grep -noE '\]\([^)#:]+' $(files -name '*.md') | while IFS=: read -r file line link; do
    [ -e "$(dirname "$file")/${link#??}" ] || echo "$file:$line: ${link#??}"
done)" "links to no file"

wc -l $(files -name '*.[ch]') | awk '$1 > 600 && $2 != "total" {
    print "warning: " $2 " has " $1 " lines: does it hold two nouns?" }'
exit $failed
