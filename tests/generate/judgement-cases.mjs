// Asks the reference packages what they say, and writes the answers down as data.
//
//   node tests/generate/judgement-cases.mjs tests/node/node_modules [<folder of recorded gateway cases>]
//
// Writes validate-cases.json and shape-cases.json into tests/data. A case has `schema`, `instance` and `expected`
// (the list of output units, or "throws"); where we deliberately answer otherwise it has `deviation` (why) and
// `ours` (what we answer: a list, or "broken").

import { createRequire } from 'node:module';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const modules = resolve(process.argv[2]);
const recorded = process.argv[3] && resolve(process.argv[3]);
const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(join(modules, 'noop.js'));
const { Validator } = await import(join(modules, '@cfworker/json-schema/dist/index.js'));
const sdk = require('@lobehub/chat-plugin-sdk');

// Numbers by chance, but the same ones each time.
let state = 20240607;
const random = (below) => { state = (state * 1103515245 + 12345) % 2147483648; return Math.floor((state / 2147483648) * below); };
const choose = (list) => list[random(list.length)];
const validateCases = [];
const seen = new Set();

function ask(schema, instance) {
  try {
    const { valid, errors } = new Validator(structuredClone(schema)).validate(structuredClone(instance));
    return valid ? [] : errors;
  } catch (error) {
    return 'throws';
  }
}

function add(group, schema, instance, extra = {}) {
  const key = JSON.stringify([schema, instance]);
  if (seen.has(key)) return;
  seen.add(key);
  // Texts are kept, because a value that went through a parser has lost its spelling.
  const expected = ask(JSON.parse(JSON.stringify(schema)), JSON.parse(JSON.stringify(instance)));
  validateCases.push({ group, schema, instance, expected, ...extra });
}

// A thrown error becomes a `broken` answer or, where the keyword is simply dropped, a given list.
function deviate(group, schema, instance, ours, deviation) {
  add(group, schema, instance, { deviation, ours });
}

const VALUES = [
  null, true, false, 0, 1, -1, 1.5, 3, 5, 10, 100, 1e21, 9007199254740993, '', 'a', 'abc', 'a b', '😀', '😀😀', '12', 'toString',
  [], [1], [1, 2], [1, 'a'], ['a', 'b', 'c'], [1, 1], [[], {}], [{}, []], [{ a: 1 }, { a: 1 }], [null, null], [1, 2, 3, 4, 5],
  {}, { a: 1 }, { a: 'x' }, { b: 2, a: 1 }, { a: null }, { a: 1, b: 'x', c: [1] }, { c: true }, { 'a/b~c d': 1 }, { 'ü"%{}^': 1 },
  { z: 1, 2: 'two', 1: 'one' }, { a: { a: { a: 1 } } }, { foo: 1, bar: 2, baz: 3 },
];

