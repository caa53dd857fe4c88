// What an operation says, with its references resolved, as swagger-client has it before it builds a request.

const MAX_DEPTH = 12;

const pointer = (root, reference) => {
  if (!reference.startsWith('#')) return undefined;
  let value = root;
  for (const part of decodeURIComponent(reference.slice(1)).split('/').slice(1)) {
    value = value?.[part.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return value;
};

/** Follows a reference of a value. */
export const follow = (root, value) => {
  for (let hops = 0; hops < 32 && typeof value?.$ref === 'string'; hops++) value = pointer(root, value.$ref);
  return typeof value?.$ref === 'string' ? undefined : value;
};

/** How many resolved references are kept: those of a large document would take all the memory there is. */
const MAX_KEPT = 20_000;

/** Resolves all references within values of a document, as deep as it matters, and each reference once. */
export class Resolver {
  #kept = new Map();

  constructor(root) {
    this.root = root;
  }

  deep(value, depth = 0) {
    if (typeof value?.$ref !== 'string') return this.#copy(value, depth);
    const key = `${depth} ${value.$ref}`;
    if (!this.#kept.has(key)) {
      const copy = this.#copy(follow(this.root, value), depth);
      if (this.#kept.size > MAX_KEPT) this.#kept.clear();
      this.#kept.set(key, copy);
    }
    return this.#kept.get(key);
  }

  #copy(value, depth) {
    if (depth > MAX_DEPTH) return {};
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return value.map((item) => this.deep(item, depth + 1));
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, this.deep(member, depth + 1)]));
  }
}

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

/** The operations of a document. */
export const operations = function* (root) {
  for (const [path, written] of Object.entries(isObject(root.paths) ? root.paths : {})) {
    const item = follow(root, written);
    for (const method of METHODS) if (isObject(item?.[method])) yield { item, method, operation: item[method], path };
  }
};

/** Whether all references that count for a request lead to something. */
const parameters = (resolver, { item, operation }) => {
  const all = [...(operation.parameters ?? []), ...(item.parameters ?? [])].map((parameter) => resolver.deep(parameter));
  const seen = new Set();
  return all.filter((parameter) => {
    const key = `${parameter?.in} ${parameter?.name}`;
    return isObject(parameter) && !seen.has(key) && seen.add(key);
  });
};

/** A document with this operation and nothing else, without references. */
export const alone = (resolver, at) => {
  const { root } = resolver;
  const { item, method, operation, path } = at;
  const only = { parameters: parameters(resolver, at) };
  if (operation.requestBody) only.requestBody = resolver.deep(operation.requestBody);
  only.responses = Object.fromEntries(
    Object.entries(operation.responses ?? {}).map(([status, response]) => [status, { content: follow(root, response)?.content }]),
  );
  if (operation.servers) only.servers = operation.servers;
  for (const inherited of ['consumes', 'produces', 'security']) {
    const value = operation[inherited] ?? root[inherited];
    if (value) only[inherited] = value;
  }
  const spec = { paths: { [path]: { [method]: only } } };
  if (item.servers) spec.paths[path].servers = item.servers;
  for (const kept of ['swagger', 'openapi', 'servers', 'host', 'basePath', 'schemes']) if (kept in root) spec[kept] = root[kept];
  if (root.securityDefinitions) spec.securityDefinitions = resolver.deep(root.securityDefinitions);
  if (root.components?.securitySchemes) spec.components = { securitySchemes: resolver.deep(root.components.securitySchemes) };
  return { operation: only, spec };
};
