// A service in Python that knows nothing of LobeChat, behind lobe-gateway by one line of configuration: installed and called
// as LobeChat does, its manifest judged by LobeHub's own schema. `PYTHON` names an interpreter that has its requirements.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import sdk from '@lobehub/chat-plugin-sdk';

import { PAGE, fetchDocument, payloadFor, post } from '../lobechat.mjs';
import { freePort, serveGateway } from '../servers.mjs';

const EXAMPLE = fileURLToPath(new URL('../../../examples/fastapi', import.meta.url));

const port = await freePort();
const library = spawn(process.env.PYTHON ?? 'python3', ['-m', 'uvicorn', 'app:app', '--port', String(port)], {
  cwd: EXAMPLE,
  stdio: ['ignore', 'ignore', 'inherit'],
});
const kill = () => library.kill();
process.once('exit', kill);
await answers(`http://127.0.0.1:${port}/openapi.json`);

const host = `127.0.0.1:${port}`;
const config = `cors = ["${PAGE}"]\nplugins.library = { openapi = "http://${host}/openapi.json", allow_hosts = ["${host}"] }\n`;
const served = await serveGateway(config);
after(async () => {
  await served.stop();
  kill();
});

const { value: manifest, contentType } = await fetchDocument(`${served.url}/plugins/library/manifest.json`);

test("its manifest pleases LobeHub's schema and leads to the gateway", () => {
  assert.equal(contentType, 'application/json');
  sdk.pluginManifestSchema.parse(manifest);
  assert.equal(manifest.identifier, 'library');
  assert.equal(manifest.meta.title, 'Library');
  assert.equal(manifest.gateway, `${served.url}/api/gateway`);
  assert.equal(manifest.api.length, 3);
});

test('a search', async () => {
  const books = await call('search', { title: 'great' });
  assert.deepEqual(books.map((book) => book.title), ['Great Expectations']);
});

test('a path, a body and a setting', async () => {
  const card = Object.keys(manifest.settings.properties)[0];
  const book = await call('borrow', { isbn: '0141439513', borrower: 'Ada' }, { [card]: 'card-1' });
  assert.equal(book.borrower, 'Ada');
});

test('what the service refuses is told', async () => {
  const answer = await ask('get_book', { isbn: '0000000000' });
  assert.notEqual(answer.status, 200);
  assert.match(JSON.stringify(answer.error), /there is no such book/);
});

test('the index lists it', async () => {
  const { value: index } = await fetchDocument(`${served.url}/index.json`);
  assert.deepEqual(index.plugins.map((plugin) => plugin.identifier), ['library']);
});

async function call(word, values, settings) {
  const answer = await ask(word, values, settings);
  assert.equal(answer.status, 200, JSON.stringify(answer.error));
  return JSON.parse(answer.text);
}

/** Calls the operation whose name begins with a word; values go where its schema has them. */
function ask(word, values, settings = {}) {
  const api = manifest.api.find(({ name }) => name.startsWith(word));
  const { properties } = api.parameters;
  const entries = Object.entries(values);
  const own = entries.filter(([name]) => name in properties);
  const body = entries.filter(([name]) => !(name in properties));
  const args = Object.fromEntries(body.length ? [...own, ['_requestBody', Object.fromEntries(body)]] : own);
  const payload = payloadFor(`library____${api.name}`, JSON.stringify(args), manifest);
  return post(manifest.gateway, payload, settings);
}

async function answers(url) {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (library.exitCode !== null) throw new Error('the example ended before it listened');
    if ((await fetch(url).catch(() => undefined))?.ok) return;
    await pause(100);
  }
  throw new Error(`${url} does not answer`);
}
