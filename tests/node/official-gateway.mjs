// Serves LobeHub's own gateway, from its npm package, in this process.
//
// Only the way in and out is ours: the package speaks the web's Request and Response, as on an edge runtime.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';

import gatewayPackage from '@lobehub/chat-plugins-gateway';

/** Starts the gateway on a free port; resolves to its `url` and to `stop()`. */
export async function serveOfficialGateway() {
  silenceItsLog();
  const handle = gatewayPackage.createGatewayOnEdgeRuntime({});
  const server = createServer((incoming, outgoing) => {
    answer(handle, incoming, outgoing).catch((error) => crash(outgoing, error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${server.address().port}/`, stop };
}

async function answer(handle, incoming, outgoing) {
  const response = await handle(await asRequest(incoming));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(Buffer.from(await response.arrayBuffer()));
}

async function asRequest(incoming) {
  const { method, url } = incoming;
  const body = await buffer(incoming);
  const headers = Object.entries(incoming.headers).filter(([name]) => !HOP_BY_HOP.has(name));
  return new Request(new URL(url, 'http://localhost'), {
    method,
    headers,
    body: body.length > 0 ? body : undefined,
  });
}

const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding']);

/** A marked status no gateway gives, so that no test takes the host's answer for the gateway's. */
function crash(outgoing, error) {
  outgoing.writeHead(555, { 'content-type': 'text/plain' });
  outgoing.end(`the official gateway threw: ${error?.stack ?? error}`);
}

/** It tells the console about every call, and the test report would drown in that. */
function silenceItsLog() {
  for (const level of ['debug', 'error', 'info', 'log', 'warn']) console[level] = () => {};
}
