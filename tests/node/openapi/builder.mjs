// Our own request builder, as a program: a test of the gateway's library that is only run when asked for.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../../../', import.meta.url));

/** Where cargo puts what it builds. */
export const target = process.env.CARGO_TARGET_DIR ?? join(repository, 'target');

/** Builds the program, and returns where it is. */
export const builder = () => {
  // All of the workspace: one package alone has other features, and would be built anew with all that it needs.
  const args = ['test', '--no-run', '--quiet', '--locked', '--workspace', '--lib', '--message-format=json'];
  const { status, stdout } = spawnSync('cargo', args, { cwd: repository, maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'inherit'] });
  const built = status === 0 ? stdout.toString().split('\n').filter(Boolean).map((line) => JSON.parse(line)) : [];
  const library = built.find(({ executable, target }) => executable && target.name === 'lobe_plugin_gateway');
  if (!library) throw new Error('the gateway cannot be built');
  return library.executable;
};

/** Lets the program answer the cases of a file: the answers are in the file beside it. */
export const answer = (program, cases) => {
  const args = ['--ignored', '--exact', 'openapi::tests::judged::other_peoples_documents'];
  const run = spawnSync(program, args, { env: { ...process.env, OPENAPI_CASES: cases }, stdio: ['ignore', 'ignore', 'pipe'] });
  if (run.status !== 0) throw new Error(`our builder failed: ${run.stderr.toString().slice(0, 300)}`);
  return `${cases}.answers`;
};