const SCHEMAS = {
  boolean: [true, false, {}, { properties: { a: false } }, { items: false }, { not: true }],
  type: ['string', 'number', 'integer', 'boolean', 'null', 'array', 'object', 'any', 'file', ['string', 'null'], ['integer', 'object'], [], ['strange'], 5, true, null, {}, [1, null, 'string']].map((type) => ({ type })),
  const: [null, 1, 'a', true, [], {}, [1, 2], { a: 1 }, { b: 2, a: 1 }, 1e21, 'ü"\n\u2028', 0.1, [[], {}]].map((value) => ({ const: value })),
  enum: [[], [1, 'a', null], ['a', 'abc'], [[1], { a: 1 }], [true], [[]], [{}], [9007199254740992], [1.0, 1.5e-7, 1e-7, 123456789012345680000], [{ 2: 1, 1: 2, a: 3 }]].map((value) => ({ enum: value })),
  not: [{ not: { type: 'string' } }, { not: {} }, { not: { required: ['a'] } }, { not: { not: { type: 'number' } } }],
  anyOf: [
    { anyOf: [{ type: 'string' }, { type: 'number' }] }, { anyOf: [] }, { anyOf: [{ minimum: 3 }, { type: 'string', minLength: 2 }] },
    { anyOf: [{ properties: { a: { type: 'string' } }, required: ['a'] }, { type: 'array', items: { type: 'string' } }] }, { anyOf: {} }, { anyOf: 'x' }, { anyOf: '' }, { anyOf: 3 },
  ],
  allOf: [
    { allOf: [{ type: 'string' }, { minLength: 2 }] }, { allOf: [] }, { allOf: [{ minimum: 3 }, { maximum: 5 }, { multipleOf: 2 }] },
    { allOf: [{ required: ['a'] }, { required: ['b'] }] }, { allOf: {} }, { allOf: 7 },
  ],
  oneOf: [
    { oneOf: [{ type: 'string' }, { type: 'number' }] }, { oneOf: [] }, { oneOf: [{ type: 'number' }, { type: 'integer' }] },
    { oneOf: [{ required: ['a'] }, { required: ['b'] }, { required: ['c'] }] },
  ],
  condition: [
    { if: { type: 'string' }, then: { minLength: 2 }, else: { type: 'object' } }, { if: { properties: { a: { const: 1 } } }, then: { required: ['b'] } },
    { if: { type: 'number' }, else: false }, { then: false, else: false }, { if: true, then: { type: 'array' } }, { if: false, else: { type: 'array' } },
  ],
  required: [{ required: ['a'] }, { required: ['a', 'b', 'c"d'] }, { required: [] }, { required: 'ab' }, { required: [1, 2] }],
  properties: [
    { properties: { a: { type: 'number' }, b: { type: 'number' } } }, { properties: { a: { type: 'string' }, b: { type: 'number' }, c: { type: 'string' } } },
    { properties: { c: { type: 'string' }, b: { type: 'boolean' }, a: { type: 'string' } } }, { properties: { 'a/b~c d': { type: 'string' }, 'ü"%{}^': { type: 'string' } } },
    { properties: { z: { type: 'string' }, 2: { type: 'number' }, 1: { type: 'number' } } }, { properties: { a: { properties: { a: { properties: { a: { type: 'string' } } } } } } },
    { properties: [{ type: 'string' }], type: 'array' }, { properties: 5 }, { required: ['x', 'y'], properties: { a: { type: 'string' } } },
  ],
  patternProperties: [
    { patternProperties: { '^[ab]$': { type: 'string' } } }, { patternProperties: { '.': { type: 'number' }, a: { minimum: 2 } } },
    { patternProperties: { '^\\d$': { type: 'number' } }, additionalProperties: false }, { properties: { a: {} }, patternProperties: { '^b': {} }, additionalProperties: false },
    { properties: { a: { type: 'string' } }, patternProperties: { b: false }, additionalProperties: false },
  ],
  additionalProperties: [
    { additionalProperties: false }, { properties: { a: {} }, additionalProperties: false }, { additionalProperties: { type: 'number' } },
    { properties: { a: {}, b: {} }, additionalProperties: { type: 'string' } }, { properties: { a: { type: 'null' } }, additionalProperties: false },
  ],
  propertyNames: [{ propertyNames: { minLength: 2 } }, { propertyNames: { pattern: '^[a-b]$' } }, { propertyNames: false }, { propertyNames: { enum: ['a', 'b'] } }],
  dependencies: [
    { dependencies: { a: ['b'] } }, { dependencies: { a: { required: ['b', 'c'] }, b: ['c'] } }, { dependencies: { a: 'b' } }, { dependencies: { a: false } },
    { dependentRequired: { a: ['b', 'z'] } }, { dependentRequired: { a: [], b: ['a'] } }, { dependentRequired: { a: 'b' } },
    { dependentSchemas: { a: { required: ['b'] } } }, { dependentSchemas: { a: { properties: { b: { type: 'string' } } }, 'a/b~c d': false } },
  ],
  counts: [
    { minProperties: 2 }, { maxProperties: 1 }, { minProperties: '2' }, { maxProperties: null }, { minItems: 2 }, { maxItems: 1 }, { minItems: 1.5, maxItems: 1.5 },
    { minLength: 2 }, { maxLength: 1 }, { minLength: '3' }, { maxLength: 0.5 }, { minLength: [2] }, { minItems: {} }, { maxProperties: true },
  ],
  items: [
    { items: { type: 'number' } }, { items: [{ type: 'number' }, { type: 'string' }] }, { items: [{ type: 'number' }], additionalItems: false },
    { items: [{}], additionalItems: { type: 'number' } }, { additionalItems: false }, { items: { type: 'number' }, additionalItems: false }, { items: [] }, { items: [], additionalItems: { type: 'string' } },
    { prefixItems: [{ type: 'number' }, { type: 'number' }] }, { prefixItems: [{ type: 'number' }], items: { type: 'string' } }, { prefixItems: [{}], items: false },
    { items: { items: { type: 'string' } } }, { items: 'x' }, { items: [{ type: 'string' }, { type: 'string' }], minItems: 3 }, { prefixItems: [{ type: 'string' }], items: [{}, { type: 'string' }], additionalItems: { maximum: 3 } },
  ],
  contains: [
    { contains: { type: 'string' } }, { contains: { type: 'number' }, minContains: 2 }, { contains: { type: 'number' }, maxContains: 1 }, { contains: { const: 1 }, minContains: 0 },
    { contains: { type: 'string' }, minContains: 1, maxContains: 2 }, { contains: true, maxContains: 2 }, { contains: false }, { minContains: 2 }, { contains: { minimum: 2 }, minContains: '2' }, { contains: { minimum: 2 }, minContains: 'x' },
  ],
  uniqueItems: [{ uniqueItems: true }, { uniqueItems: false }, { uniqueItems: 1 }, { uniqueItems: '' }],
  unevaluated: [
    { unevaluatedItems: false }, { items: [{}], unevaluatedItems: false }, { items: [{ type: 'number' }], unevaluatedItems: { type: 'string' } }, { prefixItems: [{}], unevaluatedItems: { type: 'number' } },
    { allOf: [{ items: [{}, {}] }], unevaluatedItems: false }, { anyOf: [{ items: [{ const: 1 }] }, { items: [{}, { const: 'a' }] }], unevaluatedItems: false }, { contains: { const: 2 }, unevaluatedItems: { const: 1 } },
    { unevaluatedProperties: false }, { properties: { a: {} }, unevaluatedProperties: false }, { allOf: [{ properties: { a: {} } }], properties: { b: {} }, unevaluatedProperties: false },
    { anyOf: [{ properties: { a: { const: 1 } }, required: ['a'] }, { properties: { b: {} }, required: ['b'] }], unevaluatedProperties: { type: 'string' } },
    { if: { properties: { a: { const: 1 } }, required: ['a'] }, then: { properties: { b: {} } }, else: { properties: { c: {} } }, unevaluatedProperties: false },
    { $defs: { x: { properties: { a: {} } } }, $ref: '#/$defs/x', unevaluatedProperties: false }, { dependentSchemas: { a: { properties: { b: {} } } }, properties: { a: {} }, unevaluatedProperties: false },
    { patternProperties: { '^f': {} }, additionalProperties: { type: 'number' }, unevaluatedProperties: false }, { not: { properties: { a: {} } }, unevaluatedProperties: false },
    { oneOf: [{ properties: { a: {} }, unevaluatedProperties: false }, { required: ['c'] }], unevaluatedProperties: false }, { properties: { a: { type: 'string' } }, unevaluatedProperties: false },
    { properties: { a: {} }, allOf: [{ unevaluatedProperties: true }, { unevaluatedProperties: false }] }, { additionalProperties: {}, allOf: [{ properties: { a: {} }, unevaluatedProperties: false }] },
  ],
  numbers: [
    { minimum: 3 }, { maximum: 3 }, { exclusiveMinimum: 3 }, { exclusiveMaximum: 3 }, { exclusiveMinimum: true, minimum: 3 }, { exclusiveMaximum: true, maximum: 3 }, { exclusiveMinimum: false },
    { minimum: '5' }, { maximum: null }, { minimum: [5] }, { minimum: {} }, { minimum: 'x' }, { multipleOf: 2 }, { multipleOf: 0.1 }, { multipleOf: 0 }, { multipleOf: '3' }, { multipleOf: -2 }, { minimum: 1e21, maximum: 1.5e-7 },
    { minimum: 9007199254740993 }, { maximum: 0.1, type: 'integer' },
  ],
  ignored: [
    { title: 5, description: null, default: 1, examples: 3, unknown: { type: 'string' } }, { format: 'phone' }, { format: 5 }, { nullable: true }, { $comment: 1 },
    { $schema: 'http://json-schema.org/draft-04/schema#', type: 'string' }, { $schema: 'https://json-schema.org/draft/2020-12/schema', items: [{ type: 'string' }] },
  ],
};
for (const [group, schemas] of Object.entries(SCHEMAS)) {
  for (const schema of schemas) {
    // All values, but of those that pass only a few: the failing ones say more.
    const failing = VALUES.filter((value) => ask(schema, value).length > 0);
    const passing = VALUES.filter((value) => ask(schema, value).length === 0);
    const pick = (list, count) => list.filter((_, index) => index % Math.ceil(list.length / count) === 0);
    for (const value of [...pick(failing, 9), ...pick(passing, 4)]) add(group, schema, value);
  }
}

