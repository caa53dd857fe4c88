// Does with a plugin what LobeChat 1.x does in the browser: installs it from its manifest's URL, and calls it.
import sdk from '@lobehub/chat-plugin-sdk';
import openapi from '@lobehub/chat-plugin-sdk/openapi.js';
import yaml from 'js-yaml';

/** Where LobeChat's page comes from: another origin than the plugin's, so the browser asks whether it may. */
export const PAGE = 'http://127.0.0.1:3210';

/** The headers of LobeChat's own that its calls carry. */
export const CALL_HEADERS = ['x-lobe-chat-auth', 'x-lobe-plugin-settings', 'x-lobe-trace'];

const SEPARATOR = '____';

/** Fetches a document and reads it as JSON only if its type is exactly JSON's, else as YAML. */
export async function fetchDocument(url) {
  const answer = await fetchFromPage(url);
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
  const contentType = answer.headers.get('content-type');
  const text = await answer.text();
  return { contentType, value: contentType === 'application/json' ? JSON.parse(text) : yaml.load(text) };
}

/** Installs a plugin: the manifest, with what its OpenAPI document adds, and the tools the model is shown. */
export async function install(manifestUrl) {
  const { value } = await fetchDocument(manifestUrl);
  sdk.pluginManifestSchema.parse(value);
  const manifest = value.openapi ? await withOperations(value) : value;
  return { manifest, tools: manifest.api.map((api) => toolName(manifest, api)) };
}

/** Makes a call of the model's into what the gateway is sent. */
export function payloadFor(tool, argumentsText, manifest) {
  const [identifier, apiName, type = 'default'] = tool.split(SEPARATOR);
  return { apiName, arguments: argumentsText, id: 'call_1_0', identifier, manifest, type };
}

/** Wraps arguments as a model does that was shown an OpenAPI operation; as text, so that nothing is rewritten. */
export function wrapInRequestBody(argumentsText) {
  return argumentsText ? `{"_requestBody":${argumentsText}}` : argumentsText;
}

/** Posts a payload to a gateway, and reads the answer: a text, or an error of LobeHub's shape. */
export async function post(gatewayUrl, payload, settings = {}) {
  const answer = await fetchFromPage(gatewayUrl, {
    method: 'POST',
    headers: sdk.createHeadersWithPluginSettings(settings),
    body: JSON.stringify(payload),
  });
  const text = await answer.text();
  return answer.ok ? { status: answer.status, text } : { status: answer.status, error: errorIn(text) };
}

/** Fetches, and refuses to look at what a browser would not show to the page. */
async function fetchFromPage(url, { headers, ...request } = {}) {
  const answer = await fetch(url, { ...request, headers: { ...headers, origin: PAGE } });
  const allowed = answer.headers.get('access-control-allow-origin');
  if (allowed !== '*' && allowed !== PAGE) throw new Error(`${url} may not be read by ${PAGE}, only by ${allowed}`);
  return answer;
}

async function withOperations(manifest) {
  const { value } = await fetchDocument(manifest.openapi);
  // One convertor for both, in this order: it rewrites the document it was given.
  const convertor = new openapi.OpenAPIConvertor(value);
  const operations = await convertor.convertOpenAPIToPluginSchema();
  const settings = await convertor.convertAuthToSettingsSchema(manifest.settings);
  return { ...manifest, api: [...manifest.api, ...operations], settings };
}

/** Names the tool. From 64 characters on LobeChat would hash the name; the plugins here stay below. */
function toolName({ identifier, type = 'default' }, { name }) {
  const parts = type === 'default' ? [identifier, name] : [identifier, name, type];
  return parts.join(SEPARATOR);
}

function errorIn(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`a refusal that is no JSON: ${text}`);
  }
}
