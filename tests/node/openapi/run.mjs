// Builds requests of every operation of other people's documents, ours and swagger-client's, and holds them against each
// other. What differs must be excused by a clause of `clauses.mjs`.
//
//   node run.mjs [--fixed] [--only NAME] [--show N] [--workers N] [--seconds N]
//
// Documents are judged side by side, each in a process of its own kind (`worker.mjs`), so that one that takes all the memory
// or more than `--seconds` is named and costs no other. Such a one is a failure, as a difference is.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { builder, target } from './builder.mjs';
import { clauses } from './clauses.mjs';
import { everyDocument, fixedDocuments, packageOf } from './documents.mjs';

const { values: options } = parseArgs({
  options: {
    fixed: { default: false, type: 'boolean' },
    only: { type: 'string' },
    seconds: { default: '1200', type: 'string' },
    show: { default: '10', type: 'string' },
    workers: { default: String(availableParallelism()), type: 'string' },
  },
});
const started = Date.now();
const COUNTED = ['documents', 'operations', 'requests', 'same', 'excused', 'refused', 'outside', 'unexcused'];

const tallies = new Map();
const byClause = Object.fromEntries(Object.keys(clauses).map((name) => [name, 0]));
const unjudged = [];
let toShow = Number(options.show);
let empty = 0;
let done = 0;

const say = (text) => process.stdout.write(`${text}\n`);
const sum = (name) => [...tallies.values()].reduce((total, tally) => total + tally[name], 0);

/** Counts what came of a document. */
const count = (document, outcome) => {
  done++;
  if (outcome.fault) {
    unjudged.push(`${document.name}: ${outcome.fault}`);
    return;
  }
  if (outcome.operations === 0) {
    empty++;
    return;
  }
  const name = packageOf(document);
  if (!tallies.has(name)) tallies.set(name, Object.fromEntries(COUNTED.map((counted) => [counted, 0])));
  const tally = tallies.get(name);
  tally.documents++;
  for (const counted of COUNTED) tally[counted] += outcome[counted] ?? 0;
  for (const [clause, times] of Object.entries(outcome.byClause)) byClause[clause] += times;
  for (const difference of outcome.differences) if (toShow-- > 0) say(difference);
};

/** Has a process judge a document, and returns what came of it. */
const judged = async (child, document, settings) => {
  const told = new AbortController();
  const late = setTimeout(() => child.kill('SIGKILL'), Number(options.seconds) * 1000);
  const gone = (signal) => (signal === 'SIGKILL' ? `more than ${options.seconds} seconds` : 'its process ended, for want of memory perhaps');
  child.send({ ...settings, document });
  const outcome = await Promise.race([
    once(child, 'message', { signal: told.signal }).then(([message]) => message),
    once(child, 'exit', { signal: told.signal }).then(([, signal]) => ({ fault: gone(signal) })),
  ]);
  told.abort();
  clearTimeout(late);
  return outcome;
};

/** Has documents judged, one after another, until there are none left; by another process where one has ended. */
const worker = async (waiting, settings) => {
  let child;
  for (const document of waiting) {
    if (!child?.connected) child = fork(new URL('worker.mjs', import.meta.url), { execArgv: ['--max-old-space-size=6144'] });
    count(document, await judged(child, document, settings));
  }
  child?.disconnect();
};

const progress = (all) => {
  const minutes = ((Date.now() - started) / 60_000).toFixed(1);
  process.stderr.write(`${minutes} min: ${done} of ${all} documents, ${sum('requests')} requests, ${sum('unexcused')} unexcused\n`);
};

const report = () => {
  say(`| package | ${COUNTED.join(' | ')} |`);
  for (const [name, tally] of [...tallies].sort()) say(`| ${name} | ${COUNTED.map((counted) => tally[counted]).join(' | ')} |`);
  say(`| all | ${COUNTED.map(sum).join(' | ')} |`);
  say(`without operations: ${empty}; not judged: ${unjudged.length}`);
  for (const one of unjudged) say(`  ${one}`);
  for (const [name, times] of Object.entries(byClause)) say(`${String(times).padStart(8)}  ${name} (${clauses[name].at})`);
};

const documents = options.fixed ? fixedDocuments() : [...everyDocument()];
const chosen = documents.filter(({ name }) => !options.only || name.includes(options.only));
// The largest first, so that none is left when all others are done.
chosen.sort((one, other) => statSync(other.path).size - statSync(one.path).size);

const folder = join(target, 'openapi-judge');
rmSync(folder, { force: true, recursive: true });
mkdirSync(folder, { recursive: true });
const settings = { builder: builder(), folder };
const waiting = chosen.values();
const ticking = setInterval(() => progress(chosen.length), 60_000);
await Promise.all(Array.from({ length: Number(options.workers) }, () => worker(waiting, settings)));
clearInterval(ticking);

report();
const unneeded = options.fixed || options.only ? [] : Object.keys(byClause).filter((name) => byClause[name] === 0);
if (unneeded.length > 0) say(`no longer needed: ${unneeded.join(', ')}`);
process.exitCode = sum('unexcused') > 0 || unjudged.length > 0 || sum('documents') === 0 || unneeded.length > 0 ? 1 : 0;
