// Serves LobeHub's own gateway, from its npm package, in this process.
//
// Only the way in and out is ours: the package speaks the web's Request and Response on its edge runtime, and Node's, with
// the helpers that Vercel adds to them, on the other.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';

import gatewayPackage from '@lobehub/chat-plugins-gateway';

/** Starts the gateway, without a `port` on a free one; resolves to its `url` and to `stop()`. */
export async function serveOfficialGateway({ runtime = 'edge', port = 0, options = {} } = {}) {
  silenceItsLog();
  const answer = RUNTIMES[runtime](options);
  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch((error) => crash(outgoing, error));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${server.address().port}/`, stop };
}

const RUNTIMES = {
  edge(options) {
    const handle = gatewayPackage.createGatewayOnEdgeRuntime(options);
    return async (incoming, outgoing) => {
      const response = await handle(await asRequest(incoming));
      outgoing.writeHead(response.status, Object.fromEntries(response.headers));
      outgoing.end(Buffer.from(await response.arrayBuffer()));
    };
  },
  node(options) {
    const handle = gatewayPackage.createGatewayOnNodeRuntime(options);
    return async (incoming, outgoing) => {
      incoming.body = (await buffer(incoming)).toString();
      await handle(incoming, asVercelResponse(outgoing));
    };
  },
};

/** Adds `status()` and `send()`, which answers a string as HTML and anything else as JSON. */
function asVercelResponse(outgoing) {
  outgoing.status = (status) => Object.assign(outgoing, { statusCode: status });
  outgoing.send = (body) => {
    const isText = typeof body === 'string';
    outgoing.setHeader('content-type', isText ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8');
    outgoing.end(isText ? body : JSON.stringify(body));
  };
  return outgoing;
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
