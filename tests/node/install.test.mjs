// Walks LobeChat's way from a pasted manifest URL to the answer in the chat, with the example plugin.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { CALL_HEADERS, PAGE, install, payloadFor, post, wrapInRequestBody } from './lobechat.mjs';
import { serve } from './servers.mjs';

const FOREIGN_PAGE = 'https://chat.example.org';
const ARGUMENTS = JSON.stringify({ mood: 'happy', gender: 'man', limit: 1 });
const TOOLS = ['clothes____describe_clothes', 'clothes____recommend_clothes'];

const clothes = await serve('clothes');
const open = await serve('clothes', '--cors', FOREIGN_PAGE);
after(() => Promise.all([clothes.stop(), open.stop()]));

const MODES = {
  api: { path: 'manifest.json', written: (text) => text },
  openapi: { path: 'manifest.json?mode=openapi', written: wrapInRequestBody },
};

for (const [name, { path, written }] of Object.entries(MODES)) {
  test(`install and call, ${name} mode`, async () => {
    const { manifest, tools } = await install(`${clothes.url}/${path}`);
    assert.deepEqual([...tools].sort(), TOOLS);
    const payload = payloadFor('clothes____recommend_clothes', written(ARGUMENTS), manifest);
    const answer = await post(manifest.gateway, payload);
    assert.equal(answer.status, 200);
    assert.deepEqual(JSON.parse(answer.text), {
      mood: 'happy',
      clothes: [{ name: 'Yellow shirt', description: 'as bright as the day' }],
    });
  });
}

describe('the browser asks before it calls the gateway', () => {
  test("LobeChat's page on this machine may call, and may read the trace header", async () => {
    const preflight = await askFirst(clothes, PAGE);
    assert.ok(preflight.ok);
    assert.equal(preflight.headers.get('access-control-allow-origin'), PAGE);
    assert.match(preflight.headers.get('access-control-allow-methods'), /\bPOST\b/);
    assert.equal(preflight.headers.get('access-control-allow-private-network'), 'true');
    const allowed = preflight.headers.get('access-control-allow-headers').split(/,\s*/);
    assert.deepEqual(allowed.map((header) => header.toLowerCase()).sort(), CALL_HEADERS);
    assert.equal(await exposed(clothes, PAGE), 'x-lobe-chat-trace-id');
  });
  test('a page elsewhere may not, unless the operator says so', async () => {
    assert.equal(await allowedOrigin(clothes, FOREIGN_PAGE), null);
    assert.equal(await allowedOrigin(open, FOREIGN_PAGE), FOREIGN_PAGE);
  });
});

async function allowedOrigin(server, origin) {
  const preflight = await askFirst(server, origin);
  return preflight.headers.get('access-control-allow-origin');
}

async function exposed(server, origin) {
  const answer = await fetch(`${server.url}/api/gateway`, { method: 'POST', headers: { origin }, body: '{}' });
  return answer.headers.get('access-control-expose-headers')?.toLowerCase();
}

function askFirst(server, origin) {
  return fetch(`${server.url}/api/gateway`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': CALL_HEADERS.join(','),
      'access-control-request-private-network': 'true',
    },
  });
}
