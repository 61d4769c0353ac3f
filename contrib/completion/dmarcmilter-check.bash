# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Completion for bash: dmarcmilter and dmarcmilter-check. Installed under both names.

# What stands before the word that is typed; "--option=" is split at the equals sign.
_dmarcmilter_previous() {
	local position=$COMP_CWORD

	[ "${COMP_WORDS[position]}" = = ] || [ "${COMP_WORDS[position - 1]}" != = ] || position=$((position - 1))
	echo "${COMP_WORDS[position - 1]}"
}

# _dmarcmilter_offer WORDS: those that begin as the word that is typed.
_dmarcmilter_offer() {
	local word=${COMP_WORDS[COMP_CWORD]}

	[ "$word" != = ] || word=
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$word")
}

_dmarcmilter_files() {
	local word=${COMP_WORDS[COMP_CWORD]}

	[ "$word" != = ] || word=
	mapfile -t COMPREPLY < <(compgen -f -- "$word")
}

_dmarcmilter_check() {
	local options
	COMPREPLY=()

	if [ "$COMP_CWORD" -eq 1 ]; then
		_dmarcmilter_offer 'message domain log --help --version -h -V'
		return
	fi
	case $(_dmarcmilter_previous) in
	-c | --config | --zone | --record | --replay | --message | --key | --out)
		_dmarcmilter_files
		return
		;;
	--dkim-keygen)
		_dmarcmilter_offer 'rsa ed25519'
		return
		;;
	--policy)
		_dmarcmilter_offer 'none quarantine reject'
		return
		;;
	--since)
		_dmarcmilter_offer '1h 24h 7d 30d'
		return
		;;
	--authserv-id | --client | --clock | --daemon-name | --dnsbl | --from | --helo | --host-name | \
		--ip | --name | --nameserver | --ns | --queue-id | --rcpt | --reports | --selector | --top)
		return
		;;
	esac
	case ${COMP_WORDS[1]} in
	message)
		options='--client --helo --from --rcpt --authenticated --tls --daemon-name --host-name --queue-id
			--smtputf8 -c --authserv-id --clock --zone --record --replay --wire --json -v -h --help'
		;;
	domain)
		options='--ip --helo --selector --message --dnsbl -c --config --nameserver --zone --json -v --verbose
			-h --help --zone-template --ns --key --policy --reports --dkim-keygen --out'
		;;
	log)
		options='--from --client --summary --since --journal --name --top --json -h --help'
		;;
	*)
		return
		;;
	esac
	case ${COMP_WORDS[COMP_CWORD]} in
	-*) _dmarcmilter_offer "$options" ;;
	*) [ "${COMP_WORDS[1]}" = domain ] || _dmarcmilter_files ;;
	esac
}

_dmarcmilter() {
	COMPREPLY=()
	case $(_dmarcmilter_previous) in
	-c)
		_dmarcmilter_files
		return
		;;
	esac
	case ${COMP_WORDS[COMP_CWORD]} in
	-*) _dmarcmilter_offer '-c -f -n -C --explain-rules -V --version -h --help --health --migrate' ;;
	*) _dmarcmilter_files ;;
	esac
}

complete -o filenames -F _dmarcmilter_check dmarcmilter-check
complete -o filenames -F _dmarcmilter dmarcmilter
