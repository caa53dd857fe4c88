// Services that an OpenAPI document describes, behind the gateway, with tokens of a real authorization server: the npm package
// `oidc-provider`. The service asks that server about every token that it is sent. Run by `.ci/run` with Node 24.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import Provider from 'oidc-provider';

import { serveGateway } from '../node/servers.mjs';

const SECRET = 'a secret with : and % in it';
const client = (client_id, grant_types, more) => ({
  client_id,
  client_secret: SECRET,
  grant_types,
  redirect_uris: grant_types.includes('refresh_token') ? ['https://client.example/callback'] : [],
  response_types: grant_types.includes('refresh_token') ? ['code'] : [],
  ...more,
});

async function listen(answer) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${server.address().port}` };
}

/** Starts the authorization server; `granted` is a list of all grants that it made. */
async function startProvider() {
  const { server, url } = await listen();
  const provider = new Provider(url, {
    clients: [
      client('gateway', ['client_credentials'], { scope: 'read write' }),
      client('short', ['client_credentials'], { scope: 'read' }),
      client('person', ['authorization_code', 'refresh_token'], { scope: 'offline_access read' }),
      client('service', []),
    ],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      introspection: { allowedPolicy: () => true, enabled: true },
      revocation: { enabled: true },
    },
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    rotateRefreshToken: true,
    scopes: ['offline_access', 'read', 'write'],
    ttl: {
      AccessToken: 31,
      // Tokens are renewed half a minute before they are over.
      ClientCredentials: (_context, _token, { clientId }) => (clientId === 'short' ? 31 : 600),
      Grant: 600,
      RefreshToken: 600,
    },
  });
  const granted = [];
  provider.on('grant.success', ({ oidc }) => granted.push(`${oidc.client.clientId} ${oidc.params.grant_type} ${oidc.params.scope ?? '-'}`));
  const answer = provider.callback();
  server.on('request', (request, response) => {
    // Whoever asks at the same time is to find the first one still under way.
    setTimeout(() => answer(request, response), 50);
  });
  return { close: () => server.close(), granted, provider, url };
}

const about = (issuer, path, token, more) =>
  fetch(`${issuer.url}/token/${path}`, {
    body: new URLSearchParams({ token, ...more }),
    headers: { authorization: `Basic ${btoa(`service:${encodeURIComponent(SECRET)}`)}` },
    method: 'POST',
  });

/** Starts the service, which lets in whoever has a token that holds. `calls` is a list of what it answered. */
async function startService(issuer) {
  const calls = [];
  const document = (security, scheme) => ({
    components: { securitySchemes: { login: scheme } },
    info: { title: 'Wares', version: '1' },
    openapi: '3.1.0',
    paths: {
      '/wares': { get: { operationId: 'list', responses: { 200: {} }, security: [{ login: security }] } },
      '/wares/{id}': {
        put: {
          operationId: 'change',
          parameters: [{ in: 'path', name: 'id', required: true, schema: { type: 'integer' } }],
          requestBody: { content: { 'application/json': { schema: { type: 'object' } } } },
          responses: { 200: {} },
          security: [{ login: [...security, 'write'] }],
        },
      },
    },
  });
  const token = `${issuer.url}/token`;
  const flows = { authorizationCode: { authorizationUrl: `${issuer.url}/auth`, scopes: {}, tokenUrl: token }, clientCredentials: { scopes: {}, tokenUrl: token } };
  const described = document(['read'], { flows, type: 'oauth2' });
  const { server, url } = await listen(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const json = (status, value) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (request.url === '/openapi.json') return json(200, described);
    const sent = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    const told = await (await about(issuer, 'introspection', sent ?? '-')).json();
    calls.push({ sent, status: told.active ? 200 : 401 });
    if (!told.active) return json(401, {});
    return json(200, { body, client: told.client_id, method: request.method, scope: told.scope, sub: told.sub });
  });
  return { calls, close: () => server.close(), url };
}

/** Lets somebody log in once, elsewhere, and returns the refresh token that stays of it. */
async function refreshToken({ provider }) {
  const known = await provider.Client.find('person');
  const grant = new provider.Grant({ accountId: 'alice', clientId: 'person' });
  grant.addOIDCScope('offline_access read');
  const grantId = await grant.save();
  const login = { accountId: 'alice', client: known, grantId, gty: 'authorization_code', scope: 'offline_access read' };
  return new provider.RefreshToken(login).save();
}

let issuer, service, gateway;
before(async () => {
  issuer = await startProvider();
  service = await startService(issuer);
  const plugin = (name, settings) => `[plugins.${name}]\nopenapi = '${service.url}/openapi.json'\n${settings}\n`;
  const secret = (id) => `settings = { login_clientId = '${id}', login_clientSecret = '${SECRET}' }`;
  const person = async (more) => `settings = { login_clientId = 'person', login_clientSecret = '${SECRET}', login_refreshToken = '${await refreshToken(issuer)}' ${more} }`;
  gateway = await serveGateway(`
    egress = { allow_hosts = ['${new URL(service.url).host}', '${new URL(issuer.url).host}'], require_https = false }
    ${plugin('own', '')}
    ${plugin('lent', secret('gateway'))}
    ${plugin('short', secret('short'))}
    ${plugin('person', await person(''))}
    ${plugin('returning', await person(", login_accessToken = 'over'"))}
  `);
});
after(async () => {
  await gateway?.stop();
  service?.close();
  issuer?.close();
});

async function post(identifier, apiName, args, settings) {
  const answer = await fetch(`${gateway.url}/api/gateway`, {
    body: JSON.stringify({ apiName, arguments: JSON.stringify(args ?? {}), identifier }),
    headers: settings ? { 'x-lobe-plugin-settings': JSON.stringify(settings) } : {},
    method: 'POST',
  });
  return { body: JSON.parse(await answer.text()), status: answer.status };
}

async function call(...of) {
  const { body, status } = await post(...of);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

/** Returns which grants are made while something is done. */
async function grants(action) {
  const before = issuer.granted.length;
  await action();
  return issuer.granted.slice(before);
}

const settings = { login_clientId: 'gateway', login_clientSecret: SECRET };

test('calls at the same time share one token, for the scopes of their operation', async () => {
  const made = await grants(async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => call('own', 'list', {}, settings)));
    for (const answer of answers) assert.deepEqual([answer.client, answer.scope], ['gateway', 'read']);
  });
  assert.deepEqual(made, ['gateway client_credentials read']);
  assert.equal(new Set(service.calls.map(({ sent }) => sent)).size, 1);
  const other = await grants(async () => {
    const changed = await call('own', 'change', { _requestBody: { name: 'x' }, id: 7 }, settings);
    assert.deepEqual([changed.method, changed.body, changed.scope], ['PUT', '{"name":"x"}', 'read write']);
  });
  assert.deepEqual(other, ['gateway client_credentials read write']);
  assert.deepEqual(await grants(() => call('own', 'list', {}, settings)), []);
});

test("the operator's own client is lent, and its token server need not be named", async () => {
  assert.deepEqual(await grants(async () => assert.equal((await call('lent', 'list')).client, 'gateway')), ['gateway client_credentials read']);
});

test('a token that is over is followed by another', async () => {
  assert.equal((await grants(() => call('short', 'list'))).length, 1);
  assert.equal((await grants(() => call('short', 'list'))).length, 0);
  await pause(1100);
  assert.equal((await grants(() => call('short', 'list'))).length, 1);
});

test('a token that is no longer taken is followed by another, for the call that finds out', async () => {
  await call('lent', 'list');
  const { sent } = service.calls.at(-1);
  const caller = `Basic ${btoa(`gateway:${encodeURIComponent(SECRET)}`)}`;
  const revoked = await fetch(`${issuer.url}/token/revocation`, { body: new URLSearchParams({ token: sent }), headers: { authorization: caller }, method: 'POST' });
  assert.equal(revoked.status, 200);
  await pause(1100);
  const before = service.calls.length;
  const made = await grants(() => Promise.all(Array.from({ length: 5 }, () => call('lent', 'list'))));
  assert.deepEqual(made, ['gateway client_credentials read']);
  const calls = service.calls.slice(before);
  assert.ok(calls.some(({ status }) => status === 401), 'the old one was tried');
  assert.equal(calls.filter(({ status }) => status === 200).length, 5);
});

test('a refresh token becomes access tokens, and the one that comes with them is used next', async () => {
  assert.equal((await call('person', 'list')).sub, 'alice');
  await pause(1100);
  // The one in the settings is used up now: a server that rotates them would take back everything.
  const made = await grants(async () => assert.equal((await call('person', 'list')).sub, 'alice'));
  assert.deepEqual(made, ['person refresh_token -']);
});

test('a refresh token takes the place of an access token of the settings that is over', async () => {
  const before = service.calls.length;
  const made = await grants(async () => assert.equal((await call('returning', 'list')).sub, 'alice'));
  assert.deepEqual(made, ['person refresh_token -']);
  assert.deepEqual(service.calls.slice(before).map(({ status }) => status), [401, 200]);
});

test('a wrong secret is the fault of the settings, and is not repeated', async () => {
  const wrong = await post('own', 'list', {}, { ...settings, login_clientSecret: 'wrong-secret' });
  assert.equal(wrong.status, 422);
  assert.equal(wrong.body.errorType, 'PluginSettingsInvalid');
  assert.match(JSON.stringify(wrong.body), /the server answered 401, invalid_client/);
  assert.doesNotMatch(JSON.stringify(wrong.body), /wrong-secret/);
});
