// Where our request is not swagger-client's, and which section of a specification is on our side. A clause takes out of both
// requests what it is about; what is left must be the same. The list may have 20 clauses: whoever adds one names its section.

const rfc = (number, section) => ({ at: `https://www.rfc-editor.org/rfc/rfc${number}#section-${section}`, section: `RFC ${number}, section ${section}` });
const openapi = (name, anchor) => ({ at: `https://spec.openapis.org/oas/v3.1.1.html#${anchor}`, section: `OpenAPI 3.1.1, ${name}` });

/** What each clause goes by: the section and what it rules, and what swagger-client does instead. */
export const clauses = {
  'a body has the media type of its bytes': {
    ...rfc(9110, '8.3'),
    rule: '`Content-Type` names the media type of the bytes that are sent',
    peer: 'labels JSON by the first type that the document lists, even `*/*`, `application/xml` or `application/octet-stream`',
  },
  'a call goes where the document says': {
    ...openapi('Paths Object', 'paths-object'),
    rule: 'the path is appended to the URL of the server, and what stands in it in braces is a parameter',
    peer: 'leaves the braces in a path that has a `?`, a `#`, an empty segment or a sign that no URL has, and appends the query behind the `#`, where it is lost',
  },
  'a cookie header has all cookies': {
    ...rfc(6265, '4.2.1'),
    rule: '`Cookie` is one header of all pairs, with a semicolon and a space between them',
    peer: 'overwrites the header with each cookie parameter, so that the last one is left, and percent-encodes the `=` and `&` that it wrote itself between the items of a list',
  },
  'a form is made of the members of an object': {
    ...openapi('Encoding Object', 'encoding-object'),
    rule: 'a field of a form is a property of the schema, by its name',
    peer: 'makes fields named `0`, `1`, ... of the letters of a text and of the items of a list, and throws when a letter is a percent sign',
  },
  'a header has a name and a value that are legal': {
    ...rfc(9110, '5.5'),
    rule: 'a value has no control characters, and (section 5.1) a name is a token',
    peer: 'puts what nobody can send into the request, and leaves it to `fetch` to throw',
  },
  'a number sign ends a query': {
    ...rfc(3986, '3.4'),
    rule: 'a query goes as far as the first `#`',
    peer: 'writes `#` as it is where `allowReserved` is true, so that the rest of the value and all later parameters become a fragment, and are not sent',
  },
  'a part of a path is not empty and no dots': {
    ...rfc(3986, '3.3'),
    rule: 'segments `.` and `..` are taken out of a path when it is resolved, and a path without a segment is another path',
    peer: 'writes `.`, `..` and the empty text, and the request goes to another operation',
  },
  'a range of statuses is meant': {
    ...openapi('Responses Object', 'responses-object'),
    rule: '`2XX` stands for all statuses from 200 to 299',
    peer: 'reads `2XX` as the number 2, which is no success, and leaves its media types out of `Accept`',
  },
  'a URL has the letters of URLs': {
    ...rfc(3986, '2'),
    rule: 'a URL is written in letters, digits and a few signs of ASCII; all else is percent-encoded',
    peer: 'lets the URL parser of Node encode a server that the document writes with other letters; we refuse it',
  },
  'a value is data': {
    ...rfc(3986, '2.4'),
    rule: 'a percent sign that is data is written `%25`',
    peer: 'leaves a value in a path of Swagger 2.0 as it is when it can be decoded, so that `%20h` arrives as a space and an `h`',
  },
  'an argument sets no header of the connection': {
    at: 'https://fetch.spec.whatwg.org/#forbidden-request-header',
    section: 'Fetch, forbidden request-header',
    rule: 'the sender alone sets `Accept-Encoding`, `Content-Length`, `Cookie`, `Host`, `Transfer-Encoding`, `Sec-...` and their like; here those by which proxies and clouds go besides, such as `X-Forwarded-For`',
    peer: 'sets any header but `Accept`, `Authorization` and `Content-Type` to what the argument says, and these three, too, in Swagger 2.0',
  },
  'delimiters are those of the style': {
    ...openapi('Style Values', 'style-values'),
    rule: '`spaceDelimited` and `pipeDelimited` have `%20` and `|` between the names and values of an object',
    peer: 'writes commas there, whatever the style',
  },
  'each parameter is written': {
    ...rfc(6570, '3.2.8'),
    rule: 'the variables of a query are expanded one after another, each with all that it has',
    peer: 'keeps one pair of each name, so that a member of an exploded object takes the place of another parameter',
  },
};

