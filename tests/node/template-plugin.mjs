// A plugin in JavaScript as LobeHub's template for plugins has it: a manifest in `public/`, and an edge function per operation,
// which makes its errors with LobeHub's SDK. The template itself is no package; the shape is its, down to the keyword `enums`,
// which means nothing, and the words are ours.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';

import sdk from '@lobehub/chat-plugin-sdk';

const { createErrorResponse, PluginErrorType } = sdk;

const WARDROBE = {
  man: { anger: ['a black coat'], happy: ['a yellow shirt', 'green shorts'], sad: ['a grey hoodie'] },
  woman: { anger: ['a red jacket'], happy: ['a bright dress'], sad: ['a soft pullover'] },
};

const manifest = (url) => ({
  $schema: '../node_modules/@lobehub/chat-plugin-sdk/schema.json',
  api: [
    {
      url: `${url}/api/clothes`,
      name: 'recommendClothes',
      description: '按心情推荐衣服 (recommends clothes by the mood)',
      parameters: {
        properties: {
          mood: { description: 'the mood: happy, sad or anger', enums: ['happy', 'sad', 'anger'], type: 'string' },
          gender: { type: 'string', enum: ['man', 'woman'], description: 'who they are for' },
        },
        required: ['mood', 'gender'],
        type: 'object',
      },
    },
  ],
  gateway: `${url}/api/gateway`,
  identifier: 'plugin-identifier',
  meta: { avatar: '👕', tags: ['clothes'], title: 'Clothes' },
  ui: { url, height: 200 },
  version: '1',
});

/** The edge function of `/api/clothes`: a web Request in, a web Response out. */
async function clothes(request) {
  if (request.method !== 'POST') return createErrorResponse(PluginErrorType.MethodNotAllowed);
  const { gender, mood } = await request.json();
  return new Response(JSON.stringify({ clothes: WARDROBE[gender][mood] ?? [], mood, today: Date.now() }));
}

/** Serves the plugin at a free port, as the template's own server does; resolves to its `url`, and to what it was `asked`. */
export async function serveTemplatePlugin() {
  const asked = [];
  const server = createServer(async (incoming, outgoing) => {
    const url = `http://127.0.0.1:${server.address().port}`;
    asked.push({ headers: incoming.headers, url: incoming.url });
    const body = await buffer(incoming);
    const { headers, method } = incoming;
    const request = new Request(url + incoming.url, { body: body.length > 0 ? body : undefined, headers, method });
    const answer = incoming.url === '/manifest.json' ? Response.json(manifest(url)) : await clothes(request);
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers)).end(Buffer.from(await answer.arrayBuffer()));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { asked, close: () => server.close(), url: `http://127.0.0.1:${server.address().port}` };
}
