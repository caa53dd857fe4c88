// Starts our own programs, as a user would, and stops them again.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PROGRAMS = process.env.BIN_DIR ?? fileURLToPath(new URL('../../target/debug', import.meta.url));
const PATIENCE_MS = 20_000;

/** Starts a program on a free port; resolves, once it is ready, to its `url` and to `stop()`. */
export async function serve(program, ...options) {
  return start(await freePort(), program, options);
}

/** Starts the program of the gateway, as `config` and `environment` say, and resolves as `serve` does. `config` may ask for its URL. */
export async function serveGateway(config, environment = {}) {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'lobe-gateway-'));
  const file = join(folder, 'gateway.toml');
  const more = typeof config === 'function' ? config(`http://127.0.0.1:${port}`) : config;
  await writeFile(file, `listen = "127.0.0.1:${port}"\n${more}`);
  const { url, stop } = await start(port, 'lobe-gateway', ['serve', '--config', file], environment);
  return {
    url,
    async stop() {
      await stop();
      await rm(folder, { recursive: true });
    },
  };
}

async function start(port, program, options, environment = {}) {
  // Only these: what else is set where the tests run must not change what is served.
  const child = spawn(join(PROGRAMS, program), options, {
    env: { PORT: String(port), ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const kill = () => child.kill();
  process.once('exit', kill);
  const url = `http://127.0.0.1:${port}`;
  await Promise.race([ready(url), unexpectedEnd(child, program)]);
  const stop = async () => {
    process.off('exit', kill);
    kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };
  return { url, stop };
}

/** Runs a program to its end and returns what it wrote to stdout. */
export async function output(program, ...options) {
  const { stdout } = await promisify(execFile)(join(PROGRAMS, program), options, { env: {} });
  return stdout;
}

/** Finds a port that nobody listens at. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function ready(url) {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await pause(50);
  }
  throw new Error(`${url} is not ready after ${PATIENCE_MS} ms`);
}

async function unexpectedEnd(child, program) {
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  // A program that is not there makes an `error`, which `once` turns into a rejection.
  const [code] = await once(child, 'exit');
  // After `stop()` nobody waits for this race any more, so throwing then harms nobody.
  throw new Error(`${program} ended with ${code}: ${stderr}`);
}
