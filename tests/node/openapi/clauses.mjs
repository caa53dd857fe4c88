// Where our request is not swagger-client's, and which words of a specification say so. A clause takes out of both
// requests what it is about; what is left must be the same.

/** What each clause goes by. */
export const clauses = {
  'a body has the media type of its bytes': 'RFC 9110, 8.3; swagger-client labels JSON by whatever type the document names first',
  'a cookie header has all cookies': 'RFC 6265, 4.2.1; swagger-client sends the last one only, and writes a list in pairs that it then encodes',
  'a fragment is no part of a request': 'RFC 9110, 7.1; swagger-client puts the query behind it, where it is lost, and finds no parameters in such a path',
  'a range of statuses is meant': 'OpenAPI 3.1.1, Responses Object; swagger-client does not see the media types of `2XX`',
  'a number sign ends a query': 'RFC 3986, 3.4; swagger-client writes it where `allowReserved` is, and what follows is lost',
  'a header has a name that is a token': 'RFC 9110, 5.6.2; nobody can send another one',
  'a list without items is not there': 'RFC 6570, 3.2.1; swagger-client writes an empty value',
  'a part of a path is not empty and no dots': 'RFC 3986, 3.3 and 5.2.4; the request would be another operation\'s',
  'a path may have a query': 'swagger-client does not find the parameters of such a path, and writes its query anew',
  'a required body is there': 'OpenAPI 3.1.1, Request Body Object, `required`',
  'a URL has at most 2,048 bytes': 'the gateway\'s own bound',
  'a value is data': 'RFC 3986, 2.4; swagger-client leaves a value of Swagger 2.0 alone that has a percent sign in it',
  'an argument sets no header of the connection': 'RFC 9110, 7 and 15; those that frame, route, forward or authenticate',
  'delimiters are those of the style': 'OpenAPI 3.1.1, Parameter Object, `style`; swagger-client writes an object in commas',
  'form values are not rewritten': 'WHATWG URL, 5.2; swagger-client reads each text as JSON, so `1.0` becomes 1',
  'keys are encoded, too': 'RFC 6570, 3.2.1; swagger-client leaves the names of members alone',
};

const CLOSED = /^(accept.*|authorization|connection|content-.*|cookie2?|date|expect|forwarded|host|keep-alive|origin|te|trailer|transfer-encoding|upgrade|user-agent|via|x-real-ip|x-forwarded.*|x-http-method.*|x-host|proxy-.*|sec-.*|metadata.*)$/i;

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

const given = ({ made }, parameter) => made.parameters[parameter.name] ?? made.parameters[`${parameter.in}.${parameter.name}`];

const withoutQuery = (request, names) => {
  const [base, query = ''] = request.url.split('?');
  const kept = query.split('&').filter((pair) => !names.includes(decodeURIComponent(pair.split('=')[0])));
  request.url = kept.length > 0 && kept[0] !== '' ? `${base}?${kept.join('&')}` : base;
};

const withoutFields = (request, names) => {
  if (request.form) request.form = request.form.filter(([name]) => !names.includes(name));
  else if (request.body) request.body = request.body.split('&').filter((pair) => !names.includes(decodeURIComponent(pair.split('=')[0]))).join('&');
};

const media = ({ operation }) => Object.keys(operation.requestBody?.content ?? {})[0] ?? '';
const isForm = (context) => /urlencoded|form-data/.test(media(context));
const encodings = ({ operation }) => Object.entries(operation.requestBody?.content ?? {})[0]?.[1]?.encoding ?? {};

