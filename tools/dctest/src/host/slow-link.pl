#!/usr/bin/perl
# Passes all frames between two network interfaces, each held back for so many milliseconds: a long cable.
# packet(7). Offloaded segments and checksums pass as they are, with the header that the kernel puts before them
# (PACKET_VNET_HDR), so nothing need be switched off on the interfaces.
use strict;
use warnings;
use Socket;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

my ($one, $other, $milliseconds) = @ARGV;
my $delay = $milliseconds / 1000;
use constant { AF_PACKET => 17, ETH_P_ALL => 3, SOL_PACKET => 263, VNET_HDR => 15, IGNORE_OUTGOING => 23, RCVBUFFORCE => 33 };

sub interface {
	my ($name) = @_;
	my ($line) = grep { / \Q$name\E[:@]/ } `ip -o link show`;
	my ($index) = $line =~ /^(\d+):/ or die "no interface $name\n";
	socket(my $socket, AF_PACKET, SOCK_RAW, 0) or die "socket: $!\n";
	setsockopt($socket, SOL_PACKET, VNET_HDR, pack('i', 1)) or die "PACKET_VNET_HDR: $!\n";
	setsockopt($socket, SOL_PACKET, IGNORE_OUTGOING, pack('i', 1)) or die "PACKET_IGNORE_OUTGOING: $!\n";
	setsockopt($socket, SOL_SOCKET, RCVBUFFORCE, pack('i', 1 << 24)) or die "SO_RCVBUFFORCE: $!\n";
	bind($socket, pack('S n i S C C a8', AF_PACKET, ETH_P_ALL, $index, 0, 0, 0, '')) or die "bind: $!\n";
	return $socket;
}

my @sockets = (interface($one), interface($other));
my @held;
$| = 1;
print "ready\n";
for (;;) {
	my $left = @held ? $held[0][0] - clock_gettime(CLOCK_MONOTONIC) : undef;
	my $readable = '';
	vec($readable, fileno($_), 1) = 1 for @sockets;
	$left = 0 if defined $left && $left < 0;
	select($readable, undef, undef, $left);
	my $now = clock_gettime(CLOCK_MONOTONIC);
	for my $side (0, 1) {
		next unless vec($readable, fileno($sockets[$side]), 1);
		defined recv($sockets[$side], my $frame, 1 << 17, 0) or die "recv: $!\n";
		push @held, [$now + $delay, $sockets[1 - $side], $frame];
	}
	while (@held && $held[0][0] <= $now) {
		my (undef, $socket, $frame) = @{shift @held};
		# What does not fit is lost, as on any network.
		send($socket, $frame, 0);
	}
}
