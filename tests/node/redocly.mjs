// Asks redocly what it thinks of an OpenAPI document, by its recommended rules, all of them.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REDOCLY = fileURLToPath(new URL('node_modules/@redocly/cli/bin/cli.js', import.meta.url));
const ARGUMENTS = ['lint', '--extends', 'recommended', '--max-problems', '1000', '--format', 'json'];
const QUIET = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };

/** Lints a text; `name` tells by its ending how to read it. Resolves to the counts and the problems. */
export async function lint(text, name) {
  // A folder of its own, where no configuration file can switch a rule off.
  const folder = await mkdtemp(join(tmpdir(), 'redocly-'));
  try {
    await writeFile(join(folder, name), text);
    const { totals, problems } = JSON.parse(await run(folder, name));
    const found = problems.map(({ ruleId, message }) => `${ruleId}: ${message}`);
    return { errors: totals.errors, warnings: totals.warnings, problems: found };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Resolves to the report, which redocly writes whether or not it ends with a failure. */
function run(cwd, name) {
  const options = { cwd, env: { ...process.env, ...QUIET } };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [REDOCLY, ...ARGUMENTS, name], options, (error, stdout, stderr) => {
      if (stdout) resolve(stdout);
      else reject(new Error(`redocly wrote no report: ${stderr}`, { cause: error }));
    });
  });
}
