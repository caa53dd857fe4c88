// One document: three requests of each of its operations, ours beside swagger-client's.
import { createReadStream, createWriteStream, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';

import { answer } from './builder.mjs';
import { bounds, excuse } from './clauses.mjs';
import { call } from './generate.mjs';
import { build, credentials, ours } from './peer.mjs';
import { alone, operations, Resolver } from './resolve.mjs';

const HOWS = ['required', 'all', 'boundary'];
const CONTEXT = 'https://documents.example.org/v1/openapi.json';
/** How many differences of a document are handed on. */
const SHOWN = 10;

/** Our own arguments of a call: the body is one of them. */
const argumentsOf = ({ parameters, requestBody }) => (requestBody === undefined ? parameters : { ...parameters, _requestBody: requestBody });

/** Every call of a document that is tried. */
const calls = function* (root) {
  const resolver = new Resolver(root);
  for (const at of operations(root)) {
    const { operation, spec } = alone(resolver, at);
    for (const how of HOWS) yield { at, how, made: call(operation, how), operation, spec };
  }
};

/** Writes the document's cases as lines, and returns how many operations they are of. */
const write = async (file, document, root, settings) => {
  const lines = createWriteStream(file);
  lines.write(`${JSON.stringify({ document: document.path, settings, url: CONTEXT })}\n`);
  let count = 0;
  for (const { at, how, made } of calls(root)) {
    if (how === HOWS[0]) count++;
    const line = JSON.stringify({ arguments: argumentsOf(made), operation: `${at.method}-${at.path}` });
    if (!lines.write(`${line}\n`)) await once(lines, 'drain');
  }
  lines.end();
  await once(lines, 'close');
  return count;
};

/** The members in which two requests differ, from the first letter on that is not the same. */
const difference = (theirs, mine) => {
  if (!theirs.request || !mine.request) return `  theirs ${JSON.stringify(theirs).slice(0, 300)}\n  ours   ${JSON.stringify(mine).slice(0, 300)}`;
  const lines = [];
  for (const name of ['method', 'url', 'headers', 'body', 'form']) {
    const [one, other] = [theirs, mine].map(({ request }) => JSON.stringify(request[name]) ?? '');
    if (one === other) continue;
    let start = 0;
    while (one[start] === other[start]) start++;
    const shown = (text) => text.slice(Math.max(start - 40, 0), start + 80);
    lines.push(`  ${name}\n    theirs ${shown(one)}\n    ours   ${shown(other)}`);
  }
  return lines.join('\n');
};

/** Holds one request of ours against swagger-client's: what they are to each other, and by which clauses. */
const compare = (context, mine) => {
  const { peer } = context;
  if (peer.request && mine.request && isDeepStrictEqual(peer.request, mine.request)) return { verdict: 'same' };
  if (peer.error && mine.error) return { verdict: 'refused' };
  if (mine.error && Object.values(bounds).some((meets) => meets(mine.error))) return { verdict: 'outside' };
  const reasons = excuse(context, mine);
  return reasons ? { reasons, verdict: 'excused' } : { reasons: [], verdict: 'unexcused' };
};

/** Judges a document. */
export const judge = async (document, builder, folder) => {
  const outcome = { byClause: {}, differences: [], excused: 0, operations: 0, outside: 0, refused: 0, requests: 0, same: 0, unexcused: 0 };
  const root = JSON.parse(readFileSync(document.path, 'utf8'));
  if (root === null || typeof root !== 'object') return outcome;
  const { authorized, settings } = credentials(root.components?.securitySchemes ?? root.securityDefinitions);
  const file = join(folder, `${process.pid}.cases`);
  outcome.operations = await write(file, document, root, settings);
  if (outcome.operations === 0) return outcome;
  const answers = createInterface({ input: createReadStream(answer(builder, file)) })[Symbol.asyncIterator]();
  const { value: head } = await answers.next();
  const { fault } = JSON.parse(head);
  if (fault) return { fault };
  for (const { at, how, made, operation, spec } of calls(root)) {
    const own = JSON.parse((await answers.next()).value);
    const mine = own.error ? { error: own.error } : { request: await ours(own) };
    const peer = await build(spec, at, made, authorized, CONTEXT);
    const { reasons = [], verdict } = compare({ how, made, operation, path: at.path, peer, spec }, mine);
    outcome.requests++;
    outcome[verdict]++;
    for (const reason of reasons) outcome.byClause[reason] = (outcome.byClause[reason] ?? 0) + 1;
    if (verdict === 'unexcused' && outcome.differences.length < SHOWN) {
      outcome.differences.push(`${document.name} ${at.method} ${at.path} (${how})\n${difference(peer, mine)}`);
    }
  }
  rmSync(file);
  rmSync(`${file}.answers`);
  return outcome;
};
