/**
 * One canonical path (threats 1.5 and 3.2): each class of confusion in several spellings. The API judges `/orders`, and what is
 * behind it may decode, merge and resolve as it likes: whatever has a second reading never arrives there.
 */
import { get, type HostileRow, pass, refuseOne, testRows } from '../support/hostile-rows.ts'

const invalid = (name: string, target: string): HostileRow => refuseOne(name, get('', target), 'request.path_invalid')
/** The same trick on an API that is open, at the protected one: the way the gateways of threats 1.5 fell. */
const climb = (name: string, up: string): HostileRow =>
  refuseOne(`${name}, from an open API into a protected one`, get('', `/free/${up}/orders/a`), 'request.path_invalid')

const DOTS: readonly (readonly [string, string])[] = [
  ['GHSA-p224-6x5r-fjpm, two dots', '..'],
  ['CVE-2026-42274, encoded dots', '%2e%2e'],
  ['CVE-2026-42274, encoded dots in capitals', '%2E%2E'],
  ['one dot encoded', '.%2e'],
  ['the other dot encoded', '%2e.'],
  ['GHSA-2q7r-29rg-6m5h, dots encoded twice', '%252e%252e'],
  ['dots encoded twice, one of them', '.%252e'],
  ['dots encoded three times', '%25252e%25252e'],
  ['dots with a backslash', '..\\'],
  ['dots with an encoded backslash', '..%5c'],
  ['dots with an encoded slash', '..%2f'],
  ['dots with an encoded slash in capitals', '..%2F'],
  ['dots with a parameter (Tomcat)', '..;'],
  ['dots with a parameter and a value', '..;a=b'],
  ['dots with an encoded parameter', '..%3b'],
  ['dots with a NUL', '..%00'],
  ['dots with a space', '..%20'],
  ['dots overlong in two bytes', '%c0%ae%c0%ae'],
  ['dots overlong in three bytes', '%e0%80%ae%e0%80%ae'],
  ['dots as %u002e', '%u002e%u002e'],
  ['dots with a carriage return', '..%0d'],
  ['dots with a tab', '.%09.'],
  ['dots with a delete', '..%7f'],
  ['dots with a percent sign', '..%25'],
  ['dots encoded half', '%2%65%2%65'],
]
/** `..%20` and `..%25` are names: they resolve to nothing anywhere, and pass as they are. */
const NAMES = ['..%20', '..%25']

testRows('a path that climbs', [
  ...DOTS.filter(([, up]) => !NAMES.includes(up)).map(([name, up]) => climb(name, up)),
  pass('two dots and a space are a name', get('', '/free/..%20/orders/a'), 'GET /free/..%20/orders/a'),
  pass('two dots and a percent sign are a name', get('', '/free/..%25/orders/a'), 'GET /free/..%25/orders/a'),
  pass('three dots are a name', get('', '/free/.../orders/a'), 'GET /free/.../orders/a'),
  invalid('at its end', '/orders/a/..'),
  invalid('at its start', '/../orders/a'),
  invalid('and comes back', '/free/../orders/../free/a'),
  invalid('by one dot, to nowhere', '/orders/./a'),
  invalid('by one dot at the end', '/orders/a/.'),
  invalid('by one encoded dot', '/orders/%2e/a'),
  invalid('by a dot alone', '/.'),
  invalid('by two dots alone', '/..'),
  invalid('before a query', '/orders/..?a=b'),
])

testRows('a separator in disguise', [
  invalid('CVE-2021-29492, %2f', '/orders%2fa'),
  invalid('CVE-2021-29492, %2F', '/orders%2Fa'),
  invalid('CVE-2021-31920, %5c', '/orders%5ca'),
  invalid('CVE-2021-31920, %5C', '/orders%5Ca'),
  invalid('a raw backslash', '/orders\\a'),
  invalid('a raw backslash in front', '/\\orders/a'),
  invalid('CVE-2025-66490, %3b', '/orders%3ba'),
  invalid('a raw semicolon', '/orders/a;v=1'),
  invalid('a semicolon in the base path', '/orders;x/a'),
  invalid('a semicolon at the end', '/orders/a;'),
  invalid('a session in a parameter', '/orders/a;jsessionid=1'),
  invalid('CVE-2026-34908, %00', '/orders/a%00'),
  invalid('%00 before a suffix', '/orders/a%00.json'),
  invalid('%2f encoded twice', '/orders%252fa'),
  invalid('%5c encoded twice', '/orders%255ca'),
  invalid('%3b encoded twice', '/orders%253ba'),
  invalid('%00 encoded twice', '/orders%2500a'),
  invalid('%2f encoded three times', '/orders%25252fa'),
  invalid('a slash overlong in two bytes', '/orders%c0%afa'),
  invalid('a slash overlong in three bytes', '/orders%e0%80%afa'),
  invalid('a slash overlong in four bytes', '/orders%f0%80%80%afa'),
  invalid('a backslash overlong', '/orders%c1%9ca'),
  invalid('a slash as %u2215', '/orders%u2215a'),
  invalid('a slash as %u002f', '/orders%u002fa'),
  invalid('an encoded dot in a name', '/orders/a%2ejson'),
  pass('a fullwidth slash is a letter', get('', '/orders/%ef%bc%8fa'), 'GET /orders/%EF%BC%8Fa'),
  pass('a division slash is a letter', get('', '/orders/%e2%88%95a'), 'GET /orders/%E2%88%95a'),
])