// References.
const REFERENCES = [
  { $defs: { s: { type: 'string' } }, $ref: '#/$defs/s' },
  { definitions: { s: { type: 'string' } }, properties: { a: { $ref: '#/definitions/s' }, b: { $ref: '#/definitions/s', minLength: 3 } } },
  { properties: { a: { $ref: '#' } }, type: 'object' },
  { $defs: { n: { $anchor: 'num', type: 'number' } }, properties: { a: { $ref: '#num' } } },
  { $id: 'http://example.com/root.json', $defs: { x: { $id: 'x.json', type: 'string', $defs: { y: { type: 'boolean' } } } }, properties: { a: { $ref: 'x.json' }, b: { $ref: 'http://example.com/x.json#/$defs/y' } } },
  { $defs: { 'a b/c~d%e': { type: 'string' } }, properties: { a: { $ref: '#/$defs/a%20b~1c~0d%25e' } } },
  { $defs: { 'ü': { type: 'string' } }, properties: { a: { $ref: '#/$defs/ü' } } },
  { $ref: '#/$defs/t', $defs: { t: { properties: { a: { $ref: '#/$defs/t' } }, additionalProperties: false } } },
  { $id: '#foo', properties: { a: { $ref: '#foo' }, b: { type: 'string' } } },
  { properties: { a: { items: { type: 'string' } }, c: { $ref: '#/properties/a' } } },
  { 'x-stuff': { q: { type: 'string' } }, properties: { a: { $ref: '#/x-stuff/q' } } },
  { anyOf: [{ type: 'string' }, { $ref: '#/anyOf/0' }] },
  { $recursiveAnchor: true, type: ['object', 'number'], additionalProperties: { $recursiveRef: '#' } },
  { type: ['object', 'number'], properties: { a: { $recursiveRef: '#' } }, required: ['a'] },
  { $defs: { t: { $recursiveAnchor: true, properties: { a: { $recursiveRef: '#' } }, maxProperties: 1 } }, allOf: [{ $ref: '#/$defs/t' }] },
  { $defs: { t: { $id: 'tree', $recursiveAnchor: true, properties: { a: { $recursiveRef: '#' } } } }, $recursiveAnchor: true, $ref: 'tree', unevaluatedProperties: false },
  { $defs: { t: { type: 'string' } }, $ref: '#/$defs/t', type: 'number' },
  { dependencies: { a: { $ref: '#/dependencies/b' }, b: { required: ['c'] } } },
  { id: 'http://example.com/old', definitions: { s: { type: 'string' } }, properties: { a: { $ref: 'old#/definitions/s' } } },
];
for (const schema of REFERENCES) for (const value of VALUES) if (ask(schema, value).length > 0 || JSON.stringify(value).length < 12) add('reference', schema, value);

