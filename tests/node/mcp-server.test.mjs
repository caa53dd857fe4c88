// Has our gateway make a plugin of the MCP project's own reference server, over HTTP and as a child process, and calls it
// as LobeChat does.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { install, payloadFor, post } from './lobechat.mjs';
import { freePort, serveGateway } from './servers.mjs';

const SERVER = fileURLToPath(new URL('node_modules/@modelcontextprotocol/server-everything/dist/index.js', import.meta.url));
const ON_THIS_MACHINE = fileURLToPath(new URL('only-this-machine.mjs', import.meta.url));

const PLACES = {
  'a child process': async () => ({
    mcp: `{ command = '${process.execPath}', args = ['${SERVER}', 'stdio'], env = { KEY = 'sesame' }, inherit = [] }`,
    stop: () => {},
  }),
  'HTTP': async () => {
    const port = await freePort();
    const start = () => startServer(port);
    let stop = await start();
    return {
      mcp: `'http://127.0.0.1:${port}/mcp'`,
      stop: () => stop(),
      async restart() {
        await stop();
        stop = await start();
      },
    };
  },
};

for (const [name, start] of Object.entries(PLACES)) {
  describe(`the reference server as ${name}`, () => {
    let place, gateway;
    before(async () => {
      place = await start();
      gateway = await serveGateway(`dev = true\nplugins.everything.mcp = ${place.mcp}\n`);
    });
    after(async () => {
      await gateway?.stop();
      await place?.stop();
    });
    const call = (tool, args) => post(`${gateway.url}/api/gateway`, payloadFor(`everything____${tool}`, JSON.stringify(args)));

    test('says what it is told', async () => {
      assert.deepEqual(await call('echo', { message: 'Zürich' }), { status: 200, text: 'Echo: Zürich' });
    });

    test('answers with a value that it describes', async () => {
      const { text } = await call('get-structured-content', { location: 'Chicago' });
      assert.deepEqual(Object.keys(JSON.parse(text)).sort(), ['conditions', 'humidity', 'temperature']);
    });

    test('answers with a picture', async () => {
      const { text } = await call('get-tiny-image', {});
      assert.match(text, /!\[\]\(data:image\/png;base64,iVBORw/);
    });

    test('has its arguments judged', async () => {
      const { status, error } = await call('get-sum', { a: 'one', b: 2 });
      assert.deepEqual([status, error.errorType], [422, 'PluginApiParamsError']);
      assert.match((await call('get-sum', { a: 1, b: 2 })).text, /\b3\b/);
    });

    test('is installed by its manifest, and called with it as LobeChat does', async () => {
      const { manifest, tools } = await install(`${gateway.url}/plugins/everything/manifest.json`);
      assert.equal(manifest.meta.title, 'Everything Reference Server');
      assert.match(manifest.systemRole, /Everything Server/);
      assert.ok(tools.includes('everything____echo') && tools.length > 8, `${tools}`);
      const payload = payloadFor('everything____echo', '{"message":"here"}', manifest);
      assert.deepEqual(await post(manifest.gateway, payload), { status: 200, text: 'Echo: here' });
    });

    test('is installed by its OpenAPI document, and called over HTTP', async () => {
      const { tools } = await install(`${gateway.url}/plugins/everything/manifest.json?mode=openapi`);
      assert.ok(tools.includes('everything____get_sum'), `${tools}`);
      const answer = await fetch(`${gateway.url}/plugins/everything/api/get-sum`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"a":1,"b":2}',
      });
      assert.equal(answer.status, 200);
      assert.match(await answer.text(), /\b3\b/);
    });

    test('has no tool of another name', async () => {
      assert.equal((await call('nothing', {})).error.errorType, 'PluginApiNotFound');
    });

    test('is called by many at once', async () => {
      const answers = await Promise.all(Array.from({ length: 32 }, (_, i) => call('echo', { message: `${i}` })));
      assert.deepEqual(answers.map(({ text }) => text), answers.map((_, i) => `Echo: ${i}`));
    });

    if (name === 'HTTP') {
      test('is found again when it was started anew, and knows the session no more', async () => {
        await place.restart();
        assert.deepEqual(await call('echo', { message: 'again' }), { status: 200, text: 'Echo: again' });
      });
    } else {
      test('sees the environment that the configuration names', async () => {
        const environment = JSON.parse((await call('get-env', {})).text);
        assert.deepEqual(environment, { KEY: 'sesame' });
      });
    }
  });
}

async function startServer(port) {
  const child = spawn(process.execPath, ['--import', ON_THIS_MACHINE, SERVER, 'streamableHttp'], {
    env: { PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  // It says so when it listens.
  await once(child.stderr, 'data');
  return async () => {
    process.off('exit', kill);
    kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };
}
