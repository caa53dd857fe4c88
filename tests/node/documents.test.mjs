// Shows our manifests and OpenAPI documents to the programs that have to understand them.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, describe, test } from 'node:test';

import sdk from '@lobehub/chat-plugin-sdk';
import openapi from '@lobehub/chat-plugin-sdk/openapi.js';
import Ajv from 'ajv';
import SwaggerClient from 'swagger-client';

import { fetchDocument, install } from './lobechat.mjs';
import { lint } from './redocly.mjs';
import { output, serve } from './servers.mjs';

const PUBLIC_URL = 'https://plugins.example.org';
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

/** What model providers accept as the name of a tool. */
const TOOL_NAME = /^[\w-]{1,64}$/;

/** Something to call every operation of the example with. */
const CLOTHES_ARGUMENTS = {
  describe_clothes: { mood: 'sad', gender: 'woman' },
  recommend_clothes: { mood: 'happy', gender: 'man', limit: 2 },
};

const clothes = await serve('clothes');
const parity = await serve('parity');
after(() => Promise.all([clothes.stop(), parity.stop()]));

const PLUGINS = {
  'clothes': clothes.url,
  'parity': `${parity.url}/plugins/parity`,
  'parity-settings': `${parity.url}/plugins/parity-settings`,
};

const MANIFESTS = { api: 'manifest.json', openapi: 'manifest.json?mode=openapi' };
const VERSIONS = ['3.1', '3.0'];
const OPENAPI = VERSIONS.flatMap((version) => ['json', 'yaml'].map((format) => `openapi.${format}?version=${version}`));
const DOCUMENTS = [...Object.values(MANIFESTS), 'openapi.json', 'openapi.yaml', ...OPENAPI];

const fitsSchema = new Ajv({ allErrors: true }).compile(
  createRequire(import.meta.url)('@lobehub/chat-plugin-sdk/schema.json'),
);

for (const [identifier, base] of Object.entries(PLUGINS)) {
  describe(identifier, () => {
    for (const [mode, path] of Object.entries(MANIFESTS)) {
      test(`manifest, ${mode} mode`, () => checkServedManifest(`${base}/${path}`, identifier, mode));
      test(`tools, ${mode} mode`, () => checkTools(`${base}/${path}`, base));
    }
    for (const version of VERSIONS) {
      test(`OpenAPI ${version} in JSON and YAML`, () => checkOpenApi(base, version));
      test(`LobeHub's convertor on ${version}`, (context) => checkConvertor(context, base, version));
    }
    for (const path of DOCUMENTS) test(`CORS of ${path}`, () => checkCors(`${base}/${path}`));
    for (const path of OPENAPI) {
      test(`redocly on ${path}`, async () => checkLint(await textOf(`${base}/${path}`), path.split('?')[0]));
    }
  });
}

describe('clothes on the command line', () => {
  for (const mode of Object.keys(MANIFESTS)) {
    test(`manifest, ${mode} mode`, async () => {
      const text = await output('clothes', 'manifest', '--mode', mode, '--base-url', PUBLIC_URL);
      checkManifest(JSON.parse(text), 'clothes', mode);
    });
  }
  for (const version of VERSIONS) {
    for (const format of ['json', 'yaml']) {
      test(`redocly on openapi ${version} in ${format}`, async () => {
        const options = ['--spec', version, '--format', format, '--base-url', PUBLIC_URL];
        await checkLint(await output('clothes', 'openapi', ...options), `openapi.${format}`);
      });
    }
  }
});

describe('swagger-client calls clothes', async () => {
  for (const version of VERSIONS) {
    const { value: spec } = await fetchDocument(`${clothes.url}/openapi.json?version=${version}`);
    for (const { operationId } of operationsOf(spec)) {
      test(`${operationId}, by ${version}`, () => checkExecution(spec, operationId));
    }
  }
});