// Patterns.
const TEXTS = ['', 'a', 'abc', 'ABC', 'a1_', 'a-b', '12', '٣', 'é', '😀', '\n', 'a\n', '\u2028', '\u00a0', '\ufeff', '\u0085', 'foo bar', 'aab', 'aa', '2024-01-01', 'x@y.z', '中文', '\\', '/', ']', 'ſ', 'K', '\u0001', '-', 'a b'];
const PATTERNS = [
  '^a', 'a$', '^[a-z]+$', '^[^a-z]+$', '\\d', '\\D', '^\\w+$', '\\W', '\\s', '^\\S+$', '\\bfoo\\b', '\\Bo', '.', '^.$', '^..$', '^(a|b)+c?$', '^(?:a){2}', 'a{1,2}b', '^a{2,}$', '[\\w-]', '[\\d\\s]', '[^\\S]', '[]', '[^]', '\\/', '[/]',
  '\\u{1F600}', '\\uD83D\\uDE00', '[\\uD83D\\uDE00]', '^[\\u4e00-\\u9fa5]+$', '\\uD83D', '[\\uD800-\\uDFFF]', '\\x41', '\\cA', '\\0', '[\\b]', '\\p{L}', '\\P{L}', '[\\p{Lu}\\d]', '\\p{Script=Han}', '\\p{Script_Extensions=Latin}', '\\p{Emoji}', '\\p{gc=Nd}', '\\p{ASCII}',
  '^(?=.*\\d)(?=.*[a-z]).+$', '^(?!a)', '(?<=a)b', '(?<!a)b', '(a)\\1', '(?<x>a)\\k<x>', '^(?:(a)|b)\\1c?', '[a&&b]', '[+--]', '[[]', '[~~a]', '^[\\-\\]]$', '\\.', '[.]', '#', 'a b', '(?<=^|\\b)a', '\\t|\\v|\\f|\\r|\\n', '^$', '(?:)', '\\b', '^\\d{4}-\\d{2}-\\d{2}$', '^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$', '[\\]a]', '^\\p{Lu}', '[\\cA]', '[a-\\u{10FFFF}]', '(?=a)\\ba\\b', '(?!a)\\B',
];
for (const pattern of PATTERNS) for (const text of TEXTS.filter((_, i, all) => (i + pattern.length) % 2 === 0 || ask({ pattern }, all[i]).length === 0).slice(0, 14)) add('pattern', { pattern }, text);
add('pattern', { pattern: 5 }, '15'); add('pattern', { pattern: ['a'] }, 'b'); add('pattern', { pattern: null }, 'null'); add('pattern', { pattern: {} }, 'b'); add('pattern', { pattern: 'a' }, 5);

