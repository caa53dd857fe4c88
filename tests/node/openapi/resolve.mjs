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

/** Resolves all references within a value, as deep as it matters. */
const deep = (root, value, depth = 0) => {
  const followed = follow(root, value);
  if (depth > MAX_DEPTH || followed === null || typeof followed !== 'object') return depth > MAX_DEPTH ? {} : followed;
  if (Array.isArray(followed)) return followed.map((item) => deep(root, item, depth + 1));
  return Object.fromEntries(Object.entries(followed).map(([name, member]) => [name, deep(root, member, depth + 1)]));
};

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
const parameters = (root, { item, operation }) => {
  const all = [...(operation.parameters ?? []), ...(item.parameters ?? [])].map((parameter) => deep(root, parameter));
  const seen = new Set();
  return all.filter((parameter) => {
    const key = `${parameter?.in} ${parameter?.name}`;
    return isObject(parameter) && !seen.has(key) && seen.add(key);
  });
};

/** A document with this operation and nothing else, without references. */
export const alone = (root, at) => {
  const { item, method, operation, path } = at;
  const only = { parameters: parameters(root, at) };
  if (operation.requestBody) only.requestBody = deep(root, operation.requestBody);
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
  if (root.securityDefinitions) spec.securityDefinitions = deep(root, root.securityDefinitions);
  if (root.components?.securitySchemes) spec.components = { securitySchemes: deep(root, root.components.securitySchemes) };
  return { operation: only, spec };
};
