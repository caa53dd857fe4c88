// Where our request is not swagger-client's, and which words of a specification say so. A clause takes out of both
// requests what it is about; what is left must be the same. The list may have 20 clauses: whoever adds one, quotes one.

const rfc = (number, section) => `https://www.rfc-editor.org/rfc/rfc${number}#section-${section}`;
const openapi = (section) => `https://spec.openapis.org/oas/v3.1.1.html#${section}`;

/** What each clause goes by: the words of a specification, where they stand, and what swagger-client does instead. */
export const clauses = {
  'a body has the media type of its bytes': {
    peer: 'labels JSON by whatever type the document names first, `*/*` too',
    words: '`Content-Type` indicates the media type of the associated representation',
    at: rfc(9110, '8.3'),
  },
  'a call goes where the document says': {
    peer: 'puts a query behind the fragment of a path, where it is lost, and finds no parameters in a path with a query or an empty part',
    words: 'the path is appended to the URL of the server to construct the full URL; path templating is allowed',
    at: openapi('paths-object'),
  },
  'a cookie header has all cookies': {
    peer: 'sends the last one only, and writes a list in pairs that it then encodes',
    words: 'one `Cookie` header with all cookie pairs, between them a semicolon and a space',
    at: rfc(6265, '4.2.1'),
  },
  'a form is made of the members of an object': {
    peer: 'makes a field of each letter of a text, and of each item of a list',
    words: 'each property of the object is a field; an `encoding` names a property of the schema',
    at: openapi('encoding-object'),
  },
  'a header has a name and a value that are legal': {
    peer: 'writes what nobody can send',
    words: 'a field name is a token; a field value has no control characters',
    at: rfc(9110, '5.5'),
  },
  'a list without items is not there': {
    peer: 'writes an empty value',
    words: 'a list or an associative array with zero members is undefined, and expands to nothing',
    at: rfc(6570, '2.3'),
  },
  'a number sign ends a query': {
    peer: 'writes it as it is where `allowReserved` is, and what follows is lost',
    words: 'the query component is terminated by a number sign or by the end of the URI',
    at: rfc(3986, '3.4'),
  },
  'a part of a path is not empty and no dots': {
    peer: 'writes them, and the request is another operation\'s',
    words: '`.` and `..` within the path are removed when a reference is resolved',
    at: rfc(3986, '3.3'),
  },
  'a range of statuses is meant': {
    peer: 'does not see the media types of `2XX`',
    words: 'to define a range of response codes, this field may contain the uppercase wildcard character `X`',
    at: openapi('responses-object'),
  },
  'a required body is there': {
    peer: 'sends none',
    words: '`required` determines if the request body is required in the request',
    at: openapi('request-body-object'),
  },
  'a URL has the letters of URLs': {
    peer: 'encodes a server that is no URL',
    words: 'a URI is composed from a limited set of characters: digits, letters, and a few graphic symbols',
    at: rfc(3986, '2'),
  },
  'a value is data': {
    peer: 'leaves a value of Swagger 2.0 alone that has a percent sign in it',
    words: 'the percent character must be percent-encoded as `%25` to be used as data',
    at: rfc(3986, '2.4'),
  },
  'an argument sets no header of the connection': {
    peer: 'lets arguments frame and route the message, say how its bytes are coded, and send cookies',
    words: 'a forbidden request-header is one that the sender keeps control of: `Accept-Encoding`, `Content-Length`, `Cookie`, `Host`, `Transfer-Encoding`, `Sec-..`; here those by which proxies and clouds go besides, such as `X-Forwarded-For`',
    at: 'https://fetch.spec.whatwg.org/#forbidden-request-header',
  },
  'delimiters are those of the style': {
    peer: 'writes an object in commas',
    words: '`spaceDelimited` and `pipeDelimited` have space and pipe between the names and values of an object',
    at: openapi('style-values'),
  },
  'form values are not rewritten': {
    peer: 'reads each text as JSON, so that `1.0` becomes 1',
    words: 'the serializer percent-encodes the value of each tuple',
    at: 'https://url.spec.whatwg.org/#urlencoded-serializing',
  },
  'keys are encoded, too': {
    peer: 'leaves the names of members alone',
    words: 'each name and value of an associative array is percent-encoded',
    at: rfc(6570, '3.2.1'),
  },
};

/** What the gateway refuses by rules of its own that no specification has; its words are a call's answer. */
export const bounds = {
  'a URL has at most 2,048 bytes': (error) => error.includes('TooLong'),
};

// As `gateway/src/openapi/headers.rs` has it.
const CLOSED = new RegExp(`^(${[
  'accept|accept-encoding|authorization|connection|content-encoding|content-length|content-type|cookie2?|date|expect|forwarded|host',
  'http2-settings|keep-alive|max-forwards|metadata|metadata-flavor|origin|set-cookie|te|trailer|transfer-encoding|upgrade|via',
  'x-forwarded|x-google-metadata-request|x-host|x-http-host-override|x-http-method|x-http-method-override|x-method-override',
  'x-original-host|x-original-url|x-real-ip|x-rewrite-url|(proxy|sec|x-aws-ec2-metadata|x-forwarded|x-lobe)-.*',
].join('|')})$`, 'i');

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
    const { made, operation, spec } = context;
    const whole = operation.parameters.find((parameter) => parameter.in === 'body');
    const sent = made.requestBody ?? (whole && made.parameters[whole.name]);
    const structured = sent !== undefined && typeof sent === 'object';
    const [first = 'application/json', ...others] = operation.consumes ?? Object.keys(operation.requestBody?.content ?? {});
    const nameless = (request) => delete request.headers['content-type'];
    // What is JSON under such a name there is a form under its own here.
    if (structured && !/json|form/.test(first) && others.some((name) => /form/.test(name))) {
      return (request) => { nameless(request); delete request.body; delete request.form; };
    }
    if (spec.swagger && (whole || operation.parameters.some((parameter) => parameter.in === 'formData'))) return nameless;
    const isOpen = media(context).includes('*');
    if (isOpen || (structured && !/json/.test(media(context)) && !isForm(context))) return nameless;
    return undefined;
  },
  'a cookie header has all cookies': ({ operation }) =>
    operation.parameters.some((parameter) => parameter.in === 'cookie') ? (request) => delete request.headers.cookie : undefined,
  'a call goes where the document says': ({ path }) =>
    /[#?]|\/\//.test(path) ? (request) => { request.url = new URL(request.url).origin; } : undefined,
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
  if (/visible ASCII/.test(error)) return 'a URL has the letters of URLs';
  if (/_requestBody", expected: "an object"/.test(error)) return 'a form is made of the members of an object';
  if (/part of a path|no object|`\.` or/.test(error)) return 'a part of a path is not empty and no dots';
  if (error.includes('Credential')) return 'a header has a name and a value that are legal';
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