// Formats.
const FORMATS = {
  date: ['2024-01-01', '2024-02-30', '2024-13-01', '2024-19-39', '2024-1-1', '24-01-01', '2024-01-01 ', '٢٠٢٤-01-01', '', '2024-01-41'],
  time: ['12:00:00', '12:00:00Z', '12:00:00z', '12:00:00.123+01:00', '12:00:00+0100', '12:00:00+01', '29:00:00', '23:59:60', '22:59:60', '12:60:00', '12:00', '12:00:00.', '12:00:00 Z'],
  'date-time': ['2024-01-01T12:00:00Z', '2024-01-01t12:00:00z', '2024-01-01 12:00:00Z', '2024-01-01\u00a012:00:00Z', '2024-01-01\u008512:00:00Z', '2024-01-01T12:00:00', '2024-01-01', '2024-01-01T12:00:00+01', '2024-01-01T12:00:00.5-01:30', '2024-01-01TT12:00:00Z', '2024-01-01T23:59:60Z'],
  duration: ['P1D', 'P', 'PT', 'P1Y2M3DT4H5M6S', 'P1W', 'P1.5W', 'P1W1D', 'PT1.5S', 'P1.5Y1D', 'P1DT', 'PT1M', 'P1M1Y', '1D', 'p1d', 'PT0.5', 'P1,5D', 'P' + '1'.repeat(77) + 'D', 'P' + '1'.repeat(78) + 'D', 'P1D\n'],
  email: ['a@b.c', 'a@b', '@b.c', 'a@', 'a@@b.c', 'a@b@c', '.a@b.c', 'a.@b.c', 'a..b@c.d', '"a"@b.c', 'a@-b.c', 'a@b-.c', 'a@b..c', 'a+b@c.d', 'ä@b.c', 'a b@c.d', 'a'.repeat(64) + '@b.c', 'a'.repeat(65) + '@b.c', 'a@' + 'b'.repeat(63) + '.c', 'a@' + 'b'.repeat(64) + '.c', 'a@b.c.', "!#$%&'*+/=?^_`{|}~-@x.y", 'a@b_c.d', ''],
  hostname: ['a', 'a.b', 'a.b.', '-a', 'a-', 'a_b', 'A-1.B', '', '.', 'a..b', 'x'.repeat(63), 'x'.repeat(64), ('x'.repeat(49) + '.').repeat(5) + 'xxx', ('x'.repeat(49) + '.').repeat(5) + 'xxxx', ('x'.repeat(49) + '.').repeat(5) + 'xxx.', 'ü.de', '1.2.3.4', 'ſ'],
  ipv4: ['1.2.3.4', '255.255.255.255', '256.1.1.1', '01.002.3.4', '1.2.3', '1.2.3.4.5', '1.2.3.4 ', '', '0001.2.3.4', '٣.2.3.4', '+1.2.3.4', '1..2.3', '299.0.0.1'],
  ipv6: ['::', '::1', '1::', '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7::', '::2:3:4:5:6:7:8', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '::ffff:1.2.3.4', '1:2:3:4:5:6:1.2.3.4', '1::1.2.3.4', '::01.2.3.4', '1:2:3:4:5::1.2.3.4', '1::2::3', 'fe80::1%eth0', '12345::', 'ABCD::', ':1', '1:', '1:2:3:4:5:6:7:1.2.3.4', '[::1]', '', 'g::', '1::3:4:5:6:7:8', '1::2:3:4:5:6:7:8'],
  uri: ['http://a.b', 'a:b', 'a:', 'a', '', '//a', '/a', 'http://', 'http:///x', 'a:/b', 'a://[::1]:80/x?y#z', 'a://[::1', 'a://u:p@h:1/x', 'a:b c', 'a:%zz', 'a:%20', 'http://a b', 'http://ü', 'urn:x:y', 'http://a/"b"', '1a:b', 'a:/[::1]/x', 'a:?x#y', 'a:#x#y', 'a:[b]', 'a:/:80', 'A+.-:x', 'http://1.2.3.4:x', 'a://[v1.x]', 'a://[::01.2.3.4]', 'a://u"@h', 'http://a/<b>', 'mailto:a@b.c', 'a://[1:2:3:4:5:6:7::]', 'a://[::1.2.3.4]:'],
  'uri-reference': ['', 'a', '/a', '//a', '#a', '#a#b', 'a#b', 'a b', '\\a', 'a\\b', 'a#\\', 'http://ü/ü', 'a:#', '\u0085', '\ufeff', 'a\ufeff'],
  'uri-template': ['', '/a', '/{a}', '/{a,b}', '/{+a}', '/{a*}', '/{a:3}', '/{a:0}', '/{a', '/a}', '{a.b}', 'a b', '%20', '%zz', '{?a,b*}', 'ü', '{}', '{a:12345}', '"', '\u007f'],
  url: ['http://a.bc', 'https://a.bc/x', 'ftp://a.bc', 'http://a', 'http://a.b', 'http://1.2.3.4', 'http://10.1.1.1', 'http://127.0.0.1', 'http://169.254.1.1', 'http://169.253.1.1', 'http://172.16.1.1', 'http://172.15.1.1', 'http://172.32.1.1', 'http://192.168.1.1', 'http://192.167.1.1', 'http://224.1.1.1', 'http://223.1.1.254', 'http://223.1.1.255', 'http://1.2.3.0', 'http://u:p@a.bc:80/x y', 'http://u:p@a.bc:80/x', 'http://a.bc:8', 'http://-a.bc', 'http://a-b.cd', 'http://a--b.cd', 'http://a-.cd', 'HTTP://A.BC', 'httpſ://a.bc', 'http://ü.de', 'http://8.8.8.8/@10.1.1.1', 'http://10.1.1.1@8.8.8.8', 'http://8.8.8.8/@x', 'mailto:a@b.cd', 'http://a.bc?x', 'http://a.b2', 'http://100.64.1.1', 'http://1.00.2.3', 'http://172.016.1.1', 'http://172.1.1.1', 'http://a_b.cd', 'http://😀.com', 'http://17.2.3.4', 'http://12.2.3.4', 'http://126.2.3.4', 'http://171.1.1.1', 'http://193.1.1.1', 'http://164.1.1.1'],
  regex: ['a', '(', '[', '\\d', '\\-', '[\\-]', 'a{1', '\\p{L}', '\\p{Foo}', '(?<a>x)', '\\k<a>', '^\\Z', 'a\\Z', '*', '(?i:a)', '\\@', '\\/', '', '\\1', '(a)\\1', '[b-a]', 'a{2,1}', '{', '}', ']', '(?=a)*', '\\u{110000}', '\\c1', '[\\d-x]'],
  uuid: ['123e4567-e89b-12d3-a456-426614174000', 'urn:uuid:123e4567-e89b-12d3-a456-426614174000', 'URN:UUID:123E4567-E89B-12D3-A456-426614174000', '123e4567e89b12d3a456426614174000', '123e4567-e89b-12d3-a456-42661417400', 'x23e4567-e89b-12d3-a456-426614174000', ''],
  'json-pointer': ['', '/', '/a', '/a~0b', '/a~1b', '/a~2', '/a~', 'a', '#/a', '/a\nb', '//', '/ü'],
  'json-pointer-uri-fragment': ['#', '#/', '#/a', '#/a%20', '#/a b', '#/a~0', '#/a~2', '/a', '', '#a', '#/%zz', '#/ü'],
  'relative-json-pointer': ['0', '1', '01', '0#', '1/a', '1/a~0', '1/a~', '', '/a', '10/x', '1#x', '1a', '٣'],
  phone: ['x'], idn_email: ['x'],
};
for (const [format, texts] of Object.entries(FORMATS)) for (const text of texts) add('format', { format }, text);
// Each text once more with a sign changed, from a fixed seed.
for (const [format, texts] of Object.entries(FORMATS)) {
  const signs = [...new Set(texts.join('') + '0:/.@')];
  for (let count = 0; count < 40; count += 1) {
    const text = [...choose(texts)];
    text.splice(random(text.length + 1), random(2), choose(signs));
    add('format', { format }, text.join(''));
  }
}
add('format', { format: 'date' }, 5); add('format', { format: ['date'] }, 'x');

