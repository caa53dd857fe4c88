// Tokens of a real authorization server at the gateway: LobeHub's own sequence, step by step, and the client of the TypeScript
// SDK, which has its own. Run by `.ci/run` with Node 24.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';

import { auth } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { output, serveGateway } from '../node/servers.mjs';
import { startMarket } from './market.mjs';
import { startAuthorizationServer } from './oauth.mjs';

// Where LobeHub has its users sent back to.
const CALLBACK = 'http://127.0.0.1:3210/oauth/connector/callback';

let market, issuer, gateway;
before(async () => {
  [market, issuer] = await Promise.all([startMarket(), startAuthorizationServer()]);
  gateway = await serveGateway((url) => `
    public_url = '${url}'
    index = '${market.url}'
    dev = true
    auth.tokens = { issuer = '${issuer.url}', scopes = ['search'] }
    plugins.clock-time = {}
    plugins.website-crawler.scopes = ['search']
    plugins.game_store.scopes = ['wares']
  `);
});
after(async () => {
  await gateway?.stop();
  market?.close();
  issuer?.close();
});

async function read(url, init) {
  const answer = await fetch(url, init);
  const text = await answer.text();
  assert.ok(answer.ok, `${url}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

const form = (members) => ({ body: new URLSearchParams(members), method: 'POST' });

/** Goes where a browser is sent, with the cookies it gets, until it is sent back to LobeHub; returns that URL. */
async function browse(url) {
  const cookies = new Map();
  for (let hop = 0; hop < 10; hop += 1) {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
    const answer = await fetch(url, { headers: { cookie }, redirect: 'manual' });
    for (const set of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set);
      cookies.set(name, value);
    }
    assert.ok(answer.headers.has('location'), `${url}: ${answer.status} ${await answer.text()}`);
    url = new URL(answer.headers.get('location'), url);
    if (url.href.startsWith(CALLBACK)) return url;
  }
  throw new Error(`${url} leads nowhere`);
}

/** Finds out where tokens come from, as LobeHub does, and registers it there. */
async function register(resource) {
  const refused = await fetch(resource);
  assert.equal(refused.status, 401, 'before any 405');
  const [, place] = /^Bearer resource_metadata="([^"]+)"/.exec(refused.headers.get('www-authenticate'));
  const metadata = await read(place);
  assert.deepEqual([metadata.resource, metadata.scopes_supported], [resource, ['search']]);
  const server = await read(`${metadata.authorization_servers[0]}/.well-known/openid-configuration`);
  const client = await read(server.registration_endpoint, {
    body: JSON.stringify({
      client_name: 'LobeHub',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [CALLBACK],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_post',
    }),
    headers: { 'content-type': 'application/json' },
    method: 'POST',
  });
  return { server, client: { client_id: client.client_id, client_secret: client.client_secret } };
}

/** Gets tokens for a resource with PKCE, as LobeHub does. */
async function authorize(resource, scope) {
  const { server, client } = await register(resource);
  const verifier = randomBytes(32).toString('base64url');
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: client.client_id,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    redirect_uri: CALLBACK,
    resource,
    response_type: 'code',
    scope,
    state: 'a',
  });
  const code = (await browse(url)).searchParams.get('code');
  const grant = { ...client, code, code_verifier: verifier, grant_type: 'authorization_code', redirect_uri: CALLBACK, resource };
  const tokens = await read(server.token_endpoint, form(grant));
  const renew = (refresh_token) =>
    read(server.token_endpoint, form({ ...client, grant_type: 'refresh_token', refresh_token, resource }));
  return { renew, tokens };
}

async function connect(resource, token) {
  const client = new Client({ name: 'lobehub-mcp-client', version: '1.0.0' });
  const headers = { Authorization: `Bearer ${token}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(resource), { requestInit: { headers } }));
  return client;
}

const names = async (client) => (await client.listTools()).tools.map(({ name }) => name);

