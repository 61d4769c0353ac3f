# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Keys and letters for the laboratory. Keys lie in $lab/keys, their records are
# appended to $lab/zone.

# make_key NAME SELECTOR DOMAIN: and its record in the zone.
make_key() {
	local record

	case $1 in
	rsa)
		openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$lab/keys/$3.rsa" 2>/dev/null
		record="v=DKIM1; k=rsa; p=$(openssl pkey -in "$lab/keys/$3.rsa" -pubout -outform DER | base64 -w0)"
		;;
	ed25519)
		openssl genpkey -algorithm ED25519 -out "$lab/keys/$3.ed25519"
		record="v=DKIM1; k=ed25519; p=$(openssl pkey -in "$lab/keys/$3.ed25519" -pubout -outform DER |
			tail -c 32 | base64 -w0)"
		;;
	esac
	# A character-string of DNS has at most 255 octets.
	echo "$2._domainkey.$3. TXT $(echo "$record" | fold -w 200 | sed 's/.*/"&"/' | tr '\n' ' ')" \
		>>"$lab/zone"
}

# letter FROM SUBJECT [FIELD...]: prints a message.
letter() {
	local from=$1 subject=$2
	shift 2

	[ $# -eq 0 ] || printf '%s\n' "$@"
	cat <<-END
		From: $from
		To: Ruth <ruth@example.org>
		Subject: $subject
		Date: $(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S +0000')
		Message-ID: <$RANDOM$RANDOM@demo.example>

		Hello Ruth,

		this is a letter of the demo.
	END
}

# sign ALGORITHM DOMAIN [SELECTOR]: signs the message on stdin.
sign() {
	"$top/contrib/demo/sign" "$1" "$2" "${3:-$1}" "$lab/keys/$2.$1"
}