// Recorded gateway cases: every schema with its arguments, every settings schema with its settings.
const recordedDocuments = [];
if (recorded) {
  for (const file of readdirSync(recorded).filter((name) => name.endsWith('.json')).sort()) {
    for (const { request = {}, upstream, index, manifest } of JSON.parse(readFileSync(join(recorded, file), 'utf8'))) {
      let payload;
      try { payload = JSON.parse(request.body); } catch { continue; }
      recordedDocuments.push(payload);
      const shown = payload?.manifest ?? {};
      const api = Array.isArray(shown.api) ? shown.api.find((one) => one?.name === payload.apiName) : undefined;
      let given;
      try { given = JSON.parse(payload.arguments); } catch { given = undefined; }
      if (api?.parameters && given !== undefined) recordedCase(api.parameters, given);
      let settings = {};
      try { settings = JSON.parse(Object.entries(request.headers ?? {}).find(([name]) => /lobe-plugin-settings/i.test(name))?.[1]); } catch { /* none */ }
      if (shown.settings) recordedCase(shown.settings, { ...settings });
    }
  }
}
function recordedCase(schema, instance) {
  if (JSON.stringify([schema, instance]).length > 4000) return;
  const expected = ask(schema, instance);
  const text = JSON.stringify(schema);
  if (text.includes('"nullable":true') && expected.length) return deviate('recorded', schema, instance, [], 'OpenAPI 3.0 `nullable: true` accepts null');
  if (text.includes('toString')) return deviate('recorded', schema, instance, [{ instanceLocation: '#', keyword: 'required', keywordLocation: '#/required', error: 'Instance does not have required property "toString".' }], 'inherited names do not satisfy `required`');
  if (expected === 'throws' && !/ref|pattern/.test(text)) return deviate('recorded', schema, instance, [], 'the edge throws on this value of a keyword; the keyword is dropped');
  if (expected === 'throws') return deviate('recorded', schema, instance, 'broken', 'the edge throws; we name the keyword nobody can judge by');
  add('recorded', schema, instance);
}