/** What the gateway refuses by rules of its own that no specification has; its words are a call's answer. */
export const bounds = {
  'a URL has at most 2,048 bytes': (error) => error.includes('TooLong'),
  // LobeHub's gateway refuses such a call, too; swagger-client alone leaves the scheme out.
  'what `security` names is declared': (error) => error.includes('the document does not declare'),
};

// As `gateway/src/openapi/headers.rs` has it.
const CLOSED = new RegExp(`^(${[
  'accept|accept-encoding|authorization|client-ip|connection|content-encoding|content-length|content-type|cookie2?|date|expect',
  'fly-client-ip|forwarded|host|http2-settings|keep-alive|max-forwards|metadata|origin|set-cookie|te|trailer|transfer-encoding',
  'true-client-ip|upgrade|via|x-client-ip|x-cluster-client-ip|x-forwarded|x-google-metadata-request|x-host|x-http-host-override',
  'x-http-method|x-http-method-override|x-identity-header|x-method-override|x-originating-ip|x-real-ip|x-rewrite-url',
  '(cf|fastly|impersonate|mcp|metadata|proxy|sec|x-aliyun-ecs-metadata|x-amz|x-amzn-oidc|x-auth-request|x-aws-ec2-metadata|x-azure)-.*',
  '(x-envoy|x-forwarded|x-goog-authenticated|x-goog-iap|x-ibm-metadata|x-lobe|x-middleware|x-original|x-remote|x-vault)-.*|x-ms-client-principal.*',
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
const isJson = (type) => /^[^;]*[/+]json\s*(;|$)/i.test(type);
const isForm = (context) => /^(application\/x-www-form-urlencoded|multipart\/form-data)/i.test(media(context));
/** Whether a form is the first choice, for what is no object. */
const isNoForm = (context) => isForm(context) && !isObject(context.made.requestBody);
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
    if (isOpen || (structured && !isJson(media(context)) && !isForm(context))) return nameless;
    return undefined;
  },
  'a cookie header has all cookies': ({ operation }) =>
    operation.parameters.some((parameter) => parameter.in === 'cookie') ? (request) => delete request.headers.cookie : undefined,
  'a call goes where the document says': ({ path }) =>
    /[^\w%{}\/.~!$&'()*+,;=:@-]|\/\//.test(path) ? (request) => { request.url = new URL(request.url).origin; } : undefined,
  'a form is made of the members of an object': (context) =>
    isNoForm(context) ? (request) => { delete request.headers['content-type']; delete request.body; delete request.form; } : undefined,
  'a header has a name and a value that are legal': ({ operation }) => {
    const names = operation.parameters.filter((parameter) => parameter.in === 'header' && !/^[\w!#$%&'*+.^`|~-]+$/.test(parameter.name)).map(({ name }) => name.toLowerCase());
    return names.length > 0 ? (request) => { for (const name of names) delete request.headers[name]; } : undefined;
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
  'each parameter is written': (context) => {
    const isExploded = ({ explode, style = 'form' }) => style !== 'deepObject' && (explode ?? style === 'form');
    const written = context.operation.parameters.filter((parameter) => parameter.in === 'query').flatMap((parameter) => {
      const value = given(context, parameter);
      return isObject(value) && isExploded(parameter) ? Object.keys(value) : [parameter.name];
    });
    const names = written.filter((name, index) => written.indexOf(name) !== index);
    return names.length > 0 ? (request) => withoutQuery(request, names) : undefined;
  },
};

/** Which clause excuses that we refuse a call. */
const refusal = (context, error) => {
  if (/visible ASCII/.test(error)) return 'a URL has the letters of URLs';
  if (/_requestBody", expected: "an object"/.test(error)) return 'a form is made of the members of an object';
  if (/part of a path|no object|`\.` or/.test(error)) return 'a part of a path is not empty and no dots';
  if (error.includes('Credential')) return 'a header has a name and a value that are legal';
  return undefined;
};

/** Returns the clauses that excuse a difference; nothing when they do not. */
export const excuse = (context, mine) => {
  if (mine.error && context.peer.error) return [];
  if (mine.error) {
    const clause = refusal(context, mine.error);
    return clause ? [clause] : undefined;
  }
  if (!context.peer.request) return isNoForm(context) ? ['a form is made of the members of an object'] : undefined;
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