const post = (path, token, message) =>
  fetch(gateway.url + path, {
    body: JSON.stringify(message),
    headers: { accept: 'application/json, text/event-stream', authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    method: 'POST',
  });
const callOf = (name) => ({ id: 1, jsonrpc: '2.0', method: 'tools/call', params: { arguments: {}, name } });

test("LobeHub's sequence: from the bare URL to a call, and on with a renewed token", async () => {
  const resource = `${gateway.url}/mcp`;
  const { renew, tokens } = await authorize(resource, 'search');
  const call = { arguments: { url: 'https://a.example' }, name: 'website-crawler__getWebsiteContent' };
  const first = await connect(resource, tokens.access_token);
  assert.deepEqual(await names(first), ['clock-time__showTime', call.name]);
  const { content } = await first.callTool(call);
  assert.equal(JSON.parse(content[0].text).url, '/api/website');
  await first.close();
  const judged = await output('lobe-gateway', 'check', '--mcp', '--header', `Authorization: Bearer ${tokens.access_token}`, resource);
  assert.match(judged, /about \d+ tokens: website-crawler__getWebsiteContent\n/);
  const { access_token: renewed } = await renew(tokens.refresh_token);
  assert.notEqual(renewed, tokens.access_token);
  const second = await connect(resource, renewed);
  assert.ok(!(await second.callTool(call)).isError);
  await second.close();
});

test('a tool whose scope a token lacks is not listed, and its call names the scope', async () => {
  const { tokens } = await authorize(`${gateway.url}/mcp`, 'search');
  const refused = await post('/mcp', tokens.access_token, callOf('game_store__search_games'));
  assert.equal(refused.status, 403);
  assert.match(refused.headers.get('www-authenticate'), /^Bearer error="insufficient_scope", resource_metadata="[^"]+", scope="wares"$/);
  const direct = await post('/plugins/game_store/api/search_games', tokens.access_token, {});
  assert.equal(direct.status, 403);
  assert.match(direct.headers.get('www-authenticate'), /scope="wares"/);
  const payload = { apiName: 'search_games', arguments: '{}', identifier: 'game_store' };
  const classic = await post('/api/gateway', tokens.access_token, payload);
  assert.equal(classic.status, 403);
  assert.match(classic.headers.get('www-authenticate'), /^Bearer error="insufficient_scope", .*scope="wares"$/);
  const { tokens: both } = await authorize(`${gateway.url}/mcp`, 'search wares');
  assert.equal((await post('/mcp', both.access_token, callOf('game_store__search_games'))).status, 200);
});

test('a token is good for the resource that it was asked for, and nowhere else', async () => {
  const { tokens } = await authorize(`${gateway.url}/plugins/clock-time/mcp`, 'search');
  const clock = await connect(`${gateway.url}/plugins/clock-time/mcp`, tokens.access_token);
  assert.deepEqual(await names(clock), ['showTime']);
  await clock.close();
  const ping = { id: 1, jsonrpc: '2.0', method: 'ping' };
  for (const path of ['/mcp', '/plugins/game_store/mcp', '/api/gateway']) {
    assert.equal((await post(path, tokens.access_token, ping)).status, 401, path);
  }
  const [head, claims, signature] = tokens.access_token.split('.');
  const forged = Buffer.from(claims, 'base64url').toString().replace('alice', 'carol');
  const token = [head, Buffer.from(forged).toString('base64url'), signature].join('.');
  assert.equal((await post('/plugins/clock-time/mcp', token, ping)).status, 401);
});

test("the TypeScript SDK's own sequence leads to a call", async () => {
  const resource = new URL('/mcp', gateway.url);
  const kept = {};
  const provider = {
    clientInformation: () => kept.client,
    clientMetadata: { client_name: 'sdk', redirect_uris: [CALLBACK], token_endpoint_auth_method: 'client_secret_post' },
    codeVerifier: () => kept.verifier,
    redirectToAuthorization: async (url) => (kept.code = (await browse(url)).searchParams.get('code')),
    redirectUrl: CALLBACK,
    saveClientInformation: (client) => (kept.client = client),
    saveCodeVerifier: (verifier) => (kept.verifier = verifier),
    saveTokens: (tokens) => (kept.tokens = tokens),
    tokens: () => kept.tokens,
  };
  assert.equal(await auth(provider, { serverUrl: resource }), 'REDIRECT');
  assert.equal(await auth(provider, { authorizationCode: kept.code, serverUrl: resource }), 'AUTHORIZED');
  const client = new Client({ name: 'sdk', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(resource, { authProvider: provider }));
  assert.ok((await names(client)).includes('clock-time__showTime'));
  await client.close();
});