/** What a clause takes out of a request; nothing when it is not about this call. */
const takes = {
  'a body has the media type of its bytes': (context) => {
    const { made, spec } = context;
    const whole = context.operation.parameters.some((parameter) => parameter.in === 'body');
    const structured = made.requestBody !== undefined && typeof made.requestBody === 'object';
    if (spec.swagger && (whole || context.operation.parameters.some((parameter) => parameter.in === 'formData'))) return (request) => delete request.headers['content-type'];
    if (structured && !/json/.test(media(context)) && !isForm(context)) return (request) => delete request.headers['content-type'];
    return undefined;
  },
  'a cookie header has all cookies': ({ operation }) =>
    operation.parameters.some((parameter) => parameter.in === 'cookie') ? (request) => delete request.headers.cookie : undefined,
  'a fragment is no part of a request': ({ path }) =>
    path.includes('#') ? (request) => { request.url = new URL(request.url).origin; } : undefined,
  'a list without items is not there': (context) => {
    const names = context.operation.parameters.filter((parameter) => ['[]', '{}'].includes(JSON.stringify(given(context, parameter)))).map(({ name }) => name);
    return names.length > 0 ? (request) => withoutQuery(request, names) : undefined;
  },
  'a number sign ends a query': (context) => {
    const reserved = context.operation.parameters.some((parameter) => parameter.allowReserved && JSON.stringify(given(context, parameter) ?? '').includes('#'));
    return reserved ? (request) => { request.url = request.url.split('?')[0]; } : undefined;
  },
  'a range of statuses is meant': ({ operation }) =>
    Object.keys(operation.responses).some((status) => /^2xx$/i.test(status)) ? (request) => delete request.headers.accept : undefined,
  'a path may have a query': ({ path }) =>
    path.includes('?') ? (request) => { request.url = new URL(request.url).origin; } : undefined,
  'a value is data': (context) => {
    const hard = context.operation.parameters.some((parameter) => parameter.in === 'path' && JSON.stringify(given(context, parameter) ?? '').includes('%'));
    return context.spec.swagger && hard ? (request) => { request.url = new URL(request.url).origin; } : undefined;
  },
  'an argument sets no header of the connection': ({ operation }) => {
    const names = operation.parameters.filter((parameter) => parameter.in === 'header' && CLOSED.test(parameter.name)).map(({ name }) => name.toLowerCase());
    return names.length > 0 ? (request) => { for (const name of names) delete request.headers[name]; } : undefined;
  },
  'delimiters are those of the style': (context) => {
    const delimited = (style) => style === 'spaceDelimited' || style === 'pipeDelimited';
    const names = context.operation.parameters.filter((parameter) => delimited(parameter.style) && isObject(given(context, parameter))).map(({ name }) => name);
    const fields = Object.entries(encodings(context)).filter(([name, { style }]) => delimited(style) && isObject(context.made.requestBody?.[name])).map(([name]) => name);
    return names.length + fields.length > 0 ? (request) => { withoutQuery(request, names); withoutFields(request, fields); } : undefined;
  },
  'form values are not rewritten': (context) => {
    if (!isForm(context) || !isObject(context.made.requestBody)) return undefined;
    const isJson = (value) => { try { return JSON.parse(value) !== value; } catch { return false; } };
    const names = Object.entries(context.made.requestBody).filter(([, value]) => typeof value === 'string' && isJson(value)).map(([name]) => name);
    return names.length > 0 ? (request) => withoutFields(request, names) : undefined;
  },
  'keys are encoded, too': (context) => {
    const odd = context.operation.parameters.filter((parameter) => isObject(given(context, parameter)) && Object.keys(given(context, parameter)).some((key) => /[^\w.~-]/.test(key)));
    return odd.some((parameter) => parameter.in === 'path') ? (request) => { request.url = new URL(request.url).origin; } : undefined;
  },
};

/** Which clause excuses that we refuse a call. */
const refusal = (context, error) => {
  if (error.includes('TooLong')) return 'a URL has at most 2,048 bytes';
  if (/part of a path|no object|`\.` or/.test(error)) return 'a part of a path is not empty and no dots';
  if (error.includes('Credential')) return 'a header has a name that is a token';
  if (/_requestBody/.test(error)) return 'a required body is there';
  return undefined;
};

/** Returns the clauses that excuse a difference; nothing when they do not. */
export const excuse = (context, mine) => {
  if (mine.error && context.peer.error) return [];
  if (mine.error) {
    const clause = refusal(context, mine.error);
    return clause ? [clause] : undefined;
  }
  if (!context.peer.request) return undefined;
  const [one, other] = [context.peer.request, mine.request].map((request) => structuredClone(request));
  const used = [];
  for (const [name, about] of Object.entries(takes)) {
    const take = about(context);
    if (!take) continue;
    const before = JSON.stringify([one, other].map(sorted));
    take(one);
    take(other);
    if (JSON.stringify([one, other].map(sorted)) !== before) used.push(name);
    if (JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))) return used;
  }
  return undefined;
};

const sorted = (value) => {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.keys(value).sort().map((name) => [name, sorted(value[name])]));
};
