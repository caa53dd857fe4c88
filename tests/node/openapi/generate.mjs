// Arguments of a call, made of the schemas of an operation: as few as there must be, all, and those that are hard to write.

const MAX_DEPTH = 4;
/** How many values an argument has at most: of members of members of members there are millions in some documents. */
const MAX_VALUES = 300;

const BY_FORMAT = {
  'byte': 'aGVsbG8=',
  'date': '2026-02-28',
  'date-time': '2026-02-28T23:59:59Z',
  'email': 'a.b+c@example.org',
  'uri': 'https://example.org/a?b=c#d',
  'uuid': '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d',
};

// Every class of letters that a path, a query, a header, a cookie or a form treats in its own way.
const HARD = 'a b/c?d=e&f#g%20h+i,j;k:l@m"n\'o!p*q(r)s~t|u^v`w{x}y<z>\\é天😀';

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

const known = new WeakMap();

const merged = (schema) => {
  if (!isObject(schema)) return {};
  if (!known.has(schema)) known.set(schema, merge(schema));
  return known.get(schema);
};

const merge = (schema) => {
  const list = (value) => (Array.isArray(value) ? value : []);
  const parts = [...list(schema.allOf), ...list(schema.oneOf ?? schema.anyOf).slice(0, 1)].map(merged);
  const whole = Object.assign({}, ...parts, schema);
  const properties = Object.assign({}, ...parts.map((part) => part.properties ?? {}), schema.properties ?? {});
  if (Object.keys(properties).length > 0) whole.properties = properties;
  const required = [...parts.flatMap((part) => part.required ?? []), ...(Array.isArray(schema.required) ? schema.required : [])];
  whole.required = [...new Set(required)];
  return whole;
};

const typeOf = (schema) => {
  const types = [schema.type].flat().filter((type) => type && type !== 'null');
  if (types.length > 0) return types[0];
  if (schema.properties || schema.additionalProperties) return 'object';
  if (schema.items) return 'array';
  return 'string';
};

/** A value that fits a schema; `how` is `required`, `all` or `boundary`. */
export const value = (written, how, depth = 0, left = { values: MAX_VALUES }) => {
  left.values--;
  const schema = merged(written);
  const hard = how === 'boundary';
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return schema.enum[hard ? schema.enum.length - 1 : 0];
  if ('const' in schema) return schema.const;
  switch (typeOf(schema)) {
    case 'integer':
      return hard ? (schema.maximum ?? Number.MAX_SAFE_INTEGER) : Math.max(schema.minimum ?? 7, 7);
    case 'number':
      return hard ? 1e-7 : 1.5;
    case 'boolean':
      return !hard;
    case 'array': {
      if (depth > MAX_DEPTH || left.values < 0) return [];
      const item = value(schema.items ?? {}, how, depth + 1, left);
      return how === 'required' ? [item] : [item, item];
    }
    case 'object': {
      if (depth > MAX_DEPTH || left.values < 0) return {};
      const named = Object.entries(schema.properties ?? {}).filter(([name]) => how !== 'required' || schema.required.includes(name));
      const made = Object.fromEntries(named.slice(0, 40).map(([name, property]) => [name, value(property, how, depth + 1, left)]));
      if (Object.keys(made).length === 0 && isObject(schema.additionalProperties)) made.key = value(schema.additionalProperties, how, depth + 1, left);
      return made;
    }
    case 'file':
      return 'a file';
    default:
      return hard ? HARD : (BY_FORMAT[schema.format] ?? 'text');
  }
};

/** The schema of a parameter, wherever its version of OpenAPI writes it. */
export const schemaOf = (parameter) => parameter.schema ?? Object.values(parameter.content ?? {})[0]?.schema ?? parameter;

/** The arguments of a call, and its body beside them. */
export const call = (operation, how) => {
  const parameters = {};
  for (const parameter of operation.parameters) {
    if (parameter.in === 'body' || typeof parameter.name !== 'string') continue;
    if (how === 'required' && !parameter.required) continue;
    const made = value(schemaOf(parameter), how);
    const ambiguous = operation.parameters.filter((other) => other.name === parameter.name).length > 1;
    parameters[ambiguous ? `${parameter.in}.${parameter.name}` : parameter.name] = made;
  }
  const whole = operation.parameters.find((parameter) => parameter.in === 'body');
  if (whole && (how !== 'required' || whole.required)) parameters[whole.name] = value(whole.schema ?? {}, how);
  const media = Object.entries(operation.requestBody?.content ?? {});
  const wanted = media.length > 0 && (how !== 'required' || operation.requestBody.required);
  return { parameters, requestBody: wanted ? value(media[0][1]?.schema ?? {}, how) : undefined };
};