// Generated combinations, from a fixed seed.
function randomSchema(depth) {
  if (random(20) === 0) return choose([true, false]);
  const schema = {};
  for (let count = 1 + random(3); count > 0; count -= 1) Object.assign(schema, depth > 0 && random(3) ? nested(depth - 1) : leaf());
  return schema;
}
const leaf = () => choose([
  () => ({ type: choose(['string', 'number', 'integer', 'object', 'array', 'null', ['string', 'number'], ['array', 'object', 'boolean']]) }), () => ({ enum: [choose(VALUES), choose(VALUES)] }), () => ({ const: choose(VALUES) }),
  () => ({ minimum: random(5) }), () => ({ exclusiveMaximum: random(8) }), () => ({ multipleOf: 1 + random(3) }), () => ({ minLength: random(4) }), () => ({ maxLength: random(4) }), () => ({ pattern: choose(['^a', '[0-9]', 'b$', '^.{2}$']) }),
  () => ({ required: [choose(['a', 'b', 'c', 'foo'])] }), () => ({ minProperties: random(3) }), () => ({ maxProperties: random(3) }), () => ({ minItems: random(3) }), () => ({ maxItems: random(3) }), () => ({ uniqueItems: true }),
  () => ({ dependentRequired: { a: ['b'], b: [choose(['a', 'c'])] } }),
])();
const nested = (depth) => choose([
  () => ({ properties: { a: randomSchema(depth), b: randomSchema(depth), c: randomSchema(depth) } }), () => ({ additionalProperties: randomSchema(depth) }), () => ({ patternProperties: { '^[ab]': randomSchema(depth) } }), () => ({ propertyNames: randomSchema(0) }),
  () => ({ items: randomSchema(depth) }), () => ({ items: [randomSchema(depth), randomSchema(depth)], additionalItems: randomSchema(depth) }), () => ({ contains: randomSchema(depth), minContains: 1 }),
  () => ({ anyOf: [randomSchema(depth), randomSchema(depth)] }), () => ({ allOf: [randomSchema(depth), randomSchema(depth)] }), () => ({ oneOf: [randomSchema(depth), randomSchema(depth)] }), () => ({ not: randomSchema(depth) }),
  () => ({ if: randomSchema(depth), then: randomSchema(depth), else: randomSchema(depth) }), () => ({ dependentSchemas: { a: randomSchema(depth) } }), () => ({ unevaluatedProperties: randomSchema(depth) }), () => ({ unevaluatedItems: randomSchema(depth) }),
  () => ({ $ref: '#' + choose(['/$defs/one', '/$defs/two']) }),
])();
for (let count = 0; count < 700; count += 1) {
  const schema = { ...randomSchema(2), $defs: { one: randomSchema(1), two: leaf() } };
  // A schema among the definitions that refers to itself would never end.
  if (JSON.stringify(schema.$defs).includes('$ref')) schema.$defs.one = leaf();
  for (let times = 0; times < 3; times += 1) {
    const instance = choose(VALUES);
    if (ask(schema, instance).length > 0 || times === 2) add('generated', schema, instance);
  }
}

// Where we answer otherwise.
const unresolved = 'the edge throws on a reference to nowhere; we name it as the keyword nobody can judge by';
deviate('deviation', { $ref: '#/nowhere' }, 1, 'broken', unresolved);
deviate('deviation', { properties: { a: { $ref: 'http://example.com/other.json' } } }, { a: 1 }, 'broken', unresolved);
deviate('deviation', { not: { $ref: '#/nowhere' } }, 1, 'broken', unresolved);
const noPattern = 'the edge throws on a pattern that is no regular expression; we name it as the keyword nobody can judge by';
for (const pattern of ['[a--]', '(', '[b-a]', 'a{2,1}', '*', '\\p{', '(?P<a>b)', 'a**', '\\u{110000}']) deviate('deviation', { pattern }, 'a', 'broken', noPattern);
deviate('deviation', { patternProperties: { '(': {} } }, {}, 'broken', noPattern);
deviate('deviation', { pattern: '^\\@\\-$' }, '@-', [], 'the edge throws on needless escapes (`u` flag); what is meant is plain, so it is judged');
const inherited = 'inherited names such as toString are no members';
deviate('deviation', { required: ['toString'] }, {}, [{ instanceLocation: '#', keyword: 'required', keywordLocation: '#/required', error: 'Instance does not have required property "toString".' }], inherited);
deviate('deviation', { properties: { toString: { type: 'string' } } }, {}, [], inherited);
deviate('deviation', { properties: { constructor: { type: 'string' } } }, {}, [], inherited);
deviate('deviation', { dependentRequired: { toString: ['a'] } }, {}, [], inherited);
deviate('deviation', { format: 'hasOwnProperty' }, 'x', [], 'a format named like an inherited method is an unknown format');
const nullable = 'OpenAPI 3.0 `nullable: true` accepts null';
deviate('deviation', { type: 'string', nullable: true }, null, [], nullable);
deviate('deviation', { properties: { a: { type: 'integer', nullable: true } } }, { a: null }, [], nullable);
add('deviation', { type: 'string', nullable: true, enum: ['a'] }, 'b');
add('deviation', { type: 'string', nullable: false }, null);
const dropped = 'the edge throws on this value of a keyword; the keyword is dropped';
for (const schema of [{ required: true }, { required: null }, { required: 5 }, { enum: 'x' }, { enum: null }, { not: null }, { if: null }, { anyOf: null }, { allOf: null }, { oneOf: null }, { oneOf: {} }, { properties: { a: null } }, { additionalProperties: null }, { propertyNames: null }, { dependentRequired: { a: true } }, { dependencies: { a: null } }, { dependentSchemas: { a: null } }]) deviate('deviation', schema, { a: 1 }, [], dropped);
for (const schema of [{ items: null }, { items: [null] }, { contains: null }, { prefixItems: null }]) deviate('deviation', schema, [1], [], dropped);
deviate('deviation', { $defs: { '{a}': { type: 'string' } }, $ref: '#/$defs/{a}' }, 'x', [], 'the edge does not find a pointer with unescaped braces');
deviate('deviation', { $defs: { a: { $id: 'same' }, b: { $id: 'same' } } }, 1, [], 'the edge throws when two schemas share a name, even if nobody asks for them');

