// Real MCP clients against the example `clothes` and the example `everything`: the TypeScript SDK as LobeHub uses it, and
// the inspector's command line. Run by `.ci/run` with Node 24.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { after, test } from 'node:test';
import { promisify } from 'node:util';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const programs = new URL('../../target/debug/', import.meta.url).pathname;
const run = promisify(execFile);
const servers = new Set();
after(() => servers.forEach((server) => server.kill()));

async function serve(example, port) {
  const server = spawn(programs + example, { env: { ...process.env, PORT: String(port) }, stdio: 'ignore' });
  servers.add(server);
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (answer?.ok) return server;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${example} does not listen`);
}

async function stop(server) {
  servers.delete(server);
  const gone = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGKILL');
  await gone;
}

// What LobeHub's server does: no capabilities, the first page only, never a DELETE.
async function asLobeHub(transport) {
  const client = new Client({ name: 'lobehub-mcp-client', version: '1.0.0' });
  await client.connect(transport, { onprogress: () => {} });
  return client;
}

const http = (port) => new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`));
const clothes = { name: 'recommend_clothes', arguments: { gender: 'man', mood: 'happy' } };

test('LobeHub lists and calls, and notices no restart between two calls', async () => {
  const server = await serve('clothes', 3491);
  const transport = http(3491);
  const client = await asLobeHub(transport);
  assert.equal(client.getServerVersion().name, 'clothes');
  assert.equal(transport.sessionId, undefined);
  const { tools } = await client.listTools();
  assert.ok(tools.some((tool) => tool.name === 'recommend_clothes'));
  const before = await client.callTool(clothes);
  assert.ok(before.content[0].text.length > 0);
  await stop(server);
  const again = await serve('clothes', 3491);
  assert.deepEqual(await client.callTool(clothes), before);
  const wrong = await client.callTool({ name: 'recommend_clothes', arguments: { mood: 'hapy' } });
  assert.equal(wrong.isError, true);
  assert.match(wrong.content[0].text, /\/gender: expected/);
  await assert.rejects(client.callTool({ name: 'recommend_cloths' }), /did you mean `recommend_clothes`/);
  await stop(again);
});

test('200 slow calls at once get their own answers', async () => {
  const server = await serve('everything', 3492);
  const client = await asLobeHub(http(3492));
  const call = async () => {
    const told = [];
    const { content } = await client.callTool({ name: 'test_tool_with_progress' }, undefined, {
      onprogress: ({ progress }) => told.push(progress),
    });
    assert.equal(content[0].text, 'all of it is done');
    assert.deepEqual(told, [0, 50, 100]);
  };
  await Promise.all(Array.from({ length: 200 }, call));
  await stop(server);
});

test('the same on stdio, with two calls side by side', async () => {
  const client = await asLobeHub(new StdioClientTransport({ command: `${programs}everything`, args: ['mcp'] }));
  const [slow, fast] = await Promise.all(
    ['test_tool_with_logging', 'test_simple_text'].map((name) => client.callTool({ name })),
  );
  assert.equal(slow.content[0].text, 'three lines were logged');
  assert.match(fast.content[0].text, /simple text/);
  await client.close();
});

test("the inspector's command line lists and calls", async () => {
  const server = await serve('clothes', 3493);
  const inspector = new URL(
    'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js',
    import.meta.url,
  ).pathname;
  const inspect = async (...words) => {
    const url = 'http://127.0.0.1:3493/mcp';
    const { stdout } = await run(process.execPath, [inspector, '--cli', url, '--transport', 'http', ...words]);
    return JSON.parse(stdout);
  };
  const { tools } = await inspect('--method', 'tools/list');
  assert.ok(tools.some((tool) => tool.name === 'recommend_clothes'));
  const words = ['--tool-arg', 'gender=man', '--tool-arg', 'mood=happy'];
  const { content } = await inspect('--method', 'tools/call', '--tool-name', 'recommend_clothes', ...words);
  assert.ok(content[0].text.length > 0);
  await stop(server);
});
