// The request that swagger-client builds, in the form in which ours is compared with it.
import SwaggerClient from 'swagger-client';

/** Credentials for every scheme of a document, in swagger-client's words and in those of settings. */
export const credentials = (schemes = {}) => {
  const authorized = {};
  const settings = {};
  for (const [name, scheme] of Object.entries(schemes)) {
    const secret = `k ${name}&`;
    if (scheme?.type === 'oauth2' || scheme?.type === 'openIdConnect') {
      authorized[name] = { token: { access_token: 'token' } };
      settings[scheme.type === 'oauth2' ? `${name}_accessToken` : name] = 'token';
    } else if (scheme?.type === 'basic' || /^basic$/i.test(scheme?.scheme)) {
      authorized[name] = { password: 'secret', username: 'name' };
      settings[name] = { password: 'secret', username: 'name' };
    } else {
      authorized[name] = secret;
      settings[name] = secret;
    }
  }
  return { authorized, settings };
};

const formOf = async (form) => {
  const fields = [];
  for (const [name, value] of form.entries()) {
    fields.push([name, typeof value === 'string' ? value : { text: await value.text(), type: value.type }]);
  }
  return fields;
};

/** A request as it is compared: the URL as it would be asked for, headers in lower case, fields of forms in parts. */
export const compared = async ({ body, headers, method, url }) => {
  const asked = new URL(url);
  asked.hash = '';
  const plain = {};
  for (const [name, value] of Object.entries(headers)) plain[name.toLowerCase()] = String(value).replaceAll(/\n+/g, ' ').trim();
  const request = { headers: plain, method, url: asked.href };
  if (body instanceof FormData) {
    request.form = await formOf(body);
    plain['content-type'] = 'multipart/form-data';
  } else if (body !== undefined && body !== '') request.body = typeof body === 'string' ? body : JSON.stringify(body);
  return request;
};

/** Builds a request; what swagger-client throws is the answer, too. */
export const build = async (spec, { method, path }, { parameters, requestBody }, authorized, contextUrl) => {
  const warn = console.warn;
  console.warn = () => {};
  try {
    const request = SwaggerClient.buildRequest({
      contextUrl,
      operationId: `${method}-${path}`,
      parameters,
      requestBody,
      scheme: spec.schemes?.includes('https') ? 'https' : undefined,
      securities: { authorized, specSecurity: spec.security },
      spec,
    });
    if (request.body !== null && typeof request.body === 'object' && !(request.body instanceof FormData)) {
      request.body = JSON.stringify(request.body);
    }
    return { request: await compared(request) };
  } catch (error) {
    return { error: `${error.name}: ${error.message}`.slice(0, 200) };
  } finally {
    console.warn = warn;
  }
};

/** Reads our own request, which has its body in Base64. */
export const ours = async ({ body, headers, method, url }) => {
  const bytes = Buffer.from(body, 'base64');
  const type = headers['content-type'] ?? '';
  if (type.startsWith('multipart/form-data')) {
    const form = bytes.toString().trim() === `--${type.split('boundary=')[1]}--` ? new FormData() : await new Response(bytes, { headers: { 'content-type': type } }).formData();
    return compared({ body: form, headers, method, url });
  }
  return compared({ body: bytes.toString('utf8'), headers, method, url });
};
