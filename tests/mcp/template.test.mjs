// A plugin in JavaScript, made as LobeHub's template for plugins has it and served by Node: by one line of configuration it is
// an MCP server for LobeHub 2.x, and the TypeScript MCP client calls it. Run by `.ci/run` with Node 24.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { serveGateway } from '../node/servers.mjs';
import { serveTemplatePlugin } from '../node/template-plugin.mjs';

let plugin, gateway;
before(async () => {
  plugin = await serveTemplatePlugin();
  const { host } = new URL(plugin.url);
  gateway = await serveGateway(`plugins.plugin-identifier = { manifest = '${plugin.url}/manifest.json', allow_hosts = ['${host}'] }`);
});
after(async () => {
  await gateway?.stop();
  plugin?.close();
});

/** Connects with what a client of somebody else's would send along. */
async function connect(path) {
  const client = new Client({ name: 'lobehub-mcp-client', version: '1.0.0' });
  const headers = { Authorization: 'Bearer of-the-caller', Cookie: 'session=of-the-caller' };
  await client.connect(new StreamableHTTPClientTransport(new URL(path, gateway.url), { requestInit: { headers } }));
  return client;
}

for (const [path, name] of [
  ['/mcp', 'plugin-identifier__recommendClothes'],
  ['/plugins/plugin-identifier/mcp', 'recommendClothes'],
]) {
  test(`it is listed and called at ${path}, and sees nothing of who calls`, async () => {
    const client = await connect(path);
    const { tools } = await client.listTools();
    assert.deepEqual(tools.map((tool) => tool.name), [name]);
    assert.deepEqual(tools[0].inputSchema.required.toSorted(), ['gender', 'mood']);
    const { content, isError } = await client.callTool({ arguments: { gender: 'man', mood: 'happy' }, name });
    assert.ok(!isError, content[0].text);
    const { clothes, mood, today } = JSON.parse(content[0].text);
    assert.deepEqual([clothes, mood], [['a yellow shirt', 'green shorts'], 'happy']);
    assert.ok(Date.now() - today < 60_000, 'it was made for this call');
    assert.ok(!JSON.stringify(plugin.asked).includes('of-the-caller'), 'a token or a cookie of the caller was passed on');

    const wrong = await client.callTool({ arguments: { gender: 'child', mood: 'happy' }, name });
    assert.equal(wrong.isError, true);
    assert.match(wrong.content[0].text, /gender/);
    await client.close();
  });
}
