// Ten plugins as they stand in LobeHub's market: an index, manifests in the shapes that their authors wrote, and servers
// that tell what they were sent. They are on two origins, as the market's and the authors' servers are.

import { once } from 'node:events';
import { createServer } from 'node:http';

const text = (description) => ({ description, type: 'string' });
const object = (properties, more) => ({ properties, type: 'object', ...more });

/** Writes the manifests; `url` is where the authors' server is. */
const manifests = (url) => [
  {
    api: [
      {
        description: 'Get the current weather of a city.',
        name: 'fetchCurrentWeather',
        parameters: object({ city: text('the city') }, { required: ['city'] }),
        url: `${url}/api/v1/weather`,
      },
    ],
    gateway: `${url}/api/gateway`,
    identifier: 'realtime-weather',
    ui: { height: 310, url: `${url}/iframe` },
    version: '1',
  },
  {
    api: [{ description: 'Search with Google.', name: 'searchGoogle', parameters: object({ query: text('what') }), url: `${url}/api/search` }],
    identifier: 'search-engine',
    settings: object({ SERPER_API_KEY: { ...text('The key'), format: 'password', title: 'Serper API Key' } }, { required: ['SERPER_API_KEY'] }),
    type: 'default',
    version: '1',
  },
  {
    $schema: '../node_modules/@lobehub/chat-plugin-sdk/schema.json',
    api: [
      {
        description: 'Read a page.',
        name: 'getWebsiteContent',
        parameters: object({ url: { ...text('its URL'), format: 'uri', pattern: '^https?://' } }, { required: ['url'] }),
        url: `${url}/api/website`,
      },
    ],
    identifier: 'website-crawler',
    systemRole: 'You read web pages.',
    type: 'markdown',
    version: '1.0.0',
  },
  {
    api: [{ description: 'Show a clock.', name: 'showTime', parameters: object({}), url: `${url}/api/clock` }],
    identifier: 'clock-time',
    type: 'standalone',
    ui: { mode: 'module', url: `${url}/clock.js` },
    version: '1',
  },
  {
    api: [
      {
        description: 'Find games.',
        name: 'search_games',
        parameters: object({
          ids: { items: { type: 'integer' }, type: 'array' },
          rating: { enum: [1, 2, 3], type: 'integer' },
          // A schema that the MCP client of LobeHub would refuse with the whole list.
          whatever: true,
        }),
        url: `${url}/api/games`,
      },
    ],
    identifier: 'game_store',
    version: '1',
  },
  {
    api: [{ description: 'Search for products.', name: 'productsUsingGET', parameters: object({}) }],
    identifier: 'shopping',
    openapi: `${url}/shopping.json`,
    version: 'v0',
  },
  {
    api: [{ description: 'Ask the archive.', name: 'askArchive', parameters: object({}) }],
    identifier: 'archive',
    openapi: `${url}/archive.json`,
    settings: object({ archiveKey: text('The key') }),
    version: '1',
  },
  {
    api: [
      {
        description: '根据成语生成图片',
        name: 'generateAnImageOfAnIdiomInTheStyleOfAnInkPainting',
        parameters: object({ 成语: text('成语') }, { required: ['成语'] }),
        url: `${url}/api/idiom`,
      },
    ],
    identifier: 'chinese-idiom-painter',
    meta: { avatar: '🖌️', description: '画成语', tags: ['painting'], title: '成语画师' },
    version: '1',
  },
  {
    api: [
      {
        description: 'Convert money.',
        name: 'convert',
        parameters: object({
          amount: { anyOf: [{ type: 'number' }, { type: 'string' }] },
          to: { $ref: '#/definitions/currency' },
        }, { definitions: { currency: { maxLength: 3, type: 'string' } } }),
        url: `${url}/api/convert`,
      },
      { description: 'List the currencies.', name: 'currencies', parameters: object({}), url: `${url}/api/currencies` },
    ],
    identifier: 'exchange',
    settings: object({ PLAN: { ...text('The plan'), default: 'free' }, TOKEN: text('The token') }, { required: ['TOKEN'] }),
    version: '2',
  },
  {
    api: [{ description: 'Throw dice.', name: 'roll.dice', parameters: object({ sides: { minimum: 2, type: 'integer' } }), url: `${url}/api/dice` }],
    author: 'somebody',
    createdAt: '2023-12-31',
    homepage: 'https://example.org',
    identifier: 'Dice',
    version: '1',
  },
];

const openapi = (url, paths, components = {}) => ({
  components,
  info: { title: 'a service', version: '1' },
  openapi: '3.0.1',
  paths,
  servers: [{ url }],
});

const documents = (url) => ({
  '/archive.json': openapi(
    url,
    { '/archive/{year}': { get: { operationId: 'askArchive', parameters: [{ in: 'path', name: 'year', required: true, schema: { type: 'integer' } }], responses: {}, security: [{ archiveKey: [] }] } } },
    { securitySchemes: { archiveKey: { in: 'header', name: 'X-Archive-Key', type: 'apiKey' } } },
  ),
  '/shopping.json': openapi(url, {
    '/products': { get: { operationId: 'productsUsingGET', parameters: [{ in: 'query', name: 'q', required: true, schema: { type: 'string' } }], responses: {}, summary: 'Search for products.' } },
  }),
});

async function listen(answer) {
  const server = createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part)).on('end', () => {
      const body = answer(request, Buffer.concat(parts).toString());
      response.writeHead(body ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? null));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { close: () => server.close(), url: `http://127.0.0.1:${server.address().port}` };
}

/** Starts the market and the authors' server; resolves to the index's `url`, the `identifiers`, and `close()`. */
export async function startMarket() {
  const authors = await listen(({ headers, method, url }, body) =>
    documents(authors.url)[url] ?? {
      body,
      key: headers['x-archive-key'],
      method,
      settings: JSON.parse(headers['x-lobe-plugin-settings'] ?? '{}'),
      url,
    });
  const plugins = manifests(authors.url).map((manifest) => ({
    meta: { avatar: '🧩', description: `What ${manifest.identifier} does.`, tags: ['market'], title: manifest.identifier },
    ...manifest,
  }));
  const market = await listen(({ url }) => {
    const entry = ({ api, identifier, meta, openapi, settings, systemRole, type, ui, version, ...more }) => ({
      author: 'somebody',
      createdAt: '2023-12-31',
      homepage: 'https://example.org',
      ...more,
      identifier,
      manifest: `${market.url}/${identifier}/manifest.json`,
      meta,
      schemaVersion: 1,
    });
    if (url === '/') return { plugins: plugins.map(entry), schemaVersion: 1 };
    return plugins.find(({ identifier }) => url === `/${identifier}/manifest.json`);
  });
  return {
    close() {
      market.close();
      authors.close();
    },
    identifiers: plugins.map(({ identifier }) => identifier),
    url: market.url,
  };
}