for (const one of validateCases) {
  if ('ours' in one && JSON.stringify(one.expected) === JSON.stringify(one.ours)) { delete one.ours; delete one.deviation; }
  if (one.expected === 'throws' && !('ours' in one)) { console.error('unexplained throw', JSON.stringify(one)); process.exitCode = 1; }
}
writeFileSync(join(here, '../data/validate-cases.json'), '[\n' + validateCases.map((one) => JSON.stringify(one)).join(',\n') + '\n]\n');

// Shapes.
const SHAPES = { payload: sdk.pluginRequestPayloadSchema, manifest: sdk.pluginManifestSchema, market_index: sdk.marketIndexSchema, market_entry: sdk.pluginMetaSchema };
const shapeCases = [];
const shapesSeen = new Set();
function shape(kind, document) {
  const key = kind + JSON.stringify(document);
  if (document === undefined || shapesSeen.has(key) || key.length > 6000) return;
  shapesSeen.add(key);
  const result = SHAPES[kind].safeParse(JSON.parse(JSON.stringify(document)));
  // Kept as text, because the order of its keys is part of it.
  shapeCases.push({ shape: kind, document, expected: result.success ? null : JSON.stringify(result.error) });
}
const api = { description: 'd', name: 'n', parameters: { properties: {}, required: ['a'], type: 'object' }, url: 'https://a.b/c' };
const manifest = { api: [api], author: 'a', createAt: 'c', gateway: 'g', homepage: 'h', identifier: 'i', meta: { avatar: 'a', description: 'd', tags: ['t'], title: 't' }, openapi: 'o', settings: { properties: {}, type: 'object' }, systemRole: 's', type: 'default', ui: { height: 1, mode: 'iframe', url: 'u', width: 2 } };
const BASE = {
  payload: { apiName: 'n', arguments: '{}', identifier: 'i', indexUrl: 'x', manifest, type: 'default' },
  manifest,
  market_index: { plugins: [1, null, {}], schemaVersion: 1 },
  market_entry: { author: 'a', createdAt: 'c', homepage: 'h', identifier: 'i', manifest: 'm', meta: { avatar: 'a', tags: ['t'] }, schemaVersion: 1 },
};
const WRONG = [undefined, null, true, 5, 'text', '', [], [1], {}, { a: 1 }];
const paths = (value, at = []) => (value && typeof value === 'object' ? Object.keys(value).flatMap((key) => [[...at, key], ...paths(value[key], [...at, key])]) : []);
function withValue(document, path, value) {
  const copy = structuredClone(document);
  const owner = path.slice(0, -1).reduce((inner, key) => inner[key], copy);
  if (value === undefined) delete owner[path.at(-1)]; else owner[path.at(-1)] = value;
  return copy;
}
for (const [kind, document] of Object.entries(BASE)) {
  for (const value of [document, ...WRONG]) shape(kind, value);
  for (const path of paths(document)) {
    if (kind === 'payload' && path[0] === 'manifest' && path.length > 2) continue;
    for (const value of WRONG) shape(kind, withValue(document, path, value));
  }
  // Several wrong at once show the order.
  for (let count = 0; count < 40; count += 1) {
    let broken = document;
    for (let times = 0; times < 3; times += 1) broken = withValue(broken, choose(paths(broken).length ? paths(broken) : [['x']]), choose(WRONG));
    shape(kind, broken);
  }
}
for (const url of ['mailto:a@b', 'data:x', 'http://', 'http:a', 'x', '', '/a', '//a', 'http://a b', 'http://[::1]', 'http://[::1', 'http://1.2.3.256', 'http://a:99999', 'http://a:x', 'javascript:1', ' http://a ', 'http://ü', 'http://xn--a', 'http://a%zz', 'http://%00', 'a:', 'a://', 'http:\\\\a', 'ht\ntp://a', 'http://user:pw@h', 'file:', 'file:///x', 'http://a..b', 'http://0x7f.1', 'http://1e3', 'http://a|b', 'http://a^b', 'x://a b', 'http://a:0', 'http://.', 'http://💩', 'http://-', 'ws://a', 'http:///a', 'http://?', 'http://#', 'blob:x', 'urn:a:b', '1a:b', 'http://a<b']) {
  shape('manifest', withValue(manifest, ['api', '0', 'url'], url));
}
shape('manifest', withValue(manifest, ['ui', 'mode'], 'mod"ule\n')); shape('manifest', withValue(manifest, ['type'], 'ü😀'));
shape('payload', JSON.parse('{"__proto__": {"apiName": "x"}, "identifier": "i"}'));
for (const payload of recordedDocuments) { shape('payload', payload); shape('manifest', payload?.manifest); }
writeFileSync(join(here, '../data/shape-cases.json'), '[\n' + shapeCases.map((one) => JSON.stringify(one)).join(',\n') + '\n]\n');
const groups = {};
for (const { group } of validateCases) groups[group] = (groups[group] ?? 0) + 1;
console.log(validateCases.length, 'validate cases', JSON.stringify(groups), validateCases.filter((one) => one.deviation).length, 'deviations;', shapeCases.length, 'shape cases');
