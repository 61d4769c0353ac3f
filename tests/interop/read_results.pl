#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# What Mail::AuthenticationResults reads, in the form of tests/tools/read_results.
use strict;
use warnings;
use Mail::AuthenticationResults::Parser;

sub row {
	my ($kind, @parts) = @_;

	for (@parts) {
		$_ = '' unless defined;
		s/([\x00-\x1f\x7f\\])/sprintf '\x%02x', ord $1/ge;
	}
	print join("\t", $kind, @parts), "\n";
}

while (my $value = <STDIN>) {
	chomp $value;
	my $header = eval { Mail::AuthenticationResults::Parser->new->parse($value) };
	if (!$header) {
		print "malformed\n";
		next;
	}
	print "field\n";
	for my $entry (grep { ref =~ /::Entry$/ } @{ $header->children }) {
		my @properties = grep { ref =~ /::SubEntry$/ } @{ $entry->children };
		my ($reason) = map { $_->value } grep { lc $_->key eq 'reason' } @properties;

		row('result', lc $entry->key, lc $entry->value, $reason);
		for my $property (grep { lc $_->key ne 'reason' } @properties) {
			my ($ptype, $name) = split /\./, lc $property->key, 2;
			row('property', $ptype, $name, $property->value);
		}
	}
}