describe('the judges', () => {
  test('the schema refuses a manifest without its identifier', () => {
    assert.equal(fitsSchema({ api: [], meta: {}, version: '1' }), false);
  });
  test('redocly finds fault', async () => {
    const spoiled = { openapi: '3.1.0', info: { title: 'Spoiled', version: '1' }, paths: { '/': { get: {} } } };
    const { errors, warnings } = await lint(JSON.stringify(spoiled), 'openapi.json');
    assert.ok(errors > 0 && warnings > 0, `${errors} errors, ${warnings} warnings`);
  });
});

async function checkServedManifest(url, identifier, mode) {
  const { contentType, value } = await fetchDocument(url);
  assert.equal(contentType, 'application/json');
  checkManifest(value, identifier, mode);
}

function checkManifest(manifest, identifier, mode) {
  assert.equal(manifest.identifier, identifier);
  assert.equal('openapi' in manifest, mode === 'openapi');
  assert.equal(manifest.api.length === 0, mode === 'openapi');
  assert.deepEqual(sdk.pluginManifestSchema.safeParse(manifest).error?.issues ?? [], []);
  fitsSchema(manifest);
  assert.deepEqual(fitsSchema.errors ?? [], []);
}

/** Both modes have to end in one tool for every operation. */
async function checkTools(manifestUrl, base) {
  const { tools } = await install(manifestUrl);
  const { value } = await fetchDocument(`${base}/openapi.json`);
  assert.equal(tools.length, operationsOf(value).length);
  assert.equal(new Set(tools).size, tools.length, `a tool twice: ${tools}`);
  for (const tool of tools) assert.match(tool, TOOL_NAME);
}

async function checkOpenApi(base, version) {
  const json = await fetchDocument(`${base}/openapi.json?version=${version}`);
  const yaml = await fetchDocument(`${base}/openapi.yaml?version=${version}`);
  assert.ok(json.value.openapi.startsWith(`${version}.`), json.value.openapi);
  assert.equal(json.contentType, 'application/json');
  // What is not exactly JSON goes through LobeChat's YAML reader, which is where this one belongs.
  assert.match(yaml.contentType, /yaml/);
  assert.deepEqual(yaml.value, json.value);
}

async function checkConvertor(context, base, version) {
  // It says on the console what media types it cannot read, and then leaves that operation without arguments.
  const warn = context.mock.method(console, 'warn', () => {});
  const { value } = await fetchDocument(`${base}/openapi.json?version=${version}`);
  const expected = operationsOf(value).map(({ operationId }) => operationId);
  const apis = await new openapi.OpenAPIConvertor(value).convertOpenAPIToPluginSchema();
  assert.ok(expected.length > 0);
  assert.deepEqual(apis.map(({ name }) => name).sort(), expected.sort());
  assert.equal(warn.mock.callCount(), 0);
}

async function checkCors(url) {
  const origin = 'https://chat.example.org';
  const answer = await fetch(url, { headers: { origin } });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('access-control-allow-origin'), '*');
  const preflight = await fetch(url, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'GET',
      'access-control-request-private-network': 'true',
    },
  });
  assert.ok(preflight.ok);
  assert.equal(preflight.headers.get('access-control-allow-origin'), '*');
  assert.equal(preflight.headers.get('access-control-allow-private-network'), 'true');
}

async function checkLint(text, name) {
  const { errors, warnings, problems } = await lint(text, name);
  assert.deepEqual({ errors, warnings, problems }, { errors: 0, warnings: 0, problems: [] });
}

async function checkExecution(spec, operationId) {
  const requestBody = CLOTHES_ARGUMENTS[operationId];
  assert.ok(requestBody, `nothing to call ${operationId} with`);
  const resolved = await SwaggerClient.resolve({ spec });
  assert.deepEqual(resolved.errors, []);
  const answer = await SwaggerClient.execute({ spec: resolved.spec, operationId, requestBody });
  assert.equal(answer.status, 200);
  assert.notEqual(answer.text, '');
}

function operationsOf({ paths }) {
  return Object.values(paths).flatMap((path) => METHODS.flatMap((method) => path[method] ?? []));
}

async function textOf(url) {
  return (await fetch(url)).text();
}
