#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What the completions of contrib/completion offer is what --help names, no more and no less.
build=$(cd "${top_builddir:-.}" && pwd)
folder=$(cd "${srcdir:-.}/contrib/completion" && pwd)
export LC_ALL=C
failed=0
count=0

complain() {
	echo "FAILED: $*"
	failed=$((failed + 1))
}

# The options of a help on standard input: what stands at the left, and "(also ...)".
options_of_help() {
	python3 -c 'import re, sys
found = set()
for line in sys.stdin:
    row = re.match(r"  (-[^\s,]+)(?:, (-\S+))?", line)
    found.update(word for word in (row.groups() if row else ()) if word)
    found.update(re.findall(r"\(also (-\S+)\)", line))
print(*sorted(re.sub(r"[,=[].*", "", word) for word in found), sep="\n")'
}

help_of() {
	case $1 in
	dmarcmilter) "$build/dmarcmilter" --help ;;
	check) "$build/dmarcmilter-check" --help ;;
	domain)
		"$build/dmarcmilter-check" domain --help
		"$build/dmarcmilter-check" domain --zone-template --help
		;;
	*) "$build/dmarcmilter-check" "$1" --help ;;
	esac
}

# same NAME EXPECTED FOUND
same() {
	count=$((count + 1))
	[ -n "$2" ] && [ "$2" = "$3" ] || complain "$1: $(diff <(echo "$2") <(echo "$3"))"
}

# --- bash: the functions themselves ---
# shellcheck source=/dev/null
. "$folder/dmarcmilter-check.bash"

# offer FUNCTION WORD...: what is offered for the last of them.
offer() {
	local function=$1
	shift
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	COMPREPLY=()
	"$function"
	[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}" | sort -u
}

for command in message domain log; do
	same "bash, $command" "$(help_of $command | options_of_help)" \
		"$(offer _dmarcmilter_check dmarcmilter-check $command -)"
done
same 'bash, dmarcmilter' "$(help_of dmarcmilter | options_of_help)" "$(offer _dmarcmilter dmarcmilter -)"
same 'bash, options of dmarcmilter-check' "$(help_of check | options_of_help)" "$(offer _dmarcmilter_check dmarcmilter-check -)"
same 'bash, commands' "$(help_of check | sed -n 's/.*dmarcmilter-check \([a-z]*\) .*/\1/p' | sort)" \
	"$(offer _dmarcmilter_check dmarcmilter-check '' | grep -v '^-')"
same 'bash, one command' log "$(offer _dmarcmilter_check dmarcmilter-check l)"
same 'bash, a choice' 'ed25519
rsa' "$(offer _dmarcmilter_check dmarcmilter-check domain --dkim-keygen '')"
same 'bash, a choice behind an equals sign' rsa "$(offer _dmarcmilter_check dmarcmilter-check domain --dkim-keygen = r)"
same 'bash, a choice behind a bare equals sign' 'none
quarantine
reject' "$(offer _dmarcmilter_check dmarcmilter-check domain --policy =)"
same 'bash, files' "$folder/_dmarcmilter" "$(offer _dmarcmilter_check dmarcmilter-check domain --zone "$folder/_dm")"
same 'bash, files of a message' "$folder/_dmarcmilter" "$(offer _dmarcmilter_check dmarcmilter-check message "$folder/_dm")"
count=$((count + 1))
[ -z "$(offer _dmarcmilter_check dmarcmilter-check log --from '')" ] || complain 'bash: something is offered for a domain'
complete -p dmarcmilter dmarcmilter-check >/dev/null || complain 'bash: the functions are not registered'

# --- zsh: the options of each function, and that zsh takes the file ---
options_of_zsh() {
	# shellcheck disable=SC2016
	python3 -c 'import re, sys
text = open(sys.argv[2], encoding="ascii").read()
body = re.search(r"^_dmarcmilter_%s\(\) \{$(.*?)^\}" % sys.argv[1], text, re.M | re.S)[1]
found = set()
for line in body.splitlines():
    several = re.search(r"\{(-[^}]*)\}", line)
    one = re.match(r"\s+[\x27\"]\*?(-[A-Za-z0-9-]+)", line)
    found.update(several[1].split(",") if several else [one[1].rstrip("-")] if one else [])
print(*sorted(found), sep="\n")' "$1" "$folder/_dmarcmilter"
}
for command in message domain log check; do
	same "zsh, $command" "$(help_of $command | options_of_help)" "$(options_of_zsh $command)"
done
same 'zsh, dmarcmilter' "$(help_of dmarcmilter | options_of_help)" "$(options_of_zsh daemon)"
if command -v zsh >/dev/null; then
	count=$((count + 2))
	zsh -n "$folder/_dmarcmilter" || complain 'zsh does not take the file'
	# shellcheck disable=SC2016
	found=$(zsh -f -c 'fpath=("$1" $fpath); autoload -Uz compinit; compinit -u -D
		print $_comps[dmarcmilter-check] $_comps[dmarcmilter]; autoload +X -Uz _dmarcmilter && print loaded' - "$folder")
	[ "$found" = '_dmarcmilter _dmarcmilter
loaded' ] || complain "zsh does not find the completion: $found"
else
	echo 'zsh is not here: its file was only read'
fi
echo "$count cases, $failed failed"
[ "$failed" -eq 0 ]
