// Puts every call of the table to LobeHub's own gateway and to ours, in both modes, and compares the answers.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, describe, test } from 'node:test';

import { install, payloadFor, post, wrapInRequestBody } from './lobechat.mjs';
import { serveOfficialGateway } from './official-gateway.mjs';
import { serve } from './servers.mjs';

const calls = JSON.parse(await readFile(new URL('../data/calls.json', import.meta.url), 'utf8'));
const server = await serve('parity');
const official = await serveOfficialGateway();
after(() => Promise.all([server.stop(), official.stop()]));

/**
 * What a mode is: where the manifest is, how a call is written, how to look at the official gateway's answer, what
 * should be seen there given ours, and which calls of the table have an excuse.
 *
 * A `peer` excuse has to be needed in api mode. In OpenAPI mode it only permits a difference: the schemas and the
 * spelling of names are others there, and some of what it excuses cannot happen.
 */
const MODES = {
  api: {
    manifestPath: 'manifest.json',
    written: ({ api, arguments: text }) => [api, text],
    look: withoutEcho,
    expected: (_, ours) => withoutEcho(ours),
    mustDiffer: ({ peer }) => peer,
    mayDiffer: () => undefined,
  },
  openapi: {
    manifestPath: 'manifest.json?mode=openapi',
    written: ({ api, arguments: text }) => [api.replaceAll('-', '_'), wrapInRequestBody(text)],
    look: throughSwaggerClient,
    expected: expectedThroughSwaggerClient,
    mustDiffer: ({ openapi }) => openapi,
    mayDiffer: ({ peer }) => peer,
  },
};

/** What our refusals leave out on purpose: errors stay in the chat, and this holds the user's keys. */
const NEVER_ECHOED = { PluginSettingsInvalid: 'settings' };

/** What they leave out where it is long: the manifest comes back as it was sent, if that is less than 16 KiB. */
const LEFT_OUT_WHERE_LONG = { PluginApiNotFound: 'manifest' };

test('the table has its calls', () => assert.ok(calls.length >= 90, `${calls.length} calls`));

for (const [name, mode] of Object.entries(MODES)) {
  describe(`${name} mode`, () => {
    for (const call of calls) test(call.name, () => compare(call, mode));
  });
}

async function compare(call, mode) {
  const payload = await payloadOf(call, mode);
  const ours = await post(`${server.url}/api/gateway`, payload, call.settings);
  const theirs = await post(official.url, payload, call.settings);
  checkOurs(call, ours);
  judge(mode.look(theirs), mode.expected(call, ours), mode.mustDiffer(call), mode.mayDiffer(call));
}

function judge(theirs, expected, excuse, permission) {
  if (excuse) assert.notDeepEqual(theirs, expected, `both answer alike, so this excuse is stale: ${excuse}`);
  else if (!permission) assert.deepEqual(theirs, expected);
}

const installed = new Map();

async function payloadOf(call, mode) {
  const url = `${server.url}/plugins/${call.plugin}/${mode.manifestPath}`;
  if (!installed.has(url)) installed.set(url, (await install(url)).manifest);
  const [apiName, argumentsText] = mode.written(call);
  return payloadFor(`${call.plugin}____${apiName}`, argumentsText, installed.get(url));
}

function checkOurs({ want }, { status, text, error }) {
  assert.equal(status, want.status, JSON.stringify(error));
  assert.equal(text, want.text);
  if (!error) return;
  // A plugin's own failure comes with its status, and with what the plugin said as text.
  assert.equal(error.errorType, want.errorType ?? want.status);
  assert.equal(typeof error.body, want.from === 'plugin' ? 'string' : 'object');
  const left = NEVER_ECHOED[error.errorType];
  if (left) assert.ok(!(left in error.body), `${error.errorType} echoes the ${left}`);
}

function withoutEcho({ error, ...answer }) {
  const left = NEVER_ECHOED[error?.errorType] ?? LEFT_OUT_WHERE_LONG[error?.errorType];
  if (!left) return error ? { ...answer, error } : answer;
  const { [left]: _, ...body } = error.body;
  return { ...answer, error: { ...error, body } };
}

/** In OpenAPI mode a plugin's failure is wrapped in what swagger-client knows of the answer; only the core is ours. */
function throughSwaggerClient({ status, text, error }) {
  if (!error) return { status, text };
  const { status: innerStatus, text: innerText } = error.body?.error?.response ?? {};
  return { status, errorType: error.errorType, innerStatus, innerText };
}

function expectedThroughSwaggerClient({ want }, { status, text, error }) {
  if (!error) return { status, text };
  const none = { innerStatus: undefined, innerText: undefined };
  if (want.from === 'gateway') return { status, errorType: error.errorType, ...none };
  // It takes every 401 for a missing key, and says no more.
  if (status === 401) return { status: 422, errorType: 'PluginSettingsInvalid', ...none };
  return { status: 500, errorType: 'PluginServerError', innerStatus: status, innerText: error.body };
}
