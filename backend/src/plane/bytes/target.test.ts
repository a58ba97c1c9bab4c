import { describe, expect, it } from 'vitest'

import { isHostField, parseTarget, type Target } from './target.ts'

const plain = (host: string, port: number, authority: string, url: string, path: string): Target => ({
  kind: 'plain',
  host,
  port,
  authority,
  url,
  path,
})
const tunnel = (host: string, port: number): Target => ({ kind: 'tunnel', host, port })
const longest = 'n'.repeat(255)

describe('the target of a request', () => {
  it.each<[string, string, Target]>([
    ['a URL', 'http://a.test/b?c=d', plain('a.test', 80, 'a.test', 'http://a.test/b?c=d', '/b?c=d')],
    ['one with a port', 'http://a.test:81/', plain('a.test', 81, 'a.test:81', 'http://a.test:81/', '/')],
    ['one with an empty port', 'http://a.test:/', plain('a.test', 80, 'a.test:', 'http://a.test:/', '/')],
    ['one without a path', 'http://a.test', plain('a.test', 80, 'a.test', 'http://a.test/', '/')],
    ['one with a question alone', 'http://a.test?b', plain('a.test', 80, 'a.test', 'http://a.test/?b', '/?b')],
    ['one in capitals', 'HTTP://A.Test/', plain('A.Test', 80, 'A.Test', 'HTTP://A.Test/', '/')],
    [
      'one with a path to be left alone',
      'http://a/b/../%7e//é',
      plain('a', 80, 'a', 'http://a/b/../%7e//é', '/b/../%7e//é'),
    ],
    ['one with a URL in it', 'http://a/http://b/', plain('a', 80, 'a', 'http://a/http://b/', '/http://b/')],
    ['IPv4', 'http://192.0.2.1/', plain('192.0.2.1', 80, '192.0.2.1', 'http://192.0.2.1/', '/')],
    [
      'IPv6',
      'http://[2001:db8::1]:8080/',
      plain('2001:db8::1', 8080, '[2001:db8::1]:8080', 'http://[2001:db8::1]:8080/', '/'),
    ],
    ['a host with a percent form', 'http://a%2Db/', plain('a%2Db', 80, 'a%2Db', 'http://a%2Db/', '/')],
    ['a host with - . _ and ~', 'http://-a_b.~/', plain('-a_b.~', 80, '-a_b.~', 'http://-a_b.~/', '/')],
    ['a name of 255', `http://${longest}/`, plain(longest, 80, longest, `http://${longest}/`, '/')],
    ['a path alone', '/b?c', { kind: 'site' }],
    ['a path that looks like a host', '//a.test/', { kind: 'site' }],
  ])('%s', (_, text, expected) => {
    expect(parseTarget('GET', text)).toEqual(expected)
  })

  it.each<[string, string, Target]>([
    ['the server as a whole', 'http://a.test', plain('a.test', 80, 'a.test', 'http://a.test', '*')],
    ['a path on it', 'http://a.test/b', plain('a.test', 80, 'a.test', 'http://a.test/b', '/b')],
  ])('of OPTIONS is %s', (_, text, expected) => {
    expect(parseTarget('OPTIONS', text)).toEqual(expected)
  })

  it.each<[string, string, Target]>([
    ['host and port', 'a.test:443', tunnel('a.test', 443)],
    ['IPv4', '192.0.2.1:1', tunnel('192.0.2.1', 1)],
    ['IPv6', '[2001:db8::1]:65535', tunnel('2001:db8::1', 65_535)],
    ['a name of 255', `${longest}:443`, tunnel(longest, 443)],
  ])('of CONNECT is %s', (_, text, expected) => {
    expect(parseTarget('CONNECT', text)).toEqual(expected)
  })

  it.each<[string, string, RegExp]>([
    ['https', 'https://a.test/', /CONNECT/],
    ['another scheme', 'ftp://a.test/', /full http:/],
    ['no host', 'http:///b', /full http:/],
    ['a star', '*', /full http:/],
    ['host and port', 'a.test:80', /full http:/],
    ['a fragment', 'http://a.test/#b', /full http:/],
    ['a user name', 'http://me:secret@a.test/', /User name and password/],
    ['a quote in the host', 'http://a"b/', /host is malformed/],
    ['a semicolon', 'http://a;b/', /host is malformed/],
    ['a comma', 'http://a,b/', /host is malformed/],
    ['a raw byte', 'http://\xe9.test/', /host is malformed/],
    ['A0 at its end', 'http://a.test\xa0/', /host is malformed/],
    ['a backslash', 'http://a\\b/', /host is malformed/],
    ['a percent sign that is no percent form', 'http://a%zz/', /host is malformed/],
    ['half a percent form', 'http://a%4/', /host is malformed/],
    ['two ports', 'http://a:1:2/', /host is malformed/],
    ['six digits of a port', 'http://a:000080/', /host is malformed/],
    ['a port too high', 'http://a:65536/', /1 to 65535/],
    ['port 0', 'http://a:0/', /1 to 65535/],
    ['IPv6 without brackets', 'http://2001:db8::1/', /host is malformed/],
    ['no address in brackets', 'http://[1:2]/', /no IPv6/],
    ['IPv4 in brackets', 'http://[192.0.2.1]/', /no IPv6/],
    ['a zone in brackets', 'http://[fe80::1%25eth0]/', /host is malformed/],
    ['a name of 256', `http://n${longest}/`, /longer than 255/],
  ])('is not %s', (_, text, expected) => {
    expect(parseTarget('GET', text)).toMatch(expected)
  })

  it.each<[string, string]>([
    ['a host alone', 'a.test'],
    ['an empty port', 'a.test:'],
    ['a URL', 'http://a.test:80'],
    ['a path', '/a:80'],
    ['a user name', 'me@a.test:443'],
    ['a quote', 'a":443'],
    ['port 0', 'a:0'],
    ['a port too high', 'a:65536'],
    ['a port alone', ':443'],
    ['a blank of HTML', 'a\xa0:443'],
    ['IPv6 without brackets', '2001:db8::1:443'],
    ['a name of 256', `n${longest}:443`],
  ])('of CONNECT is not %s', (_, text) => {
    expect(parseTarget('CONNECT', text)).toMatch(/^CONNECT needs a target/)
  })
})

describe('a Host field', () => {
  it.each<[string, boolean]>([
    ['a.test', true],
    ['a.test:8080', true],
    ['a.test:', true],
    ['192.0.2.1', true],
    ['[2001:db8::1]:80', true],
    ['a%2Db', true],
    ['', false],
    ['me@a.test', false],
    ['a.test/b', false],
    ['a.test, b.test', false],
    ['a.test b.test', false],
    ['a.test?b', false],
    ['http://a.test', false],
    ['a.test:80:80', false],
    ['a.test:http', false],
    ['a.test\xa0', false],
    ['2001:db8::1', false],
    ['a%', false],
  ])('may be %j: %s', (text, expected) => {
    expect(isHostField(text)).toBe(expected)
  })
})