testRows('an empty segment', [
  invalid('CVE-2026-26205, two slashes inside', '/orders//a'),
  invalid('CVE-2021-29492, two slashes in front', '//orders/a'),
  invalid('three slashes in front', '///orders/a'),
  invalid('two slashes at the end', '/orders/a//'),
  invalid('two slashes alone', '//'),
  invalid('a host in front: a reference without a scheme', '//evil.test/orders/a'),
  invalid('a slash and an encoded slash', '/%2forders/a'),
  pass('one slash at the end is no empty segment', get('', '/orders/a/'), 'GET /orders/a/'),
])

testRows('an escape', [
  invalid('that is cut', '/orders/a%'),
  invalid('that is cut in the middle', '/orders/a%2'),
  invalid('without digits', '/orders/a%zz'),
  invalid('with one digit', '/orders/a%2g'),
  invalid('with a space', '/orders/a%2%20'),
  invalid('of a line end', '/orders/a%0d%0aX:%20y'),
  invalid('CVE-2018-12116, of a line feed', '/orders/a%0a'),
  invalid('of a carriage return', '/orders/a%0d'),
  invalid('of a line end encoded twice', '/orders/a%250d%250a'),
  invalid('of a tab', '/orders/a%09'),
  invalid('of an escape character', '/orders/a%1b'),
  invalid('of a delete', '/orders/a%7f'),
  invalid('of half a character', '/orders/a%e4'),
  invalid('of half a character with a letter behind it', '/orders/a%e4b'),
  invalid('of a lone continuation', '/orders/a%80'),
  invalid('of a surrogate', '/orders/a%ed%a0%80'),
  invalid('of what is beyond Unicode', '/orders/a%f5%80%80%80'),
  invalid('of %fe', '/orders/a%fe'),
  invalid('of %ff', '/orders/a%ff'),
  pass('of a letter is the letter', get('', '/%6frders/%61'), 'GET /orders/a'),
  pass('of a digit is the digit', get('', '/orders/%31'), 'GET /orders/1'),
  pass('of a tilde is the tilde', get('', '/orders/%7ea'), 'GET /orders/~a'),
  pass('of a space stays one', get('', '/orders/a%20b'), 'GET /orders/a%20b'),
  pass('of a question mark stays one', get('', '/orders/a%3fb'), 'GET /orders/a%3Fb'),
  pass('of a number sign stays one', get('', '/orders/a%23b'), 'GET /orders/a%23b'),
  pass('of a percent sign stays one', get('', '/orders/100%25'), 'GET /orders/100%25'),
  pass('of a letter of Unicode stays one', get('', '/orders/%c3%a9'), 'GET /orders/%C3%A9'),
  pass('of an at sign is the sign', get('', '/orders/a%40b'), 'GET /orders/a@b'),
])

const missing = (name: string, target: string): HostileRow => refuseOne(name, get('', target), 'route.not_found')

testRows('a prefix', [
  missing('CVE-2026-27587, in capitals is another path', '/ORDERS/a'),
  missing('in mixed case is another path', '/Orders/a'),
  missing('ends at a segment', '/ordersa'),
  missing('ends at a segment, whatever follows', '/orders.json'),
  missing('ends at a segment, with an at sign', '/orders@a'),
  missing('with a space behind it is another path', '/orders%20/a'),
  missing('with a letter of Unicode that folds to one of ours', '/order%c5%bf/a'),
  missing('and nothing else', '/'),
  missing('in the query is none', '/?/orders/a'),
  refuseOne('in another host', get('', '/hosted/a'), 'route.not_found'),
])
