// Ten classic plugins of the market in LobeHub 2.x: one line of configuration each, and the TypeScript MCP client, as LobeHub
// uses it, lists and calls them through the gateway. Run by `.ci/run` with Node 24.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { after, before, test } from 'node:test';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { output, serveGateway } from '../node/servers.mjs';
import { startMarket } from './market.mjs';

let market, gateway;
before(async () => {
  market = await startMarket();
  const line = (identifier) => `plugins.${identifier} = {}`;
  const others = market.identifiers.filter((identifier) => identifier !== 'search-engine');
  const config = `
    index = '${market.url}'
    dev = true
    ${others.map(line).join('\n')}
    plugins.search-engine.settings.SERPER_API_KEY = { env = 'SERPER_API_KEY' }
    toolsets.looking.plugins = ['search-engine', 'archive']
    toolsets.painting.tools.tags = ['painting']
  `;
  gateway = await serveGateway(config, { SERPER_API_KEY: 'from the environment' });
});
after(async () => {
  await gateway?.stop();
  market?.close();
});

// What LobeHub's server does: no capabilities, the first page only; the headers are those of a connector's form.
async function connect(path, headers = {}) {
  const client = new Client({ name: 'lobehub-mcp-client', version: '1.0.0' });
  const url = new URL(path, gateway.url);
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
  return client;
}

async function call(client, name, args = {}) {
  const { content, isError } = await client.callTool({ arguments: args, name });
  assert.ok(!isError, content[0].text);
  return JSON.parse(content[0].text);
}

const names = async (client) => (await client.listTools()).tools.map(({ name }) => name);

// Every tool of the market, with arguments, and what its own server must have been sent.
const CALLS = [
  ['realtime-weather__fetchCurrentWeather', { city: 'Zürich' }, { body: '{"city":"Zürich"}', url: '/api/v1/weather' }],
  ['search-engine__searchGoogle', { query: 'a' }, { settings: { SERPER_API_KEY: 'from the environment' } }],
  ['website-crawler__getWebsiteContent', { url: 'https://a.example' }, { url: '/api/website' }],
  ['clock-time__showTime', {}, { body: '{}', method: 'POST' }],
  ['game_store__search_games', { ids: [1], rating: 2, whatever: null }, { url: '/api/games' }],
  ['shopping__productsUsingGET', { q: 'a b' }, { method: 'GET', url: '/products?q=a%20b' }],
  ['archive__askArchive', { year: 1984 }, { key: 'from a header', url: '/archive/1984' }],
  [/^chinese-idiom-painter__generateAnI\w+_[0-9a-f]{8}$/, { 成语: '画蛇添足' }, { body: '{"成语":"画蛇添足"}' }],
  ['exchange__convert', { amount: '1', to: 'CHF' }, { settings: { TOKEN: 'of exchange' } }],
  ['exchange__currencies', {}, { settings: { TOKEN: 'of exchange' }, url: '/api/currencies' }],
  [/^Dice__roll_dice_[0-9a-f]{8}$/, { sides: 6 }, { url: '/api/dice' }],
];

test('all tools of ten plugins are in one list, under names that every client takes, and are called', async () => {
  const settings = { archive: { archiveKey: 'from a header' }, exchange: { TOKEN: 'of exchange' } };
  const client = await connect('/mcp', { 'x-lobe-plugin-settings': JSON.stringify(settings) });
  const listed = await names(client);
  assert.equal(listed.length, CALLS.length, `${listed}`);
  for (const name of listed) assert.match(name, /^[\w-]{1,52}$/);
  for (const [name, args, expected] of CALLS) {
    const tool = listed.find((known) => (name.test ? name.test(known) : name === known));
    assert.ok(tool, `${name} is not among ${listed}`);
    const told = await call(client, tool, args);
    for (const [member, value] of Object.entries(expected)) assert.deepEqual(told[member], value, `${tool}: ${member}`);
  }
  await client.close();
});

test('each plugin has a list of its own, under its own names, and its settings in headers of their own', async () => {
  for (const identifier of market.identifiers) {
    const client = await connect(`/plugins/${identifier}/mcp`);
    assert.ok((await names(client)).length > 0, identifier);
    await client.close();
  }
  const exchange = await connect('/plugins/exchange/mcp', { 'X-Lobe-Setting-Plan': 'large', 'X-Lobe-Setting-Token': 'mine' });
  assert.deepEqual((await call(exchange, 'currencies')).settings, { PLAN: 'large', TOKEN: 'mine' });
  await exchange.close();
});

test('without the settings that it needs a tool says what to write where', async () => {
  const all = await connect('/mcp');
  const missing = await all.callTool({ arguments: {}, name: 'exchange__currencies' });
  assert.equal(missing.isError, true);
  assert.match(missing.content[0].text, /`x-lobe-plugin-settings`, below the plugin's name: \{"exchange": \{\.\.\}\}/);
  await all.close();
});

test('a toolset has some of them, and the others cannot be called there', async () => {
  const looking = await connect('/mcp/looking');
  assert.deepEqual(await names(looking), ['archive__askArchive', 'search-engine__searchGoogle']);
  await assert.rejects(looking.callTool({ arguments: {}, name: 'clock-time__showTime' }), /unknown tool/);
  await looking.close();
  const painting = await connect('/mcp/painting');
  assert.equal((await names(painting)).length, 1);
  await painting.close();
});

test('`check --mcp` judges the list as each client would', async () => {
  const said = await output('lobe-gateway', 'check', '--mcp', `${gateway.url}/mcp`);
  assert.match(said, /tools: 0 errors, \d+ warnings\n$/);
  assert.match(said, /about \d+ tokens: exchange__convert\n/);
  assert.match(said, /warning: \/tools\/\d+\/inputSchema\/properties: `chinese-idiom-painter__\w+`: Anthropic would refuse/);

  // A server that lists one tool by which LobeHub loses all.
  const tools = [
    { description: 'Is fine.', inputSchema: { type: 'object' }, name: 'fine' },
    { description: 'Takes anything.', inputSchema: { properties: { any: true }, type: 'object' }, name: 'loose' },
  ];
  const results = {
    initialize: { capabilities: { tools: {} }, protocolVersion: '2025-11-25', serverInfo: { name: 'careless', version: '1' } },
    'tools/list': { nextCursor: '2', tools },
  };
  const careless = createServer(async (request, response) => {
    const { id, method, params } = request.method === 'POST' ? await json(request) : {};
    const result = params?.cursor ? { tools: [] } : results[method];
    const answer = result ? { id, jsonrpc: '2.0', result } : { error: { code: -32601, message: 'no' }, id, jsonrpc: '2.0' };
    const status = id === undefined ? (method ? 202 : 405) : 200;
    response.writeHead(status, { 'content-type': 'application/json' }).end(status === 200 ? JSON.stringify(answer) : '');
  }).listen(0, '127.0.0.1');
  await once(careless, 'listening');
  const url = `http://127.0.0.1:${careless.address().port}/mcp`;
  const failed = await output('lobe-gateway', 'check', '--mcp', url).catch((error) => error);
  careless.close();
  assert.equal(failed.code, 1, failed.stderr);
  assert.match(failed.stdout, /error: \/tools\/1\/inputSchema\/properties\/any: `loose`: LobeHub shows no tool of the server at all/);
  assert.match(failed.stdout, /warning: \/nextCursor: LobeHub reads the first page/);
});
