// Builds requests of every operation of other people's documents, ours and swagger-client's, and holds them against each
// other. What differs must be excused by a clause of `clauses.mjs`.
//
//   node run.mjs [--fixed] [--only NAME] [--show N]
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, parseArgs } from 'node:util';

import { bounds, clauses, excuse } from './clauses.mjs';
import { everyDocument, fixedDocuments } from './documents.mjs';
import { call } from './generate.mjs';
import { build, credentials, ours } from './peer.mjs';
import { alone, operations } from './resolve.mjs';

const { values: options } = parseArgs({
  options: {
    fixed: { default: false, type: 'boolean' },
    only: { type: 'string' },
    show: { default: '10', type: 'string' },
  },
});
const repository = fileURLToPath(new URL('../../../', import.meta.url));
const folder = join(process.env.CARGO_TARGET_DIR ?? join(repository, 'target'), 'openapi-judge');
const HOWS = ['required', 'all', 'boundary'];
const CONTEXT = 'https://documents.example.org/v1/openapi.json';

/** Our own arguments of a call: the body is one of them. */
const argumentsOf = ({ parameters, requestBody }) => (requestBody === undefined ? parameters : { ...parameters, _requestBody: requestBody });

/** Writes the cases of a document, and returns what swagger-client makes of them. */
const prepare = async (document, number) => {
  const root = JSON.parse(readFileSync(document.path, 'utf8'));
  if (root === null || typeof root !== 'object') return undefined;
  const { authorized, settings } = credentials(root.components?.securitySchemes ?? root.securityDefinitions);
  const cases = [];
  const peers = [];
  let count = 0;
  for (const at of operations(root)) {
    count++;
    const { operation, spec } = alone(root, at);
    for (const how of HOWS) {
      const made = call(operation, how);
      cases.push({ arguments: argumentsOf(made), operation: `${at.method}-${at.path}`, settings });
      const peer = await build(spec, at, made, authorized, CONTEXT);
      peers.push({ how, made, operation, path: at.path, peer, spec, where: `${document.name} ${at.method} ${at.path} (${how})` });
    }
  }
  writeFileSync(join(folder, `${number}.json`), JSON.stringify({ cases, document: document.path, url: CONTEXT }));
  return { operations: count, peers };
};

/** Lets our own builder answer what stands in the folder. */
const answer = () => {
  // All of the workspace: one package alone has other features, and would be built anew with all that it needs.
  const args = ['test', '--quiet', '--locked', '--workspace', '--lib', '--', '--ignored', 'openapi::tests::judged'];
  const run = spawnSync('cargo', args, { cwd: repository, env: { ...process.env, OPENAPI_CASES: folder }, stdio: ['ignore', 'ignore', 'inherit'] });
  if (run.status !== 0) process.exit(1);
};

const tally = { documents: 0, excused: 0, operations: 0, outside: 0, requests: 0, same: 0, unexcused: 0, unread: 0 };
const byClause = Object.fromEntries(Object.keys(clauses).map((name) => [name, 0]));
let shown = Number(options.show);

/** The members in which two requests differ, from the first letter on that is not the same. */
const difference = (theirs, mine) => {
  if (!theirs.request || !mine.request) return `  theirs ${JSON.stringify(theirs).slice(0, 300)}\n  ours   ${JSON.stringify(mine).slice(0, 300)}\n`;
  const lines = [];
  for (const name of ['method', 'url', 'headers', 'body', 'form']) {
    const [one, other] = [theirs, mine].map(({ request }) => JSON.stringify(request[name]) ?? '');
    if (one === other) continue;
    let start = 0;
    while (one[start] === other[start]) start++;
    const shown = (text) => text.slice(Math.max(start - 40, 0), start + 80);
    lines.push(`  ${name}\n    theirs ${shown(one)}\n    ours   ${shown(other)}\n`);
  }
  return lines.join('');
};

const judge = async (prepared, number) => {
  const answers = JSON.parse(readFileSync(join(folder, `${number}.answers`), 'utf8'));
  if (answers.fault) {
    tally.unread++;
    process.stdout.write(`unread: ${prepared.peers[0]?.where}: ${answers.fault}\n`);
    return;
  }
  for (const [index, context] of prepared.peers.entries()) {
    const own = answers[index];
    const mine = own.error ? { error: own.error } : { request: await ours(own) };
    tally.requests++;
    if (context.peer.request && mine.request && isDeepStrictEqual(context.peer.request, mine.request)) {
      tally.same++;
      continue;
    }
    if (mine.error && Object.values(bounds).some((meets) => meets(mine.error))) {
      tally.outside++;
      continue;
    }
    const reasons = excuse(context, mine);
    if (reasons) {
      tally.excused++;
      for (const reason of reasons) byClause[reason]++;
      continue;
    }
    tally.unexcused++;
    if (shown-- > 0) process.stdout.write(`${context.where}\n${difference(context.peer, mine)}`);
  }
};

const BATCH = 200;

const batch = async (documents) => {
  rmSync(folder, { force: true, recursive: true });
  mkdirSync(folder, { recursive: true });
  const prepared = [];
  for (const document of documents) {
    const one = await prepare(document, prepared.length);
    if (!one || one.operations === 0) continue;
    prepared.push(one);
    tally.documents++;
    tally.operations += one.operations;
  }
  answer();
  for (const [number, one] of prepared.entries()) await judge(one, number);
};

const documents = options.fixed ? fixedDocuments() : [...everyDocument()];
const chosen = documents.filter(({ name }) => !options.only || name.includes(options.only));
for (let start = 0; start < chosen.length; start += BATCH) await batch(chosen.slice(start, start + BATCH));

process.stdout.write(`${JSON.stringify(tally)}\n`);
for (const [name, count] of Object.entries(byClause)) process.stdout.write(`${String(count).padStart(8)}  ${name} (${clauses[name].at})\n`);
const unneeded = options.fixed || options.only ? [] : Object.keys(byClause).filter((name) => byClause[name] === 0);
if (unneeded.length > 0) process.stdout.write(`no longer needed: ${unneeded.join(', ')}\n`);
process.exit(tally.unexcused > 0 || tally.unread > 0 || tally.documents === 0 || unneeded.length > 0 ? 1 : 0);
